"""Schemas and samples of deliveries: each schema has a sample, each sample is right and is understood."""

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from referencing import Registry, Resource
from ruamel.yaml import YAML

from so_privacy_ext import published
from so_privacy_ext.model import ContextIdentifier, Event
from so_privacy_ext.webhooks import payload, signature
from so_privacy_ext.webhooks.subscriptions import EVENTS, NAMES, WANTED, WATCH, wanted_watch

FOLDER = published.folder("webhooks")
SCHEMAS = {
    path.name.removesuffix(".schema.json"): path for path in sorted(FOLDER.glob("schemas/*.schema.json"))
}
SAMPLES = sorted(path.parent for path in FOLDER.glob("samples/*/*/body"))
SECRET = b"example-secret-of-the-samples-not-a-real-one"
TENANT = ContextIdentifier("Cust12345")


def _read(path: Path) -> Any:
    return json.loads(path.read_bytes())


@pytest.fixture(scope="module")
def registry() -> Registry[Any]:
    envelope: Resource[Any] = Resource.from_contents(_read(FOLDER / "schemas" / "envelope.json"))
    whole: Registry[Any] = Registry().with_resource("envelope.json", envelope)
    return whole


def _errors(event: str, body: Any, registry: Registry[Any]) -> list[str]:
    validator = Draft202012Validator(_read(SCHEMAS[event]), registry=registry)
    return [error.message for error in validator.iter_errors(body)]


def _headers(sample: Path) -> dict[str, str]:
    lines = (sample / "headers").read_text().splitlines()
    return {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}


def _ident(sample: Path) -> str:
    return f"{sample.parent.name}/{sample.name}"


def test_the_published_subscriptions_are_the_ones_of_the_code() -> None:
    text = YAML(typ="safe", pure=True).load((FOLDER / "subscriptions.yaml").read_text())

    watched = [one.replace("webhook7", "webhook{id}") for one in wanted_watch(7)]
    assert text == {
        "webhook": NAMES[EVENTS],
        "events": list(WANTED),
        "watch": {"webhook": NAMES[WATCH], "events": watched},
    }


def test_every_subscribed_event_has_a_schema() -> None:
    assert {*WANTED, "test"} <= SCHEMAS.keys()


@pytest.mark.parametrize("event", SCHEMAS)
def test_every_schema_has_a_sample(event: str) -> None:
    assert [sample for sample in SAMPLES if sample.parent.name == event]


def test_no_sample_without_a_schema_and_no_other_file() -> None:
    assert {sample.parent.name for sample in SAMPLES} == SCHEMAS.keys()
    found = {path for path in FOLDER.rglob("*") if path.is_file()}
    expected = {
        FOLDER / ".gitattributes",
        FOLDER / "README.md",
        FOLDER / "subscriptions.yaml",
        FOLDER / "schemas" / "envelope.json",
    }
    expected |= {*SCHEMAS.values(), *(sample / name for sample in SAMPLES for name in ("headers", "body"))}
    assert found == expected


@pytest.mark.parametrize("event", SCHEMAS)
def test_a_schema_is_one_and_holds_to_its_event(event: str, registry: Registry[Any]) -> None:
    schema = _read(SCHEMAS[event])
    Draft202012Validator.check_schema(schema)

    assert schema["$id"] == SCHEMAS[event].name
    assert schema["properties"]["Event"] == {"const": event}
    wrongs: list[Any] = [
        {},
        [],
        {"Event": event},
        {"Event": "other", "PrimaryKey": 1, "ContextIdentifier": "Cust1"},
    ]
    for wrong in wrongs:
        assert _errors(event, wrong, registry)


@pytest.mark.parametrize("sample", SAMPLES, ids=_ident)
def test_a_sample_is_what_its_schema_says(sample: Path, registry: Registry[Any]) -> None:
    assert _errors(sample.parent.name, _read(sample / "body"), registry) == []


@pytest.mark.parametrize("sample", SAMPLES, ids=_ident)
def test_a_sample_is_signed_and_understood(sample: Path) -> None:
    body, headers = (sample / "body").read_bytes(), _headers(sample)
    assert signature.verify(body, [headers["x-superoffice-signature"].encode()], [SECRET])

    event = payload.parse(body, TENANT, header_event_id=headers["x-superoffice-eventid"].encode())

    assert isinstance(event, Event)
    assert event.name == sample.parent.name
    assert event.timestamp is not None
    assert event.notes == (("event_id_differs_from_header",) if event.name == "test" else ())


@pytest.mark.parametrize("sample", SAMPLES, ids=_ident)
def test_a_broken_sample_fails(sample: Path, registry: Registry[Any]) -> None:
    whole = _read(sample / "body")
    for name, value in (
        ("PrimaryKey", "18"),
        ("Changes", "title"),
        ("ContextIdentifier", "x"),
        ("EventId", "x"),
    ):
        assert _errors(sample.parent.name, {**whole, name: value}, registry)
