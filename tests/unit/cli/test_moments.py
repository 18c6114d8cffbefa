"""Days and times as a command is given them: in UTC, and none that the database could not give back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from so_privacy_ext.cli.moments import moment_of, past_moment_of
from so_privacy_ext.errors import Exit, Refused
from tests.unit.cli.asked import ask


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-11-01", datetime(2026, 11, 1, tzinfo=UTC)),
        ("2026-11-01T02:00", datetime(2026, 11, 1, 2, tzinfo=UTC)),
        ("2026-11-01T02:00+02:00", datetime(2026, 11, 1, tzinfo=UTC)),
        ("1900-01-01", datetime(1900, 1, 1, tzinfo=UTC)),
        ("9999-12-31T23:59:59", datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)),
    ],
)
def test_a_moment(text: str, moment: datetime) -> None:
    found = moment_of(text)

    assert found == moment
    assert found.utcoffset() == timedelta(0)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("yesterday", "is no date"),
        ("2026-02-30", "is no date"),
        ("9999-12-31T23:59-14:00", "is no date"),
        ("0001-01-01T00:00+14:00", "is no date"),
        ("0001-01-01", "lies before 1900"),
        ("1900-01-01T00:00+01:00", "lies before 1900"),
    ],
)
def test_what_is_no_moment(text: str, says: str) -> None:
    with pytest.raises(Refused, match="bad_date") as refused:
        moment_of(text)

    assert says in str(refused.value)
    assert "such as 2026-11-01 or 2026-11-01T02:00" in str(refused.value)
    assert refused.value.exit_code is Exit.USAGE


def test_a_moment_that_must_have_been() -> None:
    assert past_moment_of("2026-01-01") == datetime(2026, 1, 1, tzinfo=UTC)
    with pytest.raises(Refused, match="is still to come"):
        past_moment_of(f"{datetime.now(UTC) + timedelta(minutes=1):%Y-%m-%dT%H:%M:%S}")


def test_a_backup_is_not_of_a_day_to_come() -> None:
    done = ask(["restored", "2926-11-01"])

    assert done.code is Exit.USAGE
    assert "bad_date: '2926-11-01' is still to come" in done.err


@pytest.mark.parametrize("until", ["2026-01-01", "2025-12-31T23:59"])
def test_an_export_of_no_time_is_refused_instead_of_empty(until: str) -> None:
    done = ask(["export", "decisions", "--from", "2026-01-01", "--to", until])

    assert done.code is Exit.USAGE
    assert f"bad_period: --to {until[:10]}" in done.err
    assert done.out == ""
