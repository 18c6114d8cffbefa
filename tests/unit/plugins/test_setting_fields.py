"""A plugin's settings as fields: what each asks for, how it is read, and what is never shown."""

from __future__ import annotations

from typing import Any

import pytest

from so_privacy_ext.plugins.setting_fields import HIDDEN, SettingField, hidden, setting_fields

SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["key"],
    "properties": {
        "key": {"type": "string", "format": "password", "writeOnly": True, "title": "Key", "default": "x"},
        "limit": {"type": "integer", "default": 3, "description": "From which size on."},
        "rate": {"anyOf": [{"type": "number"}, {"type": "null"}], "default": None},
        "mode": {"enum": ["strict", 3]},
        "quick": {"type": "boolean"},
        "since": {"type": "string", "format": "date"},
        "tags": {"type": "array", "items": {"type": "string"}},
        "deep": {"type": "object", "additionalProperties": {"type": "integer"}},
        "mixed": {"anyOf": [{"type": "string"}, {"type": "integer"}]},
        "numbers": {"type": "array", "items": {"type": "integer"}},
        "later": {"type": "string", "writeOnly": True},
    },
}
FIELDS = {one.name: one for one in setting_fields(SCHEMA)}


def test_each_setting_says_what_it_asks_for() -> None:
    assert setting_fields(None) == ()
    assert FIELDS["key"] == SettingField("key", "Key", "", "secret", needed=True)
    assert FIELDS["limit"] == SettingField(
        "limit", "limit", "From which size on.", "number", needed=False, default="3"
    )
    assert FIELDS["rate"].default == ""
    assert FIELDS["mode"].choices == ("strict", 3)
    assert {name: one.kind for name, one in FIELDS.items()} == {
        "key": "secret",
        "limit": "number",
        "rate": "number",
        "mode": "choice",
        "quick": "tick",
        "since": "day",
        "tags": "lines",
        "deep": "json",
        "mixed": "json",
        "numbers": "json",
        "later": "secret",
    }


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("key", " as it is ", " as it is "),
        ("limit", "5", 5),
        ("limit", "many", "many"),
        ("limit", "[" * 100_000, "[" * 100_000),
        ("rate", "0.5", 0.5),
        ("rate", "NaN", "NaN"),
        ("mode", "3", 3),
        ("mode", "strict", "strict"),
        ("mode", "other", "other"),
        ("quick", "on", True),
        ("quick", "true", True),
        ("quick", "false", False),
        ("quick", "perhaps", "perhaps"),
        ("since", "2026-12-31", "2026-12-31"),
        ("tags", "a\r\n\r\n b \n", ["a", "b"]),
        ("deep", '{"a": 1}', {"a": 1}),
    ],
)
def test_what_was_written_is_read_by_its_kind(name: str, text: str, value: Any) -> None:
    assert FIELDS[name].read(text) == value


@pytest.mark.parametrize(
    ("name", "value"),
    [("limit", 5), ("mode", 3), ("quick", True), ("tags", ["a", "b"]), ("deep", {"ä": 1}), ("key", "k")],
)
def test_a_value_is_written_as_it_is_read(name: str, value: Any) -> None:
    assert FIELDS[name].read(FIELDS[name].write(value)) == value


def test_secrets_and_what_no_setting_is_called_are_never_shown() -> None:
    settings = {"key": "very-secret", "limit": 5, "of_another_version": "perhaps a secret"}
    assert hidden(SCHEMA, settings) == {"key": HIDDEN, "limit": 5, "of_another_version": HIDDEN}
    assert hidden(None, settings) == dict.fromkeys(settings, HIDDEN)
