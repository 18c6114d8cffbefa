"""Signed bodies of every kind, and what becomes of them."""

import hashlib
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from so_privacy_ext.model import AssociateId, ContextIdentifier, Event, EventId
from so_privacy_ext.webhooks.payload import Quarantined, parse

US = ContextIdentifier("Cust12345")
GUID = "576086e3-5261-426b-a84b-26ca7f5b65e8"
ABSENT = object()


def body(**fields: Any) -> Any:
    payload = {
        "EventId": GUID,
        "Timestamp": "2026-04-24T08:01:15.8506935Z",
        "Changes": ["person_id", "title", "updatedCount"],
        "Event": "person.changed",
        "PrimaryKey": 18,
        "Entity": "person",
        "ContextIdentifier": "Cust12345",
        "ChangedByAssociateId": 316,
        "WebhookName": "so-privacy",
        **fields,
    }
    return json.dumps({key: value for key, value in payload.items() if value is not ABSENT}).encode()


def event(**fields: Any) -> Event:
    found = parse(body(**fields), US)
    assert isinstance(found, Event), found
    return found


def reason(raw: bytes) -> str:
    found = parse(raw, US)
    assert isinstance(found, Quarantined), found
    return found.reason


def test_an_ordinary_event() -> None:
    assert event() == Event(
        event_id=EventId(GUID),
        name="person.changed",
        primary_key=18,
        changes=frozenset({"person_id", "title", "updatedCount"}),
        changed_by=AssociateId(316),
        timestamp=datetime(2026, 4, 24, 8, 1, 15, 850693, UTC),
    )


def test_only_name_key_and_tenant_are_needed() -> None:
    raw = b'{"Event":"person.changed","PrimaryKey":18,"ContextIdentifier":"Cust12345"}'

    assert parse(raw, US) == Event(
        event_id=EventId(f"sha256:{hashlib.sha256(raw).hexdigest()}"),
        name="person.changed",
        primary_key=18,
        notes=("event_id_missing",),
    )


def test_absent_parts_may_be_null() -> None:
    assert event(Changes=None, FieldValues=None, Values=None).changes == frozenset()


@pytest.mark.row("B26")
def test_the_test_delivery() -> None:
    found = parse(
        body(Event="test", Entity="test", PrimaryKey=0, ContextIdentifier="Default", Changes=[]),
        US,
        header_event_id=b"f0a473ae-6194-4701-8fd1-49caf355067a",
    )

    assert isinstance(found, Event)
    assert (found.name, found.primary_key) == ("test", 0)
    assert found.notes == ("event_id_differs_from_header",)


@pytest.mark.row("B26")
def test_a_test_delivery_may_name_the_tenant() -> None:
    assert event(Event="test", Entity="test", PrimaryKey=0).name == "test"


@pytest.mark.row("B26", "B40")
@pytest.mark.parametrize("name", ["person.changed", "Test", "test.test"])
def test_default_is_for_test_deliveries_alone(name: Any) -> None:
    assert reason(body(Event=name, ContextIdentifier="Default")) == "context_mismatch"


@pytest.mark.row("B29")
@pytest.mark.parametrize("raw", [b"", b"nope", body()[:-1], body() + b"x", body() + body()])
def test_bad_json(raw: Any) -> None:
    assert reason(raw) == "bad_json"


@pytest.mark.row("B30")
@pytest.mark.parametrize("raw", [b"[" * 100_000, b'{"a":' * 40_000])
def test_bombs(raw: Any) -> None:
    assert reason(raw) == "bad_json"


@pytest.mark.row("B30")
def test_a_long_string_is_no_bomb() -> None:
    assert event(WebhookName="x" * 200_000).primary_key == 18


@pytest.mark.row("B31")
@pytest.mark.parametrize("again", [b'"Event":"person.created",', b'"PrimaryKey":19,'])
def test_duplicate_keys(again: Any) -> None:
    assert reason(b"{" + again + body()[1:]) == "duplicate_key"


@pytest.mark.row("B32")
@pytest.mark.parametrize("number", [b"NaN", b"Infinity", b"-Infinity", b"1e400", b"9" * 5000])
def test_numbers_that_are_none(number: Any) -> None:
    assert reason(body().replace(b": 18", b": " + number)) == "bad_json"


