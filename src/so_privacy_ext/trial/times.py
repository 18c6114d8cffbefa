"""Reads the times of rule tests."""

from __future__ import annotations

from datetime import datetime, timedelta

from so_privacy_ext.rules import periods
from so_privacy_ext.trial.shape import moment

_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


def after(start: str, later: str) -> datetime:
    """Give the time of a step that says `+2h` or `+P12M` after a test's start."""
    begun = moment(start)
    length = later.removeprefix("+")
    if length.startswith("P"):
        return periods.add(begun, length)
    return begun + timedelta(**{_UNITS[length[-1]]: int(length[:-1])})
