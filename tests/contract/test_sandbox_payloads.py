"""What the sandbox sends has the shape that the vendor documents: keys, kinds of values, what may lack."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from referencing import Registry, Resource

from so_privacy_ext import published, webhooks
from so_privacy_ext.webhooks.events import EVENTS, model_of
from so_privacy_ext.webhooks.events.columns import columns
from so_privacy_ext.webhooks.events.list_item import LISTS
from so_sandbox import deliveries
from so_sandbox.deliveries import event_body
from so_sandbox.demo_tenant import DEMO, add_demo_tenant
from so_sandbox.law import TOO_MANY_ERRORS
from so_sandbox.telling import TOLD
from so_sandbox.triggering import trigger
from so_sandbox.world.elsewhere import ENTITIES, OTHER_LISTS
from so_sandbox.world.events import Event
from so_sandbox.world.rows import Webhook
from so_sandbox.world.subscribing import state_event
from so_sandbox.world.tenant import LIST_EVENTS, Tenant
from so_sandbox.world.world import World

ALWAYS = {
    "EventId", "Timestamp", "Changes", "Event", "PrimaryKey", "Entity", "ContextIdentifier",
    "ChangedByAssociateId", "WebhookName",
}  # fmt: skip
PERSON_VALUES = {
    "activeInterests", "associate_id", "business_idx", "category_idx", "contact_id", "country_id",
    "DeletedDate", "group_id", "person_id", "position_idx", "registered", "registered_associate_id",
    "retired", "source", "updated", "updated_associate_id", "userdef2_id", "userdef_id",
}  # fmt: skip
CONSENT_COLUMNS = {
    "consentperson_id", "comment", "updated_associate_id", "consentSource_id", "updated", "legalBase_id",
}  # fmt: skip
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{7}Z")
NAIVE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d")
WITH_OFFSET = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{7}[+-]\d\d:\d\d")
SECRET = "a-secret-of-at-least-24-bytes"
NO_DATE = "0001-01-01T00:00:00"


@pytest.fixture
def heard() -> tuple[Tenant, list[Event]]:
    tenant, events = add_demo_tenant(World(), DEMO), list[Event]()
    tenant.listeners.append(lambda _tenant, event: events.append(event))
    return tenant, events


def hook(tenant: Tenant) -> Webhook:
    return Webhook(66, "so-privacy", ["x"], "https://a.example.com", "", 1, "webhook", "app", tenant.now(), 5)


def body(tenant: Tenant, event: Event) -> dict[str, Any]:
    read: dict[str, Any] = json.loads(event_body(event, hook(tenant), DEMO, "an-id"))
    assert MOMENT.fullmatch(read["Timestamp"])
    assert isinstance(read["PrimaryKey"], int)
    return read


def last(heard: tuple[Tenant, list[Event]], name: str) -> dict[str, Any]:
    tenant, events = heard
    return body(tenant, next(event for event in reversed(events) if event.name == name))


def test_a_new_person(heard: Any) -> None:
    tenant, _ = heard
    tenant.create_person(channel="USER", emails=["anna@example.com"], firstname="Anna")
    created = last(heard, "person.created")

    assert set(created) == ALWAYS | {"FieldValues"}
    assert set(created["FieldValues"]) == PERSON_VALUES
    assert NAIVE.fullmatch(created["FieldValues"]["registered"])
    assert created["FieldValues"]["updated"] == created["FieldValues"]["DeletedDate"] == NO_DATE
    assert "Anna" not in json.dumps(created)
    assert "example" not in json.dumps(created)


def test_a_changed_person(heard: Any) -> None:
    tenant, _ = heard
    person = tenant.create_person()
    tenant.change_person(person.person_id, title="Director")
    changed = last(heard, "person.changed")

    assert set(changed) == ALWAYS | {"FieldValues"}
    assert changed["Changes"] == ["person_id", "title", "updated", "updated_associate_id", "updatedCount"]
    assert WITH_OFFSET.fullmatch(changed["FieldValues"]["updated"])


@pytest.mark.parametrize("values", ["empty", "filled"])
def test_consents(heard: Any, values: str) -> None:
    tenant, _ = heard
    tenant.surroundings.switches.consented_values = values
    person = tenant.create_person()
    tenant.set_consent(person.person_id, "STORE", "61F", "API", by=tenant.associate("user").associate_id)
    consented = last(heard, "person.consented")
    tenant.withdraw(person.person_id, "STORE")
    unconsented = last(heard, "person.unconsented")

    assert set(consented) == ALWAYS | ({"FieldValues"} if values == "filled" else set())
    assert set(consented["Changes"]) == CONSENT_COLUMNS
    assert (consented["Entity"], consented["PrimaryKey"]) == ("person", person.person_id)
    assert set(unconsented) == ALWAYS
    assert unconsented["Changes"] == []


def test_a_deleted_person(heard: Any) -> None:
    tenant, _ = heard
    person = tenant.create_person()
    tenant.soft_delete(person.person_id)
    tenant.hard_delete(person.person_id)
    deleted = last(heard, "person.deleted")

    assert set(deleted) == ALWAYS | {"Values"}
    assert set(deleted["Values"]) == {"associate_id", "contact_id", "person_id"}
    assert deleted["Changes"] == []


@pytest.mark.parametrize("what", ["created", "changed", "softdeleted"])
def test_a_list_item(heard: Any, what: str) -> None:
    tenant, _ = heard
    tenant.list_changed("categories", 8, what=what)
    told = last(heard, f"list.category.{what}")

    assert set(told) == ALWAYS | {"FieldValues"}
    assert (told["Entity"], told["FieldValues"]) == ("list.category", {})
    assert {"name", "rank", "deleted", "tooltip", "updated", "updated_associate_id"} <= set(told["Changes"])


def test_a_webhook_that_was_stopped(heard: Any) -> None:
    tenant, _ = heard
    stopped = hook(tenant)
    stopped.state = TOO_MANY_ERRORS
    told = body(tenant, state_event(stopped, "errors", tenant.now()))

    assert set(told) == (ALWAYS | {"FieldValues"}) - {"Entity"}
    assert (told["Event"], told["PrimaryKey"], told["ChangedByAssociateId"]) == ("webhook.errors", 66, 0)
    values = told["FieldValues"]
    assert set(values) == {
        "events", "registered", "registered_associate_id", "state", "updated", "updated_associate_id",
    }  # fmt: skip
    assert (values["events"], values["updated"]) == (1, NO_DATE)
    assert WITH_OFFSET.fullmatch(values["registered"])


def test_a_test_delivery_names_no_tenant(heard: Any) -> None:
    tenant, _ = heard
    told = json.loads(deliveries.test_body(hook(tenant), tenant.now(), 316))

    assert set(told) == ALWAYS
    assert (told["ContextIdentifier"], told["PrimaryKey"], told["Changes"]) == ("Default", 0, [])


def _triggered() -> list[str]:
    """Give the events of the catalogue that are told of rows which the sandbox doesn't hold."""
    ours = ("person.", "webhook.", "test")
    return [
        name.replace("{list}", "110").replace("{table}", "rates")
        for name in EVENTS
        if not name.startswith(ours) and name.split(".")[1] not in LIST_EVENTS.values()
    ]


