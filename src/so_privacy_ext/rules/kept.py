"""Says which facts are kept beside a decision, and in which form."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from datetime import date
from typing import Any

from so_privacy_ext.model import FieldValue
from so_privacy_ext.rules.field_values import comparable
from so_privacy_ext.sdk import Facts, Unknown


def kept(facts: Facts, keyed_hash: Callable[[str], str]) -> dict[str, Any]:
    """Give the facts as JSON: ids, keys, numbers, booleans, days; e-mail domain and texts as keyed hashes."""
    return _of_crm(facts, keyed_hash) | _of_plugins(facts, keyed_hash)


def _of_crm(facts: Facts, keyed_hash: Callable[[str], str]) -> dict[str, Any]:
    return {
        "event": facts.event,
        "changed": sorted(facts.changed),
        "creator": _known(facts.creator),
        "form": facts.form,
        "source": facts.source,
        "country": _known(facts.country),
        "category_id": facts.category_id,
        "business_id": facts.business_id,
        "position_id": facts.position_id,
        "language": _known(facts.language),
        "company_is_owner": facts.company_is_owner,
        "retired": facts.retired,
        "is_associate": facts.is_associate,
        "has_email": facts.has_email,
        "email_domain_hash": None if facts.email_domain is None else keyed_hash(facts.email_domain),
        "age": _known(facts.age),
        "consents": {purpose: list(row) for purpose, row in sorted(facts.consents.items())},
        "wordings": sorted(facts.wordings),
        "fields": {key: _field(value, keyed_hash) for key, value in sorted(facts.fields.items())},
    }


def _of_plugins(facts: Facts, keyed_hash: Callable[[str], str]) -> dict[str, Any]:
    """Give what plugins said; nothing at all where none said anything."""
    said: dict[str, Any] = {}
    if facts.further:
        said["further"] = {key: _field(value, keyed_hash) for key, value in sorted(facts.further.items())}
    if facts.answers:
        said["answers"] = {key: list(answer) for key, answer in sorted(facts.answers.items())}
    if facts.proposed is not None:
        said["proposed"] = asdict(facts.proposed) | {"confidence": repr(facts.proposed.confidence)}
    return said


def _field(value: FieldValue, keyed_hash: Callable[[str], str]) -> Any:
    """Write what stands in a field: numbers and days as they are, a text as a keyed hash."""
    if isinstance(value, str):
        return {"hash": keyed_hash(str(comparable(value)))}
    if isinstance(value, float):
        return {"number": repr(value)}  # the journal holds no fraction, which not everybody writes alike
    return value.isoformat() if isinstance(value, date) else value


def _known(value: Any) -> Any:
    """Write an unknown fact as a word that no known one can be."""
    return value.value if isinstance(value, Unknown) else value
