"""An uninstallation takes away what we put there and nothing else, however often it is cut off."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from so_privacy_ext.errors import CrmFailure, Fault, Refused, Retry
from so_privacy_ext.storage import leaving, tenants
from so_privacy_ext.storage.database import connect
from so_privacy_ext.storage.due import due_tenants
from so_privacy_ext.superoffice.door import TenantDoor
from so_sandbox.comparing import content_of, differences, tables_in
from so_sandbox.world.faults import Fault as Asked
from tests.unit.lifecycle.stage import Stage
from tests.unit.lifecycle.test_install import PURPOSES, SOURCES, all_is_there

LOST = Retry(Fault.TRANSPORT, "DeleteWebhook")
WIPED = ("subscription", "inbox", "quarantine", "due", "pace", "web_session")


def known(stage: Stage) -> list[str]:
    with connect(stage.dsn, application_name="test") as connection:
        return [one.context_identifier for one in tenants.listed(connection)]


def nothing_is_left(stage: Stage) -> None:
    """The CRM has none of our webhooks, our items are marked deleted, and no secret of the tenant is here."""
    assert stage.tenant.webhooks() == []
    assert stage.keys("sources", deleted=True) == SOURCES
    assert stage.keys("purposes", deleted=True) == PURPOSES
    assert known(stage) == []
    assert [table for table in WIPED if stage.rows(table)] == []
    assert (
        stage.rows("secret") == 1
    )  # the key under which addresses were hashed, so that nobody is told twice


@pytest.mark.row("F76", "C10")
def test_the_crm_is_as_it_was_but_for_items_that_are_marked_deleted(stage: Stage) -> None:
    before = stage.running.world.snapshot()
    stage.install()
    installed = differences(content_of(tables_in(before, stage.name)), content_of(stage.tenant.tables))

    outcome = stage.uninstall()

    nothing_is_left(stage)
    now = differences(content_of(tables_in(before, stage.name)), content_of(stage.tenant.tables))
    assert {(one["table"], one["what"]) for one in now} == {
        ("lists.sources", "added"), ("lists.purposes", "added"),
    }  # fmt: skip
    assert sorted(one["after"]["key"] for one in now) == sorted([*SOURCES, *PURPOSES])
    assert all(one["after"]["deleted"] for one in now)
    assert {one["row"] for one in now} | {
        str(one.item_id) for one in outcome.removed if one.kind == "webhook"
    } == {one["row"] for one in installed}
    assert outcome.left == ()
    assert outcome.why_local == ""


@pytest.mark.row("F76")
def test_a_tenant_that_comes_back_gets_the_same_items_and_nobody_is_told_twice(stage: Stage) -> None:
    stage.install()
    stage.activate()
    person = stage.tenant.create_person(channel="USER", source="CARD", emails=["anna@example.com"])
    stage.work()
    assert len(stage.tenant.tables.outbox) == 1

    outcome = stage.uninstall()
    assert [(one.key, one.why) for one in outcome.left] == [("CARD", "persons have consents with it")]
    assert outcome.remains.rows["mails"] == 1
    until = outcome.remains.until - datetime.now(UTC)
    assert timedelta(days=1094) < until < timedelta(days=1097)
    stage.tenant.change_person(person.person_id, title="Director")  # nobody hears of it

    again = stage.install()
    all_is_there_but_order(stage)
    assert [one.key for one in again.there] == ["CARD"]
    stage.activate()
    stage.tenant.change_person(person.person_id, title="Chair")
    stage.work()
    assert len(stage.tenant.tables.outbox) == 1
    assert len(stage.uninstall().removed) == len([*SOURCES, *PURPOSES]) - 1 + 2


def all_is_there_but_order(stage: Stage) -> None:
    assert set(SOURCES) <= set(stage.keys("sources"))
    assert set(PURPOSES) <= set(stage.keys("purposes"))
    assert set(stage.webhooks) == {"so-privacy", "so-privacy-watch"}


STEPS = ["enter", "webhooks", "unsubscribe", "find_items", "used", "retire_item"]


@pytest.mark.row("F76")
@pytest.mark.parametrize("late", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("step", STEPS)
def test_cut_off_at_any_step_it_is_ended_by_the_next(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, step: str, late: bool
) -> None:
    stage.install()
    if step == "find_items":  # an installation was killed before it kept the id
        forget_id(stage, "CARD")
    real, passed = getattr(TenantDoor, step), list[int]()

    def failing(self: TenantDoor, *given: Any, **named: Any) -> Any:
        passed.append(1)
        if len(passed) == (3 if step == "retire_item" else 1):
            if late:
                real(self, *given, **named)
            raise LOST
        return real(self, *given, **named)

    monkeypatch.setattr(TenantDoor, step, failing)
    with pytest.raises(CrmFailure):
        stage.uninstall()

    with connect(stage.dsn, application_name="test") as connection:
        assert due_tenants(connection, 10) == []
        (summary,) = tenants.listed(connection)
    assert summary.leaving_at is not None
    with pytest.raises(Refused, match="tenant_leaving"):
        stage.install(stage.app())
    stage.uninstall(stage.app())
    nothing_is_left(stage)
    stage.install()
    all_is_there(stage)


def forget_id(stage: Stage, key: str) -> None:
    app = stage.apps[0]
    with app.turn(app.tenant(stage.name)) as turn:
        turn.session.run(
            b"UPDATE provisioned SET item_id = NULL, created_at = NULL WHERE key = %(key)s", {"key": key}
        )


def test_an_item_that_the_crm_never_created_is_not_looked_for_again(stage: Stage) -> None:
    stage.install()
    forget_id(stage, "CARD")
    lists = stage.tenant.tables.lists
    del lists.sources[next(one.item_id for one in lists.sources.values() if one.key == "CARD")]

    outcome = stage.uninstall()

    assert "CARD" not in {one.key for one in outcome.removed}
    assert outcome.left == ()


@pytest.mark.row("F76")
@pytest.mark.parametrize("case", ["revoked", "deleted", "told so"])
def test_without_a_way_in_it_is_done_here_and_what_remains_is_named(stage: Stage, case: str) -> None:
    stage.install()
    if case == "revoked":
        next(iter(stage.tenant.tables.authorizations.values())).state = "Revoked"
        stage.running.world.tickets.expire(stage.name)
    elif case == "deleted":
        stage.tenant.tables.state = "Deleted"
    calls = len(stage.running.world.calls.of(stage.name))

    outcome = stage.uninstall(stage.app(), local=case == "told so")

    assert outcome.removed == ()
    assert {one.key for one in outcome.left} == {"so-privacy", "so-privacy-watch", *SOURCES, *PURPOSES}
    assert outcome.why_local
    assert known(stage) == []
    assert stage.rows("secret") == 1
    assert len(stage.running.world.calls.of(stage.name)) == calls
    assert len(stage.tenant.webhooks()) == 2


@pytest.mark.parametrize("state", ["Suspended", "OfflineMaintenance"])
def test_a_tenant_that_will_run_again_is_waited_for(stage: Stage, state: str) -> None:
    stage.install()
    stage.tenant.tables.state = state

    with pytest.raises(CrmFailure) as raised:
        stage.uninstall(stage.app())
    assert raised.value.fault is Fault.TENANT_STATE
    assert known(stage) == [stage.name]

    stage.tenant.tables.state = "Running"
    stage.uninstall(stage.app())
    nothing_is_left(stage)


def test_a_worker_that_goes_on_and_on_is_not_waited_for_for_ever(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage.install()
    monkeypatch.setattr(leaving, "_WAIT", 0.05)
    app = stage.apps[0]
    with app.turn(app.tenant(stage.name)), pytest.raises(Refused, match="tenant_busy"):
        stage.uninstall(stage.app())
    stage.uninstall()
    nothing_is_left(stage)


@pytest.mark.row("F76")
def test_what_was_begun_is_put_down_and_what_comes_late_is_no_event_of_the_next(stage: Stage) -> None:
    stage.install()
    stage.activate()
    app = stage.apps[0]
    tenant_id = app.tenant(stage.name).tenant_id
    with app.turn(app.tenant(stage.name)) as turn:
        turn.session.run(
            b"INSERT INTO decision (tenant_id, epoch, person_id, ruling, facts, inbox_ids)"
            b" VALUES (%(tenant_id)s, 1, 7, '{}', '{}', '{}')"
        )
    stage.uninstall()
    late(stage, tenant_id)
    stage.install()
    assert not [name for name in names(stage, tenant_id) if name != "test"]
    with connect(stage.dsn, application_name="test") as connection, connection.transaction():
        connection.execute("SELECT set_config('app.tenant', %s, true)", [str(tenant_id)])
        (row,) = connection.execute("SELECT result FROM decision").fetchall()
    assert row["result"] == "abandoned"


def late(stage: Stage, tenant_id: int) -> None:
    with connect(stage.dsn, application_name="test") as connection, connection.transaction():
        connection.execute("SELECT set_config('app.tenant', %s, true)", [str(tenant_id)])
        connection.execute(
            "INSERT INTO inbox (tenant_id, event_id, name, primary_key, event)"
            " VALUES (%s, 'late', 'person.changed', 7, '{}')",
            [tenant_id],
        )


def names(stage: Stage, tenant_id: int) -> list[str]:
    with connect(stage.dsn, application_name="test") as connection, connection.transaction():
        connection.execute("SELECT set_config('app.tenant', %s, true)", [str(tenant_id)])
        return [row["name"] for row in connection.execute("SELECT name FROM inbox").fetchall()]


def test_a_default_of_the_tenants_is_left(stage: Stage) -> None:
    stage.install()
    stage.tenant.tables.preferences["GDPR", "GdprDefaultSource"] = "FAIR"

    assert [(one.key, one.why) for one in stage.uninstall().left] == [
        ("FAIR", "it is a default of the tenant's")
    ]


def test_one_failure_of_a_write_is_no_reason_to_forget(stage: Stage) -> None:
    stage.install()
    stage.running.world.faults.add(Asked("apply_then_drop", operation="Webhook.DeleteWebhook"))
    with pytest.raises(CrmFailure):
        stage.uninstall()
    stage.uninstall()
    nothing_is_left(stage)
