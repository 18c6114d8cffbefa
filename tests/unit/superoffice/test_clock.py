"""What time it is at SuperOffice."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from so_privacy_ext.superoffice.clock import time_at
from so_privacy_ext.superoffice.connection import TenantConnection
from tests.unit.superoffice.loopback import Handler, Loopback

THEIRS = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)


def test_the_login_service_tells_the_time(connection: TenantConnection, loopback: Loopback) -> None:
    found = time_at(connection.wire, connection.environment)

    assert found is not None
    assert abs(datetime.now(UTC) - found) < timedelta(minutes=1)


@pytest.mark.parametrize(
    ("date", "found"),
    [
        ("Fri, 20 Nov 2026 10:00:00 GMT", THEIRS),
        ("Fri, 20 Nov 2026 11:00:00 +0100", THEIRS),
        ("Fri, 20 Nov 2026 10:00:00 -0000", THEIRS),
        ("yesterday", None),
        ("", None),
    ],
)
def test_its_date_is_read_or_none(
    connection: TenantConnection, loopback: Loopback, date: str, found: datetime | None
) -> None:
    def answer(handler: Handler) -> None:
        handler.send_response_only(200)  # which adds no date of its own
        handler.send_header("Date", date)
        handler.send_header("Content-Length", "2")
        handler.end_headers()
        handler.wfile.write(b"{}")

    loopback.standing["Login.Jwks"] = answer

    assert time_at(connection.wire, connection.environment) == found
