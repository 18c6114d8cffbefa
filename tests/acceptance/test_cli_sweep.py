"""`sweep` finds whom no event told of; `tenant show` says what was found, and what waits for a human."""

from __future__ import annotations

from tests.acceptance.installed import FIRST, Running, until


def test_a_person_whose_event_was_lost_is_found_and_stated(installed: Running) -> None:
    installed.settle()
    tenant = installed.tenant()
    installed.sandbox.dispatcher.lose(1.0)
    try:
        person = tenant.create_person(
            source="CARD", emails=["swept@example.com"], country_id=tenant.item_id("countries", "DK")
        ).person_id
    finally:
        installed.sandbox.dispatcher.lose(0.0)

    stated = installed.good("sweep", "--tenant", FIRST)

    assert (stated["kind"], stated["why"]) == ("whole", "asked")
    assert stated["found"] >= 1
    assert stated["handled"] == stated["found"] > stated["known"]
    assert [mail.person_id for mail in tenant.tables.outbox if mail.to == "swept@example.com"] == [person]
    again = installed.run("sweep", "--tenant", FIRST)
    assert again.code == 0
    assert again.out.startswith("between ")
    assert "persons changed" in again.out
    assert installed.good("tenant", "show", FIRST)["last_sweep"]["sweep_id"] > stated["sweep_id"]


def test_whoever_is_not_handled_yet_is_a_no(installed: Running) -> None:
    tenant = installed.tenant()
    fault = installed.fail("succeeded_false:SoServerException", "Person.SetConsent", FIRST, times=0)
    try:
        tenant.create_person(
            source="CARD", emails=["waits@example.com"], country_id=tenant.item_id("countries", "DK")
        )
        done = installed.run("sweep", "--tenant", FIRST, "--wait", "1")
        assert done.code == 1
        assert "1 wait" in done.out
    finally:
        installed.sandbox.world.faults.asked.remove(fault)
    with_open = "UPDATE so_privacy.inbox SET not_before = now() WHERE state = 'open'"
    installed.rows(with_open)
    installed.rows("UPDATE so_privacy.tenant SET parked_until = NULL")
    installed.settle()


def test_without_a_manifest_nobody_could_be_decided_on(installed: Running) -> None:
    name = "Cust20077"
    installed.install(name, manifest=False)
    installed.run("sweep", "--tenant", name).refused(78, "no_manifest", "manifest activate")
    installed.run("sweep", "--tenant", "Cust0").refused(66, "no_tenant")


def test_a_webhook_that_a_human_stopped_is_shown_with_what_to_do(installed: Running) -> None:
    tenant = installed.tenant()
    hook = next(one for one in tenant.webhooks() if "person.created" in one.events)
    tenant.edit_webhook(hook.webhook_id, state=2)
    due = "UPDATE so_privacy.due SET at = now() WHERE kind = 'watchdog'"

    def shown() -> list[str]:
        installed.rows(due)
        return [one["what"] for one in installed.good("tenant", "show", FIRST)["findings"]]

    until(lambda: shown() == ["webhook_stopped"], "nobody sees that the webhook was stopped")
    (finding,) = installed.good("tenant", "show", FIRST)["findings"]
    assert "under Webhooks" in finding["do"]
    assert hook.state == 2
    tenant.edit_webhook(hook.webhook_id, state=1)
    until(lambda: shown() == [], "it is right again, and still shown")
