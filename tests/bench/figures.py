"""A figure with what it must be and what it should be, and how several samples become one."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of the table."""

    name: str
    value: float
    unit: str = ""
    at_most: float | None = None
    """To land."""
    goal: float | None = None

    @property
    def lands(self) -> bool:
        return self.at_most is None or self.value <= self.at_most

    @property
    def verdict(self) -> str:
        """Say how it stands to its bars; nothing where there are none."""
        if not self.lands:
            return f"MISSES {shown(self.at_most)}"
        if self.goal is not None:
            return f"{'goal' if self.value <= self.goal else 'misses goal'} {shown(self.goal)}"
        return "" if self.at_most is None else f"≤ {shown(self.at_most)}"


def percentile(samples: Sequence[float], percent: float) -> float:
    """Give the smallest sample that so many percent of all do not exceed (nearest rank)."""
    ordered = sorted(samples)
    rank = -(-len(ordered) * percent // 100)
    return ordered[max(0, int(rank) - 1)]


def ratio_of_rounds(costs: Sequence[tuple[float, float]]) -> float:
    """Give the median over rounds of the first cost divided by the second, so that drift falls out."""
    return statistics.median(first / second for first, second in costs)


def shown(value: float | None) -> str:
    """Write a number as short as it can be read."""
    if value is None:
        return ""
    if value == int(value) and abs(value) < 1e6:
        return f"{int(value)}"
    return f"{value:.0f}" if abs(value) >= 1000 else f"{value:.3g}"
