"""`pytest --so-conformance`: the ladder, and what it finds in plugins that are not as they should be."""

from __future__ import annotations

import ast
import http.client
import inspect
import json
import os
import socket
import ssl
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from so_privacy_ext.extension import GROUP
from so_privacy_ext.plugins import arguments
from so_privacy_ext.plugins.described import Description
from so_privacy_ext.plugins.found import Found
from so_privacy_kit.conformance import made_up
from so_privacy_kit.conformance.checks import (
    bronze,
    channel,
    findings,
    gold,
    platinum,
    reaction,
    rows,
    silver,
    whole_tenant,
)
from so_privacy_kit.conformance.levels import MARK, Level, Point, Unmet, granted, missing
from so_privacy_kit.conformance.run import CHECKS
from so_privacy_kit.conformance.stand_in import ALL_WAYS, DOWN, UNTRUSTED, Certificates, misbehaving
from so_privacy_kit.conformance.subject import Subject, chosen
from tests.unit.test_docs import table

ROOT = Path(__file__).resolve().parents[3]
HERE = "tests.unit.kit.looked_over"
MODULES = (bronze, silver, gold, platinum, channel, reaction, findings, rows, whole_tenant)


def plugin(name: str, folder: Path = ROOT) -> Subject:
    here = Found(name, "so-privacy-ext", "1.0", f"{HERE}.{name}:ext")
    return Subject(name, folder, installed=lambda: {name: here})


@pytest.fixture(scope="module")
def careless() -> Subject:
    return plugin("careless")


@pytest.fixture(scope="module")
def forgetful() -> Subject:
    return plugin("forgetful")


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return Certificates(tmp_path_factory.mktemp("certificates"))


@pytest.fixture
def found() -> list[str]:
    return []


def point(level: Level, *, met: bool) -> Point:
    return Point("x", level, "it is", met, "found", "" if met else "mend it")


def test_a_level_is_granted_with_all_below_it() -> None:
    bronze, silver, gold, platinum = (point(one, met=True) for one in list(Level)[1:])
    not_silver = point(Level.SILVER, met=False)

    assert granted([]) is Level.NONE
    assert granted([silver]) is Level.NONE
    assert granted([bronze]) is Level.BRONZE
    assert granted([bronze, silver, not_silver, gold]) is Level.BRONZE
    assert missing([bronze, silver, not_silver, gold]) == (Level.SILVER, [not_silver])
    assert missing([bronze, silver, gold, platinum]) == (Level.PLATINUM, ())
    assert str(granted([bronze, silver, gold, platinum])) == "platinum"


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "boolean"},
        {"type": "integer", "minimum": 7},
        {"type": "number", "exclusiveMinimum": 7},
        {"type": "string", "minLength": 3},
        {"type": "string", "format": "date"},
        {"type": "string", "enum": ["customer", "supplier"]},
        {"const": "customer"},
        {"type": "integer", "default": 5},
        {"type": "array", "items": {"type": "string"}},
        {"anyOf": [{"type": "string"}, {"type": "integer"}]},
        {
            "type": "object",
            "properties": {"least": {"type": "integer"}, "most": {"type": "integer"}},
            "required": ["least"],
        },
    ],
)
def test_an_argument_is_made_up_that_fits(schema: Mapping[str, Any]) -> None:
    made = made_up.argument(schema)

    arguments.reader(schema).validate_python(made)


def test_settings_name_hosts_where_nobody_answers() -> None:
    schema = {
        "type": "object",
        "properties": {"host": {"type": "string"}, "limit": {"type": "integer"}, "key": {"type": "string"}},
        "required": ["host", "limit"],
    }
    described = Description(
        name="acme-vat",
        version="1",
        says="It is.",
        settings=schema,
        hosts=["{host}:443", "api.example.com:443"],
    )

    assert made_up.settings(described) == {"host": "127.0.0.1:9", "limit": 1}
    assert made_up.settings(Description(name="acme-vat", version="1", says="It is.")) == {}


