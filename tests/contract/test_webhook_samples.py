"""The catalogue: each event has a schema, a model and a sample; each sample is right and is understood."""

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from referencing import Registry, Resource
from ruamel.yaml import YAML

from so_privacy_ext import published, webhooks
from so_privacy_ext.webhooks import subscriptions
from so_privacy_ext.webhooks.events import EVENTS, WebhookEvent
from so_privacy_ext.webhooks.events.columns import columns
from so_privacy_ext.webhooks.subscriptions import NAMES, WANTED, WATCH, wanted_watch
from tests import catalogue

FOLDER = published.folder("webhooks")
SCHEMAS = {
    path.name.removesuffix(".schema.json"): path for path in sorted(FOLDER.glob("schemas/*.schema.json"))
}
SAMPLES = sorted(path.parent for path in FOLDER.glob("samples/*/*/body"))
CATALOG = json.loads((FOLDER / "catalog.json").read_bytes())["events"]
FAMILIES = sorted({entry["family"] for entry in CATALOG.values()})
SECRET = "example-secret-of-the-samples-not-a-real-one"
TENANT = "Cust12345"
NAMED = {
    event: event.replace("{list}", "110").replace("{table}", "table") for event in SCHEMAS if "{" in event
}
"""What samples of events that are many say that they are."""


def _read(path: Path) -> Any:
    return json.loads(path.read_bytes())


@cache
def _validator(event: str) -> Draft202012Validator:
    envelope: Resource[Any] = Resource.from_contents(_read(FOLDER / "schemas" / "envelope.json"))
    registry: Registry[Any] = Registry().with_resource("envelope.json", envelope)
    return Draft202012Validator(_read(SCHEMAS[event]), registry=registry)


def _errors(event: str, body: Any) -> list[str]:
    return [error.message for error in _validator(event).iter_errors(body)]


def _headers(sample: Path) -> dict[str, str]:
    lines = (sample / "headers").read_text().splitlines()
    return {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}


def _samples(family: str) -> list[tuple[str, Path]]:
    events = ((sample.parent.name, sample) for sample in SAMPLES)
    return [(event, sample) for event, sample in events if CATALOG[event]["family"] == family]


def test_the_published_subscriptions_are_the_ones_of_the_code() -> None:
    text = YAML(typ="safe", pure=True).load((FOLDER / "subscriptions.yaml").read_text())

    watched = [one.replace("webhook7", "webhook{id}") for one in wanted_watch(7)]
    assert text == {
        "webhook": NAMES[subscriptions.EVENTS],
        "events": list(WANTED),
        "watch": {"webhook": NAMES[WATCH], "events": watched},
    }


def test_every_event_has_a_schema_a_model_and_a_sample_and_there_are_no_others() -> None:
    assert EVENTS.keys() == SCHEMAS.keys() == CATALOG.keys() == {sample.parent.name for sample in SAMPLES}

    models = {model.NAME: model for model in EVENTS.values()}
    assert set(models.values()) == set(EVENTS.values())
    assert all(issubclass(model, WebhookEvent) for model in models.values())
    assert models == {name: EVENTS[name] for name in models}


def test_what_we_subscribe_to_is_in_the_catalogue() -> None:
    watched = {one.replace("webhook7.", "webhook.") for one in wanted_watch(7)}

    assert {*WANTED, *watched, "test"} <= EVENTS.keys()


def test_what_is_published_is_what_the_code_says() -> None:
    stale = [path.name for path, text in catalogue.published() if path.read_text(encoding="utf-8") != text]

    assert stale == [], "python -m tests.catalogue"


def test_the_catalogue_names_what_is_there() -> None:
    for event, entry in CATALOG.items():
        assert FOLDER / entry["schema"] == SCHEMAS[event]
        assert {FOLDER / one for one in entry["samples"]} == {
            one for one in SAMPLES if one.parent.name == event
        }
        module, _, model = entry["model"].rpartition(".")
        assert (module, getattr(webhooks.events, model)) == ("so_privacy_ext.webhooks.events", EVENTS[event])
        assert re.fullmatch(r"[a-z-]+-events?\.md", entry["source"])


