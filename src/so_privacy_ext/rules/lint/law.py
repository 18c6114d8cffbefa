"""What a law is, what it finds, and what is said of each finding."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from enum import StrEnum

from so_privacy_ext.rules.findings import Finding
from so_privacy_ext.rules.law import Fact
from so_privacy_ext.rules.lint.subject import Subject
from so_privacy_ext.rules.tree import Node


class Level(StrEnum):
    """How bad a finding is: an error refuses activation, a warning and a note are shown."""

    ERROR = "E"
    WARNING = "W"
    NOTE = "I"


@dataclass(frozen=True, slots=True)
class Edit:
    """A safe change: at this place of the file, and only if `old` stands there, `new` in its stead."""

    line: int
    column: int
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class Found:
    """What a law sees, with what differs from what the law says of itself."""

    at: Node
    what: str
    how: str
    level: Level | None = None
    fact: Fact | None = None
    edits: tuple[Edit, ...] = ()
    """All of them or none; together they mend what was found and change nothing else."""


@dataclass(frozen=True, slots=True)
class Law:
    """One thing that a manifest must not do; `look` is pure and yields nothing for what it can't judge."""

    code: str
    """`L` and two digits."""
    level: Level
    """The highest that it finds."""
    title: str
    """What it finds, in a sentence without its full stop."""
    fact: Fact
    example: str
    """How it is right, as a piece of a manifest."""
    look: Callable[[Subject], Iterable[Found]] = field(repr=False)
    needs: str = ""
    """What must be known besides the manifest: `tenant` or `mails`; without it nothing is found."""


@dataclass(frozen=True, slots=True)
class LintFinding(Finding):
    """A finding with its place, its level, and all that helps to believe and to mend it."""

    level: Level = Level.ERROR
    fact: Fact | None = None
    example: str = ""
    edits: tuple[Edit, ...] = ()
    accepted: str = ""
    """The reason for which the manifest accepts it; empty where it doesn't."""


__all__ = ["Edit", "Fact", "Found", "Law", "Level", "LintFinding"]
