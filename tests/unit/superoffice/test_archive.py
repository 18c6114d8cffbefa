"""Batched reads: decoding by declared type, pages, and the fallback where `in` is refused."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

import pytest

from so_privacy_ext.errors import CrmFailure, Fault, NeedsHuman, Retry
from so_privacy_ext.superoffice.archive import (
    BATCH,
    PAGE,
    Column,
    integer,
    moment,
    read,
    read_all,
    read_by_ids,
    text,
)
from so_privacy_ext.superoffice.client import SoapClient
from tests.unit.superoffice.loopback import Canned, Loopback, answer, refusal, rows, soap_fault

READ = "GetArchiveListByColumns2"
COLUMNS = (
    Column("note_id", integer),
    Column("body", text, required=False),
    Column("registered", moment),
    Column("flag", integer, required=False),
)
MOMENT = "[DT:11/20/2026 10:15:30.1234567]"


def row(number: Any = 1, **changes: Any) -> Any:
    return {"note_id": f"[I:{number}]", "registered": MOMENT} | changes


@pytest.mark.parametrize(
    ("shown", "value"),
    [("[I:3]", 3), ("[I:-3]", -3), ("3", 3), (" [I:3] ", 3), ("", 0), (None, 0), ("True", 1), ("false", 0),
     ("[I:True]", 1)],
)  # fmt: skip
def test_integers(shown: Any, value: Any) -> None:
    assert integer(shown) == value


@pytest.mark.parametrize(
    "shown",
    ["[I:]", "[I:3", "[F:3.0]", "3.0", "x", "[I:99999999999]", "[I:\N{FULLWIDTH DIGIT ONE}]", "[I:3]\n[I:4]"],
)
def test_what_is_no_integer_is_never_zero(shown: Any) -> None:
    with pytest.raises((ValueError, LookupError)):
        integer(shown)


@pytest.mark.parametrize(
    ("shown", "value"),
    [
        (MOMENT, datetime(2026, 11, 20, 10, 15, 30, 123456, tzinfo=UTC)),
        ("[DT:11/20/2026 10:15:30]", datetime(2026, 11, 20, 10, 15, 30, tzinfo=UTC)),
        ("[DT:1/2/2026 3:04:05.5]", datetime(2026, 1, 2, 3, 4, 5, 500_000, tzinfo=UTC)),
        ("[D:11/30/2011]", datetime(2011, 11, 30, tzinfo=UTC)),
        ("[DT:2026-11-20 10:15:30]", datetime(2026, 11, 20, 10, 15, 30, tzinfo=UTC)),
        ("[D:01/01/0001 00:00:00.0000000]", None),
        ("[DT:01/01/1760 00:00:00]", None),
        ("", None),
        (None, None),
    ],
)
def test_moments(shown: Any, value: Any) -> None:
    assert moment(shown) == value


@pytest.mark.parametrize(
    "shown", ["20.11.2026", "[D:20.11.2026]", "[DT:20/11/2026 10:00:00]", "2026-11-20", "[T:10:00]"]
)
def test_a_date_in_another_form_is_refused_not_guessed(shown: Any) -> None:
    with pytest.raises(ValueError, match=r"form|month"):
        moment(shown)


def test_texts_are_themselves(client: SoapClient, loopback: Loopback) -> None:
    loopback.standing[READ] = rows("note", row(body="[I:5]"), row(2, body=""), row(3), row(4, body=None))

    found = read(client, "note", COLUMNS, "note.note_id > 0")

    assert [(one["note_id"], one["body"], one["flag"]) for one in found] == [
        (1, "[I:5]", 0),
        (2, "", 0),
        (3, "", 0),
        (4, "", 0),
    ]


def test_the_request_is_the_recipes(client: SoapClient, loopback: Loopback) -> None:
    loopback.standing[READ] = rows("note")
    read_by_ids(client, "note", COLUMNS, "person_id", [7, 8], also="note.kind = 6")
    body = loopback.bodies(READ)[0]

    assert ">Dynamic<" in body
    assert ">note.note_id,note.body,note.registered,note.flag<" in body
    assert ">note.note_id asc<" in body
    assert ">note.kind = 6 and note.person_id in (7,8)<" in body
    assert re.search(r"Page>0</.*PageSize>1000</", body)


def test_keys_come_in_any_order_and_case(client: SoapClient, loopback: Loopback) -> None:
    loopback.standing[READ] = rows("NOTE", {"REGISTERED": MOMENT, "Note_Id": "[I:1]", "surplus": "x"})

    (found,) = read(client, "note", COLUMNS, "note.note_id > 0")

    assert set(found) == {"note_id", "body", "registered", "flag"}


BODY = (
    "<n:ColumnDataKeyValuePair><n:Key>note.body</n:Key><n:Value><n:DisplayValue>x</n:DisplayValue></n:Value>"
    "</n:ColumnDataKeyValuePair>"
)


@pytest.mark.parametrize(
    ("pair", "body"),
    [
        ("<n:Value><n:DisplayValue>x</n:DisplayValue></n:Value><n:Key>note.body</n:Key>", "x"),
        ("<n:Key>note.body</n:Key><n:Hint/><n:Value><n:DisplayValue>x</n:DisplayValue></n:Value>", "x"),
        (
            "<n:Hint/><n:Key>note.body</n:Key><n:Value><n:Hint/><n:DisplayValue>x</n:DisplayValue></n:Value>",
            "x",
        ),
        ("<n:Key>note.body</n:Key><n:Value><n:Hint>y</n:Hint></n:Value>", ""),
        ("<n:Key>note.body</n:Key><n:Value/>", ""),
        ("<n:Key>note.body</n:Key>", ""),
    ],
)
def test_names_and_values_are_found_wherever_they_stand(
    client: SoapClient, loopback: Loopback, pair: str, body: str
) -> None:
    content = rows("note", row(body="x"))
    assert BODY.encode() in content
    turned = f"<n:ColumnDataKeyValuePair>{pair}</n:ColumnDataKeyValuePair>"
    loopback.standing[READ] = content.replace(BODY.encode(), turned.encode())
    (found,) = read(client, "note", COLUMNS, "note.note_id > 0")
    assert found["body"] == body


@pytest.mark.parametrize("data", ["", "<n:ColumnData/>"])
def test_a_row_without_columns_is_a_protocol_fault(client: SoapClient, loopback: Loopback, data: str) -> None:
    loopback.standing[READ] = rows("note", {}).replace(b"<n:ColumnData></n:ColumnData>", data.encode())
    with pytest.raises(Retry, match="missing"):
        read(client, "note", COLUMNS, "note.note_id > 0")


@pytest.mark.row("F49")
@pytest.mark.parametrize(
    "shown",
    [
        {"note_id": "[I:1]"},
        {"registered": MOMENT},
        row(note_id=None),
        row(note_id=""),
        row(note_id=" "),
        row(note_id="[X:1]"),
        row(registered=None),
        row(registered="20.11.2026"),
        row(flag="maybe"),
        row(NOTE_ID="[I:2]"),
        row(**{"": "x"}) | {},
    ],
)
def test_a_required_column_that_is_missing_or_odd_is_a_protocol_fault(
    shown: Any, client: SoapClient, loopback: Loopback
) -> None:
    shown = dict(shown)
    content = rows("note", shown)
    if "" in shown:
        content = content.replace(b"<n:Key>note.</n:Key>", b"<n:Key/>")
    loopback.standing[READ] = content

    with pytest.raises(Retry) as caught:
        read(client, "note", COLUMNS, "note.note_id > 0")
    assert caught.value.fault is Fault.PROTOCOL


def asked_ids(body: str) -> str:
    found: list[str] = re.findall(r"in \(([\d,]+)\)", body)
    return found[0]


def numbered(handler: Any, *, per_id: Any) -> Any:
    ids = [int(one) for one in asked_ids(handler.body.decode()).split(",")]
    found = [row(1000 * one + n) for one in ids for n in range(per_id(one))]
    handler.send(Canned(rows("note", *found[:PAGE])))


def test_a_full_page_is_asked_again_by_halves(client: SoapClient, loopback: Loopback) -> None:
    loopback.standing[READ] = lambda handler: numbered(handler, per_id=lambda _: 400)

    found = read_by_ids(client, "note", COLUMNS, "person_id", [1, 2, 3, 4, 5])

    assert len({one["note_id"] for one in found}) == len(found) == 2000
    asked = [asked_ids(body) for body in loopback.bodies(READ)]
    assert asked == ["1,2,3,4,5", "1,2", "3,4,5", "3", "4,5"]


def test_one_id_with_more_rows_than_a_page_is_a_protocol_fault(
    client: SoapClient, loopback: Loopback
) -> None:
    loopback.standing[READ] = lambda handler: numbered(handler, per_id=lambda _: PAGE)

    with pytest.raises(CrmFailure) as caught:
        read_by_ids(client, "note", COLUMNS, "person_id", [1])
    assert caught.value.fault is Fault.PROTOCOL


def test_ids_go_out_in_batches_and_none_in_no_call(client: SoapClient, loopback: Loopback) -> None:
    loopback.standing[READ] = lambda handler: numbered(handler, per_id=lambda _: 1)

    assert len(read_by_ids(client, "note", COLUMNS, "person_id", range(1, 2 * BATCH + 2))) == 2 * BATCH + 1
    assert loopback.count(READ) == 3
    assert read_by_ids(client, "note", COLUMNS, "person_id", []) == []
    assert loopback.count(READ) == 3


@pytest.mark.parametrize("refused", ["SoInvalidArgumentException", "Something.Odd"])
def test_where_in_is_refused_a_chain_of_or_is_used_from_then_on(
    refused: Any, client: SoapClient, loopback: Loopback
) -> None:
    def picky(handler: Any) -> Any:
        no = b" in (" in handler.body
        handler.send(Canned(refusal(READ, refused) if no else rows("note", row())))

    loopback.standing[READ] = picky
    for _ in range(2):
        assert len(read_by_ids(client, "note", COLUMNS, "person_id", [7, 8], also="note.kind = 6")) == 1

    bodies = loopback.bodies(READ)
    assert [" in (" in body for body in bodies] == [True, False, False]
    assert "note.kind = 6 and (note.person_id = 7 or note.person_id = 8)" in bodies[1]
    assert client.connection.refuses_in


@pytest.mark.parametrize(
    ("second", "kind", "fault"),
    [
        (refusal(READ, "SoInvalidArgumentException"), NeedsHuman, Fault.VALIDATION),
        (refusal(READ, "SoServerException"), Retry, Fault.TRANSIENT),
    ],
)
def test_where_both_forms_fail_nothing_is_learnt(
    second: Any, kind: Any, fault: Any, client: SoapClient, loopback: Loopback
) -> None:
    loopback.script(READ, refusal(READ, "SoInvalidArgumentException"))
    loopback.standing[READ] = second

    with pytest.raises(kind) as caught:
        read_by_ids(client, "note", COLUMNS, "person_id", [7])

    assert caught.value.fault is fault
    assert not client.connection.refuses_in


def test_another_failure_than_a_refusal_is_no_reason_to_ask_otherwise(
    client: SoapClient, loopback: Loopback
) -> None:
    loopback.standing[READ] = soap_fault("SoSentryException")

    with pytest.raises(CrmFailure) as caught:
        read_by_ids(client, "note", COLUMNS, "person_id", [7])

    assert caught.value.fault is Fault.ACCESS_DENIED
    assert loopback.count(READ) == 1


def test_a_whole_table_is_read_to_its_empty_page(client: SoapClient, loopback: Loopback) -> None:
    loopback.script(READ, rows("note", row(3), row(5)), rows("note", row(9)), rows("note"))

    assert [one["note_id"] for one in read_all(client, "note", COLUMNS)] == [3, 5, 9]
    asked = [re.findall(r"note_id &gt; (\d+)", body)[0] for body in loopback.bodies(READ)]
    assert asked == ["0", "5", "9"]


def test_a_page_that_does_not_move_on_ends_the_reading(client: SoapClient, loopback: Loopback) -> None:
    loopback.standing[READ] = rows("note", row(3))

    with pytest.raises(CrmFailure) as caught:
        read_all(client, "note", COLUMNS)
    assert caught.value.fault is Fault.PROTOCOL


def test_an_item_that_is_no_row_is_a_protocol_fault(client: SoapClient, loopback: Loopback) -> None:
    loopback.standing[READ] = answer(READ, "<n:Row/>")

    with pytest.raises(CrmFailure) as caught:
        read(client, "note", COLUMNS, "note.note_id > 0")
    assert caught.value.fault is Fault.PROTOCOL
