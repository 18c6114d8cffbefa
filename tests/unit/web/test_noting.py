"""A security line says who, from where and to where, whatever the request lacks."""

from __future__ import annotations

from typing import Any

import pytest
from structlog.testing import capture_logs

from so_privacy_ext.web.noting import caller, note

BOTH = {"client": ("192.0.2.7", 4711), "server": ("198.51.100.1", 443)}


def noted(scope: dict[str, Any], **more: Any) -> dict[str, Any]:
    with capture_logs() as lines:
        note(scope, "signed_in", **more)
    (line,) = lines
    return dict(line)


def test_who_and_where() -> None:
    line = noted(BOTH, tenant_id=7, associate_id=12, count=3)

    assert line == {
        "event": "signed_in",
        "log_level": "info",
        "security": True,
        "user": "tenant:7/associate:12",
        "source_address": "192.0.2.7:4711",
        "destination_address": "198.51.100.1:443",
        "tenant_id": 7,
        "count": 3,
    }


def test_nobody_from_nowhere() -> None:
    line = noted({"client": None}, refused=True)

    assert (line["user"], line["source_address"], line["destination_address"]) == ("-", "-", "-")
    assert line["log_level"] == "warning"


@pytest.mark.parametrize(("scope", "address"), [(BOTH, "192.0.2.7"), ({"client": None}, ""), ({}, "")])
def test_where_a_request_came_from(scope: dict[str, Any], address: str) -> None:
    assert caller(scope) == address
