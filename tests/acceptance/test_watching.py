"""Our webhooks are seen to: mended when they fail, left alone when a human has stopped them."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import pytest

from so_privacy_ext.errors import Park
from so_privacy_ext.model import WATCHDOG, WHOLE_SWEEP
from so_privacy_ext.storage import tenants
from so_privacy_ext.storage.session import open_session
from so_privacy_ext.storage.tenants import SECRET_OF
from so_privacy_ext.webhooks.subscriptions import EVENTS, WANTED, WATCH, wanted_watch
from so_sandbox.world.faults import Fault
from so_sandbox.world.rows import Webhook
from so_sandbox.world.subscribing import ACTIVE, STOPPED, TOO_MANY_ERRORS
from so_sandbox.world.tenant import Tenant
from tests.conftest import TEMPLATE, TestServer
from tests.house import House, silent

NAME = "Cust74001"
NUMBERS = itertools.count(1)
pytestmark = pytest.mark.row("F23")


@pytest.fixture(scope="module")
def house(postgres: TestServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    postgres.execute(f"CREATE DATABASE watching TEMPLATE {TEMPLATE}")
    made = House(postgres.address("watching"), tmp_path_factory.mktemp("house"))
    made.install(NAME)
    add_watch(made)
    yield made
    made.close()
    postgres.execute("DROP DATABASE watching WITH (FORCE)")


def add_watch(house: House) -> None:
    """Have the webhook that watches the other one, unless the installation made it."""
    with house.turn(NAME) as turn:
        if any(one.kind == WATCH for one in tenants.subscriptions(turn.session)):
            return
        healing = house.app.healing(turn)
        book = healing.book()
        kept = book.renew(WATCH)
        target = f"{house.settings.public_url}/webhooks/{kept.slot}"
        saved = healing.hooks().save(kept, target, wanted_watch(house.hook(NAME).webhook_id), 0)
        book.registered(kept.slot, saved.webhook_id)


@pytest.fixture
def tenant(house: House) -> Tenant:
    """A tenant whose webhooks are right, and which was swept."""
    house.world.faults.clear()
    tenant = house.tenant(NAME)
    for hook in tenant.webhooks():
        hook.state = ACTIVE
    long_ago(house)
    house.watch(NAME)
    house.sandbox.dispatcher.wait_idle(30)
    house.work(NAME)
    house.sweep(NAME)
    settled(house)
    return tenant


@pytest.fixture
def hook(house: House, tenant: Tenant) -> Webhook:
    return house.hook(NAME)


def long_ago(house: House) -> None:
    """Have whatever was put right been so yesterday."""
    house.rows("UPDATE subscription SET mended_at = mended_at - interval '1 day'")


def settled(house: House) -> None:
    house.rows("DELETE FROM sweep WHERE until IS NULL")
    house.rows("UPDATE due SET at = now() + interval '1 hour'")
    assert house.findings(NAME) == {}


def asked(house: House) -> list[str]:
    """Give why a sweep is wanted, and see that it is due."""
    found = [str(why) for (why,) in house.rows("SELECT why FROM sweep WHERE until IS NULL")]
    if found:
        due = house.rows("SELECT at <= now() FROM due WHERE kind = %s", WHOLE_SWEEP)
        assert due == [(True,)]
    return found


def lost_person(house: House, tenant: Tenant) -> int:
    with silent(house):
        return tenant.create_person(
            source="CARD",
            emails=[f"w{next(NUMBERS)}@example.com"],
            country_id=tenant.item_id("countries", "DK"),
        ).person_id


def last_entry(house: House) -> dict[str, object]:
    return house.journal(NAME, "webhook")[-1]


def test_one_that_is_right_is_left_alone(house: House, hook: Webhook) -> None:
    before, calls = len(house.journal(NAME, "webhook")), len(house.world.calls.of(NAME))
    assert 210 <= house.chore(NAME, WATCHDOG) <= 270
    assert len(house.world.calls.of(NAME)) == calls + 1
    assert len(house.journal(NAME, "webhook")) == before
    assert asked(house) == []


def test_one_disabled_by_errors_is_started_again_and_swept_after(
    house: House, tenant: Tenant, hook: Webhook
) -> None:
    person = lost_person(house, tenant)
    tenant.edit_webhook(hook.webhook_id, state=TOO_MANY_ERRORS)
    house.watch(NAME)
    assert house.hook(NAME).state == ACTIVE
    assert asked(house) == ["too_many_errors"]
    assert last_entry(house)["did"] == "put_right"
    house.chore(NAME, WHOLE_SWEEP)
    house.work(NAME)
    assert house.mails(NAME).count(person) == 1


def test_while_we_can_t_be_reached_it_is_not_started_and_shown(
    house: House, tenant: Tenant, hook: Webhook
) -> None:
    tenant.edit_webhook(hook.webhook_id, state=TOO_MANY_ERRORS)
    house.sandbox.dispatcher.wait_idle(10)
    house.shut()
    try:
        for _ in range(2):
            house.watch(NAME)
        assert house.findings(NAME) == {EVENTS: "webhook_unreachable"}
        assert house.hook(NAME).state == TOO_MANY_ERRORS
        assert asked(house) == []
    finally:
        house.open()
    house.watch(NAME)
    assert house.findings(NAME) == {}
    assert house.hook(NAME).state == ACTIVE
    entries = [one["did"] for one in house.journal(NAME, "webhook")[-2:]]
    assert entries == ["webhook_unreachable", "put_right"]


def test_a_refused_save_is_shown_and_tried_again(house: House, tenant: Tenant, hook: Webhook) -> None:
    tenant.edit_webhook(hook.webhook_id, state=TOO_MANY_ERRORS)
    refused = Fault(
        "succeeded_false:SoValidationException", operation="Webhook.SaveWebhook", tenant=NAME, times=1
    )
    house.world.faults.add(refused)
    house.watch(NAME)
    assert house.findings(NAME) == {EVENTS: "webhook_refused"}
    house.watch(NAME)
    assert house.findings(NAME) == {}
    assert house.hook(NAME).state == ACTIVE


def test_what_hits_every_call_parks_as_everywhere(house: House, tenant: Tenant, hook: Webhook) -> None:
    tenant.edit_webhook(hook.webhook_id, state=TOO_MANY_ERRORS)
    refused = Fault("succeeded_false:SoSentryException", operation="Webhook.SaveWebhook", tenant=NAME)
    house.world.faults.add(refused)
    with pytest.raises(Park):
        house.watch(NAME)
    assert house.findings(NAME) == {}


def test_one_that_a_human_stopped_is_left_alone_and_shown(
    house: House, tenant: Tenant, hook: Webhook
) -> None:
    tenant.edit_webhook(hook.webhook_id, state=STOPPED)
    before = len(house.journal(NAME, "webhook"))
    for _ in range(3):
        house.watch(NAME)
    assert house.hook(NAME).state == STOPPED
    assert house.findings(NAME) == {EVENTS: "webhook_stopped"}
    assert len(house.journal(NAME, "webhook")) == before + 1
    assert asked(house) == []
    person = lost_person(house, tenant)
    tenant.edit_webhook(hook.webhook_id, state=ACTIVE)  # the human starts it again
    house.watch(NAME)
    assert house.findings(NAME) == {}
    assert asked(house) == ["right_again"]
    house.chore(NAME, WHOLE_SWEEP)
    house.work(NAME)
    assert house.mails(NAME).count(person) == 1


def test_one_that_was_deleted_is_made_anew_under_another_slot_and_secret(
    house: House, tenant: Tenant, hook: Webhook
) -> None:
    person = lost_person(house, tenant)
    old, secret = hook.target_url, hook.secret
    tenant.delete_webhook(hook.webhook_id)
    house.watch(NAME)
    made = house.hook(NAME)
    assert made.webhook_id != hook.webhook_id
    assert made.target_url != old
    assert made.secret != secret
    assert (set(made.events), made.name) == (set(WANTED), "so-privacy")
    assert asked(house) == ["deleted"]
    watch = next(one for one in tenant.webhooks() if one.name == "so-privacy-watch")
    assert set(watch.events) == set(wanted_watch(made.webhook_id))
    house.chore(NAME, WHOLE_SWEEP)
    house.work(NAME)
    assert house.mails(NAME).count(person) == 1

    # What is still on its way to the old slot, signed with the old secret, is taken for a while.
    for webhook in (hook, made):
        body = f'{{"EventId":"","Event":"person.changed","PrimaryKey":{person},"ContextIdentifier":"{NAME}"}}'
        tenant.tables.webhooks[webhook.webhook_id] = webhook
        sent = house.sandbox.dispatcher.forge(tenant, webhook.webhook_id, body.encode())
        house.sandbox.dispatcher.wait_settled([sent], 10)
        assert sent.attempts[-1].status == 200
    del tenant.tables.webhooks[hook.webhook_id]
    kept = "FROM subscription WHERE kind = 'events'"
    slots = house.rows(f"SELECT retired_at IS NULL {kept} ORDER BY created_at")
    assert slots[-2:] == [(False,), (True,)]
    house.rows("UPDATE subscription SET retired_at = retired_at - interval '2 days'")
    house.watch(NAME)
    assert house.rows("SELECT count(*) FROM subscription WHERE kind = 'events'") == [(1,)]
    assert house.rows("SELECT count(*) FROM secret WHERE name = %s", SECRET_OF[EVENTS]) == [(1,)]


def test_one_that_was_made_and_could_not_be_noted_is_taken_for_ours(
    house: House, tenant: Tenant, hook: Webhook, monkeypatch: pytest.MonkeyPatch
) -> None:
    from so_privacy_ext.storage.watching import WatchBook

    tenant.delete_webhook(hook.webhook_id)

    def die(self: object, slot: object, webhook_id: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as dying:
        dying.setattr(WatchBook, "registered", die)
        with pytest.raises(KeyboardInterrupt):
            house.watch(NAME)
    house.watch(NAME)
    assert sum("person.created" in one.events for one in tenant.webhooks()) == 1
    kept = "FROM subscription WHERE kind = 'events' AND retired_at IS NULL"
    assert house.rows(f"SELECT webhook_id {kept}") == [(house.hook(NAME).webhook_id,)]


@pytest.mark.parametrize(
    ("edit", "loses"),
    [
        ({"events": ["person.created"]}, True),
        ({"events": [*WANTED, "contact.created"]}, False),
        ({"target_url": "https://elsewhere.example.com/"}, True),
        ({"secret": "another"}, True),
    ],
)
def test_what_somebody_edited_is_put_right(
    house: House, tenant: Tenant, hook: Webhook, edit: dict[str, object], loses: bool
) -> None:
    wanted = (set(hook.events), hook.target_url, hook.secret)
    tenant.edit_webhook(hook.webhook_id, **edit)  # type: ignore[arg-type]  # named by the test
    house.watch(NAME)
    now = house.hook(NAME)
    assert (set(now.events), now.target_url, now.secret) == wanted
    assert asked(house) == (["edited"] if loses else [])
    assert last_entry(house)["parts"] == list(edit)


def test_what_is_edited_again_and_again_is_left_to_a_human(
    house: House, tenant: Tenant, hook: Webhook
) -> None:
    for _ in range(2):
        tenant.edit_webhook(hook.webhook_id, events=["person.created"])
        house.watch(NAME)
    assert house.findings(NAME) == {EVENTS: "webhook_contested"}
    assert house.hook(NAME).events == ["person.created"]
    long_ago(house)
    house.watch(NAME)
    assert house.findings(NAME) == {}
    assert set(house.hook(NAME).events) == set(WANTED)


def test_a_state_that_nobody_knows_is_shown(house: House, hook: Webhook) -> None:
    hook.state = 0
    house.watch(NAME)
    assert house.findings(NAME) == {EVENTS: "webhook_odd_state"}
    hook.state = ACTIVE
    house.watch(NAME)


def test_after_a_gap_everything_is_looked_for(house: House, tenant: Tenant, hook: Webhook) -> None:
    house.rows("UPDATE subscription SET checked_at = now() - interval '11 minutes'")
    house.watch(NAME)
    assert asked(house) == ["gap"]


def test_failed_deliveries_are_looked_for_now_and_then(house: House, tenant: Tenant, hook: Webhook) -> None:
    hook.total_errors += 3
    house.watch(NAME)
    assert asked(house) == []  # it was swept a moment ago
    house.rows("UPDATE sweep SET until = until - interval '1 hour' WHERE until IS NOT NULL")
    house.watch(NAME)
    assert asked(house) == ["failed_deliveries"]
    settled(house)
    house.watch(NAME)
    assert asked(house) == []


def test_the_news_of_a_webhook_wakes_the_watchdog(house: House, tenant: Tenant, hook: Webhook) -> None:
    tenant.edit_webhook(hook.webhook_id, state=STOPPED)
    house.work(NAME)
    due = house.rows("SELECT at <= now() FROM due WHERE kind = %s", WATCHDOG)
    assert due == [(True,)]
    reasons = house.rows("SELECT name, reason FROM inbox WHERE name LIKE 'webhook.%%'")
    assert set(reasons) >= {("webhook.stopped", "webhook_checked")}


def test_without_a_webhook_nothing_is_done(house: House, tenant: Tenant) -> None:
    calls = len(house.world.calls.of(NAME))
    with open_session(house.dsn, house.id(NAME)) as session:
        kept = session.rows(b"UPDATE subscription SET webhook_id = -webhook_id RETURNING slot")
    house.rows("UPDATE subscription SET retired_at = now()")
    house.watch(NAME)
    assert len(kept) >= 1
    assert len(house.world.calls.of(NAME)) == calls + 1
    assert house.findings(NAME) == {}
    house.rows("UPDATE subscription SET retired_at = NULL, webhook_id = -webhook_id")
