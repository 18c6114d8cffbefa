"""Calendar periods."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from so_privacy_ext.rules.periods import add, back

START = datetime(1, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("start", "period", "end"),
    [
        ("2026-01-31", "P1M", "2026-02-28"),
        ("2028-01-31", "P1M", "2028-02-29"),
        ("2028-02-29", "P1Y", "2029-02-28"),
        ("2028-02-29", "P4Y", "2032-02-29"),
        ("2026-03-02", "P12M", "2027-03-02"),
        ("2026-12-31", "P2M", "2027-02-28"),
        ("2026-11-30", "P25M", "2028-12-30"),
        ("2026-01-01", "P60D", "2026-03-02"),
        ("2026-01-31", "P1Y1M1D", "2027-03-01"),
    ],
)
def test_months_and_years_are_the_calendar_s(start: str, period: str, end: str) -> None:
    at = datetime.fromisoformat(f"{start}T23:59:59.999999+00:00")
    assert add(at, period) == datetime.fromisoformat(f"{end}T23:59:59.999999+00:00")


@pytest.mark.parametrize("period", ["", "1M", "P1W", "PT1H", "P-1M", "P1,5Y", "p1m", "P1M ", "P\uff11M"])
def test_anything_else_is_no_period(period: str) -> None:
    with pytest.raises(ValueError, match=r"^"):
        add(datetime(2026, 1, 1, tzinfo=UTC), period)


@pytest.mark.row("F55")
@pytest.mark.parametrize(
    "local",
    [
        "2026-03-29T02:30",  # the hour that is left out in spring
        "2026-10-25T02:30",  # the hour that comes twice in autumn
        "2016-12-31T23:59:59",  # the last leap second followed
    ],
)
def test_neither_summer_time_nor_a_leap_second_moves_an_expiry(local: str) -> None:
    at = datetime.fromisoformat(local).replace(tzinfo=ZoneInfo("Europe/Copenhagen")).astimezone(UTC)
    assert add(at, "P12M").timetz() == at.timetz()
    assert add(at, "P1D") - at == timedelta(hours=24)


@given(
    st.integers(1, 9800 * 365 * 86400).map(lambda seconds: START + timedelta(seconds=seconds)),
    st.integers(0, 99),
    st.integers(0, 999),
)
def test_never_a_shorter_time_than_the_calendar_says(start: datetime, years: int, months: int) -> None:
    end = add(start, f"P{years}Y{months}M")
    assert (end.year - start.year) * 12 + end.month - start.month == years * 12 + months
    assert end.day <= start.day


@pytest.mark.parametrize(
    ("end", "period", "start"),
    [
        ("2028-02-29", "P60D", "2027-12-31"),
        ("2028-03-31", "P1M", "2028-02-29"),
        ("2027-03-31", "P1M", "2027-02-28"),
        ("2028-02-29", "P1Y", "2027-02-28"),
        ("2026-01-15", "P2M", "2025-11-15"),
    ],
)
def test_a_period_is_taken_away_by_the_calendar_too(end: str, period: str, start: str) -> None:
    at = datetime.fromisoformat(f"{end}T12:00:00+00:00")
    assert back(at, period) == datetime.fromisoformat(f"{start}T12:00:00+00:00")


@given(
    st.timedeltas(timedelta(days=700_000), timedelta(days=760_000)),
    st.integers(0, 5),
    st.integers(0, 40),
    st.integers(0, 400),
)
def test_what_lies_a_period_before_the_end_lies_before_it(
    since: timedelta, years: int, months: int, days: int
) -> None:
    end, period = START + since, f"P{years}Y{months}M{days}D"
    before = back(end, period)

    assert (before < end) is (years + months + days > 0)
    assert abs(add(before, period) - end) <= timedelta(days=6)
