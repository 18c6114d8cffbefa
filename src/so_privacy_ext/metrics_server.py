"""Shows the metrics of this process to whoever reaches a port of its own, which the public never does."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Protocol
from wsgiref.simple_server import WSGIServer

from prometheus_client import start_http_server
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector, CollectorRegistry

from so_privacy_ext import metrics
from so_privacy_ext.errors import Exit, PrivacyError, Refused

_KEPT_SECONDS = 10.0
"""However often and by however many it is asked for, the database counts no oftener."""

_CERTIFICATE_SECONDS = 3600.0

_FIGURES = {
    "events": ("state", "Events that wait (open), were given up (dead) or make no sense (quarantined)."),
    "oldest_open_seconds": ("", "Age of the oldest open event."),
    "tenants": ("state", "Tenants by what is being done for them."),
    "mails": ("state", "Mail claims that are neither sent nor released."),
    "reviews": ("state", "Things that wait for a human."),
    "duties": ("state", "Persons who must still be informed."),
}


class Figure(Protocol):
    """One figure over all tenants."""

    @property
    def figure(self) -> str: ...
    @property
    def label(self) -> str: ...
    @property
    def value(self) -> float: ...


class DatabaseFigures(Collector):
    """What the database counts, asked for when Prometheus asks; without a database it says just that."""

    def __init__(
        self, read: Callable[[], Sequence[Figure]], elapsed: Callable[[], float] = time.monotonic
    ) -> None:
        self._read = read
        self._elapsed = elapsed
        self._guard = threading.Lock()
        self._figures: Sequence[Figure] | None = None
        self._asked: float | None = None

    def describe(self) -> Iterator[GaugeMetricFamily]:
        """Name what is collected, so that registering asks no database."""
        yield from self._families([])

    def collect(self) -> Iterator[GaugeMetricFamily]:
        figures = self._current()
        up = GaugeMetricFamily("so_privacy_database_up", "Whether the database answers.")
        up.add_metric([], 0 if figures is None else 1)
        yield up
        yield from self._families(figures or [])

    def _current(self) -> Sequence[Figure] | None:
        with self._guard:
            now = self._elapsed()
            if self._asked is None or now - self._asked >= _KEPT_SECONDS:
                try:
                    self._figures = self._read()
                except PrivacyError:
                    self._figures = None
                self._asked = now
            return self._figures

    @staticmethod
    def _families(figures: Sequence[Figure]) -> Iterator[GaugeMetricFamily]:
        for name, (label, text) in _FIGURES.items():
            family = GaugeMetricFamily(f"so_privacy_{name}", text, labels=[label] if label else [])
            for one in figures:
                if one.figure == name:
                    family.add_metric([one.label] if label else [], one.value)
            yield family


class CertificateFigure(Collector):
    """For how long the public address's certificate is believed, looked at once an hour."""

    def __init__(
        self, read: Callable[[], float | None], elapsed: Callable[[], float] = time.monotonic
    ) -> None:
        self._read = read
        self._elapsed = elapsed
        self._guard = threading.Lock()
        self._ends: float | None = None
        self._asked: float | None = None

    def describe(self) -> Iterator[GaugeMetricFamily]:
        """Name what is collected, so that registering calls nobody."""
        yield self._family()

    def collect(self) -> Iterator[GaugeMetricFamily]:
        family = self._family()
        with self._guard:
            now = self._elapsed()
            if self._asked is None or now - self._asked >= _CERTIFICATE_SECONDS:
                left = self._read()
                self._ends = None if left is None else now + left
                self._asked = now
        if self._ends is not None:
            family.add_metric([], max(0.0, self._ends - now))
        yield family

    @staticmethod
    def _family() -> GaugeMetricFamily:
        text = "How long the certificate of the public address is still believed; 0 if it is not."
        return GaugeMetricFamily("so_privacy_certificate_seconds_left", text)


def serve_metrics(
    address: tuple[str, int],
    read: Callable[[], Sequence[Figure]],
    certificate: Callable[[], float | None] = lambda: None,
) -> WSGIServer:
    """Answer Prometheus in threads of their own; the caller shuts it down, or the process ends."""
    registry = CollectorRegistry()
    registry.register(metrics.REGISTRY)
    registry.register(DatabaseFigures(read))
    registry.register(CertificateFigure(certificate))
    host, port = address
    try:
        server, _ = start_http_server(port, host, registry=registry)
    except OSError as error:
        raise Refused(
            "cannot_listen",
            f"{host}:{port} for metrics: {error.strerror or 'no such address'}",
            "stop what uses it, or set SO_PRIVACY_METRICS_BIND to another host:port",
            Exit.NO_PERMISSION if isinstance(error, PermissionError) else Exit.UNAVAILABLE,
        ) from None
    return server
