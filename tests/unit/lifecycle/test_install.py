"""An installation gives a tenant its list items and two webhooks, once; if it fails, the next one mends."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import Any

import pytest

from so_privacy_ext.errors import CrmFailure, Fault, Refused, Retry
from so_privacy_ext.storage import arrivals, tenants
from so_privacy_ext.storage.database import connect
from so_privacy_ext.superoffice.door import TenantDoor
from so_privacy_ext.webhooks.subscriptions import WANTED
from so_sandbox.world.faults import Fault as Asked
from tests.unit.lifecycle.stage import Stage

SOURCES = ["CARD", "PHONE", "FAIR", "REFERRAL", "ERP", "VENDOR", "JOBAPPLY"]
PURPOSES = ["NEWSLETTER", "EVENTINVITE", "EVENTRUN", "ACCOUNTING", "RECRUIT"]
LOST = Retry(Fault.TRANSPORT, "SaveWebhook")


def all_is_there(stage: Stage) -> None:
    """One item of each key, one webhook of each kind, and what is kept says the same."""
    assert stage.keys("sources")[-7:] == SOURCES
    assert stage.keys("purposes") == ["STORE", "EMARKETING", *PURPOSES]
    assert stage.keys("sources", deleted=True) == stage.keys("purposes", deleted=True) == []
    events, watch = stage.webhooks["so-privacy"], stage.webhooks["so-privacy-watch"]
    assert sorted(events.events) == sorted(WANTED)
    assert watch.events == [f"webhook{events.webhook_id}.{word}" for word in ("started", "stopped", "errors")]
    assert stage.slots() == {
        "events": (events.target_url, events.webhook_id),
        "watch": (watch.target_url, watch.webhook_id),
    }
    assert events.secret != watch.secret


def known(stage: Stage) -> list[str]:
    with connect(stage.dsn, application_name="test") as connection:
        return [one.context_identifier for one in tenants.listed(connection)]


@pytest.mark.row("F75")
def test_a_bare_tenant_gets_all_that_the_published_manifest_needs(stage: Stage) -> None:
    outcome = stage.install()

    all_is_there(stage)
    assert [one.key for one in outcome.created] == [*SOURCES, *PURPOSES, "so-privacy", "so-privacy-watch"]
    assert outcome.there == ()
    names = {one.key: one.name for one in stage.tenant.tables.lists.sources.values()}
    assert names["CARD"] == 'DA:"Visitkort";US:"Business card"'
    ranks = [one.rank for one in stage.tenant.tables.lists.purposes.values()]
    assert ranks == sorted(set(ranks))
    assert all(one.active for one in stage.tenant.tables.lists.purposes.values())


@pytest.mark.row("F75")
def test_a_second_installation_changes_nothing_and_says_so(stage: Stage) -> None:
    first = stage.install()
    before, slots = stage.writes(), stage.slots()

    second = stage.install(stage.app())

    assert stage.writes() == before
    assert stage.slots() == slots
    assert not second.changed
    assert {(one.kind, one.item_id) for one in second.there} == {
        (one.kind, one.item_id) for one in first.created
    }


def test_what_the_tenant_has_is_not_touched(stage: Stage) -> None:
    stage.running.sandbox.world.tenant(stage.name)
    lists = stage.tenant.tables.lists
    stage.install()
    card = next(one for one in lists.sources.values() if one.key == "CARD")
    card.name = "Our own word for it"

    assert not stage.install().changed
    assert card.name == "Our own word for it"


@pytest.mark.row("F75")
def test_two_administrators_at_once(stage: Stage) -> None:
    apps = [stage.apps[0], stage.app(), stage.app()]
    together, outcomes = threading.Barrier(3), list[Any]()

    def one(app: Any) -> None:
        together.wait()
        outcomes.append(stage.install(app))

    threads = [threading.Thread(target=one, args=(app,)) for app in apps]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(one.changed for one in outcomes) == [False, False, True]
    all_is_there(stage)
    assert stage.writes() == {"SaveConsentSource": 7, "SaveConsentPurpose": 5, "SaveWebhook": 2}


STEPS = ["enter", "lists", "create_item", "webhooks", "subscribe"]


@pytest.mark.row("F75")
@pytest.mark.parametrize(
    ("late", "error"), [(False, LOST), (True, KeyboardInterrupt())], ids=["lost", "ctrl-c"]
)
@pytest.mark.parametrize("step", STEPS)
def test_whatever_fails_nothing_is_left_in_use(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, step: str, error: BaseException, late: bool
) -> None:
    real, passed = getattr(TenantDoor, step), list[int]()

    def failing(self: TenantDoor, *given: Any, **named: Any) -> Any:
        passed.append(1)
        if len(passed) == (2 if step in {"create_item", "subscribe"} else 1):
            if late:
                real(self, *given, **named)
            raise error
        return real(self, *given, **named)

    monkeypatch.setattr(TenantDoor, step, failing)
    with pytest.raises(type(error)):
        stage.install()

    assert stage.tenant.webhooks() == []
    assert not set(stage.keys("sources")) & set(SOURCES)
    assert known(stage) == []
    monkeypatch.undo()
    stage.install()
    all_is_there(stage)


def test_the_first_failure_is_told_when_the_crm_fails_again(stage: Stage) -> None:
    stage.running.world.faults.add(fault("succeeded_false:SoValidationException", "Webhook.SaveWebhook"))
    stage.running.world.faults.add(fault("http_503", "Webhook.GetAllWebhooks", nth=2, times=0))

    with pytest.raises(CrmFailure) as raised:
        stage.install()

    assert raised.value.fault is Fault.VALIDATION
    assert known(stage) == []
    stage.running.world.faults.clear()
    stage.install()
    all_is_there(stage)


def test_a_completed_tenant_is_not_taken_back_by_a_failed_repair(stage: Stage) -> None:
    stage.install()
    stage.tenant.tables.webhooks.clear()
    stage.running.world.faults.add(fault("http_500", "Webhook.SaveWebhook", times=0))

    with pytest.raises(CrmFailure):
        stage.install()
    assert known(stage) == [stage.name]

    stage.running.world.faults.clear()
    assert stage.install().changed
    all_is_there(stage)


def test_what_is_amiss_is_mended_and_what_a_human_stopped_is_left(stage: Stage) -> None:
    stage.install()
    events, watch = stage.webhooks["so-privacy"], stage.webhooks["so-privacy-watch"]
    events.events, events.state = ["person.created"], 3
    watch.state = 2
    stage.tenant.tables.webhooks[99_999] = replace(events, webhook_id=99_999)

    outcome = stage.install()

    assert [one.key for one in outcome.created] == ["so-privacy"]
    assert [one.state for one in outcome.there if one.kind == "webhook"] == ["Stopped"]
    stage.webhooks["so-privacy-watch"].state = 1
    all_is_there(stage)


def test_a_webhook_of_another_address_is_left_alone(stage: Stage) -> None:
    stage.install()
    elsewhere = "https://other.example.com/webhooks/x"
    hook = replace(stage.webhooks["so-privacy"], webhook_id=99_998, target_url=elsewhere)
    stage.tenant.tables.webhooks[99_998] = hook

    assert not stage.install().changed
    assert len(stage.tenant.webhooks()) == 3


@pytest.mark.row("F75")
def test_what_was_created_and_never_kept_is_taken_as_ours(stage: Stage) -> None:
    stage.install()
    before, slots = stage.writes(), stage.slots()
    app = stage.apps[0]
    with app.turn(app.tenant(stage.name)) as turn:
        for statement in (
            b"UPDATE provisioned SET item_id = NULL, created_at = NULL WHERE key = 'CARD'",
            b"UPDATE subscription SET webhook_id = NULL",
        ):
            turn.session.run(statement)

    assert not stage.install().changed
    assert stage.writes() == before
    assert stage.slots() == slots
    assert "CARD" in {one.key for one in app.pieces(app.tenant(stage.name).tenant_id)}


def test_a_new_token_takes_the_place_of_the_old_one(stage: Stage) -> None:
    stage.install()
    leave = next(iter(stage.tenant.tables.authorizations.values()))
    old, leave.system_user_token = leave.system_user_token, "Approved Anew-1.2"

    assert not stage.apps[0].install(stage.name, "sandbox", "Approved Anew-1.2").changed
    app = stage.app()
    with app.turn(app.tenant(stage.name)) as turn:
        assert turn.secret(tenants.SYSTEM_USER_TOKEN) == b"Approved Anew-1.2"
        assert len(app.webhooks(turn)) == 2
    assert old != leave.system_user_token


def test_a_key_that_somebody_else_has_taken_is_named(stage: Stage) -> None:
    lists = stage.tenant.tables.lists
    item = next(iter(lists.sources.values()))
    hidden = type(item)(77_777, "CARD", "Card", deleted=True)
    lists.sources[hidden.item_id] = hidden

    with pytest.raises(Refused, match="list_item_taken: another source of the tenant's"):
        stage.install()
    assert known(stage) == []


def test_an_installation_that_another_holds_up_says_so(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    stage.install()
    monkeypatch.setattr(arrivals, "_WAIT", 0.05)
    app = stage.apps[0]
    with app.turn(app.tenant(stage.name)), pytest.raises(Refused, match="tenant_busy"):
        stage.install(stage.app())


def test_the_installation_is_in_the_journal(stage: Stage) -> None:
    outcome = stage.install()
    stage.install()

    app = stage.apps[0]
    with connect(stage.dsn, application_name="test") as connection, connection.transaction():
        tenant_id = app.tenant(stage.name).tenant_id
        connection.execute("SELECT set_config('app.tenant', %s, true)", [str(tenant_id)])
        rows = connection.execute("SELECT kind, content FROM journal").fetchall()
    assert [row["kind"] for row in rows] == ["installed"]
    assert len(rows[0]["content"]["created"]) == len(outcome.created)


def fault(kind: str, operation: str, **more: Any) -> Asked:
    return Asked(kind, operation=operation, **more)
