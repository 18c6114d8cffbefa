"""Figures over all tenants, as Prometheus is told them beside those of the process."""

from __future__ import annotations

import urllib.request
from collections.abc import Callable, Iterator

import pytest

from so_privacy_ext.errors import Refused
from so_privacy_ext.metrics_server import serve_metrics
from so_privacy_ext.model import Delivery
from so_privacy_ext.storage.overview import read_overview
from so_privacy_ext.storage.receiving import ReceivingStore


@pytest.fixture
def served(dsn: str) -> Iterator[str]:
    server = serve_metrics(("127.0.0.1", 0), lambda: read_overview(dsn))
    yield f"http://127.0.0.1:{server.server_port}/metrics"
    server.shutdown()
    server.server_close()


def test_prometheus_is_answered_with_this_process_and_the_database(
    served: str, delivery: Callable[..., Delivery], receiving: ReceivingStore
) -> None:
    receiving.store([delivery(), delivery("e-2", reason="bad_json")])
    text = urllib.request.urlopen(served, timeout=10).read().decode()

    for line in (
        "so_privacy_database_up 1.0",
        'so_privacy_events{state="open"} 1.0',
        'so_privacy_events{state="quarantined"} 1.0',
        'so_privacy_tenants{state="working"} 1.0',
    ):
        assert line in text.splitlines()
    assert "so_privacy_dropped_log_lines_total" in text
    assert "so_privacy_oldest_open_seconds" in text
    assert "process_resident_memory_bytes" in text
    assert "Cust12345" not in text


def test_a_port_in_use_is_refused(served: str) -> None:
    port = int(served.split(":")[2].split("/", maxsplit=1)[0])
    with pytest.raises(Refused, match="SO_PRIVACY_METRICS_BIND"):
        serve_metrics(("127.0.0.1", port), list)