@pytest.mark.row("B33")
@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-be", "utf-32", "utf-8-sig"])
def test_encodings(encoding: Any) -> None:
    raw = body().decode().encode(encoding)

    if encoding == "utf-8-sig":
        assert isinstance(parse(raw, US), Event)
        assert reason(b"\xef\xbb\xbf" + raw) == "bad_json"
    else:
        assert reason(raw) == "bad_json"


@pytest.mark.row("B34")
@pytest.mark.parametrize("text", ["\ud800", "\x00", "\u202e\u2066", "e" + "\u0301" * 40_000])
def test_odd_text_in_a_name_nobody_reads(text: Any) -> None:
    found = event(WebhookName=text)

    assert found.primary_key == 18
    assert found.notes == ()


@pytest.mark.row("B34", "B43")
@pytest.mark.parametrize(
    "text", ["\ud800", "a\x00b", "<script>", "{{7*7}}", "'; DROP", "=cmd|' /C", "a,b", "", "x" * 65]
)
def test_what_can_be_no_column_is_not_kept(text: Any) -> None:
    found = event(Changes=["title", text])

    assert found.changes == frozenset({"title"})
    assert found.notes == ("changes_odd",)


@pytest.mark.row("B35")
@pytest.mark.parametrize("raw", [b"[]", b'"text"', b"18", b"null", b"true"])
def test_no_object(raw: Any) -> None:
    assert reason(raw) == "bad_shape"


@pytest.mark.row("B35")
@pytest.mark.parametrize(
    "fields",
    [
        {"Changes": "title"},
        {"Changes": {"title": 1}},
        {"Changes": ["title", 1]},
        {"Changes": [["title"]]},
        {"FieldValues": []},
        {"Values": [1]},
        {"Event": ABSENT},
        {"Event": None},
        {"Event": 18},
        {"Event": ""},
        {"Event": "person.changed\n"},
        {"Event": "person.chánged"},
        {"Event": "x" * 101},
        {"Event": "none"},
        {"Event": "person.swept"},
    ],
)
def test_bad_shape(fields: Any) -> None:
    assert reason(body(**fields)) == "bad_shape"


@pytest.mark.row("B36")
@pytest.mark.parametrize(
    "key", ["18", 18.0, True, -1, 0, 2**31, 2**63, None, "\uff11\uff18", ABSENT, [18], 1e3]
)
def test_bad_primary_key(key: Any) -> None:
    assert reason(body(PrimaryKey=key)) == "bad_primary_key"


@pytest.mark.row("B36")
@pytest.mark.parametrize("key", [1, 2**31 - 1])
def test_the_ends_of_the_range(key: Any) -> None:
    assert event(PrimaryKey=key).primary_key == key


@pytest.mark.row("B36")
@pytest.mark.parametrize("key", [-1, True, None, "0"])
def test_a_test_delivery_needs_a_number_too(key: Any) -> None:
    assert reason(body(Event="test", PrimaryKey=key)) == "bad_primary_key"


@pytest.mark.row("B37")
@pytest.mark.parametrize("given", [GUID, GUID.upper(), "{" + GUID + "}"])
def test_writings_of_one_event_id(given: Any) -> None:
    found = event(EventId=given)

    assert found.event_id == GUID
    assert found.notes == ()


@pytest.mark.row("B37")
@pytest.mark.parametrize(
    "given", ["not a guid", GUID.replace("-", ""), "x" * 10_000, 18, "\uff15" + GUID[1:], GUID + "\n"]
)
def test_what_is_no_event_id(given: Any) -> None:
    raw = body(EventId=given)
    found = parse(raw, US)

    assert isinstance(found, Event)
    assert found.event_id == f"sha256:{hashlib.sha256(raw).hexdigest()}"
    assert found.notes == ("event_id_odd",)


@pytest.mark.row("B37")
@pytest.mark.parametrize(
    ("header", "notes"), [(GUID.upper().encode(), ()), (b"\xff", ("event_id_differs_from_header",))]
)
def test_the_headers_event_id_is_only_compared(header: Any, notes: Any) -> None:
    found = parse(body(), US, header_event_id=header)

    assert isinstance(found, Event)
    assert (found.event_id, found.notes) == (GUID, notes)


