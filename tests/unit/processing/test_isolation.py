"""Two tenants with the same person ids and the same event ids know nothing of each other."""

from collections.abc import Callable

import pytest

from so_privacy_ext.model import STORE, WITHDRAWN
from so_privacy_ext.processing.addresses import address_hash
from tests.unit.processing.fake_crm import NOTICE_13, NOTICE_14
from tests.unit.processing.world import World, drain_all


@pytest.mark.row("F73")
def test_equal_ids_of_two_tenants_are_two_persons(make: Callable[[], World]) -> None:
    one, other = make(), make()
    one.crm.add(1, "CARD", email="anna@example.com")
    other.crm.add(1, "VENDOR", email="anna@example.com")
    for world in (one, other):
        world.deliver("person.created", 1, event_id="the same")
    with one.working() as first, other.working() as second:
        drain_all(second)
        drain_all(first)

    assert one.crm.store(1) == ("61F", "CARD")
    assert other.crm.store(1) == ("61F", "VENDOR")
    assert [mail.template_id for mail in one.crm.outbox] == [NOTICE_13]
    assert [mail.template_id for mail in other.crm.outbox] == [NOTICE_14]
    assert [len(world.events("done")) for world in (one, other)] == [1, 1]
    assert [len(world.decisions(1)) for world in (one, other)] == [1, 1]
    assert [len(world.journal("decision")) for world in (one, other)] == [1, 1]
    (mine,), (yours,) = one.rows("mail"), other.rows("mail")
    assert mine["address_hash"] != yours["address_hash"]


@pytest.mark.row("F73")
def test_what_one_tenant_s_person_refuses_binds_no_other(make: Callable[[], World]) -> None:
    one, other = make(), make()
    for world in (one, other):
        world.crm.add(1, "CARD")
    one.crm.withdraw(1)
    for world in (one, other):
        world.deliver("person.unconsented", 1, event_id="the same")
        world.drain()
    assert one.crm.rows[1][STORE].basis == WITHDRAWN
    assert other.crm.store(1) == ("61F", "CARD")
    assert (len(one.crm.outbox), len(other.crm.outbox)) == (0, 1)


@pytest.mark.row("F73")
def test_an_address_is_hashed_under_the_tenant_s_own_key(make: Callable[[], World]) -> None:
    one, other = make(), make()
    one.crm.add(1, email="anna@example.com")
    (email,) = one.crm.persons[1].emails
    with one.turn() as first, other.turn() as second:
        assert address_hash(email, first.tenant.address_key) != address_hash(email, second.tenant.address_key)
