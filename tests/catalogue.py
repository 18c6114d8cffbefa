"""Write what `webhooks/` publishes of the catalogue in the code: catalog.json and the schemas.

`python -m tests.catalogue`, after a change of `so_privacy_ext.webhooks.events`; a test says when that was
forgotten. It signs samples too: a `body` that has no `headers` beside it gets them.
"""

import inspect
import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from so_privacy_ext.webhooks import signature
from so_privacy_ext.webhooks.events import EVENTS, ChatEvent, ExtraRowEvent, WebhookEvent
from so_privacy_ext.webhooks.events.columns import Kind, columns
from so_privacy_ext.webhooks.events.list_item import TABLES_OF_THEIR_OWN

FOLDER = Path(__file__).resolve().parent.parent / "webhooks"
SECRET = b"example-secret-of-the-samples-not-a-real-one"
BY_HAND = frozenset({"test"})
"""The one event that no webhook subscribes to; its envelope is another."""

_PLACES = {"{list}": "[0-9]{1,10}", "{table}": "[a-z0-9_]+"}
_KINDS: Mapping[Kind, Mapping[str, Any]] = {
    Kind.ID: {"type": "integer"},
    Kind.NUMBER: {"type": "integer"},
    Kind.FLAG: {"enum": [0, 1]},
    Kind.MOMENT: {"$ref": "envelope.json#/$defs/moment"},
    Kind.TEXT: {"type": "string"},
}


def samples(event: str) -> list[Path]:
    """Give the folders of an event's samples."""
    return sorted(path.parent for path in (FOLDER / "samples" / event).glob("*/body"))


def catalog() -> dict[str, Any]:
    """Give what catalog.json says."""
    return {
        "title": "What SuperOffice tells a webhook",
        "source": {
            "repository": "https://github.com/SuperOfficeDocs/superoffice-docs",
            "folder": "docs/en/automation/webhook/reference",
            "checked_on": "2026-11-28",
        },
        "events": {name: _entry(name, model) for name, model in sorted(EVENTS.items())},
    }


def _entry(name: str, model: type[WebhookEvent]) -> dict[str, Any]:
    changes = TABLES_OF_THEIR_OWN.get(_list(name), model.CHANGES)
    return {
        "family": model.__module__.rpartition(".")[2],
        "entity": _entity(name, model) or None,
        "says": _title(name, model),
        "subscribe_as": _subscribed_as(name),
        "primary_key": model.KEY,
        "changes": None if changes is None else list(changes),
        "values": {column.spellings[0]: column.kind for column in columns(model).values()},
        "gone": list(model.GONE),
        "model": f"so_privacy_ext.webhooks.events.{model.__name__}",
        "schema": f"schemas/{name}.schema.json",
        "samples": [str(path.relative_to(FOLDER)) for path in samples(name)],
        "source": model.PAGE,
    }


def schema(name: str, model: type[WebhookEvent]) -> dict[str, Any]:
    """Give the schema of an event's body, as far as it is not everybody's."""
    required = ["ChangedByAssociateId", "Changes", "Entity", "EventId", "Timestamp", "WebhookName"]
    properties: dict[str, Any] = {"Event": _exactly(name)}
    entity = _entity(name, model)
    if entity:
        properties["Entity"] = _exactly(entity)
    else:
        required.remove("Entity")
    if model.CHANGES is not None:
        properties["Changes"] = {"minItems": 1} if model.CHANGES else {"maxItems": 0}
    values = dict(_values(model))
    if values:
        properties["FieldValues"] = {"type": "object", "properties": values}
    if model.GONE:
        required = sorted([*required, "Values"])
        properties["Values"] = {
            "type": "object",
            "properties": {one: {"type": "integer"} for one in model.GONE},
            "required": [one for one in model.GONE if one == model.KEY],
            "minProperties": 1,
        }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"{name}.schema.json",
        "title": _title(name, model),
        "description": " ".join((inspect.getdoc(model.__mro__[1]) or "").split()),
        "allOf": [{"$ref": "envelope.json"}],
        "required": required,
        "properties": properties,
    }


def headers(event: str, body: bytes) -> str:
    """Give a sample's headers, in either casing, as the vendor has them; they name the webhook of a state."""
    content = json.loads(body)
    own = {
        "Event": content["Event"].replace("webhook.", f"webhook{content['PrimaryKey']}."),
        "EventId": content["EventId"],
        "Retry": "0",
        "Signature": signature.sign(body, SECRET).decode("ascii"),
    }
    odd = event.startswith(("webhook.", "document.", "y_"))
    lines = {
        "Content-Type": "application/json; charset=utf-8",
        "User-Agent": "NetServer-Webhook/0.0",
        **{f"X-SuperOffice-{name}" if odd else f"X-Superoffice-{name.title()}": own[name] for name in own},
    }
    return "".join(f"{name}: {value}\n" for name, value in lines.items())


def published() -> Iterator[tuple[Path, str]]:
    """Give each file that is written from the code, with what it must hold."""
    yield FOLDER / "catalog.json", _text(catalog())
    for name, model in EVENTS.items():
        if name in BY_HAND:
            continue
        yield FOLDER / "schemas" / f"{name}.schema.json", _text(schema(name, model))


def _sign_new_samples() -> None:
    for body in FOLDER.glob("samples/*/*/body"):
        beside = body.parent / "headers"
        if not beside.is_file():
            beside.write_text(headers(body.parts[-3], body.read_bytes()), encoding="utf-8", newline="\n")


def _list(name: str) -> str:
    found = re.fullmatch(r"list\.([a-z]+)\.[a-z]+", name)
    return found[1] if found else ""


def _entity(name: str, model: type[WebhookEvent]) -> str:
    return name.rpartition(".")[0] if "{" in model.ENTITY else model.ENTITY


def _subscribed_as(name: str) -> str | None:
    return None if name == "test" else name.replace("webhook.", "webhook{id}.")


def _title(name: str, model: type[WebhookEvent]) -> str:
    title = (inspect.getdoc(model) or "").splitlines()[0].removesuffix(".")
    if _list(name):
        title = re.sub(r"\b([Aa]) list\b", rf"\1 list ({_list(name)})", title)
    return title


def _exactly(text: str) -> dict[str, Any]:
    if "{" not in text:
        return {"const": text}
    pattern = re.escape(text.replace("{list}", "LIST").replace("{table}", "TABLE"))
    return {"pattern": f"^{pattern}$".replace("LIST", _PLACES["{list}"]).replace("TABLE", _PLACES["{table}"])}


def _values(model: type[WebhookEvent]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for spellings, kind in columns(model).values():
        # Of these the vendor's list and examples contradict each other, so nothing is demanded.
        loose = len(spellings) > 1 or issubclass(model, ChatEvent | ExtraRowEvent)
        for one in spellings:
            yield one, {} if loose else _KINDS[kind]


def _text(content: Mapping[str, Any]) -> str:
    return json.dumps(content, indent=2, ensure_ascii=False) + "\n"


def main() -> None:
    _sign_new_samples()
    for path, text in published():
        path.write_text(text, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
