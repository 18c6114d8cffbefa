"""A plugin's settings one by one, as a form or a command line asks for them."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

Kind = Literal["text", "secret", "number", "tick", "choice", "day", "lines", "json"]
HIDDEN = "********"
"""Stands for a secret that is set."""


@dataclass(frozen=True, slots=True)
class SettingField:
    """One setting."""

    name: str
    title: str
    says: str
    kind: Kind
    needed: bool
    """It has no default."""
    choices: tuple[Any, ...] = ()
    default: str = ""
    """What stands for it as long as nobody sets it, as it would be written; empty where nothing does."""

    def read(self, text: str) -> Any:
        """Read what was written; what can't be read stays a text, which the plugin's schema then refuses."""
        text = text.replace("\r\n", "\n")
        if self.kind == "tick":
            return {"true": True, "on": True, "false": False}.get(text, text)
        if self.kind == "choice":
            return next((one for one in self.choices if _written(one) == text), text)
        if self.kind == "lines":
            return [line.strip() for line in text.split("\n") if line.strip()]
        if self.kind in {"number", "json"}:
            return _read_json(text)
        return text

    def write(self, value: Any) -> str:
        """Write a value as it can be read again."""
        return "\n".join(value) if self.kind == "lines" else _written(value)


def setting_fields(schema: Mapping[str, Any] | None) -> tuple[SettingField, ...]:
    """Give all settings in their order; none where there are none."""
    if schema is None:
        return ()
    needed = schema.get("required", ())
    return tuple(_field(name, part, name in needed) for name, part in schema.get("properties", {}).items())


def _field(name: str, part: Mapping[str, Any], needed: bool) -> SettingField:
    inner = _without_null(part)
    found = SettingField(
        name,
        str(part.get("title") or name),
        str(part.get("description") or ""),
        _kind(inner),
        needed=needed,
        choices=_choices(inner),
    )
    default = part.get("default")
    if default is None or found.kind == "secret":
        return found
    return replace(found, default=found.write(default))


def hidden(schema: Mapping[str, Any] | None, settings: Mapping[str, Any]) -> dict[str, Any]:
    """Give settings without their secrets, to be shown; what no setting is called counts as one."""
    open_ones = {one.name for one in setting_fields(schema) if one.kind != "secret"}
    return {name: value if name in open_ones else HIDDEN for name, value in settings.items()}


def _without_null(part: Mapping[str, Any]) -> Mapping[str, Any]:
    """Look through a choice between something and nothing, as what may be left out is written."""
    parts = [one for one in part.get("anyOf", ()) if one != {"type": "null"}]
    return parts[0] if len(parts) == 1 else part


def _kind(part: Mapping[str, Any]) -> Kind:
    if _choices(part):
        return "choice"
    if part.get("writeOnly") or part.get("format") == "password":
        return "secret"
    if part.get("type") == "array" and part.get("items", {}).get("type") == "string":
        return "lines"
    by_type: Mapping[Any, Kind] = {"boolean": "tick", "integer": "number", "number": "number"}
    if part.get("type") == "string":
        return "day" if part.get("format") == "date" else "text"
    return by_type.get(part.get("type"), "json")


def _choices(part: Mapping[str, Any]) -> tuple[Any, ...]:
    return tuple(part.get("enum", ()))


def _written(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _read_json(text: str) -> Any:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return text
    return text if isinstance(value, float) and not math.isfinite(value) else value
