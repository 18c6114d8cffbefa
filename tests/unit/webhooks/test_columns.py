"""Values of a payload as sent, and what a model says of them."""

from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Annotated, Any

import pytest

from so_privacy_ext.webhooks.events.columns import Column, Flag, Id, Kind, Moment, Number, Text, columns, read


@dataclass
class Row:
    title: str = ""
    contact_id: Id = None
    status: Number = None
    done: Flag = None
    registered: Moment = None
    alias: Annotated[Text, "customerAlias", "CustomerAlias"] = None


def value(name: str, given: Any) -> Any:
    return read(Row, {name: given})[name]


def test_columns_are_those_that_have_a_kind() -> None:
    assert columns(Row) == {
        "contact_id": Column(("contact_id",), Kind.ID),
        "status": Column(("status",), Kind.NUMBER),
        "done": Column(("done",), Kind.FLAG),
        "registered": Column(("registered",), Kind.MOMENT),
        "alias": Column(("customerAlias", "CustomerAlias"), Kind.TEXT),
    }


def test_what_is_not_told_is_none() -> None:
    assert set(read(Row, {"title": "Advisor", "alias": "not so"}).values()) == {None}


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"customerAlias": "guest"}, "guest"),
        ({"CustomerAlias": "guest"}, "guest"),
        ({"CustomerAlias": "second", "customerAlias": "first"}, "first"),
        ({"customerAlias": 5}, None),
    ],
)
def test_spellings(values: Any, expected: Any) -> None:
    assert read(Row, values)["alias"] == expected


@pytest.mark.parametrize(
    ("given", "number", "identity"),
    [
        (5, 5, 5),
        (0, 0, None),
        (-1, -1, None),
        ("21", 21, 21),
        ("[I:6]", 6, 6),
        ("[I:-1]", -1, None),
        ("[I:six]", None, None),
        ("twelve", None, None),
        ("", None, None),
        ("9" * 11, None, None),
        ("\uff15", None, None),
        (True, None, None),
        (5.0, None, None),
        (None, None, None),
        ([5], None, None),
    ],
)
def test_numbers_and_ids(given: Any, number: Any, identity: Any) -> None:
    assert value("status", given) == number
    assert value("contact_id", given) == identity


@pytest.mark.parametrize(
    ("given", "expected"),
    [(0, False), (1, True), (False, False), (True, True), (2, None), ("1", None), (None, None), ({}, None)],
)
def test_flags(given: Any, expected: Any) -> None:
    assert value("done", given) is expected


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("2026-03-02T10:15:30", datetime(2026, 3, 2, 10, 15, 30)),  # noqa: DTZ001 sent without a zone
        (
            "2026-03-02T10:15:30.1234567+02:00",
            datetime(2026, 3, 2, 10, 15, 30, 123456, timezone(timedelta(hours=2))),
        ),
        ("[DT:09/16/2025 14:22:14.0000000]", datetime(2025, 9, 16, 14, 22, 14)),  # noqa: DTZ001 sent without a zone
        ("[DT:01/01/0001 00:00:00.0000000]", None),
        ("[DT:16/09/2025 14:22:14]", None),
        ("0001-01-01T00:00:00", None),
        ("yesterday", None),
        ("\ud800", None),
        (20260302, None),
        (None, None),
    ],
)
def test_moments(given: Any, expected: Any) -> None:
    assert value("registered", given) == expected
