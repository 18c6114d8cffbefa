"""Worlds: tenants apart, snapshots, the clock, tickets, faults, the log."""

from __future__ import annotations

from datetime import timedelta

import pytest

from so_sandbox.demo_tenant import DEMO, NEIGHBOUR
from so_sandbox.world.call_log import Call, CallLog
from so_sandbox.world.clock import Clock
from so_sandbox.world.errors import NotFound
from so_sandbox.world.events import Event
from so_sandbox.world.faults import KINDS, Fault, Faults
from so_sandbox.world.rows import Webhook
from so_sandbox.world.tenant import Tenant
from so_sandbox.world.tickets import LIFETIME, Tickets
from so_sandbox.world.world import World


def test_no_list_id_of_one_tenant_is_one_of_the_other(world: World) -> None:
    one, other = world.tenants[DEMO].tables, world.tenants[NEIGHBOUR].tables
    for name in ("purposes", "legal_bases", "sources", "templates", "countries", "categories", "forms"):
        assert not getattr(one.lists, name).keys() & getattr(other.lists, name).keys()
    assert not one.associates.keys() & other.associates.keys()
    assert len(set(one.lists.purposes) | set(one.lists.legal_bases) | set(one.lists.sources)) == 7 + 7 + 16


def test_person_ids_of_two_tenants_are_the_same(world: World) -> None:
    assert world.tenants[DEMO].create_person().person_id == world.tenants[NEIGHBOUR].create_person().person_id


def test_a_tenant_is_found_in_any_case_and_added_once(world: World) -> None:
    assert world.tenant("cUST12345") is world.tenants[DEMO]
    assert world.tenant("Cust99999") is None
    with pytest.raises(ValueError, match="already"):
        world.add_tenant("CUST12345")


def test_listeners_hear_of_their_tenant_or_of_all(world: World) -> None:
    heard: list[tuple[str, str]] = []
    world.listeners.append(lambda tenant, event: heard.append((tenant.context_identifier, event.name)))
    own: list[Event] = []
    world.tenants[NEIGHBOUR].listeners.append(lambda tenant, event: own.append(event))
    world.tenants[DEMO].create_person()
    world.tenants[NEIGHBOUR].create_person()
    assert heard == [(DEMO, "person.created"), (NEIGHBOUR, "person.created")]
    assert len(own) == 1


def test_a_snapshot_brings_back_all(world: World, tenant: Tenant) -> None:
    person = tenant.create_person(emails=["a@example.com"])
    world.switches.turn("delivery", "requeue")
    kept = world.snapshot()
    tenant.set_consent(person.person_id, "STORE", "61F", "API", by=1)
    tenant.create_person()
    world.clock.advance(timedelta(days=9))
    world.switches.turn("delivery", "discard")
    world.tickets.expire()
    world.add_tenant("Cust77777")
    del world.tenants[NEIGHBOUR]
    world.restore(kept)
    assert set(world.tenants) == {DEMO, NEIGHBOUR}
    assert world.tenants[DEMO] is tenant
    assert tenant.consent_keys(person.person_id) == {"STORE": ("61B", "USER", "")}
    assert len(tenant.persons()) == 1
    assert world.switches.delivery == "requeue"
    assert world.clock.offset == timedelta(0)
    assert len(world.tickets.out) == 1
    tenant.set_consent(person.person_id, "STORE", "61C", "API", by=1)
    world.restore(kept)
    assert tenant.consent_keys(person.person_id)["STORE"][0] == "61B"


def test_a_reset_forgets(world: World) -> None:
    world.faults.add(Fault("drop"))
    world.schema_violations.append("one")
    world.switches.turn("delivery", "requeue")
    world.reset()
    assert (world.tenants, world.faults.asked, world.schema_violations, world.calls.of()) == ({}, [], [], [])
    assert world.switches.delivery == "discard"


def test_without_a_dispatcher_no_test_is_delivered(world: World, tenant: Tenant) -> None:
    hook = Webhook(1, "n", [], "https://x.example.com", "s", 1, "webhook", "app", world.clock.now(), 1)
    assert world.test_delivery(tenant, hook)[0] is False


def test_an_application_is_known_by_its_token(world: World) -> None:
    assert world.application_of("secret") is not None
    assert world.application_of("guess") is None


def test_an_app_is_let_in_once_and_again_after_it_was_revoked(tenant: Tenant) -> None:
    leave = tenant.authorize("other", "My App")
    leave.state = "Revoked"
    again = tenant.authorize("other", "My App")
    assert again is leave
    assert leave.state == "Active"
    assert leave.system_user_token.startswith("My App-")
    assert tenant.tables.associates[leave.associate_id].type == 13
    assert tenant.serial.isdigit()


def test_lookups_name_what_is_missing(tenant: Tenant) -> None:
    assert tenant.item_id("categories", "Emne") == tenant.item_id("categories", "Prospect")
    with pytest.raises(NotFound, match="sources"):
        tenant.item_id("sources", "PIGEON")
    with pytest.raises(NotFound, match="role"):
        tenant.associate("janitor")