def asks(port: int, authority: Path | None) -> tuple[int, bytes]:
    """Ask as a plugin would, with one second of patience."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=1)
    if authority is not None:
        context = ssl.create_default_context(cafile=str(authority))
        connection = http.client.HTTPSConnection("127.0.0.1", port, timeout=1, context=context)
    try:
        connection.request("POST", "/", b"{}")
        reply = connection.getresponse()
        return reply.status, reply.read()
    finally:
        connection.close()


@pytest.mark.parametrize("secure", [False, True])
@pytest.mark.parametrize("way", ALL_WAYS)
def test_a_host_fails_in_each_way(certificates: Certificates, way: str, secure: bool) -> None:
    answered = {
        "is overloaded": (503, b"later"),
        "lets nobody in": (401, b'{"error": "denied"}'),
        "answers a page": (200, b"<html>Welcome</html>"),
        "answers an empty object": (200, b"{}"),
        "answers an empty list": (200, b"[]"),
        "answers null": (200, b"null"),
    }
    with misbehaving(way, certificates) as port:
        authority = certificates.authority if secure else None
        if way in answered:
            assert asks(port, authority) == answered[way]
        else:
            with pytest.raises((OSError, http.client.HTTPException)) as failed:
                asks(port, authority)
            distrusted = isinstance(failed.value, ssl.SSLCertVerificationError)
            assert distrusted == (secure and way == UNTRUSTED)
            assert isinstance(failed.value, ConnectionRefusedError) == (way == DOWN)


def test_who_waits_for_a_greeting_gets_one(certificates: Certificates) -> None:
    with (
        misbehaving("is overloaded", certificates) as port,
        socket.create_connection(("127.0.0.1", port), timeout=5) as mail,
    ):
        assert mail.recv(100) == b"421 later\r\n"


def test_one_that_claims_what_it_could_not_look_up_is_no_silver(
    careless: Subject, certificates: Certificates, found: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = {"host": made_up.NOBODY}
    nothing = careless.ask([], settings)
    works = type(nothing)(tuple(one.facts for one in made_up.persons()), (), 0.0)

    with pytest.raises(Unmet, match=r"where its host is overloaded it says otherwise .*: careless.listed;"):
        silver.test_host(careless, settings, works, certificates, found.append, monkeypatch, "is overloaded")
    with pytest.raises(Unmet, match=r"says nothing: it took more than .*; give each of its calls a timeout"):
        silver.test_host(careless, settings, works, certificates, found.append, monkeypatch, "says nothing")
    assert found == []


def test_one_that_remembers_is_neither_silver_nor_gold(forgetful: Subject, found: list[str]) -> None:
    works = forgetful.ask(made_up.persons(), {})

    with pytest.raises(Unmet, match=r"of made-up person .* it says something else when it is asked again"):
        gold.test_same_answers(forgetful, {}, works, found.append)
    with pytest.raises(
        Unmet, match=r"`forgetful.third` is not spoken in da, the reason `few` of forgetful.third"
    ):
        gold.test_languages(forgetful, found.append)
    with pytest.raises(Unmet, match=r"\d+% of its time; ask for all persons at once"):
        platinum.test_quick(forgetful, {}, found.append)
    with pytest.raises(Unmet, match=r"forgetful.py:\d+ imports so_privacy_ext.errors; import from"):
        bronze.test_imports(forgetful, found.append)
    gold.test_works(forgetful, works, found.append)
    assert found == ["it says something of 60 of 60 persons"]


def test_one_that_says_nothing_or_fails_is_no_gold(careless: Subject, found: list[str]) -> None:
    silent = careless.ask([], {"host": made_up.NOBODY})
    with pytest.raises(Unmet, match=r"of 0 persons it says nothing"):
        gold.test_works(careless, silent, found.append)

    failing = plugin("careless").ask(made_up.persons(1), {"host": 5})
    with pytest.raises(Unmet, match=r"stand in for that, and give settings"):
        gold.test_works(careless, failing, found.append)


def test_what_superoffice_asks_is_looked_for(careless: Subject, found: list[str], tmp_path: Path) -> None:
    with pytest.raises(Unmet, match=r"it talks to api.example.com:80"):
        platinum.test_c02_tls(careless, found.append)
    with pytest.raises(Unmet, match=r"careless.py:\d+"):
        platinum.test_c27_no_numbered_host(careless, found.append)
    with pytest.raises(Unmet, match=r"`key` has one; let the administrator give it"):
        platinum.test_c29_no_secret_has_a_default(careless, found.append)
    with pytest.raises(
        Unmet, match=r"README does not name `careless.listed`, `host`, `key`, `api.example.com`"
    ):
        platinum.test_told_of(plugin("careless", tmp_path), found.append)


@pytest.mark.parametrize(
    "code",
    [
        "ssl.create_default_context().check_hostname = False",
        "requests.get(where, verify=False)",
        "ssl._create_unverified_context()",
        "context.verify_mode = ssl.CERT_NONE",
        "from ssl import CERT_NONE\nmode = CERT_NONE",
    ],
)
def test_a_check_that_is_switched_off_is_found(code: str) -> None:
    assert len(list(platinum._unsafe(ast.parse(code)))) == 1


def test_settings_that_it_refuses_are_told(careless: Subject, found: list[str]) -> None:
    with pytest.raises(Unmet, match=r"settings that it can't use: host; give it settings by a fixture"):
        bronze.test_settings(careless, {"host": 5}, found.append)


def test_the_plugin_of_a_project_is_looked_over(tmp_path: Path) -> None:
    one = tmp_path / "pyproject.toml"
    one.write_text('[project.entry-points."so_privacy_ext.extensions"]\nacme-vat = "acme_vat:ext"\n')
    assert chosen(tmp_path, None) == "acme-vat"

    one.write_text(one.read_text() + 'acme-size = "acme_size:ext"\n')
    with pytest.raises(
        LookupError, match=r"name the plugin by --so-conformance-of; plugins of .*: acme-vat, acme"
    ):
        chosen(tmp_path, None)
    assert chosen(tmp_path, "acme-size") == "acme-size"

    with pytest.raises(Unmet, match=r"no plugin `acme-size` is installed; install the package"):
        _ = Subject("acme-size", tmp_path, installed=dict).found


def checks_of(module: ModuleType) -> Iterator[Any]:
    yield from (function for name, function in vars(module).items() if name.startswith("test_"))


def checks() -> Iterator[tuple[str, str]]:
    for function in (one for module in MODULES for one in checks_of(module)):
        (mark,) = [one for one in function.pytestmark if one.name == MARK]
        yield str(mark.args[0]), mark.args[1]


def test_each_check_is_of_these_modules() -> None:
    assert {Path(inspect.getfile(one)).name for one in MODULES} == {one.name for one in CHECKS.glob("*.py")}


def test_the_page_names_each_check() -> None:
    page = (ROOT / "docs" / "testing.md").read_text(encoding="utf-8")

    told = [tuple(row) for row in table(page, "Conformance") if row[0] in {str(one) for one in Level}]
    assert sorted(told) == sorted([*checks(), ("bronze", "its own tests pass")])


def installed_as(folder: Path, module: str, name: str = "") -> Path:
    """Install a module as a plugin's package, and give the place where it is then found."""
    name, site = name or module.rpartition(".")[2], folder / "site"
    info = site / f"{name.replace('-', '_')}-1.0.dist-info"
    info.mkdir(parents=True)
    told = f"Name: {name}\nVersion: 1.0\nLicense-Expression: MIT\nRequires-Dist: so-privacy-ext>=0.1.0\n"
    (info / "METADATA").write_text(f"Metadata-Version: 2.4\n{told}")
    (info / "entry_points.txt").write_text(f"[{GROUP}]\n{name} = {module}:ext\n")
    return site


