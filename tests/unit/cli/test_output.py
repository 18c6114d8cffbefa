"""What is printed: shortened for people, whole for programs, and nothing of it steers a terminal."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

import pytest

from so_privacy_ext.cli.output import plain, print_fields, print_json, print_table, say, shown

AT = datetime(2026, 11, 22, 4, 5, 6, 789, tzinfo=UTC)
STEERING = "\x1b[2J\x07\x9b\u202e\u2066\u200b\u2028\x85\n\t\ud800"


class Color(StrEnum):
    RED = "red"


@dataclass(frozen=True)
class Thing:
    name: str
    at: datetime | None = AT
    digest: bytes = b"\x00\xff"
    color: Color = Color.RED


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "-"),
        ([], "-"),
        ({}, "-"),
        (0, "0"),
        (False, "False"),
        ("æøå [bold]x[/bold]", "æøå [bold]x[/bold]"),
        (AT, "2026-11-22 04:05:06"),
        (b"\x00\xff", "00ff"),
        (Color.RED, "red"),
        (("a", 1), '["a", 1]'),
        ({"a": AT}, '{"a": "2026-11-22T04:05:06.000789+00:00"}'),
        ("a\x1b[2Jb", "a\\u001b[2Jb"),
    ],
)
def test_a_value(value: object, text: str) -> None:
    assert shown(value) == text


def test_nouns_become_json(capsys: pytest.CaptureFixture[str]) -> None:
    print_json({"things": (Thing("a"), Thing(STEERING)), "seen": frozenset({1})})
    out = capsys.readouterr().out

    assert json.loads(out) == {"things": [plain(Thing("a")), plain(Thing(STEERING))], "seen": [1]}
    assert plain(Thing("a")) == {
        "name": "a", "at": "2026-11-22T04:05:06.000789+00:00", "digest": "00ff", "color": "red",
    }  # fmt: skip
    assert not set(STEERING) & set(out) - {"\n", "[", "2", "J"}


def test_a_table(capsys: pytest.CaptureFixture[str]) -> None:
    print_table([Thing("[red]a"), {"name": STEERING, "at": None}], {"name": "name", "at": "since"}, empty="")
    lines = capsys.readouterr().out.splitlines()

    assert [line.split() for line in lines[:2]] == [["name", "since"], ["[red]a", "2026-11-22", "04:05:06"]]
    assert len(lines) == 3
    assert not set(STEERING) & set(lines[2]) - {"[", "2", "J"}
    print_table([], {"name": "name"}, empty="There is nothing.")
    assert capsys.readouterr().out == "There is nothing.\n"


def test_a_wide_table_is_not_cut_in_a_pipe(capsys: pytest.CaptureFixture[str]) -> None:
    print_table([{"a": "x" * 90, "b": "y" * 90}], {"a": "a", "b": "b"}, empty="")

    assert capsys.readouterr().out.splitlines()[1].split() == ["x" * 90, "y" * 90]


def test_fields_and_lines(capsys: pytest.CaptureFixture[str]) -> None:
    print_fields({"own_name": "a", "at": AT, "nothing": None})
    say(STEERING)
    lines = capsys.readouterr().out.splitlines()

    assert lines[:3] == ["own name  a", "at        2026-11-22 04:05:06", "nothing   -"]
    assert lines[3].startswith("\\u001b[2J\\u0007\\u009b\\u202e")
    assert len(lines) == 4
