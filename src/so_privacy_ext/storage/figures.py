"""What the figures count: what we wrote last about persons, and whom must still be told by when."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from so_privacy_ext.model import WITHDRAWN
from so_privacy_ext.storage.session import TenantSession
from so_privacy_ext.storage.statements import Statements

_sql = Statements("figures")

OVERDUE = "overdue"
"""The `Notices.due` of what should have been told by now."""


@dataclass(frozen=True, slots=True)
class Standing:
    """How many persons hold a purpose on a basis, from a source, by what we wrote last about them."""

    purpose: str
    basis: str
    source: str
    persons: int


@dataclass(frozen=True, slots=True)
class Notices:
    """How many notices are due by some time; `due` is `overdue`, `week`, `month` or `later`."""

    due: str
    article: int
    notices: int


def standing(session: TenantSession) -> Sequence[Standing]:
    """Count persons by purpose, basis and source; purposes by name, the most persons first."""
    return [Standing(**row) for row in session.rows(_sql["standing"], {"withdrawn": WITHDRAWN})]


def notices(session: TenantSession) -> Sequence[Notices]:
    """Count the notices that are open, the most urgent first."""
    return [Notices(**row) for row in session.rows(_sql["notices"])]
