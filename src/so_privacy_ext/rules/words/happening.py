"""Words about what has just happened to the person."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated

from pydantic import Field

from so_privacy_ext.sdk import Aspect, Condition, EventWord, Ground, OneOrMany, Predicate

Column = Annotated[
    str,
    Field(pattern=r"^[a-z][a-z0-9_]{0,63}$", description="a column of the CRM's table, such as `country_id`"),
]


class Event(Condition[OneOrMany[EventWord]]):
    """What happened; `none` when the person is looked at without an event, as by a plan."""

    word = "event"

    def aspects(self, _ground: Ground, /) -> Iterable[Aspect]:
        return (Aspect("event"),)

    def prepare(self, _ground: Ground, /) -> Predicate:
        wanted = frozenset(self.root)
        return Predicate(lambda facts: facts.event in wanted, lambda facts: facts.event)


class Changed(Condition[OneOrMany[Column]]):
    """A column that was among the changes; never true for phone, e-mail and user-defined fields."""

    word = "changed"

    def aspects(self, _ground: Ground, /) -> Iterable[Aspect]:
        return (Aspect("changed", column) for column in dict.fromkeys(self.root))

    def prepare(self, _ground: Ground, /) -> Predicate:
        wanted = frozenset(self.root)
        return Predicate(
            lambda facts: not wanted.isdisjoint(column.lower() for column in facts.changed),
            lambda facts: tuple(sorted(facts.changed)),
        )
