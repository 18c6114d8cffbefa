"""Makes up user-defined fields from what conditions ask of them, where there is no tenant."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from so_privacy_ext.model import FieldKind, UserField
from so_privacy_ext.rules.field_values import Written
from so_privacy_ext.rules.words.fields import CompanyField, FieldTest, PersonField, Range
from so_privacy_ext.sdk import Condition

_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
_OWNERS = ((PersonField, "person"), (CompanyField, "company"))


def fields_alone(conditions: Iterable[Condition[Any]]) -> tuple[UserField, ...]:
    """Give each field that is asked for, of the kind that its first test means; a list item is a text."""
    found: dict[str, UserField] = {}
    for condition in conditions:
        for word, owner in _OWNERS:
            if isinstance(condition, word):
                for name, test in condition.root.items():
                    field = UserField(owner, name, name, _kind(test), column="")
                    found.setdefault(field.key, field)
    return tuple(found.values())


def _kind(test: FieldTest) -> FieldKind:
    if not isinstance(test, Range):
        return _kind_of(test[0])
    limit = test.start if test.start is not None else test.end
    if limit is None:
        return FieldKind.TEXT
    return FieldKind.DAY if _kind_of(limit) is FieldKind.DAY else FieldKind.NUMBER


def _kind_of(value: Written) -> FieldKind:
    if isinstance(value, bool):
        return FieldKind.CHECKBOX
    if isinstance(value, int):
        return FieldKind.NUMBER
    return FieldKind.DAY if _DAY.fullmatch(value) else FieldKind.TEXT
