"""What a message holds: of a known shape, small, and nothing of a person but her number."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import jsonschema
import pytest

from so_privacy_ext import outward
from so_privacy_ext.outward import messages
from so_privacy_ext.outward.messages import (
    DecisionMade,
    EndpointTest,
    Of,
    decision_made,
    endpoint_test,
    schema,
)
from so_privacy_ext.outward.signing import sign, write_secret
from tests.unit.outward.test_announcing import content

OF = Of(tenant="Cust12345", environment="online")
SECRET = write_secret(bytes(32))
NOW = 1_795_000_000


def valid(body: bytes) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(body)
    jsonschema.Draft202012Validator(schema()).validate(found)
    return found


def test_each_message_is_as_its_schema_says() -> None:
    made = valid(decision_made(OF, content(4711)))
    tried = valid(endpoint_test(OF, datetime(2026, 11, 28, 12, 0, tzinfo=UTC)))

    assert (made["type"], made["timestamp"]) == ("decision.made", "2026-11-28T12:00:00Z")
    assert made["data"]["purposes"][0] == {
        "purpose": "STORE",
        "outcome": "give",
        "basis": "61F",
        "source": "ERP",
        "rule": "erp",
        "expires": None,
        "result": "written",
    }
    assert tried == {
        "type": "endpoint.test",
        "timestamp": "2026-11-28T12:00:00Z",
        "data": {"tenant": "Cust12345", "environment": "online"},
    }


def test_the_schema_knows_nothing_more_and_says_of_each_field_what_it_is() -> None:
    jsonschema.Draft202012Validator.check_schema(schema())
    body = json.loads(decision_made(OF, content(1)))
    body["data"]["name"] = "Anna"
    with pytest.raises(jsonschema.ValidationError, match="name"):
        jsonschema.Draft202012Validator(schema()).validate(body)
    for shape in schema()["$defs"].values():
        for name, field in shape["properties"].items():
            assert "description" in field or name in {"type", "data"}, name


def test_the_kinds_of_messages_are_these() -> None:
    shapes = schema()["$defs"]
    types = {shapes[one.__name__]["properties"]["type"]["const"] for one in (DecisionMade, EndpointTest)}

    assert types == {*messages.TYPES, "endpoint.test"}
    assert set(messages.KIND_OF) == set(messages.TYPES)
    assert set(messages.KIND_OF.values()) == set(messages.WRITERS)


def test_of_a_person_who_is_gone_there_is_less_to_say() -> None:
    body = decision_made(OF, {**content(1), "mail": None, "result": "gone", "purposes": [], "withdrawn": []})

    assert valid(body)["data"]["notice"] is None


@pytest.mark.parametrize("field", ["purposes", "withdrawn"])
def test_a_message_is_never_large(field: str) -> None:
    many = {**content(1), field: content(1)[field] * 4000}

    body = decision_made(OF, many)

    assert len(body) < 20_000
    assert valid(body)["data"] | {"purposes": [], "withdrawn": []} == valid(body)["data"]
    assert valid(body)["data"]["cut"] is True


def test_what_is_signed_and_no_message_of_ours_is_kept_apart() -> None:
    for body in (
        b"{",
        b"\xff",
        b"[]",
        b'{"type":"person.named","timestamp":"2026-11-28T12:00:00Z","data":{}}',
    ):
        given = {
            "webhook-id": "msg_1",
            "webhook-timestamp": str(NOW),
            "webhook-signature": sign("msg_1", NOW, body, [SECRET]),
        }
        with pytest.raises(outward.Quarantine, match="unknown_message"):
            outward.read(body, given, [SECRET], now=NOW)
        with pytest.raises(outward.NotBelieved):
            outward.read(body, {**given, "webhook-id": "msg_2"}, [SECRET], now=NOW)
