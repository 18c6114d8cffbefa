"""Deliveries lost, an outage, a mass change, an address nobody told of: one sweep makes all of it good."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.chaos.outage import outage


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.row("F24")
@pytest.mark.row("F23")
@pytest.mark.row("F61")
def test_after_the_watchdog_and_one_sweep_the_crm_is_as_the_oracle_says(dsn: str, tmp_path: Path) -> None:
    with outage(dsn, tmp_path, tenants=2, persons=30, seed=1) as one:
        outcome = one.run(print)
    assert outcome.right, outcome.as_json()
    assert outcome.lost > 3
    assert outcome.mended == 2
    assert [found for found, _, _ in outcome.stated] == [30, 30]
