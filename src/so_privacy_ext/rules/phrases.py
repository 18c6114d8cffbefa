"""Says conditions in words, so that a rule reads aloud."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from pydantic import BaseModel

from so_privacy_ext.rules.conditions import Conditions
from so_privacy_ext.rules.wording import Wording
from so_privacy_ext.rules.words.fields import CompanyField, PersonField, Range
from so_privacy_ext.rules.words.origin import Evidence, Form
from so_privacy_ext.rules.words.person import Company
from so_privacy_ext.sdk import Condition

Said = tuple[str, bool]
"""A text, and whether it is made of several that are joined, so that it stands in brackets among others."""


def conditions(when: Any, wording: Wording) -> str:
    """Say a `when` of a checked manifest."""
    return _said(when, wording)[0]


def _said(when: Any, wording: Wording) -> Said:
    if not isinstance(when, Conditions):
        return wording.say("when", "always"), False
    parts = list(_parts(when, wording))
    return parts[0] if len(parts) == 1 else (wording.both(_bracketed(parts, wording)), True)


def _parts(when: Conditions, wording: Wording) -> Iterator[Said]:
    for name in type(when).model_fields:
        if name not in when.model_fields_set:
            continue
        part = getattr(when, name)
        if name == "every":
            yield from (_said(one, wording) for one in part)
        elif name == "some":
            parts = [_said(one, wording) for one in part]
            yield parts[0] if len(parts) == 1 else (wording.either(_bracketed(parts, wording)), True)
        elif name == "opposite":
            yield _opposite(part, wording), False
        else:
            yield word(part, wording, holds=True), False


def _bracketed(parts: Iterable[Said], wording: Wording) -> list[str]:
    return [wording.say("when", "both", conditions=text) if joined else text for text, joined in parts]


def _opposite(when: Any, wording: Wording) -> str:
    """Say a single word by its own opposite, and anything else as a whole."""
    if isinstance(when, Conditions) and len(when.model_fields_set) == 1:
        alone = getattr(when, next(iter(when.model_fields_set)))
        if isinstance(alone, Condition) and type(alone) not in _COMPOSED:
            return word(alone, wording, holds=False)
    (said,) = _bracketed([_said(when, wording)], wording)
    return wording.say("when", "not", conditions=said)


def word(condition: Condition[Any], wording: Wording, *, holds: bool) -> str:
    """Say one word with its argument."""
    composed = _COMPOSED.get(type(condition))
    if composed is not None:
        return composed(condition.root, wording)
    argument: object = condition.root
    if isinstance(condition, Company):
        argument = condition.root.is_owner
    if isinstance(condition, Form):
        argument = condition.root.key
    if isinstance(argument, bool):
        return wording.condition(condition.word, condition.spoken, holds=holds is argument, values="")
    values = argument if isinstance(argument, tuple) else (argument,)
    said = wording.either(wording.value(condition.word, _plain(one)) for one in values)
    return wording.condition(condition.word, condition.spoken, holds=holds, values=said)


def _plain(value: object) -> str:
    if isinstance(value, BaseModel):
        return ", ".join(f"{name} {getattr(value, name)}" for name in sorted(value.model_fields_set))
    return str(value).lower() if isinstance(value, bool) else str(value)


def _evidence(argument: Any, wording: Wording) -> str:
    parts = []
    if argument.tick:
        name = "wording" if argument.wording else "tick"
        parts.append(wording.say("evidence", name, values=wording.either(argument.tick)))
    asked = (name for name in ("sale", "objection_offered") if name in argument.model_fields_set)
    return wording.both([*parts, *(wording.say("evidence", name) for name in asked)])


def _person_fields(argument: Any, wording: Wording) -> str:
    return _fields("person_field", argument, wording)


def _company_fields(argument: Any, wording: Wording) -> str:
    return _fields("company_field", argument, wording)


def _fields(word: str, argument: Mapping[str, Any], wording: Wording) -> str:
    return wording.both(
        _field(wording.say("field", word, name=name), asked, wording) for name, asked in argument.items()
    )


def _field(field: str, asked: Any, wording: Wording) -> str:
    if not isinstance(asked, Range):
        values = wording.either(wording.value("field", _plain(one)) for one in asked)
        return wording.say("field", "values", field=field, values=values)
    if asked.given is not None:
        return wording.say("field", "given" if asked.given else "not_given", field=field)
    name = "to" if asked.start is None else "from" if asked.end is None else "between"
    return wording.say("field", name, field=field, start=asked.start, end=asked.end)


_COMPOSED: Mapping[type[Condition[Any]], Callable[[Any, Wording], str]] = {
    Evidence: _evidence,
    PersonField: _person_fields,
    CompanyField: _company_fields,
}
"""Words of several parts, which have no opposite of their own."""