@pytest.mark.row("B38")
@pytest.mark.parametrize(
    ("name", "entity"),
    [
        ("person.teleported", "person"),
        ("Person.Created", "Person"),
        ("contact.created", "contact"),
        ("webhook999.errors", ABSENT),
        ("webhook.errors", ABSENT),
        ("foo.bar", ABSENT),
    ],
)
def test_events_nobody_asked_for(name: Any, entity: Any) -> None:
    found = event(Event=name, Entity=entity)

    assert (found.name, found.notes) == (name, ())


@pytest.mark.row("B39")
@pytest.mark.parametrize(
    ("fields", "note"),
    [
        ({"Entity": "contact"}, "entity_differs_from_event"),
        ({"Entity": 7}, "entity_differs_from_event"),
        ({"FieldValues": {"person_id": 74361}}, "person_id_differs_from_primary_key"),
        ({"FieldValues": {"person_id": "18"}}, "person_id_differs_from_primary_key"),
    ],
)
def test_contradictions_are_noted_and_the_primary_key_wins(fields: Any, note: Any) -> None:
    found = event(**fields)

    assert (found.primary_key, found.notes) == (18, (note,))


@pytest.mark.row("B39")
def test_agreement_is_not_noted() -> None:
    assert event(FieldValues={"person_id": 18, "retired": 0}).notes == ()
    assert (
        event(Event="list.category.created", Entity="list.category", FieldValues={"person_id": 3}).notes == ()
    )


@pytest.mark.row("B40")
@pytest.mark.parametrize(
    "context",
    [
        "Cust54321",
        "\u0421ust12345",
        "Cust12345\n",
        " Cust12345",
        "cust12345",
        "Cust\uff11\uff12\uff13\uff14\uff15",
        "",
        None,
        12345,
        ABSENT,
    ],
)
def test_another_tenants_body(context: Any) -> None:
    assert reason(body(ContextIdentifier=context)) == "context_mismatch"


@pytest.mark.row("B41")
@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (ABSENT, None),
        (None, None),
        (18, None),
        ("junk", None),
        ("\ud800", None),
        ("0001-01-01T00:00:00", None),
        ("0001-01-01T00:00:00+02:00", None),
        ("9999-12-31T23:59:59-02:00", None),
        ("9999-12-31T23:59:59Z", datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)),
        ("2026-04-24T08:01:15", datetime(2026, 4, 24, 8, 1, 15, tzinfo=UTC)),
        ("2026-04-24T08:01:15.1234567+02:00", datetime(2026, 4, 24, 6, 1, 15, 123456, UTC)),
    ],
)
def test_the_time_never_refuses(given: Any, expected: Any) -> None:
    assert event(Timestamp=given).timestamp == expected


@pytest.mark.row("B42")
@pytest.mark.parametrize(
    ("given", "expected"),
    [(0, 0), (5, 5), (-1, None), (True, None), ("5", None), (ABSENT, None), (2**31, None)],
)
def test_who_changed_it_never_refuses(given: Any, expected: Any) -> None:
    assert event(ChangedByAssociateId=given).changed_by == expected


@pytest.mark.row("B43")
@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "{{7*7}}",
        "${jndi:ldap://example.com}",
        "'; DROP TABLE inbox",
        "=cmd|' /C calc'!A0",
    ],
)
def test_hostile_text_changes_nothing(text: Any) -> None:
    found = event(WebhookName=text, Entity=text, Timestamp=text, EventId=text, Injected=text)

    assert (found.name, found.primary_key) == ("person.changed", 18)
    assert text not in repr(found)


@pytest.mark.row("B44")
def test_ten_thousand_changes() -> None:
    names = [f"column_{number}" for number in range(10_000)]

    assert event(Changes=names).changes == frozenset(names)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=10,
)
FIELDS = [
    "Event",
    "PrimaryKey",
    "EventId",
    "ContextIdentifier",
    "Changes",
    "FieldValues",
    "Values",
    "Timestamp",
    "Entity",
    "ChangedByAssociateId",
]


@settings(deadline=None)  # a busy machine is no finding
@given(st.dictionaries(st.sampled_from(FIELDS), JSON))
def test_total_over_every_field(fields: Any) -> None:
    assert isinstance(parse(body(**fields), US), Event | Quarantined)


@settings(deadline=None)  # a busy machine is no finding
@given(st.binary())
def test_total_over_bytes(raw: Any) -> None:
    assert isinstance(parse(raw, US), Event | Quarantined)