def test_a_list_event_names_its_list(world: World, tenant: Tenant) -> None:
    heard: list[Event] = []
    world.listeners.append(lambda tenant, event: heard.append(event))
    tenant.list_changed("sources", 7, what="softdeleted")
    assert (heard[0].name, heard[0].entity) == ("list.consentsource.softdeleted", "list.consentsource")
    tenant.signal("foo.bar", 5, {"a": 1}, by=3)
    assert (heard[1].entity, heard[1].field_values) == ("foo", {"a": 1})


def test_the_clock_only_moves_ahead() -> None:
    clock = Clock()
    before = clock.now()
    assert clock.advance(timedelta(hours=1)) - before >= timedelta(hours=1)
    with pytest.raises(ValueError, match="ahead"):
        clock.advance(timedelta(seconds=-1))


def test_a_ticket_lives_six_hours_from_its_last_use() -> None:
    tickets, start = Tickets(), Clock().now()
    value = tickets.issue_ticket(context_identifier=DEMO, associate_id=1, client_id="a", now=start).value
    assert value.startswith("7T:")
    assert tickets.use(value, DEMO, start + timedelta(hours=5)) is not None
    assert tickets.use(value, "cust12345", start + timedelta(hours=10)) is not None
    assert tickets.use(value, NEIGHBOUR, start) is None
    assert tickets.use(value, DEMO, start + timedelta(hours=10) + LIFETIME) is None
    assert tickets.use(value, DEMO, start) is None


def test_an_access_token_does_not_slide() -> None:
    tickets, start = Tickets(), Clock().now()
    token = tickets.issue_access_token(context_identifier=DEMO, associate_id=1, client_id="a", now=start)
    assert token.value.startswith(f"8A:{DEMO}.")
    assert tickets.use(token.value, DEMO, start + timedelta(minutes=59)) is token
    assert tickets.use(token.value, DEMO, start + timedelta(minutes=61)) is None


def test_tickets_of_one_tenant_expire_together() -> None:
    tickets, now = Tickets(), Clock().now()
    for name in (DEMO, DEMO, NEIGHBOUR):
        tickets.issue_ticket(context_identifier=name, associate_id=1, client_id="a", now=now)
    assert tickets.expire(DEMO) == 2
    assert tickets.expire() == 1


@pytest.mark.parametrize(
    ("operation", "tenant", "hit"),
    [
        ("*", "*", True),
        ("Person.SetConsent", DEMO, True),
        ("person.setconsent", DEMO.upper(), True),
        ("SetConsent", "*", True),
        ("Person.*", "*", True),
        ("List.*", "*", False),
        ("Person.SetConsent", NEIGHBOUR, False),
    ],
)
def test_a_fault_hits_whom_it_concerns(operation: str, tenant: str, hit: bool) -> None:
    faults = Faults()
    faults.add(Fault("drop", operation, tenant))
    assert (faults.take(DEMO, "Person", "SetConsent") is not None) is hit


def test_a_fault_hits_from_the_nth_call_on() -> None:
    faults = Faults()
    fault = faults.add(Fault("http_503", nth=2, times=2))
    endless = faults.add(Fault("empty", nth=3, times=0))
    taken = [faults.take(DEMO, "Person", "SetConsent") for _ in range(6)]
    assert taken == [None, fault, fault, endless, endless, endless]
    assert (fault.hits, fault.calls, endless.hits) == (2, 6, 3)
    assert fault.fault_id != endless.fault_id
    faults.clear()
    assert faults.take(DEMO, "Person", "SetConsent") is None


@pytest.mark.parametrize(
    "fault", [{"kind": "rain"}, {"kind": "http_9"}, {"kind": "delay:x"}, {"kind": "drop", "nth": 0}]
)
def test_a_fault_that_is_none_is_refused(fault: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r".+"):
        Fault(**fault)  # type: ignore[arg-type]  # that is the point
    assert "drop" in KINDS


def test_a_fault_may_be_told_to_apply() -> None:
    assert Fault("http_503").applied is False
    assert Fault("http_503", apply=True).applied is True
    assert Fault("apply_then_drop").applied is True


def test_the_log_counts_the_busiest_second() -> None:
    log = CallLog()
    for at in (0.0, 0.1, 0.95, 1.05, 1.06, 5.0):
        log.calls.append(Call(at, DEMO, "Person", "SetConsent", "ok", 0.0))
    log.add(at=0.0, tenant=NEIGHBOUR, agent="List", operation="GetCategories", status="ok")
    assert log.busiest_second(DEMO) == 4
    assert log.busiest_second("Cust1") == 0
    assert log.counts(DEMO) == {"Person.SetConsent": 6}
    assert len(log.of(operation="GetCategories")) == 1
    assert log.as_json(NEIGHBOUR)[0]["status"] == "ok"
    log.clear()
    assert log.of() == []
