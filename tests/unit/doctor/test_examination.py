"""Each thing that a doctor looks at, as it is judged."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from so_privacy_ext.doctor import installation
from so_privacy_ext.doctor.address import examine_callers
from so_privacy_ext.doctor.crm import examine_webhooks, explain_failure
from so_privacy_ext.doctor.findings import Finding, Health, Level, health, right
from so_privacy_ext.doctor.tenant import examine_queue
from so_privacy_ext.errors import CrmFailure, Exit, Fault, Refused
from so_privacy_ext.model import ContextIdentifier, Epoch, Slot, TenantId
from so_privacy_ext.storage.tenants import Subscription, TenantSummary
from so_privacy_ext.superoffice.subscriptions import Registered, WebhookState
from so_privacy_ext.webhooks.subscriptions import EVENTS, WANTED, WATCH, wanted_watch

NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)
ADDRESS = "https://privacy.example.com/webhooks/"


@pytest.mark.row("B90")
@pytest.mark.parametrize(
    ("dsn", "level"),
    [
        ("postgresql://u:CANARY@db.example.com/x", Level.WARNING),
        ("postgresql://u:CANARY@db.example.com/x?sslmode=disable", Level.WARNING),
        ("postgresql://u:CANARY@db.example.com/x?sslmode=prefer", Level.WARNING),
        ("host=db.example.com password=CANARY", Level.WARNING),
        ("hostaddr=192.0.2.1 dbname=x", Level.WARNING),
        ("postgresql://u:CANARY@db.example.com/x?sslmode=require", Level.OK),
        ("postgresql://u:CANARY@db.example.com/x?sslmode=verify-full", Level.OK),
        ("postgresql://u:CANARY@127.0.0.1/x", Level.OK),
        ("postgresql:///x?host=/var/run/postgresql", Level.OK),
        ("dbname=x", Level.OK),
        ("nonsense CANARY", Level.OK),
    ],
)
def test_a_database_elsewhere_is_reached_encrypted(dsn: str, level: Level) -> None:
    found = list(installation.examine_database(dsn))

    assert found[-1].level is level
    assert "CANARY" not in repr(found)
    if level is Level.WARNING:
        assert "sslmode=verify-full" in found[-1].do


@pytest.mark.parametrize(
    ("url", "proxies", "said"),
    [
        ("https://privacy.example.com", (), ["SO_PRIVACY_TRUSTED_PROXIES"]),
        ("https://privacy.example.com", ("10.0.0.7", "::1"), ["told apart by what 10.0.0.7, ::1 says"]),
        ("http://127.0.0.1:7300", (), []),
    ],
)
def test_behind_https_it_is_said_by_what_callers_are_told_apart(
    url: str, proxies: tuple[str, ...], said: list[str]
) -> None:
    found = list(examine_callers(url, proxies))

    assert len(found) == len(said)
    for one, part in zip(found, said, strict=True):
        assert (one.what, one.level, part in one.found) == ("callers", Level.OK, True)


@pytest.mark.parametrize(
    ("seconds", "level"),
    [(0, Level.OK), (-29, Level.OK), (31, Level.WARNING), (-239, Level.WARNING), (241, Level.ERROR)],
)
def test_our_clock_against_superoffice_s(seconds: float, level: Level) -> None:
    found = installation.examine_clock(NOW, NOW + timedelta(seconds=seconds))

    assert found.level is level
    assert f"{abs(seconds)} s" in found.found


def test_a_login_service_without_a_clock() -> None:
    assert installation.examine_clock(NOW, None).level is Level.WARNING


@pytest.mark.row("F79")
def test_the_data_key() -> None:
    def missing() -> frozenset[str]:
        raise Refused("data_key_file", "it is not there", "restore it", Exit.CONFIG)

    has = frozenset({"a"})
    assert installation.examine_data_key(lambda: has, {"a": 3}).level is Level.OK
    assert installation.examine_data_key(lambda: has, {}).level is Level.OK
    half = installation.examine_data_key(lambda: frozenset({"a", "b"}), {"a": 3, "b": 1})
    assert (half.level, half.do) == (Level.WARNING, "so-privacy keys rotate")
    lacking = installation.examine_data_key(lambda: has, {"a": 3, "b": 2})
    assert lacking.level is Level.ERROR
    assert "2 secrets were sealed by b" in lacking.found
    assert installation.examine_data_key(missing, {"a": 1}).do == "restore it"


@pytest.mark.row("C23")
def test_logs_are_kept_for_three_months(tmp_path: Path) -> None:
    assert installation.examine_logs(tmp_path, 92).level is Level.OK
    assert installation.examine_logs(None, 1).level is Level.OK
    short = installation.examine_logs(tmp_path, 91)
    assert (short.level, "92" in short.do) == (Level.WARNING, True)


def summary(**changed: object) -> TenantSummary:
    usual: dict[str, object] = {
        "tenant_id": TenantId(1), "environment": "sod", "context_identifier": ContextIdentifier("Cust1"),
        "epoch": Epoch(1), "created_at": NOW, "removed_at": None, "paused_at": None, "leaving_at": None,
        "parked_until": None, "parked_reason": None, "open": 0, "oldest": None, "dead": 0, "quarantined": 0,
        "reviews": 0, "duties": 0,
    }  # fmt: skip
    return TenantSummary(**{**usual, **changed})  # type: ignore[arg-type] # by name


@pytest.mark.parametrize(
    ("changed", "what", "level"),
    [
        ({}, "open events", Level.OK),
        ({"open": 2, "oldest": NOW - timedelta(minutes=1)}, "open events", Level.OK),
        ({"open": 2, "oldest": NOW - timedelta(hours=1)}, "open events", Level.WARNING),
        ({"open": 2, "oldest": NOW - timedelta(hours=1), "paused_at": NOW}, "work", Level.WARNING),
        ({"parked_reason": "throttled", "parked_until": NOW}, "work", Level.WARNING),
        ({"leaving_at": NOW}, "work", Level.WARNING),
        ({"dead": 1}, "events given up", Level.ERROR),
        ({"quarantined": 1}, "quarantine", Level.WARNING),
        ({"reviews": 1}, "waiting for a human", Level.WARNING),
        ({"duties": 1}, "persons not informed yet", Level.WARNING),
    ],
)
def test_what_waits(changed: dict[str, object], what: str, level: Level) -> None:
    found = {one.what: one for one in examine_queue(summary(**changed), NOW)}

    assert found[what].level is level
    assert level is Level.OK or found[what].do
    assert all(one.level is Level.OK for one in found.values() if one.what != what)


EVENTS_SLOT = Subscription(Slot("a" * 32), EVENTS, 1, NOW)
WATCH_SLOT = Subscription(Slot("b" * 32), WATCH, 2, NOW)


def hook(slot: Subscription, **changed: object) -> Registered:
    events = WANTED if slot.kind == EVENTS else wanted_watch(1)
    usual: dict[str, object] = {
        "webhook_id": slot.webhook_id, "name": "so-privacy", "events": events,
        "target_url": f"{ADDRESS}{slot.slot}", "state": WebhookState.ACTIVE, "associate_id": None,
    }  # fmt: skip
    return Registered(**{**usual, **changed})  # type: ignore[arg-type] # by name


def webhooks(kept: list[Subscription], standing: list[Registered]) -> list[Finding]:
    return list(examine_webhooks("Cust1", kept, standing, ADDRESS))


def test_webhooks_as_we_want_them() -> None:
    found = webhooks([EVENTS_SLOT, WATCH_SLOT], [hook(EVENTS_SLOT), hook(WATCH_SLOT)])

    assert [(one.what, one.level) for one in found] == [
        ("webhook", Level.OK),
        ("watching webhook", Level.OK),
    ]


@pytest.mark.parametrize(
    ("changed", "words", "level"),
    [
        ({"state": WebhookState.STOPPED}, "Stopped", Level.ERROR),
        ({"state": WebhookState.TOO_MANY_ERRORS}, "TooManyErrors", Level.ERROR),
        ({"target_url": "https://elsewhere.example.com/x"}, "elsewhere", Level.ERROR),
        ({"events": WANTED[1:]}, WANTED[0], Level.ERROR),
        ({"events": (*WANTED, "contact.created")}, "contact.created", Level.WARNING),
    ],
)
def test_a_webhook_that_differs(changed: dict[str, object], words: str, level: Level) -> None:
    (found,) = webhooks([EVENTS_SLOT], [hook(EVENTS_SLOT, **changed)])

    assert found.level is level
    assert words in found.found
    assert found.do


def test_webhooks_that_are_gone_or_never_were() -> None:
    gone = webhooks([EVENTS_SLOT, WATCH_SLOT], [])
    assert [one.level for one in gone] == [Level.ERROR, Level.ERROR]
    unregistered = Subscription(Slot("c" * 32), WATCH, None, NOW)
    never = webhooks([unregistered], [])
    assert [one.found for one in never] == ["not registered any more", "never registered"]


@pytest.mark.parametrize("fault", list(Fault))
def test_every_way_in_which_superoffice_fails_us_is_explained(fault: Fault) -> None:
    found = explain_failure("Cust1", CrmFailure(fault, "Webhook.GetAllWebhooks"))

    assert found.level is Level.ERROR
    assert found.do
    assert found.means


def test_the_worst_finding_counts() -> None:
    fine = right("x", "y")
    degraded, wrong = (Finding(None, "x", one, "y") for one in (Level.WARNING, Level.ERROR))
    assert health([]) is health([fine]) is Health.RIGHT
    assert health([fine, degraded]) is Health.DEGRADED
    assert health([fine, wrong, degraded]) is Health.WRONG