def test_there_is_no_other_file() -> None:
    found = {path for path in FOLDER.rglob("*") if path.is_file()}
    expected = {
        FOLDER / ".gitattributes",
        FOLDER / "README.md",
        FOLDER / "catalog.json",
        FOLDER / "subscriptions.yaml",
        FOLDER / "schemas" / "envelope.json",
    }
    expected |= {*SCHEMAS.values(), *(sample / name for sample in SAMPLES for name in ("headers", "body"))}
    assert found == expected


@pytest.mark.parametrize("family", FAMILIES)
def test_a_schema_is_one_and_holds_to_its_event(family: str) -> None:
    for event in (one for one, entry in CATALOG.items() if entry["family"] == family):
        schema = _read(SCHEMAS[event])
        Draft202012Validator.check_schema(schema)

        assert schema["$id"] == SCHEMAS[event].name
        named = schema["properties"]["Event"]
        assert re.search(named["pattern"], NAMED[event]) if event in NAMED else named == {"const": event}
        wrongs: list[Any] = [
            {},
            [],
            {"Event": event},
            {"Event": "other", "PrimaryKey": 1, "ContextIdentifier": "Cust1"},
        ]
        for wrong in wrongs:
            assert _errors(event, wrong), event


@pytest.mark.parametrize("family", FAMILIES)
def test_a_sample_is_what_its_schema_says(family: str) -> None:
    for event, sample in _samples(family):
        assert _errors(event, _read(sample / "body")) == [], sample


@pytest.mark.parametrize("family", FAMILIES)
def test_a_sample_is_signed_and_read_as_its_model(family: str) -> None:
    for event, sample in _samples(family):
        body = (sample / "body").read_bytes()
        found = webhooks.read(body, _headers(sample), [SECRET], context_identifier=TENANT)

        assert type(found) is EVENTS[event]
        assert found.name == NAMED.get(event, event)
        assert found.timestamp is not None
        assert found.notes == (("event_id_differs_from_header",) if event == "test" else ())


@pytest.mark.parametrize("family", FAMILIES)
def test_a_sample_names_only_columns_that_the_vendor_names(family: str) -> None:
    added = {"x_int", "x_string"} if family == "extra_table" else set()
    for event, sample in _samples(family):
        whole, model, known = _read(sample / "body"), EVENTS[event], CATALOG[event]["changes"]
        spelt = {one for column in columns(model).values() for one in column.spellings}

        # Of a change the vendor shows an example; of a row that is new it shows all its columns.
        inserted = CATALOG.get(f"{event.rpartition('.')[0]}.created", {}).get("changes") or ()
        if known is not None and not NAMED.get(event, "").startswith("list."):
            assert set(whole["Changes"]) <= {*known, *inserted, *added}, sample
        assert set(whole.get("FieldValues", {})) <= spelt | added, sample
        assert set(whole.get("Values", {})) <= set(model.GONE), sample


@pytest.mark.parametrize("family", FAMILIES)
def test_a_broken_sample_fails(family: str) -> None:
    for event, sample in _samples(family):
        whole = _read(sample / "body")
        wrong = {"PrimaryKey": "18", "Changes": "title", "ContextIdentifier": "x", "EventId": "x"}
        wrong |= {"Event": "other.created", "Timestamp": "yesterday"}
        wrong |= {"Entity": "other"} if "Entity" in whole else {}
        for name, value in wrong.items():
            assert _errors(event, {**whole, name: value}), (sample, name)
        for place, name in _demanded(event, whole):
            assert _errors(event, {**whole, place: {**whole[place], name: []}}), (sample, name)
        for name in (
            "Event",
            "EventId",
            "Changes",
            "Timestamp",
            *(["Values"] if whole.get("Values") else ()),
        ):
            assert _errors(event, {key: whole[key] for key in whole if key != name}), (sample, name)


def _demanded(event: str, whole: Any) -> list[tuple[str, str]]:
    """Give the values of a body of which the event's schema demands a type, each with where it stands."""
    properties = _read(SCHEMAS[event])["properties"]
    return [
        (place, name)
        for place in ("FieldValues", "Values")
        for name in whole.get(place, {})
        if properties.get(place, {}).get("properties", {}).get(name)
    ]
