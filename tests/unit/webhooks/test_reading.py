"""Reading a delivery in one call: what is let through, as what, and that there is no other way to one."""

import inspect
import json
from datetime import UTC, datetime
from typing import Any

import pytest

from so_privacy_ext import webhooks
from so_privacy_ext.errors import PrivacyError, Refused
from so_privacy_ext.model import Event
from so_privacy_ext.webhooks import BadSignature, Quarantine, WebhookEvent, events, read
from so_privacy_ext.webhooks.signature import sign

SECRET = "a-secret-of-at-least-24-bytes"
OLD = b"the-secret-before-this-one-here"
GUID = "576086e3-5261-426b-a84b-26ca7f5b65e8"
OTHER_GUID = "f0a473ae-6194-4701-8fd1-49caf355067a"


def body(**fields: Any) -> bytes:
    return json.dumps(
        {
            "EventId": GUID,
            "Timestamp": "2026-04-24T08:01:15.8506935Z",
            "Changes": ["sale_id", "status"],
            "Event": "sale.changed",
            "PrimaryKey": 18,
            "Entity": "sale",
            "ContextIdentifier": "Cust12345",
            "ChangedByAssociateId": 316,
            "WebhookName": "partner",
            **fields,
        }
    ).encode()


def signed(raw: bytes, secret: bytes = SECRET.encode()) -> dict[str, str]:
    return {"X-SuperOffice-Signature": sign(raw, secret).decode(), "X-SuperOffice-EventId": GUID}


def told(**fields: Any) -> Any:
    raw = body(**fields)
    return read(raw, signed(raw), [SECRET], context_identifier="Cust12345")


def test_a_delivery_becomes_its_events_model() -> None:
    found = told(
        FieldValues={"contact_id": 501, "person_id": 0, "done": 1, "saleType_id": 3, "x": "more"},
        Environment="training",
    )

    assert isinstance(found, events.SaleChanged)
    assert isinstance(found, Event)
    assert (found.name, found.primary_key) == ("sale.changed", 18)
    assert found.changes == frozenset({"sale_id", "status"})
    assert (found.event_id, found.changed_by, found.notes) == (GUID, 316, ())
    assert found.timestamp == datetime(2026, 4, 24, 8, 1, 15, 850693, UTC)
    assert (found.context_identifier, found.entity, found.webhook_name) == ("Cust12345", "sale", "partner")
    assert (found.contact_id, found.person_id, found.done, found.sale_type_id) == (501, None, True, 3)
    assert found.saledate is None
    assert found.values["x"] == "more"
    assert found.added == {"Environment": "training"}


def test_the_ids_of_what_is_gone_stand_above_values() -> None:
    found = told(
        Event="sale.deleted",
        Changes=[],
        Values={"contact_id": 43, "sale_id": 18},
        FieldValues={"contact_id": 5, "status": 1},
    )

    assert isinstance(found, events.SaleDeleted)
    assert (found.contact_id, found.status) == (43, 1)
    assert found.values == {"contact_id": 43, "sale_id": 18, "status": 1}


@pytest.mark.parametrize(
    ("name", "model"),
    [
        ("list.category.created", events.ListItemCreated),
        ("list.110.softdeleted", events.ListItemSoftDeleted),
        ("list.110.deleted", events.OtherEvent),
        ("list.no_such_list.created", events.OtherEvent),
        ("list.{list}.created", events.OtherEvent),
        ("y_rates.created", events.ExtraRowCreated),
        ("y_rates_2026.deleted", events.ExtraRowDeleted),
        ("y_rates.softdeleted", events.OtherEvent),
        ("webhook.errors", events.WebhookErrors),
        ("Sale.changed", events.OtherEvent),
        ("foo.bar", events.OtherEvent),
    ],
)
def test_the_model_of_a_name(name: Any, model: Any) -> None:
    found = told(Event=name, Entity=name.rpartition(".")[0])

    assert type(found) is model
    assert found.name == name


def test_lists_and_tables_say_which_they_are() -> None:
    assert told(Event="list.110.changed", Entity="list.110").list == "110"
    assert told(Event="y_rates.changed", Entity="y_rates").table == "y_rates"


def test_names_that_are_no_texts_are_none() -> None:
    found = told(Entity=7, WebhookName=None)

    assert (found.entity, found.webhook_name) == ("", "")
    assert found.notes == ("entity_differs_from_event",)


def test_nothing_of_an_event_can_be_changed() -> None:
    found = told(FieldValues={"status": 1})

    with pytest.raises(AttributeError):
        found.status = 2
    with pytest.raises((AttributeError, TypeError)):
        found.anything = 2
    with pytest.raises(TypeError):
        found.values["status"] = 2
    assert hash(found) == hash(told(FieldValues={"status": 1}))
    assert found == told(FieldValues={"status": 1})


def test_an_event_made_by_hand_says_nothing_of_values() -> None:
    found = events.QuoteSent(
        event_id=told().event_id,
        name="quote.sent",
        primary_key=1,
        context_identifier=told().context_identifier,
    )

    assert (found.values, found.added, found.entity) == ({}, {}, "")


def test_values_are_not_printed_and_neither_is_a_guests_name() -> None:
    found = told(
        Event="chatsession.created",
        Entity="chatsession",
        FieldValues={"CustomerAlias": "Kari Canary", "customerName": "Kari Canary"},
        Greeting="Kari Canary",
    )

    assert found.customer_alias == "Kari Canary"
    assert "Canary" not in repr(found)


