"""Says which facts never come together, whatever a manifest says, as `processing.facts` gathers them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from itertools import product

from so_privacy_ext.model import EXPLICIT_CONSENT, STORE
from so_privacy_ext.rules.reach import kinds
from so_privacy_ext.rules.reach.space import Box, Name, Space, stand_in
from so_privacy_ext.sdk import UNKNOWN, Facts

Alike = Callable[[str], str]
"""Gives the source that stands for a source."""


def _form_and_creator(facts: Facts, _alike: Alike) -> bool:
    """Whom a form registered was created by a form."""
    return facts.form is None or facts.creator in {"form", UNKNOWN}


def _domain_and_address(facts: Facts, _alike: Alike) -> bool:
    """Who has a domain has an address."""
    return facts.email_domain is None or facts.has_email


def _source_and_row(facts: Facts, alike: Alike) -> bool:
    """The source is that of the STORE row. Of rows that carry no explicit consent, one stands for all."""
    row = facts.consents.get(STORE)
    if row is None or facts.source is None:
        return row is None and facts.source is None
    return row[0] != EXPLICIT_CONSENT or alike(row[1]) == facts.source


_LAWS: tuple[tuple[tuple[Name, ...], Callable[[Facts, Alike], bool]], ...] = (
    ((("form", None), ("creator", None)), _form_and_creator),
    ((("email_domain", None), ("has_email", None)), _domain_and_address),
    ((("source", None), ("consents", STORE)), _source_and_row),
)


BOUND: tuple[tuple[Name, ...], ...] = tuple(names for names, _ in _LAWS)
"""Facts that are bound to each other."""


def possible(facts: Facts) -> bool:
    """Tell whether somebody can be like this."""
    return all(law(facts, str) for _, law in _LAWS)


def rounded(facts: Facts) -> Facts:
    """Make facts go together that are bound to each other, where one of them stands for many or was put."""
    if not _form_and_creator(facts, str):
        facts = replace(facts, creator="form")
    if not _domain_and_address(facts, str):
        facts = replace(facts, has_email=True)
    row = facts.consents.get(STORE)
    if row is None or facts.source is None:
        return facts
    if row[0] == EXPLICIT_CONSENT:
        return replace(facts, source=row[1])
    return replace(facts, consents={**facts.consents, STORE: (row[0], facts.source)})


def nobody(space: Space) -> Iterator[Box]:
    """Give boxes of persons who can't be, as far as conditions look at what contradicts."""
    for names, law in _LAWS:
        if not all(name in space.axes for name in names):
            continue
        axes = [space.axes[name] for name in names]
        for values in product(*(axis.values for axis in axes)):
            facts, box = Facts(), space.everybody
            for axis, value in zip(axes, values, strict=True):
                facts = kinds.put(facts, axis.aspect, value)
                box &= space.only(axis, axis.bit(value))
            if not law(facts, partial(_source, space)):
                yield box


def _source(space: Space, key: str) -> str:
    axis = space.axes["source", None]
    return str(stand_in(axis.aspect, axis.values, key))
