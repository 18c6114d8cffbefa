"""What administrators do to webhooks, what apps do about it, and deliveries that are lost in silence."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from so_sandbox.server import RunningSandbox
from so_sandbox.world.changes import changed
from so_sandbox.world.errors import NotFound
from so_sandbox.world.rows import Webhook
from so_sandbox.world.subscribing import ACTIVE, STOPPED, TOO_MANY_ERRORS
from so_sandbox.world.tenant import Tenant
from tests.unit.sandbox_edge.target import Target, webhook
from tests.unit.sandbox_edge.test_control import tell as tell_fixture

tell = tell_fixture
STATES = ["webhook1.started", "webhook1.stopped", "webhook1.errors"]


@pytest.fixture
def watch(tenant: Tenant, target: Target) -> Webhook:
    row = webhook(target.url, webhook_id=2, events=STATES)
    tenant.tables.webhooks[2] = row
    return row


@pytest.mark.usefixtures("hook", "watch")
def test_another_webhook_is_told_when_one_is_stopped_and_started(
    running: RunningSandbox, tenant: Tenant, target: Target
) -> None:
    for state in (STOPPED, STOPPED, ACTIVE, TOO_MANY_ERRORS):
        tenant.edit_webhook(1, state=state)
    assert running.dispatcher.wait_idle(10)

    told = [(one.headers["X-SuperOffice-Event"], json.loads(one.body)) for one in target.received]
    assert [name for name, _ in told] == [STATES[1], STATES[0], STATES[2]]
    assert [body["Event"] for _, body in told] == ["webhook.stopped", "webhook.started", "webhook.errors"]
    assert {body["PrimaryKey"] for _, body in told} == {1}


def test_a_webhook_is_edited_by_hand_without_a_test(hook: Webhook, tenant: Tenant, target: Target) -> None:
    tenant.edit_webhook(1, target_url="http://127.0.0.1:1/", events=["a.b"], secret="other")
    assert (hook.target_url, hook.events, hook.secret) == ("http://127.0.0.1:1/", ["a.b"], "other")
    assert (hook.state, hook.updated_associate_id) == (ACTIVE, tenant.associate("user").associate_id)
    assert not target.received
    with pytest.raises(NotFound):
        tenant.edit_webhook(99, state=STOPPED)
    tenant.delete_webhook(1)
    assert not tenant.tables.webhooks


def test_the_same_by_the_control_interface(tell: Any, hook: Webhook) -> None:
    (shown,) = tell("POST", "/subscriptions/1", events="a.b,c.d", target_url="http://127.0.0.1:1/")[
        "subscriptions"
    ]
    assert (shown["events"], shown["target_url"], shown["state"]) == (
        ["a.b", "c.d"], "http://127.0.0.1:1/", "Active",
    )  # fmt: skip
    assert hook.secret
    tell("POST", "/subscriptions/1", secret="other")
    assert hook.secret == "other"


@pytest.mark.usefixtures("hook")
def test_a_share_of_what_comes_is_lost_in_silence(
    tell: Any, running: RunningSandbox, tenant: Tenant, hook: Webhook
) -> None:
    assert tell("POST", "/deliveries/lose", share=0.3, seed=4) == {"share": 0.3}
    for number in range(1, 51):
        tenant.signal("tick", number, {}, by=7)
    assert running.dispatcher.wait_idle(10)
    states = [one.state for one in running.dispatcher.log]
    assert set(states) == {"delivered", "lost"}
    assert 5 <= states.count("lost") <= 25
    assert (hook.total_calls, hook.total_errors) == (states.count("delivered"), 0)
    running.sandbox.reset()
    assert "between 0 and 1" in tell("POST", "/deliveries/lose", status=400, share=2)["error"]


def test_what_is_lost_depends_on_the_seed_alone(
    running: RunningSandbox, tenant: Tenant, hook: Webhook
) -> None:
    def lost(seed: int) -> list[bool]:
        running.dispatcher.clear()
        running.dispatcher.lose(0.5, seed=seed)
        for number in range(1, 21):
            tenant.signal("tick", number, {}, by=7)
        return [one.state == "lost" for one in running.dispatcher.log]

    assert lost(1) == lost(1) != lost(2)
    running.dispatcher.lose(0.0)


@pytest.mark.usefixtures("hook")
def test_many_persons_change_in_one_transaction(tell: Any, tenant: Tenant, running: RunningSandbox) -> None:
    people = [tenant.create_person().person_id for _ in range(4)]
    seen: list[str] = []
    tenant.listeners.append(lambda _, event: seen.append(f"{event.name} {event.primary_key}"))
    some = ",".join(str(one) for one in people[:2])
    done = tell("POST", "/trigger", event="persons.changed", set={"persons": some, "title": "Boss"})
    assert done["id"] == 2
    assert seen == [f"person.changed {one}" for one in people[:2]]
    assert tell("POST", "/trigger", event="persons.changed")["id"] == 4
    assert [one.title for one in tenant.persons()] == ["Boss II", "Boss II", "II", "II"]
    running.dispatcher.wait_idle(10)


def test_it_counts_who_changed_in_a_time(tell: Any, tenant: Tenant) -> None:
    old = [tenant.create_person(age=timedelta(days=9)).person_id for _ in range(5)]
    for person_id in old:
        for row in tenant.tables.consents[person_id].values():
            row.registered -= timedelta(days=9)
    app = tenant.authorize("an-app", "an-app").associate_id
    since = tenant.now()
    tenant.change_person(old[0], title="Boss")
    tenant.set_emails(old[1], ["b@example.com"])
    tenant.set_consent(old[2], "STORE", "61F", "API", "", by=tenant.associate("user").associate_id)
    tenant.set_consent(old[3], "STORE", "61F", "API", "", by=app)
    new = tenant.create_person().person_id
    until = tenant.now()
    assert changed(tenant, since, until, not_by=app) == {*old[:3], new}
    assert changed(tenant, since, until) == {*old[:4], new}
    assert changed(tenant, until + timedelta(seconds=1), until + timedelta(days=1)) == set()
    times = {"since": since.isoformat(), "until": until.isoformat()}
    assert tell("GET", "/persons/changed", not_by=app, **times)["persons"] == sorted({*old[:3], new})
