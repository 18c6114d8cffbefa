"""What a plugin is asked by the checks: made-up persons, arguments and settings that fit its schemas."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from random import Random
from typing import Any, get_args

from so_privacy_ext.plugins.described import Description
from so_privacy_ext.sdk import UNKNOWN, CreatorWord, EventWord, Facts, Seen

_UNKNOWN: Any = UNKNOWN
NOBODY = "127.0.0.1:9"
"""Where no host answers."""


def persons(count: int = 60) -> tuple[Seen, ...]:
    """Give persons of many kinds, always the same; some are unknown in almost all."""
    chance = Random(0)  # noqa: S311 - nothing secret is made of it
    return tuple(_person(number, chance) for number in range(1, count + 1))


def _person(number: int, chance: Random) -> Seen:
    domain = chance.choice([None, "example.com", "example.org", "mail.example.net", "nowhere.example"])
    facts = Facts(
        event=chance.choice(get_args(EventWord)),
        changed=frozenset(chance.sample(["title", "contact_id", "retired"], chance.randint(0, 2))),
        creator=chance.choice([UNKNOWN, *get_args(CreatorWord)]),
        form=chance.choice([None, None, "newsletter"]),
        source=chance.choice([None, "CARD", "WEBFORM", "UNKNOWN"]),
        country=chance.choice([_UNKNOWN, "DK", "NO", "SE", "FI", "DE", "US"]),
        category_id=chance.randint(0, 4),
        business_id=chance.randint(0, 4),
        position_id=chance.randint(0, 4),
        language=chance.choice([_UNKNOWN, "da", "nb", "en"]),
        company_is_owner=chance.random() < 0.1,
        retired=chance.random() < 0.1,
        is_associate=chance.random() < 0.1,
        has_email=domain is not None,
        email_domain=domain,
        age=chance.choice([_UNKNOWN, 12, 17, 44]),
        consents=chance.choice([{}, {"STORE": ("61F", "CARD")}, {"STORE": ("WITHDRAWN", "WEBFORM")}]),
    )
    return Seen(number, chance.randint(0, 9), facts, source_is_open=chance.random() < 0.7)


def argument(schema: Mapping[str, Any]) -> Any:
    """Give a value that fits a schema, as simple as can be."""
    named = [[schema[key]] for key in ("const", "default") if key in schema]
    named += [schema[key] for key in ("examples", "enum") if schema.get(key)]
    if named:
        return named[0][0]
    several = [schema[key] for key in ("anyOf", "oneOf", "allOf") if schema.get(key)]
    if several:
        return argument(several[0][0])
    make: Callable[[Mapping[str, Any]], Any] = _BY_TYPE.get(schema.get("type", ""), _text)
    return make(schema)


def _text(schema: Mapping[str, Any]) -> str:
    return "2026-01-02" if schema.get("format") == "date" else "x" * int(schema.get("minLength", 1))


def _object(schema: Mapping[str, Any]) -> dict[str, Any]:
    return {name: argument(schema["properties"][name]) for name in schema.get("required", ())}


_BY_TYPE: Mapping[str, Callable[[Mapping[str, Any]], Any]] = {
    "boolean": lambda _: True,
    "integer": lambda schema: schema.get("minimum", schema.get("exclusiveMinimum", 0) + 1),
    "number": lambda schema: schema.get("minimum", schema.get("exclusiveMinimum", 0) + 1),
    "array": lambda schema: [argument(schema.get("items", {}))],
    "object": _object,
}


def settings(description: Description) -> dict[str, Any]:
    """Give settings by which it may start: what it needs, and hosts at which nobody answers."""
    made: dict[str, Any] = argument({**(description.settings or {}), "type": "object"})
    return {**made, **dict.fromkeys(hosts_set(description), NOBODY)}


def hosts_set(description: Description) -> Mapping[str, int]:
    """Give the settings in which an administrator names a host, with the port it has by itself."""
    named = (one[1:].split("}:") for one in description.hosts if one.startswith("{"))
    return {setting: int(port) for setting, port in named}
