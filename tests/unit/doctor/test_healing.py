"""What the watchdog could not mend is an error with what to do; a sweep is right, late or not handled."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from so_privacy_ext.doctor.findings import Level
from so_privacy_ext.doctor.healing import examine_healing
from so_privacy_ext.model import Statement, SweepKind
from so_privacy_ext.storage.findings import TenantFinding

NOW = datetime(2026, 11, 28, 12, 0, tzinfo=UTC)
STATED = Statement(
    sweep_id=1, kind=SweepKind.WHOLE, why="periodic", since=NOW - timedelta(days=1), until=NOW, found=5,
    known=3, handled=5, given_up=0, besides=0, finished_at=NOW, proven_at=NOW,
)  # fmt: skip


def look(found: list[TenantFinding], stated: list[Statement]) -> list[tuple[str, Level, str]]:
    seen = examine_healing("Cust1", found, stated, NOW)
    return [(one.what, one.level, one.do) for one in seen]


def test_a_new_tenant_has_nothing_to_tell() -> None:
    assert look([], []) == []
    assert look([], [replace(STATED, kind=SweepKind.NEW)]) == []


@pytest.mark.row("F23")
@pytest.mark.parametrize(
    ("what", "do"), [("webhook_stopped", "under Webhooks"), ("unheard_of", "so-privacy journal")]
)
def test_what_waits_for_a_human_is_an_error_with_what_to_do(what: str, do: str) -> None:
    ((told, level, advice),) = look([TenantFinding(what, "events", {}, NOW)], [])
    assert (told, level) == ("healing", Level.ERROR)
    assert do in advice


@pytest.mark.parametrize(
    ("stated", "level"),
    [
        (STATED, Level.OK),
        (replace(STATED, handled=4, given_up=1), Level.WARNING),
        (replace(STATED, until=NOW - timedelta(hours=31)), Level.WARNING),
    ],
)
def test_the_last_whole_sweep_is_told(stated: Statement, level: Level) -> None:
    ((what, found, do),) = look([], [replace(STATED, kind=SweepKind.NEW), stated])
    assert (what, found) == ("sweep", level)
    assert bool(do) is (level is Level.WARNING)
