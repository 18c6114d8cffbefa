"""What a look at something has found."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    """How bad a finding is."""

    OK = "ok"
    WARNING = "warning"
    """It works, and will not for long, or something waits for a human."""
    ERROR = "error"
    """Something does not work."""


class Health(StrEnum):
    """All findings in one word."""

    RIGHT = "right"
    DEGRADED = "degraded"
    WRONG = "wrong"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at."""

    tenant: str | None
    what: str
    level: Level
    found: str
    do: str = ""
    means: str = ""
    """What comes of it if nothing is done; empty where the finding says it."""


def right(what: str, found: str, *, tenant: str | None = None) -> Finding:
    return Finding(tenant, what, Level.OK, found)


def warning(what: str, found: str, do: str, *, means: str = "", tenant: str | None = None) -> Finding:
    return Finding(tenant, what, Level.WARNING, found, do, means)


def error(what: str, found: str, do: str, *, means: str = "", tenant: str | None = None) -> Finding:
    return Finding(tenant, what, Level.ERROR, found, do, means)


def health(findings: Iterable[Finding]) -> Health:
    """Sum findings up."""
    levels = {one.level for one in findings}
    if Level.ERROR in levels:
        return Health.WRONG
    return Health.DEGRADED if Level.WARNING in levels else Health.RIGHT
