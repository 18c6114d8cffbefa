"""What no event told of is found by a sweep: once, whole, and with a statement of what it can prove."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from so_privacy_ext.errors import CrmFailure
from so_privacy_ext.model import NEW_SWEEP, WHOLE_SWEEP, Statement, SweepKind
from so_privacy_ext.processing import sweep as sweeping
from so_privacy_ext.processing.drain import drain
from so_privacy_ext.storage import sweeps
from so_privacy_ext.superoffice import archive
from so_sandbox.world.changes import changed
from so_sandbox.world.faults import Fault
from so_sandbox.world.tenant import Tenant
from tests.conftest import TEMPLATE, TestServer
from tests.house import House, silent

ADDRESSES = itertools.count(1)
NAMES = (f"Cust{number}" for number in range(73_001, 74_000))


@pytest.fixture(scope="module")
def house(postgres: TestServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    postgres.execute(f"CREATE DATABASE sweeping TEMPLATE {TEMPLATE}")
    made = House(postgres.address("sweeping"), tmp_path_factory.mktemp("house"))
    yield made
    made.close()
    postgres.execute("DROP DATABASE sweeping WITH (FORCE)")


@pytest.fixture(scope="module")
def installed(house: House) -> str:
    name = next(NAMES)
    house.install(name)
    return name


@pytest.fixture
def name(house: House, installed: str) -> str:
    """A tenant that has just been swept whole, and of whose persons nobody waits."""
    house.world.faults.clear()
    house.work(installed)
    house.sweep(installed)
    house.work(installed)
    prove(house, installed)
    return installed


@pytest.fixture
def tenant(house: House, name: str) -> Tenant:
    return house.tenant(name)


def enter(tenant: Tenant, *emails: str, **columns: object) -> int:
    """Let a person enter from Denmark, by a business card, with addresses that nobody else has."""
    columns.setdefault("country_id", tenant.item_id("countries", "DK"))
    mine = [f"{next(ADDRESSES)}.{one}" for one in emails]
    number = tenant.create_person(source="CARD", emails=mine, **columns).person_id  # type: ignore[arg-type]
    return int(number)


def prove(house: House, name: str) -> None:
    with house.turn(name) as turn:
        sweeping.prove(turn.sweeps, turn.ledgers.journal, turn.ledgers.transaction)


def last(house: House, name: str) -> Statement:
    with house.app.session(house.summary(name)) as session:
        return sweeps.statements(session, limit=1)[0]


def own(house: House, tenant: Tenant) -> int:
    return house.hook(tenant.context_identifier).registered_associate_id


def test_a_person_of_whom_no_event_told_is_found_told_and_stated(
    house: House, name: str, tenant: Tenant
) -> None:
    known = enter(tenant, "known@example.com")
    house.work(name)
    with silent(house):
        lost = enter(tenant, "lost@example.com")
    house.work(name)
    assert known in house.mails(name)

    house.sweep(name)
    began = last(house, name)
    assert (began.found, began.known, began.handled, began.proven_at) == (2, 1, 1, None)
    house.work(name)
    assert house.mails(name)[-2:] == [known, lost]
    prove(house, name)

    stated = last(house, name)
    assert (stated.found, stated.known, stated.handled, stated.given_up) == (2, 1, 2, 0)
    assert stated.proven_at is not None
    assert stated.found == len(changed(tenant, stated.since, stated.until, not_by=own(house, tenant)))
    first, entry = house.journal(name, "swept")[-2:]
    assert first["found"] == 0
    assert (entry["found"], entry["handled"], entry["why"]) == (2, 2, "test")
    assert house.rows("SELECT count(*) FROM sweep_person WHERE sweep_id = %s", stated.sweep_id) == [(0,)]


def test_an_unchanged_tenant_costs_calls_but_no_decisions(house: House, name: str, tenant: Tenant) -> None:
    for number in range(5):
        enter(tenant, f"u{number}@example.com")
    house.work(name)
    before, mails = house.decisions(name), len(house.mails(name))
    for kind in (SweepKind.WHOLE, SweepKind.NEW, SweepKind.WHOLE):
        house.sweep(name, kind)
        assert house.events(name, "open") == 0
    house.world.calls.clear()
    house.sweep(name, SweepKind.NEW)
    assert [call.operation for call in house.world.calls.of(name)] == ["GetArchiveListByColumns2"] * 4
    assert (house.decisions(name), len(house.mails(name))) == (before, mails)


@pytest.mark.row("F61")
@pytest.mark.parametrize("kind", list(SweepKind))
def test_an_address_that_was_added_later_is_told_once(
    house: House, name: str, tenant: Tenant, kind: SweepKind
) -> None:
    person = enter(tenant)
    house.work(name)
    assert person not in house.mails(name)
    tenant.add_email(person, f"{next(ADDRESSES)}@example.com")  # the CRM raises no event for an address
    for _ in range(2):
        house.sweep(name, kind)
        house.work(name)
    assert house.mails(name).count(person) == 1


def test_a_consent_that_others_changed_is_decided_anew_and_ours_are_not(
    house: House, name: str, tenant: Tenant
) -> None:
    person = enter(tenant, "c@example.com")
    house.work(name)
    with silent(house):
        tenant.withdraw(person, "STORE")
    before = house.decisions(name)
    house.sweep(name)
    house.work(name)
    assert house.decisions(name) == before + 1
    house.sweep(name)
    assert house.events(name, "open") == 0
    with silent(house):
        tenant.set_consent(
            person, "NEWSLETTER", "61A", "WEBFORM", "", by=tenant.associate("service").associate_id
        )
    house.sweep(name, SweepKind.NEW)
    assert house.events(name, "open") == 1


def test_whoever_was_there_before_the_tenant_is_left_alone_until_she_changes(house: House) -> None:
    name = next(NAMES)
    house.sandbox.sandbox.seed(name, 0, quietly=True)
    tenant = house.tenant(name)
    old = [enter(tenant, f"old{number}@example.com", age=timedelta(days=3)) for number in range(3)]
    for person in old:
        for email in tenant.emails(person):
            email.updated -= timedelta(days=3)
        for row in tenant.tables.consents[person].values():
            row.registered -= timedelta(days=3)
    house.install(name)
    house.sweep(name)
    assert house.events(name, "open") == 0
    with silent(house):
        tenant.change_person(old[0], title="Boss")
    house.sweep(name)
    house.work(name)
    assert house.decisions(name) >= 1
    assert house.mails(name) == []  # registered before the start
    assert last(house, name).found == 1


def test_what_was_found_gives_way_to_what_is_told(house: House, name: str, tenant: Tenant) -> None:
    with silent(house):
        found = [enter(tenant, f"f{number}@example.com") for number in range(25)]
    house.sweep(name)
    told = enter(tenant, "told@example.com")
    house.sandbox.dispatcher.wait_idle(10)
    with house.turn(name) as turn:
        claimed = [one.event.primary_key for one in turn.ledgers.inbox.claim(200)]
        assert claimed == [told]
        turn.ledgers.inbox.done([one.inbox_id for one in turn.ledgers.inbox.claim(200)], "test")
        swept = [one.event.primary_key for one in turn.ledgers.inbox.claim(200)]
    assert len(swept) == 20  # so that the next event waits no longer than these take
    assert set(swept) < set(found)
    assert last(house, name).found == 25


def test_who_waits_already_gets_no_second_event(house: House, name: str, tenant: Tenant) -> None:
    person = enter(tenant, "w@example.com")
    house.sandbox.dispatcher.wait_idle(10)
    for found, besides in ((1, 0), (0, 1)):
        house.sweep(name)
        assert house.events(name, "open") == 1
        stated = last(house, name)
        assert (stated.found, stated.known, stated.handled, stated.besides) == (found, 0, 0, besides)
    house.work(name)
    assert house.mails(name).count(person) == 1


def test_a_person_whose_event_was_given_up_is_stated_as_such(house: House, name: str, tenant: Tenant) -> None:
    enter(tenant, "g@example.com")
    house.sandbox.dispatcher.wait_idle(10)
    house.world.faults.add(
        Fault("succeeded_false:SoServerException", operation="Person.SetConsent", tenant=name)
    )
    with house.turn(name) as turn:
        work = house.app.make_work(turn, lambda: False)
        assert work is not None
        with pytest.raises(CrmFailure):
            drain(work)
    house.rows("UPDATE inbox SET state = 'dead' WHERE tenant_id = %s AND state = 'open'", house.id(name))
    house.sweep(name)
    assert house.events(name, "open") == 0
    prove(house, name)
    stated = last(house, name)
    assert (stated.found, stated.handled, stated.given_up) == (1, 0, 1)
    house.world.faults.clear()


@pytest.mark.parametrize("failing", range(1, 7))
def test_one_that_fails_on_its_way_goes_on_and_loses_nobody(
    house: House, name: str, tenant: Tenant, failing: int
) -> None:
    with silent(house):
        people = {enter(tenant, f"r{number}@example.com") for number in range(3)}
        tenant.change_person(min(people), title="Boss")
    house.world.faults.add(
        Fault(
            "succeeded_false:SoIllegalOperationException",
            operation="Archive.GetArchiveListByColumns2",
            tenant=name,
            nth=1 + failing,
        )
    )
    before = last(house, name)
    with pytest.raises(CrmFailure):
        house.sweep(name)
    house.world.faults.clear()
    assert last(house, name) == before
    began = datetime.now(UTC)
    house.sweep(name)
    stated = last(house, name)
    assert stated.until < began  # the same sweep went on
    assert stated.found == 3
    house.work(name)
    assert set(house.mails(name)) >= people


def test_it_pages_by_key_and_yields_between_pages(
    house: House, name: str, tenant: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    with silent(house):
        people = {enter(tenant, f"p{number}@example.com") for number in range(7)}
    visits = 0
    with house.turn(name) as turn, monkeypatch.context() as small:
        small.setattr(archive.read, "__kwdefaults__", {"page_size": 2})
        while house.app.healing(turn).sweep(SweepKind.WHOLE, "test", lambda: True) is None:
            visits += 1
            tenant.change_person(min(people), title=f"Boss {visits}")
    assert visits > 10
    house.work(name)
    assert set(house.mails(name)) >= people
    assert last(house, name).found == 7


def test_the_periodic_ones_go_on_by_shares_and_come_again(house: House, name: str) -> None:
    assert 270 <= house.chore(name, NEW_SWEEP) <= 330
    assert last(house, name).kind is SweepKind.NEW
    assert 0 < house.chore(name, WHOLE_SWEEP) <= 27 * 3600
    assert last(house, name).kind is SweepKind.NEW  # a whole one had just been
    house.age("UPDATE sweep SET until = until - interval '1 hour' WHERE tenant_id = %s", house.id(name))
    house.chore(name, WHOLE_SWEEP)
    assert last(house, name).kind is SweepKind.WHOLE


def test_one_that_was_asked_for_goes_first(house: House, name: str) -> None:
    with house.turn(name) as turn:
        turn.sweeps.ask("gap")
        turn.sweeps.ask("again")
    house.chore(name, NEW_SWEEP)
    found = last(house, name)
    assert (found.kind, found.why) == (SweepKind.WHOLE, "gap")
    house.chore(name, NEW_SWEEP)
    assert last(house, name).kind is SweepKind.NEW


def test_what_looks_by_key_and_finds_nobody_leaves_nothing_behind(house: House, name: str) -> None:
    def kept() -> int:
        rows = house.rows("SELECT count(*) FROM sweep WHERE tenant_id = %s AND kind = 'new'", house.id(name))
        return int(str(rows[0][0]))

    before = kept()
    for _ in range(4):
        house.chore(name, NEW_SWEEP)
    assert kept() <= before + 2  # where the next one begins, and one that is not proven yet
    assert {one["kind"] for one in house.journal(name, "swept")[-1:]} == {"whole"}