def project(folder: Path, module: str) -> Path:
    """Install a module as a plugin of its own, whose project is the folder."""
    name = module.rpartition(".")[2]
    entry = f'[project]\nname = "{name}"\n[project.entry-points."{GROUP}"]\n{name} = "{module}:ext"\n'
    (folder / "pyproject.toml").write_text(f"{entry}[tool.pytest.ini_options]\n")
    installed_as(folder, module)
    return folder


def run(folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """Run pytest there, with the checks that need no tenant and no host."""
    quick = "installed or declared or settings or imports or works or languages or test_own or typed"
    environment = {
        **os.environ,
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
        "PYTHONPATH": os.pathsep.join([str(folder / "site"), *sys.path]),
    }
    command = [sys.executable, "-m", "pytest", "-p", "so_privacy_kit.plugin", "-p", "no:cacheprovider"]
    return subprocess.run(
        [*command, "-ra", "--so-conformance", "-k", quick, *options],
        cwd=folder, env=environment, check=False, capture_output=True, text=True, timeout=250,
    )  # fmt: skip


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_what_is_found_is_said_at_the_end_and_written_down(tmp_path: Path) -> None:
    folder = project(tmp_path, f"{HERE}.forgetful")

    done = run(folder, "--so-conformance-report=report.json")

    assert done.returncode == pytest.ExitCode.TESTS_FAILED, done.stdout + done.stderr
    assert "forgetful: no level yet" in done.stdout
    assert "for bronze: its own tests pass: write tests of your own, and run them" in done.stdout
    report = json.loads((folder / "report.json").read_text(encoding="utf-8"))
    unmet = {one["code"]: (one["level"], one["how"] != "") for one in report["checks"] if not one["met"]}
    assert (report["plugin"], report["granted"]) == ("forgetful", None)
    assert unmet == {
        "imports": ("bronze", True),
        "own_tests": ("bronze", True),
        "languages": ("gold", True),
        "typed": ("gold", True),
    }
    assert "bronze: it imports nothing of the product but what is public: forgetful.py:8 imp" in done.stdout
    assert "SKIPPED [1]" in done.stdout


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_own_tests_count_and_a_higher_level_can_be_demanded(tmp_path: Path) -> None:
    folder = project(tmp_path, "tests.unit.plugins.acme_vat")
    (folder / "pyproject.toml").write_text(
        (folder / "pyproject.toml").read_text().replace("acme_vat =", "acme-vat =")
    )
    entries = folder / "site" / "acme_vat-1.0.dist-info" / "entry_points.txt"
    entries.write_text(entries.read_text().replace("acme_vat =", "acme-vat ="))
    (folder / "test_own.py").write_text("def test_own():\n    pass\n")

    done = run(folder, "--so-conformance-least=gold")
    assert done.returncode == pytest.ExitCode.TESTS_FAILED
    assert "its own tests pass: 1 passed, 0 failed" in done.stdout
    assert "acme-vat: bronze" in done.stdout
    assert "gold: it is typed: it has no py.typed; annotate it" in done.stdout


def test_several_plugins_are_told_apart(tmp_path: Path) -> None:
    folder = project(tmp_path, f"{HERE}.forgetful")
    text = (folder / "pyproject.toml").read_text()
    (folder / "pyproject.toml").write_text(
        text.replace("forgetful = ", f'other = "{HERE}.careless:ext"\nforgetful = ')
    )

    done = run(folder)

    assert done.returncode == pytest.ExitCode.USAGE_ERROR
    assert "name the plugin by --so-conformance-of; plugins of " in done.stderr
