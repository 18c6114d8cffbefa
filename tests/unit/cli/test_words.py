"""Odd words for every command and option that there is: one clear line, an exit code, nothing left behind."""

from __future__ import annotations

import unicodedata
from enum import Enum
from pathlib import Path

import pytest

from so_privacy_ext.errors import Exit
from so_privacy_ext.model import ContextIdentifier
from so_privacy_ext.rules.manifest import parse
from so_privacy_ext.storage import tenants
from so_privacy_ext.storage.secrets import DataKey
from tests.unit.cli.asked import BUILT, Command, ask, commands, is_flag, kind, sample, spoken

COMMANDS = list(commands())
RUNNING = {"up", "web", "worker"}
"""These go on until they are told to end, so none of the words here may make sense to them."""
NO_NUMBERS = (
    *("abc", "", "-1", "1.5", "1e3", "0x10", "٣", "\uff11", "9" * 20, "9" * 5000, "nan", "\udcff", "1\n2"),
)
ODD = (
    "",
    " ",
    "-",
    "--",
    "../../x",
    "\x1b[2Jx",
    "a\nb",
    "x" * 100_000,
    "\udcff",
    "x\u202e",
    "%s{0}",
    "'; --",
)
REFUSING = {Exit.USAGE, Exit.BAD_DATA, Exit.NO_INPUT, Exit.UNAVAILABLE, Exit.NO_PERMISSION, Exit.CONFIG}

pytestmark = pytest.mark.row("B87")
each = pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.name)
each_that_answers = pytest.mark.parametrize(
    "command", [one for one in COMMANDS if one.name not in RUNNING], ids=lambda command: command.name
)


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder in which nothing runs, so deep that `../../x` is this test's as well."""
    here = tmp_path / "so" / "deep"
    here.mkdir(parents=True)
    monkeypatch.setattr("typer.main.get_command", lambda _: BUILT)
    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.chdir(here)
    return here


@pytest.fixture
def database(folder: Path, dsn: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """A database that holds one tenant."""
    monkeypatch.setenv("DATABASE_URL", dsn)
    key = DataKey.load_or_make(folder / ".so-privacy" / "data.key")
    name = ContextIdentifier("Cust12345")
    tenants.add(dsn, key, environment="sandbox", context_identifier=name, system_user_token=b"a token")
    return dsn


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def wrong(words: list[str], codes: set[Exit]) -> list[str]:
    """Say how a command failed to refuse these words in one clear line, and what it left behind."""
    before = contents(Path.cwd())
    done = ask(words, b"a token\n")
    found = []
    if done.code not in codes or (done.code == Exit.USAGE and done.out):
        found.append(f"ended with {done.code} after {done.out[:200]!r}")
    if len(done.err.splitlines()) != 1 or len(done.err) > 5000:
        found.append(f"said {done.err[:500]!r}")
    if any(
        unicodedata.category(one) in {"Cc", "Cf", "Cs"} for one in (done.err + done.out).replace("\n", "")
    ):
        found.append(f"would steer a terminal by {done.out[:500]!r} and {done.err[:500]!r}")
    if contents(Path.cwd()) != before:
        found.append(f"left {sorted(contents(Path.cwd()).keys() ^ before.keys())}")
    return [f"{[word[:30] for word in words]} {one}" for one in found]


@each
def test_words_that_it_does_not_know(command: Command) -> None:
    odd = [
        [*command.sensible(), word] for word in ("--no-such-option", "-z", "--tenant", "--\udcff", "--a\nb")
    ]
    if all(one.nargs == 1 for one in command.parameters):
        arguments = {one.name: sample(one) for one in command.parameters if one.param_type_name == "argument"}
        odd.append([*command.sensible(**arguments), "more"])

    assert [said for words in odd for said in wrong(words, {Exit.USAGE})] == []


@each
def test_what_it_needs_and_does_not_get(command: Command) -> None:
    odd = [command.sensible(without=one) for one in command.parameters if one.required]
    odd += [
        [*command.sensible(without=one), one.opts[-1]]
        for one in command.parameters
        if one.param_type_name == "option" and not is_flag(one)
    ]

    assert [said for words in odd for said in wrong(words, {Exit.USAGE})] == []


@each
def test_what_is_no_number_of_its(command: Command) -> None:
    odd = [command.sensible(**{one.name: value}) for one in command.taking(int) for value in NO_NUMBERS]

    assert [said for words in odd for said in wrong(words, {Exit.USAGE})] == []


@each
def test_what_is_none_of_its_choices(command: Command) -> None:
    odd = [
        command.sensible(**{one.name: value})
        for one in command.taking(Enum)
        for value in ("nonsense", "", "OPEN", "x" * 100_000, "\udcff")
    ]

    assert [said for words in odd for said in wrong(words, {Exit.USAGE})] == []


@each
def test_a_flag_with_a_value(command: Command) -> None:
    flags = [[*command.sensible(), f"{one.opts[-1]}=yes"] for one in command.parameters if is_flag(one)]

    assert [said for words in flags for said in wrong(words, {Exit.USAGE})] == []


def test_a_manifest_to_start_from_takes_a_company_of_any_name_of_one_line(folder: Path) -> None:
    """It needs no tenant, so odd words get all the way; what is written is a manifest, whatever they are."""
    (init,) = (one for one in COMMANDS if one.name == "manifest init")
    for name in ("home", "company", "output"):
        for value in ODD:
            before = contents(folder)
            done = ask(init.sensible(**{name: value}), b"")
            if done.code == Exit.OK and name != "output":
                assert parse(done.out.encode(), "m.yaml").content.controller
            elif done.code != Exit.OK:
                assert done.code in {Exit.USAGE, Exit.CANT_CREATE}, (name, value)
                assert len(done.err.splitlines()) == 1
                assert not done.out
                assert contents(folder) == before


def test_a_schema_goes_into_a_file_of_any_name_that_there_can_be(folder: Path) -> None:
    (schema,) = (one for one in COMMANDS if one.name == "manifest schema")
    for value in ODD:
        before = contents(folder)
        done = ask(schema.sensible(output=value), b"")
        assert done.code in {None, Exit.OK, Exit.USAGE, Exit.CANT_CREATE}, value
        if done.err:
            assert len(done.err.splitlines()) == 1
            assert contents(folder) == before


@pytest.mark.parametrize(
    "command",
    [one for one in COMMANDS if one.name not in {*RUNNING, "manifest init", "manifest schema"}],
    ids=lambda command: command.name,
)
def test_odd_texts(command: Command, database: str) -> None:
    """With a database, so that a text gets as far as it can."""
    odd = [
        command.sensible(**{one.name: value})
        for one in command.taking(str, Path)
        if not issubclass(kind(one), Enum)
        for value in ODD
    ]

    assert [said for words in odd for said in wrong(words, REFUSING)] == []


@pytest.mark.row("B88")
def test_no_secret_is_a_word() -> None:
    """What others may read in the list of processes."""
    names = {one.name for command in COMMANDS for one in command.parameters}

    assert {
        name for name in names if any(part in name for part in ("token", "secret", "password", "key"))
    } == {"system_user_token_file", "password_file"}


def test_spoken_words_are_those_of_the_program() -> None:
    (add,) = (one for one in COMMANDS if one.name == "tenant add")

    assert add.sensible(environment="sod") == [
        *("tenant", "add", "Cust12345", "--environment=sod", "--system-user-token-file=-"),
    ]
    assert spoken(add.parameters[0], "x") == ["x"]
