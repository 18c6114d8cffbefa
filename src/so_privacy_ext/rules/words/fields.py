"""Words about user-defined fields: the tenant's own, named as she names them.

What a field holds is known when a manifest is activated. What stands in one that the tenant has lost since is
not known.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import date, timedelta
from math import inf, nextafter
from typing import Annotated, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag, model_validator
from pydantic_core import PydanticCustomError

from so_privacy_ext.model import FieldKind, FieldValue, UserField
from so_privacy_ext.rules.field_values import EMPTIABLE, ORDERED, Misfit, Written, comparable, misfit, read
from so_privacy_ext.sdk import (
    UNKNOWN,
    Aspect,
    Condition,
    Facts,
    Ground,
    OneOrMany,
    Predicate,
    Reference,
    Truth,
)

FieldName = Annotated[
    str,
    Field(
        min_length=1,
        max_length=255,
        pattern=r"^[^\x00-\x1f]+$",
        description="a user-defined field, by its id for programs such as `SuperOffice:3`, or by its label",
    ),
]


def _kind_of_value(value: object) -> str:
    if isinstance(value, bool):
        return "<flag>"
    return "<number>" if isinstance(value, int) else "<text>"


Value = Annotated[
    Annotated[bool, Tag("<flag>"), Field(description="whether a checkbox is ticked")]
    | Annotated[int, Tag("<number>"), Field(description="a number")]
    | Annotated[
        str,
        Tag("<text>"),
        Field(
            min_length=1,
            max_length=255,
            description="a text, a list item's name, a day such as `2026-12-31`, or a number such as `1.5`",
        ),
    ],
    Discriminator(_kind_of_value),
]
Limit = Annotated[
    Annotated[int, Tag("<number>"), Field(description="a number")]
    | Annotated[
        str,
        Tag("<text>"),
        Field(
            pattern=r"^-?[0-9][0-9.-]{0,31}$",
            description="a day such as `2026-12-31`, or a number such as `1.5`",
        ),
    ],
    Discriminator(_kind_of_value),
]


class Range(BaseModel):
    """Between what a field lies, both ends included, or whether anything is filled in."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid", title="Range")

    start: Annotated[Limit | None, Field(alias="from", description="at least this number or day")] = None
    end: Annotated[Limit | None, Field(alias="to", description="at most this number or day")] = None
    given: Annotated[bool | None, Field(description="whether anything is filled in")] = None

    @model_validator(mode="after")
    def _one_thing_is_asked(self) -> Range:
        if bool({"start", "end"} & self.model_fields_set) == ("given" in self.model_fields_set):
            raise PydanticCustomError("empty", "`from`, `to` or both, or else `given`")
        return self


def _kind_of_test(value: object) -> str:
    return "<range>" if isinstance(value, dict | Range) else "<values>"


FieldTest = Annotated[
    Annotated[Range, Tag("<range>")] | Annotated[OneOrMany[Value], Tag("<values>")],
    Discriminator(_kind_of_test),
]


