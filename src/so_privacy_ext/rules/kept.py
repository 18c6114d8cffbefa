"""Says which facts are kept beside a decision, and in which form."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from so_privacy_ext.sdk import Facts, Unknown


def kept(facts: Facts, keyed_hash: Callable[[str], str]) -> dict[str, Any]:
    """Give the facts as JSON: ids, keys, booleans, an age in years; the e-mail domain as a keyed hash."""
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
    }


def _known(value: Any) -> Any:
    """Write an unknown fact as a word that no known one can be."""
    return value.value if isinstance(value, Unknown) else value
