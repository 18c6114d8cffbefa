"""L48: things that are named twice; a key or an id that stands twice is refused when it is read."""

from __future__ import annotations

from collections.abc import Iterator

from so_privacy_ext.rules.findings import shown
from so_privacy_ext.rules.lint.law import Fact, Found, Law, Level
from so_privacy_ext.rules.lint.subject import Subject
from so_privacy_ext.rules.tree import Node


def look(subject: Subject) -> Iterator[Found]:
    """Look at every list, and at conditions that stand twice in one."""
    yield from _below(subject.manifest.root)


def _below(node: Node) -> Iterator[Found]:
    seen: list[tuple[object, Node]] = []
    for one in node.elements():
        plain = one.plain()
        first = next((other for value, other in seen if value == plain), None)
        if first is not None:
            what = f"{shown(one.text) if one.text else 'this'} stands twice in the list"
            where = f"on line {first.line}" if first.line != one.line else "before it"
            yield Found(one, what, f"it stands {where} already; take one of them out, or mend what was meant")
        seen.append((plain, one))
        yield from _below(one)
    for _, _, value in node.items():
        yield from _below(value)


LAW = Law(
    code="L48",
    level=Level.WARNING,
    title="something is named twice, so that something else was probably meant",
    fact=Fact(
        says="a list means any of its values, so the same value twice says nothing more",
        source="this product, docs/manifest.md",
        checked_on="2026-11-28",
        confidence="verified",
    ),
    example="""\
- id: met-in-person
  when: {source: [CARD, FAIR]}
  give: {STORE: {basis: 61F}, EMARKETING: deny}
  because: "A business relation is under way."
""",
    look=look,
)