class _Fields(Condition[Annotated[dict[FieldName, FieldTest], Field(min_length=1)]]):
    kind: ClassVar[Literal["person_field", "company_field"]]

    def references(self) -> Iterable[Reference]:
        return (Reference(self.kind, name) for name in self.root)

    def misfits(self, name: str, field: UserField) -> Iterator[Misfit]:
        """Say what is asked of a field that it can't hold."""
        test = self.root[name]
        if not isinstance(test, Range):
            yield from (one for value in test if isinstance(one := read(field, value), Misfit))
        elif test.given is not None:
            if field.kind not in EMPTIABLE:
                yield misfit(
                    field, "nothing", "an empty number is 0 and an empty checkbox false; ask for that"
                )
        elif field.kind not in ORDERED:
            yield misfit(field, "a range", "write the values that it may have, one or a list of them")
        else:
            limits = [one for one in (test.start, test.end) if one is not None]
            yield from (one for value in limits if isinstance(one := read(field, value), Misfit))

    def aspects(self, ground: Ground, /) -> Iterable[Aspect]:
        for name, test in self.root.items():
            field = ground.fields.get(Reference(self.kind, name))
            if field is not None:
                yield Aspect("fields", field.key, _marks(field, test), ordered=field.kind in ORDERED)

    def prepare(self, ground: Ground, /) -> Predicate:
        asked = {name: ground.fields.get(Reference(self.kind, name)) for name in self.root}
        tests = [(field.key, _test(field, self.root[name])) for name, field in asked.items() if field]
        some_are_lost = None in asked.values()

        def truth(facts: Facts) -> Truth:
            result: Truth = None if some_are_lost else True
            for key, test in tests:
                value = facts.fields.get(key, UNKNOWN)
                holds = None if value is UNKNOWN else test(value)
                if holds is False:
                    return False
                if holds is None:
                    result = None
            return result

        def found(facts: Facts) -> object:
            return {name: _told(field, facts) for name, field in asked.items()}

        return Predicate(truth, found)


def _test(field: UserField, asked: Range | tuple[Written, ...]) -> Callable[[FieldValue], Truth]:
    """Make the test of one field; what the tenant has lost since activation is unknown, not false."""
    if not isinstance(asked, Range):
        wanted = [read(field, one) for one in asked]
        known = frozenset(one for one in wanted if not isinstance(one, Misfit))
        lost = len(known) < len(set(asked))
        return lambda value: comparable(value) in known or (None if lost and value is not None else False)
    if asked.given is not None:
        return lambda value: (value is not None) is asked.given
    low, high = (_limit(field, one) for one in (asked.start, asked.end))

    def between(value: FieldValue) -> Truth:
        if value is None:
            return False
        place = _place(value)
        return None if place is None else (low is None or place >= low) and (high is None or place <= high)

    return between


def _marks(field: UserField, asked: Range | tuple[Written, ...]) -> frozenset[FieldValue]:
    """Give the values that a test tells apart; of a field with an order, where each answer begins."""
    if field.kind is FieldKind.CHECKBOX:
        return frozenset({True})
    begins, ends = ((asked.start,), (asked.end,)) if isinstance(asked, Range) else (asked, asked)
    marks = {_known(field, one) for one in begins}
    if field.kind in ORDERED:
        marks |= {_next(value) for one in ends if (value := _known(field, one)) is not None}
    return frozenset(marks - {None})


def _known(field: UserField, written: Written | None) -> FieldValue:
    value = None if written is None else read(field, written)
    return None if isinstance(value, Misfit) else value


def _next(value: FieldValue) -> FieldValue:
    """Give the number or day that comes right after one, the last day for itself."""
    if isinstance(value, date):
        return value if value == date.max else value + timedelta(days=1)
    return nextafter(float(value or 0), inf)


def _limit(field: UserField, written: Written | None) -> float | None:
    value = None if written is None else read(field, written)
    return None if isinstance(value, Misfit) else _place(value)


def _place(value: FieldValue) -> float | None:
    """Give a number or a day as a number; None for what has no order."""
    if isinstance(value, date):
        return float(value.toordinal())
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def _told(field: UserField | None, facts: Facts) -> object:
    """Say what stands in a field, an item of a list by its name."""
    value = UNKNOWN if field is None else facts.fields.get(field.key, UNKNOWN)
    if field is not None and field.kind is FieldKind.ITEM and isinstance(value, int):
        return field.items.get(value, f"item {value}")
    return value


class PersonField(_Fields):
    """User-defined fields of the person, each with what it must hold. No event tells of a change in one."""

    word = "person_field"
    kind = "person_field"


class CompanyField(_Fields):
    """User-defined fields of the person's company; empty where she has none. No event tells of a change."""

    word = "company_field"
    kind = "company_field"
