"""Reads facts back as they were kept beside a decision, so that it can be made once more."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, fields
from datetime import date
from typing import Any

from so_privacy_ext.model import FieldValue
from so_privacy_ext.rules.field_values import comparable
from so_privacy_ext.rules.manifest import Manifest
from so_privacy_ext.rules.references import words_in
from so_privacy_ext.rules.words.fields import CompanyField, PersonField, Range
from so_privacy_ext.rules.words.person import EmailDomain
from so_privacy_ext.sdk import UNKNOWN, Condition, Facts, Proposed

OTHER_TEXT = "\0"
"""Stands for a text of which only the hash was kept and which no manifest names; none can hold this one."""
_DOMAIN = "email_domain_hash"
_NAMES = frozenset(one.name for one in fields(Facts))
_OF_PLUGINS = frozenset({"further", "answers", "proposed"})
"""Kept only where a plugin said something; so none of them is ever lacking."""
_MAYBE_UNKNOWN = frozenset({"creator", "country", "language", "age"})


@dataclass(frozen=True, slots=True)
class Restored:
    """A person's facts at the time of a decision."""

    facts: Facts
    lacking: frozenset[str]
    """Facts that were not kept then, since no rule could ask for them; they are unknown, or not there."""


def restored(content: Mapping[str, Any], texts: Mapping[str, str]) -> Restored | None:
    """Give kept facts as rules see them; None where they were erased.

    `texts` are those that the manifests name, by their hash under the tenant's key: a kept hash that is not
    among them is a text that no condition can tell from any other.
    """
    if not content:
        return None
    own = {name: value for name, value in content.items() if name in _NAMES}
    values: dict[str, Any] = {name: _value(name, value, texts) for name, value in own.items()}
    if content.get(_DOMAIN) is not None:
        values["email_domain"] = texts.get(content[_DOMAIN], OTHER_TEXT)
    kept = own.keys() | ({"email_domain"} if _DOMAIN in content else set())
    return Restored(Facts(**values), frozenset(_NAMES - _OF_PLUGINS - kept))


def hashed_texts(manifests: Iterable[Manifest], keyed_hash: Callable[[str], str]) -> dict[str, str]:
    """Give all texts that conditions compare with a hash, by that hash."""
    return {
        keyed_hash(text): text
        for manifest in manifests
        for rule in manifest.content.rules
        for condition in words_in(rule.when)
        for text in _texts(condition)
    }


def _value(name: str, value: Any, texts: Mapping[str, str]) -> Any:
    if name in _MAYBE_UNKNOWN and value == UNKNOWN.value:
        return UNKNOWN
    if name in {"changed", "wordings"}:
        return frozenset(value)
    if name == "consents":
        return {purpose: (basis, source) for purpose, (basis, source) in value.items()}
    if name in {"fields", "further"}:
        return {key: _field(one, texts) for key, one in value.items()}
    if name == "answers":
        return {key: (truth, reason) for key, (truth, reason) in value.items()}
    return Proposed(**{**value, "confidence": float(value["confidence"])}) if name == "proposed" else value


def _field(value: Any, texts: Mapping[str, str]) -> FieldValue:
    if isinstance(value, Mapping):
        if "number" in value:
            return float(value["number"])
        return texts.get(value["hash"], OTHER_TEXT)
    read: FieldValue = date.fromisoformat(value) if isinstance(value, str) else value
    return read


def _texts(condition: Condition[Any]) -> Iterator[str]:
    """Give the texts of a condition in the form in which they are hashed."""
    if isinstance(condition, EmailDomain):
        yield from (one.lower() for one in condition.root)
    elif isinstance(condition, PersonField | CompanyField):
        for test in condition.root.values():
            if not isinstance(test, Range):
                yield from (str(comparable(one)) for one in test if isinstance(one, str))
