"""Figures as charts, each with its table: purposes by basis, sources, notices that are due."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from starlette.responses import Response

from so_privacy_ext.storage import figures, manifests
from so_privacy_ext.storage.figures import OVERDUE, Notices, Standing
from so_privacy_ext.web.console.rules import purpose_name
from so_privacy_ext.web.console.visit import HOME, Visit
from so_privacy_ext.web.languages import Texts

FIGURES = f"{HOME}/figures"
_NARROWEST = 0.5
"""Per cent of the width that the shortest bar has, so that one person among thousands is seen."""


@dataclass(frozen=True, slots=True)
class Bar:
    """A row of a table, and the bar beside it."""

    names: Sequence[str]
    number: int
    width: float
    """Per cent of the longest bar."""
    late: bool = False


def show(visit: Visit) -> Response:
    """Show all charts; one that has nothing to show says so."""
    with visit.session() as session:
        visit.summary(session)
        active = manifests.active(session)
        manifest = None if active is None else visit.manifest(session, active[0], active[1][:12])
        standing = figures.standing(session)
        due = figures.notices(session)

    def called(purpose: str) -> str:
        return purpose if manifest is None else purpose_name(manifest, purpose, visit.language)

    return visit.page(
        "figures.html",
        charts={
            "purposes": by_basis(standing, visit.texts, called),
            "sources": by_source(standing),
            "due": by_day(due, visit.texts),
        },
    )


def by_basis(standing: Sequence[Standing], t: Texts, called: Callable[[str], str]) -> Sequence[Bar]:
    """Count persons by purpose and basis, in the order in which purposes come."""
    counted: Counter[tuple[str, str]] = Counter()
    for one in standing:
        counted[one.purpose, one.basis] += one.persons
    ordered = sorted(counted.items(), key=lambda one: (one[0][0], -one[1], one[0][1]))
    return _bars([((called(purpose), _basis(t, basis)), number) for (purpose, basis), number in ordered])


def by_source(standing: Sequence[Standing]) -> Sequence[Bar]:
    """Count by source, the most first; somebody counts once for each purpose that she holds."""
    counted: Counter[str] = Counter()
    for one in standing:
        counted[one.source] += one.persons
    ordered = sorted(counted.items(), key=lambda one: (-one[1], one[0]))
    return _bars([((source,), number) for source, number in ordered])


def by_day(due: Sequence[Notices], t: Texts) -> Sequence[Bar]:
    """Count notices by when they are due and by article, the most urgent first."""
    bars = _bars(
        [
            ((t(f"figures.when.{one.due}"), t("figures.article", number=one.article)), one.notices)
            for one in due
        ]
    )
    return [replace(bar, late=one.due == OVERDUE) for bar, one in zip(bars, due, strict=True)]


def _basis(t: Texts, key: str) -> str:
    return f"{t(f'basis.{key}')} {key}" if f"basis.{key}" in t else key


def _bars(named: Sequence[tuple[Sequence[str], int]]) -> Sequence[Bar]:
    longest = max((number for _, number in named), default=1)
    return [Bar(names, number, max(_NARROWEST, round(100 * number / longest, 1))) for names, number in named]
