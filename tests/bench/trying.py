"""How long a thousand rule tests take: read, played and judged, as `manifest test` does."""

from __future__ import annotations

import time
from pathlib import Path

from so_privacy_ext.rules.alone import resolve_alone
from so_privacy_ext.rules.manifest import parse
from so_privacy_ext.trial.reading import read_trials
from so_privacy_ext.trial.running import run_all
from tests.bench.figures import Figure

COUNT = 1_000
_RULES = Path("manifests/rules/nordic-b2b.yaml")
_SOURCES = ("WEBFORM", "EMAIL", "USER", "CARD", "FAIR", "PHONE", "REQUEST")


def measure() -> list[Figure]:
    """Two files, since one may have a quarter of a megabyte."""
    begun = time.process_time()
    manifest = parse(_RULES.read_bytes(), _RULES.name)
    half = COUNT // 2
    trials = [
        one
        for first in (0, half)
        for one in read_trials(_tests(first, half).encode(), "bench.test.yaml", manifest)
    ]
    ran = run_all(trials, resolve_alone(manifest))
    seconds = time.process_time() - begun
    assert len(ran) == COUNT
    assert not any(one.failed for one in ran)
    return [Figure("rule_tests_1000_s", seconds, "s", at_most=5)]


def _tests(first: int, count: int) -> str:
    lines = ["rule_tests: 1", "tenant: {default_basis: 61B, tell_from: 2026-01-01}", "tests:"]
    for number in range(first, first + count):
        source = _SOURCES[number % len(_SOURCES)]
        lines += [
            f'  - name: "person {number} by {source}"',
            f"    person: {{country: DK, source: {source}, age: {20 + number % 50}}}",
            f"    expect: {{give: {{STORE: 61F/{source}}}, tell: notice13, language: da}}",
            "    then:",
            "      - {at: +5s, event: created, expect: {}}",
        ]
    return "\n".join(lines) + "\n"