def test_every_event_of_the_catalogue_can_be_triggered_and_is_as_its_schema_says(heard: Any) -> None:
    tenant, events = heard
    folder = published.folder("webhooks") / "schemas"
    registry: Registry[Any] = Registry().with_resource(
        "envelope.json", Resource.from_contents(json.loads((folder / "envelope.json").read_bytes()))
    )
    for name in _triggered():
        trigger(tenant, name, {"item" if name.startswith("list.") else "key": "8"})
        told = event_body(events[-1], hook(tenant), DEMO, "576086e3-5261-426b-a84b-26ca7f5b65e8")
        model = model_of(name)
        known = name if name in EVENTS else model.NAME
        schema = json.loads((folder / f"{known}.schema.json").read_bytes())
        errors = Draft202012Validator(schema, registry=registry).iter_errors(json.loads(told))

        assert [error.message for error in errors] == [], name
        signed = {"X-SuperOffice-Signature": deliveries.signature(SECRET, told)}
        read = webhooks.read(told, signed, [SECRET], context_identifier=DEMO)
        assert (type(read), read.primary_key, read.notes) == (model, 8, ())


def test_the_sandbox_knows_no_event_that_the_catalogue_has_not() -> None:
    assert set(TOLD) == {name for name in _triggered() if not name.startswith(("list.", "y_"))}
    assert set(OTHER_LISTS) | set(LIST_EVENTS.values()) == set(LISTS)
    for name, entity in ENTITIES.items():
        for what in entity.happens:
            model = EVENTS[f"{name}.{what}"]
            spelt = {one for column in columns(model).values() for one in column.spellings}
            assert set(entity.columns) <= spelt
            assert set(entity.gone) == set(model.GONE) or what != "deleted"
