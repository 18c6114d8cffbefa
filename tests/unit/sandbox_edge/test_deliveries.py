import json
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from typing import Any

import pytest

from so_sandbox import deliveries
from so_sandbox.deliveries import event_body, headers, renamed, signature, timestamp
from so_sandbox.world.events import Event
from tests.unit.sandbox_edge.target import webhook

WHEN = datetime(2026, 11, 22, 3, 4, 5, 678901, tzinfo=UTC)


def hook(**changes: Any) -> Any:
    return webhook("http://127.0.0.1:1/", **changes)


@pytest.mark.parametrize("zone", [UTC, timezone(timedelta(hours=2))])
def test_times_have_seven_digits_and_are_utc(zone: tzinfo) -> None:
    assert timestamp(WHEN.astimezone(zone)) == "2026-11-22T03:04:05.6789010Z"


def test_a_signature_is_that_of_the_published_vector() -> None:
    body = b'{"EventId":"88f91933-edce-4c1a-8ded-ade8e2f72434"}'

    assert signature("Something Super Secret", body) == "SpSZia6cbUz2+RsavFW6H6FnRSA8X2AxO7M6hPyAP3E="


def test_an_events_body_holds_what_the_vendors_does() -> None:
    event = Event(
        "person.created",
        18,
        "person",
        WHEN,
        ("person_id", "title"),
        {"country_id": 3, "registered": WHEN},
        {},
        316,
    )
    body = json.loads(event_body(event, hook(properties={"Extra": "x"}), "Cust12345", "an-id"))

    assert list(body) == [
        "EventId", "Timestamp", "Changes", "Event", "PrimaryKey", "Entity", "ContextIdentifier",
        "ChangedByAssociateId", "WebhookName", "FieldValues", "Extra",
    ]  # fmt: skip
    assert body["FieldValues"]["registered"] == "2026-11-22T03:04:05"
    assert body["Changes"] == ["person_id", "title"]


def test_a_deletions_body_holds_values_and_nothing_else() -> None:
    event = Event("person.deleted", 18, "person", WHEN, values={"person_id": 18})
    body = json.loads(event_body(event, hook(), "Cust12345", "an-id"))

    assert body["Values"] == {"person_id": 18}
    assert "FieldValues" not in body
    assert body["Changes"] == []


def test_what_no_payload_can_hold_is_an_error() -> None:
    event = Event("x", 1, "x", WHEN, field_values={"a": object()})

    with pytest.raises(TypeError, match="a payload can't hold a object"):
        event_body(event, hook(), "Cust12345", "an-id")


def test_a_test_event_names_no_tenant() -> None:
    body = json.loads(deliveries.test_body(hook(properties={"Extra": 1}), WHEN, 9))

    assert (body["Event"], body["ContextIdentifier"], body["PrimaryKey"], body["Extra"]) == (
        "test",
        "Default",
        0,
        1,
    )


def test_headers_are_as_documented() -> None:
    row = hook(headers={"X-Mine": "yes"})
    given = dict(headers(row, event="test", event_id="id", retry=2, body=b"{}"))

    assert given["X-SuperOffice-Signature"] == signature("secret", b"{}")
    assert (given["X-SuperOffice-Retry"], given["X-Hook-Test"], given["X-Mine"]) == ("2", "true", "yes")
    assert given["Content-Type"] == "application/json; charset=utf-8"


@pytest.mark.parametrize(
    ("secret", "signed", "sent"), [("", None, None), ("s", "", None), ("", "mine", "mine")]
)
def test_a_signature_may_be_missing_or_wrong(secret: str, signed: str | None, sent: str | None) -> None:
    given = dict(headers(hook(secret=secret), event="e", event_id="i", retry=0, body=b"{}", signed=signed))

    assert given.get("X-SuperOffice-Signature") == sent


def test_a_renamed_body_differs_in_its_event_id_alone() -> None:
    body = '{"EventId":"a","Name":"Bjørn"}'.encode()

    assert renamed(body, "b") == '{"EventId":"b","Name":"Bjørn"}'.encode()