@pytest.mark.parametrize(
    "shape",
    [
        lambda given: given,
        lambda given: {name.lower(): value for name, value in given.items()},
        lambda given: {name.upper(): value for name, value in given.items()},
        lambda given: list(given.items()),
        lambda given: [(name.lower().encode(), value.encode()) for name, value in given.items()],
        lambda given: (pair for pair in given.items()),
    ],
)
def test_headers_as_frameworks_give_them(shape: Any) -> None:
    raw = body()

    found = read(raw, shape(signed(raw)), [SECRET.encode()], context_identifier="Cust12345")

    assert (found.primary_key, found.notes) == (18, ())


def test_the_headers_event_id_is_compared() -> None:
    raw = body()
    given = {**signed(raw), "X-SuperOffice-EventId": OTHER_GUID}

    found = read(raw, given, [SECRET], context_identifier="Cust12345")

    assert (found.event_id, found.notes) == (GUID, ("event_id_differs_from_header",))
    del given["X-SuperOffice-EventId"]
    assert read(raw, given, [SECRET], context_identifier="Cust12345").notes == ()


def test_two_secrets_while_one_is_replaced() -> None:
    raw = body()

    for secret in (SECRET.encode(), OLD):
        assert read(raw, signed(raw, secret), [SECRET, OLD], context_identifier="Cust12345").primary_key == 18
    with pytest.raises(BadSignature):
        read(raw, signed(raw, OLD), [SECRET], context_identifier="Cust12345")


RIGHT = signed(body())["X-SuperOffice-Signature"]


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"X-SuperOffice-Signature": ""},
        {"X-SuperOffice-Signature": RIGHT + " "},
        {"X-SuperOffice-Signature": RIGHT.lower()},
        {"X-SuperOffice-Signature": "\ud800" * 44},
        {"X-Signature": RIGHT},
        [("X-SuperOffice-Signature", RIGHT), ("x-superoffice-signature", RIGHT)],
        [("X-SuperOffice-Signature", RIGHT), ("x-superoffice-signature", "forged")],
    ],
)
def test_what_is_not_signed_is_refused_by_one_error(headers: Any) -> None:
    with pytest.raises(BadSignature, match="X-SuperOffice-Signature") as refused:
        read(body(), headers, [SECRET], context_identifier="Cust12345")

    assert (refused.value.code, refused.value.status) == ("bad_signature", 401)
    assert isinstance(refused.value, PrivacyError)


def test_a_body_that_was_read_and_written_again_is_another() -> None:
    raw = body()
    again = json.dumps(json.loads(raw), indent=1).encode()

    with pytest.raises(BadSignature):
        read(again, signed(raw), [SECRET], context_identifier="Cust12345")


def test_a_signature_is_looked_at_before_anything_else() -> None:
    for raw in (b"nope", body(ContextIdentifier="Cust54321")):
        with pytest.raises(BadSignature):
            read(raw, signed(body()), [SECRET], context_identifier="Cust12345")


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"nope", "bad_json"),
        (b'{"Event":"a","Event":"b"}', "duplicate_key"),
        (b"[]", "bad_shape"),
        (body(PrimaryKey="18"), "bad_primary_key"),
        (body(ContextIdentifier="Cust54321"), "context_mismatch"),
    ],
)
def test_what_is_signed_and_makes_no_sense_is_for_a_human(raw: Any, reason: Any) -> None:
    with pytest.raises(Quarantine) as kept:
        read(raw, signed(raw), [SECRET], context_identifier="Cust12345")

    assert kept.value.reason == reason


@pytest.mark.row("B23")
@pytest.mark.parametrize(
    ("secrets", "code"),
    [
        ([], "no_secret"),
        ([""], "weak_secret"),
        ([" " * 30], "weak_secret"),
        ([SECRET, b"short"], "weak_secret"),
        (SECRET, "weak_secret"),
    ],
)
def test_nothing_is_verified_by_a_secret_that_could_be_guessed(secrets: Any, code: Any) -> None:
    raw = body()

    with pytest.raises(Refused) as refused:
        read(raw, signed(raw, b""), secrets, context_identifier="Cust12345")

    assert refused.value.code == code


def test_the_public_names() -> None:
    assert webhooks.__all__ == ("BadSignature", "Quarantine", "WebhookEvent", "events", "read")
    assert inspect.getfullargspec(read).args == ["body", "headers", "secrets"]
    assert inspect.getfullargspec(read).defaults is None
    assert {name for name in vars(webhooks) if name == "parse" or name.startswith("parse_")} == set()


def test_no_public_name_gives_an_unverified_payload() -> None:
    public = [
        *((name, getattr(webhooks, name)) for name in webhooks.__all__),
        *((name, getattr(events, name)) for name in events.__all__),
    ]
    functions = {name for name, one in public if inspect.isroutine(one)}
    models = [one for _, one in public if inspect.isclass(one) and issubclass(one, WebhookEvent)]

    assert functions == {"read", "model_of"}
    assert list(inspect.signature(events.model_of).parameters) == ["name"]
    # No model has a way of its own from bytes or from a body to itself.
    made = {name for model in models for name in dir(model) if not name.startswith("_")}
    assert {name for model in models for name in made if callable(getattr(model, name, None))} == set()
    assert {name for name, one in public if not inspect.isroutine(one)} - {
        one.__name__ for one in models
    } == {"BadSignature", "Quarantine", "EVENTS", "events"}


def test_each_model_is_public() -> None:
    assert {model.__name__ for model in events.EVENTS.values()} <= set(events.__all__)
    assert list(events.__all__) == sorted(events.__all__, key=lambda name: (name != "EVENTS", name))
