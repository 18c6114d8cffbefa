"""Adds calendar periods, such as twelve months, to an instant."""

from __future__ import annotations

import calendar
import re
from datetime import datetime, timedelta

_PERIOD = re.compile(r"P(?:(\d{1,3})Y)?(?:(\d{1,4})M)?(?:(\d{1,5})D)?", re.ASCII)


def back(instant: datetime, period: str) -> datetime:
    """Take a period away from an instant, in the same way."""
    return _move(instant, period, -1)


def add(instant: datetime, period: str) -> datetime:
    """Add an ISO 8601 period of years, months, days; the 31st falls on a shorter month's last day."""
    return _move(instant, period, 1)


def _move(instant: datetime, period: str, way: int) -> datetime:
    match = _PERIOD.fullmatch(period)
    if match is None:
        raise ValueError(period)
    years, months, days = (way * int(part or 0) for part in match.groups())
    month = instant.month - 1 + months + 12 * years
    year, month = instant.year + month // 12, month % 12 + 1
    day = min(instant.day, calendar.monthrange(year, month)[1])
    return instant.replace(year=year, month=month, day=day) + timedelta(days=days)
