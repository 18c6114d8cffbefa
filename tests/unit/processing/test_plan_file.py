"""The file of a plan: what was written is read, and anything else is refused."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Self

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from so_privacy_ext.errors import Exit, Refused
from so_privacy_ext.model import ContextIdentifier, Epoch, LastIds, Mark, PersonId
from so_privacy_ext.processing import plan_file
from so_privacy_ext.processing.plan_file import Plan, read_plan, write_plan
from so_privacy_ext.processing.planned import PlanHead, PlannedPerson, PlannedWrite, RuleCount, Standing

KEY = b"k" * 32
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
HEAD = PlanHead(
    tenant=ContextIdentifier("Cust12345"),
    environment="sandbox",
    epoch=Epoch(1),
    manifest="ab" * 32,
    manifest_name="nordic-b2b",
    lists="cd" * 32,
    made_at=NOON,
    last_ids=LastIds(10_009, 70_009, 30_009),
    tell_from=None,
    persons=100,
    rules=(
        RuleCount("met-in-person", gets=2, touched=3, changes=1, max_changes="5%"),
        RuleCount("erp", mails=1),
    ),
    no_mail={"before_start": 99},
)
EMPTY = PlannedPerson(PersonId(10_001), Mark(0, 0, None), {}, {})
FULL = PlannedPerson(
    PersonId(10_002),
    Mark(3, 70_001, NOON),
    {"STORE": Standing("61F", "USER", 2)},
    {"STORE": "met-in-person", "EMARKETING": "erp"},
    writes=(PlannedWrite("STORE", "met-in-person", "61B", "CARD", "P12M"),),
    mail="notice13",
    mail_rule="met-in-person",
    reviews=(("purpose", "NEWSLETTER"),),
    left={"EMARKETING": "human"},
    denied=("EMARKETING",),
)


def key_of(_: PlanHead) -> bytes:
    return KEY


@pytest.fixture
def path(tmp_path: Path) -> Path:
    write_plan(tmp_path / "plan.json", [EMPTY, FULL], lambda: HEAD, KEY)
    return tmp_path / "plan.json"


def refusal(path: Path) -> Refused:
    with pytest.raises(Refused) as caught:
        list(read_plan(path, key_of).persons())
    return caught.value


def test_what_was_written_is_read(path: Path) -> None:
    plan = read_plan(path, key_of)
    assert plan.head == HEAD
    assert list(plan.persons()) == [EMPTY, FULL]
    assert list(plan.persons()) == [EMPTY, FULL]


def test_nobody_but_its_owner_may_read_it(path: Path) -> None:
    assert path.stat().st_mode & 0o077 == 0
    assert [one.name for one in path.parent.iterdir()] == ["plan.json"]


def test_each_person_is_a_line(path: Path) -> None:
    assert len(path.read_bytes().splitlines()) == 4


TEXTS = st.sampled_from(["", "STORE", "61F", "é\u2028\U0001f600", '"}\n'])


@given(
    st.lists(
        st.builds(
            PlannedPerson,
            st.sampled_from([1, 2**31 - 1]).map(PersonId),
            st.builds(Mark, st.integers(0, 9), st.none(), st.none() | st.just(NOON)),
            st.dictionaries(TEXTS, st.builds(Standing, TEXTS, TEXTS, st.integers(0, 9)), max_size=3),
            st.dictionaries(TEXTS, TEXTS, max_size=3),
            mail=st.none() | TEXTS,
            denied=st.lists(TEXTS, max_size=2).map(tuple),
        ),
        max_size=4,
    )
)
@settings(max_examples=40)
def test_whatever_stands_in_a_plan_comes_back(
    tmp_path_factory: pytest.TempPathFactory, persons: list[PlannedPerson]
) -> None:
    path = tmp_path_factory.getbasetemp() / "any.json"
    write_plan(path, persons, lambda: HEAD, KEY)
    assert list(read_plan(path, key_of).persons()) == persons


def test_a_seal_of_no_letters_is_refused(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-5] + "æ".encode() + b'"}\n')
    assert refusal(path).code == "plan_damaged"


@given(st.data())
@settings(max_examples=60)
def test_a_plan_with_one_byte_changed_or_cut_is_refused(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    whole = tmp_path_factory.getbasetemp() / "whole.json"
    if not whole.exists():
        write_plan(whole, [EMPTY, FULL], lambda: HEAD, KEY)
    content = whole.read_bytes()
    at = data.draw(st.integers(0, len(content) - 1))
    byte = data.draw(st.integers(0, 255).filter(lambda byte: byte != content[at]))
    cut = data.draw(st.booleans())
    changed = content[:at] if cut else content[:at] + bytes([byte]) + content[at + 1 :]
    path = whole.with_name("changed.json")
    path.write_bytes(changed)
    assert refusal(path).exit_code is Exit.BAD_DATA


def test_a_plan_of_another_installation_is_refused(path: Path) -> None:
    with pytest.raises(Refused, match="another installation"):
        read_plan(path, lambda _: b"x" * 32)


def test_a_plan_that_lacks_its_last_lines_is_refused(path: Path) -> None:
    plan, lines = read_plan(path, key_of), path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(lines[:-1]))
    assert "cut off" in refusal(path).what
    path.write_bytes(b"".join(lines[:-2]))
    with pytest.raises(Refused, match="while it was read"):
        list(plan.persons())


def test_a_line_more_after_the_seal_is_refused(path: Path) -> None:
    path.write_bytes(path.read_bytes() + b"{}\n")
    assert refusal(path).code == "plan_damaged"


def test_a_plan_of_a_later_format_is_refused_by_name(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plan_file, "FORMAT", 2)
    assert refusal(path).code == "plan_format"


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\n",
        b"{}\n",
        b'{"so_privacy_plan": 1, "head": {}}\n',
        b'{"so_privacy_plan": 1, "head":\n',
        b"\x00" * 2_000_000,
    ],
)
def test_what_is_no_plan_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "no.json"
    path.write_bytes(content)
    assert refusal(path).code == "plan_damaged"


def test_a_sealed_line_that_is_no_person_is_refused(path: Path) -> None:
    seal = plan_file._Seal(KEY)  # what only a defect of ours could write
    lines = [path.read_bytes().splitlines(keepends=True)[0], b'{"person_id": "x"}\n']
    for line in lines:
        seal.add(line)
    path.write_bytes(b"".join(lines) + b'{"seal": "' + seal.text.encode() + b'"}\n')
    assert "line 2" in refusal(path).what


def test_a_plan_that_changes_while_it_is_read_is_refused_at_the_end(path: Path) -> None:
    plan = read_plan(path, key_of)
    write_plan(path, [FULL], lambda: HEAD, KEY)
    with pytest.raises(Refused, match="while it was read"):
        list(plan.persons())


@pytest.mark.parametrize("name", ["gone.json", "."])
def test_a_file_that_can_not_be_read_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(Refused) as caught:
        read_plan(tmp_path / name, key_of)
    assert caught.value.exit_code is Exit.NO_INPUT


def test_a_disk_that_fails_while_reading_is_refused(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Failing:
        def readline(self, _: int) -> bytes:
            raise OSError(5, "Input/output error")

        def __enter__(self) -> Self:
            return self

        def __exit__(self, *_: object) -> None: ...

    plan = read_plan(path, key_of)
    monkeypatch.setattr(plan_file, "_opened", lambda _: Failing())
    with pytest.raises(Refused, match="Input/output error"):
        list(plan.persons())


def test_where_no_file_can_be_written_it_is_said(tmp_path: Path) -> None:
    with pytest.raises(Refused) as caught:
        write_plan(tmp_path / "no" / "plan.json", [], lambda: HEAD, KEY)
    assert caught.value.exit_code is Exit.CANT_CREATE


def test_a_reading_that_fails_leaves_no_plan_and_the_last_one_as_it_was(path: Path) -> None:
    before = path.read_bytes()

    def failing() -> Iterator[PlannedPerson]:
        yield FULL
        raise RuntimeError

    with pytest.raises(RuntimeError):
        write_plan(path, failing(), lambda: HEAD, KEY)
    assert path.read_bytes() == before
    assert [one.name for one in path.parent.iterdir()] == ["plan.json"]


@pytest.mark.parametrize(
    ("touched", "persons", "limit", "breaks"),
    [
        (5, 100, "5%", False),
        (6, 100, "5%", True),
        (1, 19, "5%", True),
        (1, 20, "5%", False),
        (0, 0, "0%", False),
        (1, 1, "0%", True),
        (100, 100, None, False),
    ],
)
def test_a_limit_of_harm_is_a_share_of_all_persons(
    touched: int, persons: int, limit: str | None, breaks: bool
) -> None:
    head = replace(HEAD, persons=persons, rules=(RuleCount("one", touched=touched, max_changes=limit),))
    assert (head.broken == ("one",)) is breaks


@pytest.mark.parametrize(
    ("count", "changes"),
    [
        (RuleCount("one"), False),
        (RuleCount("one", left=3, denied=2), False),
        (RuleCount("one", touched=1), True),
        (RuleCount("one", mails=1), True),
        (RuleCount("one", reviews=1), True),
    ],
)
def test_a_plan_changes_something_if_it_writes_mails_or_asks(count: RuleCount, changes: bool) -> None:
    assert replace(HEAD, rules=(RuleCount("none"), count)).changes_anything is changes


def test_a_plan_shows_no_key(path: Path) -> None:
    plan: Plan = read_plan(path, key_of)
    assert "kkkk" not in repr(plan)
