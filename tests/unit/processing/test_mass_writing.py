"""Many consents in few calls: only what is read back counts, the rest goes one by one."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from so_privacy_ext.errors import CrmFailure, Fault, NeedsHuman, Park, Retry
from so_privacy_ext.model import STORE
from so_privacy_ext.processing.case import Case, Held
from so_privacy_ext.processing.mass_writing import write_in_bulk
from tests.unit.processing.cases import cases_of
from tests.unit.processing.fake_crm import failure
from tests.unit.processing.fake_mass import FakeMass
from tests.unit.processing.world import World

ALL = (1, 2, 3, 4)


@pytest.fixture
def writer(world: World) -> FakeMass:
    for number in ALL:
        world.crm.add(number, "ERP")
    return FakeMass(world.crm)


def write(
    world: World, writer: FakeMass, numbers: Sequence[int] = ALL
) -> tuple[CrmFailure | None, list[Case]]:
    with world.working() as work:
        cases = cases_of(work, numbers)
        return write_in_bulk(work, cases, writer), cases


def test_all_is_asked_for_at_once_and_read_back(world: World, writer: FakeMass) -> None:
    stopped, cases = write(world, writer)

    assert stopped is None
    assert [len(one) for one in writer.calls] == [8]  # STORE changes, ACCOUNTING is missing
    assert {one.updated_count_before for one in writer.calls[0]} == {None, 0}
    assert all(case.held == dict.fromkeys((STORE, "ACCOUNTING"), Held.WRITTEN) for case in cases)
    assert all(case.written for case in cases)
    assert world.crm.count("read_consents", "set_consent") == 1
    assert [one["result"] for one in world.rows("effect")] == ["written"] * 8


def test_nothing_is_asked_where_all_is_right(world: World, writer: FakeMass) -> None:
    write(world, writer)
    writer.calls.clear()

    stopped, _ = write(world, writer)

    assert (stopped, writer.calls) == (None, [])


def test_who_chose_meanwhile_keeps_the_choice_and_the_others_are_asked_for_again(
    world: World, writer: FakeMass
) -> None:
    writer.before = lambda: world.crm.withdraw(2, "ACCOUNTING")

    stopped, cases = write(world, writer)

    assert stopped is None
    assert world.crm.rows[2]["ACCOUNTING"].basis == "WITHDRAWN"
    assert cases[1].held["ACCOUNTING"] is Held.SUPERSEDED
    assert [case.held.get("ACCOUNTING") for case in cases if case is not cases[1]] == [Held.WRITTEN] * 3
    assert len(writer.calls) == 2
    assert world.crm.writes == 0


def test_a_row_that_was_written_over_goes_to_a_human(world: World, writer: FakeMass) -> None:
    writer.before = lambda: world.crm.write_row(3, STORE, "61A", "USER")

    _, cases = write(world, writer)

    assert cases[2].held[STORE] is Held.OVERWRITTEN_IN_BETWEEN
    assert cases[2].for_humans == [("overwritten", STORE)]
    assert all(case.for_humans == [] for case in cases if case is not cases[2])


@pytest.mark.parametrize("refusal", [failure(NeedsHuman, Fault.VALIDATION), failure(Retry, Fault.TRANSPORT)])
def test_what_no_mass_operation_writes_is_written_one_by_one(
    world: World, writer: FakeMass, refusal: CrmFailure
) -> None:
    writer.refuse, writer.written = [refusal, refusal], 2

    stopped, cases = write(world, writer)

    assert stopped is None
    assert [len(one) for one in writer.calls] == [8, 6]
    assert world.crm.writes == 4
    assert all(set(case.held.values()) == {Held.WRITTEN} for case in cases)


@pytest.mark.parametrize("why", [failure(Park, Fault.TENANT_STATE), failure(Retry, Fault.THROTTLED)])
def test_what_would_hit_the_next_call_too_stops_it_with_what_was_done_noted(
    world: World, writer: FakeMass, why: CrmFailure
) -> None:
    writer.refuse, writer.written = [why], 3

    stopped, cases = write(world, writer)

    assert stopped is why
    assert len(writer.calls) == 1
    assert sum(len(case.held) for case in cases) == 3
    assert [case.written for case in cases] == [True, False, False, False]
    assert world.crm.writes == 0


@pytest.mark.parametrize("why", [None, failure(Park, Fault.TENANT_STATE)])
def test_without_a_read_back_nothing_is_done(world: World, writer: FakeMass, why: CrmFailure | None) -> None:
    unread = failure(Retry, Fault.TRANSIENT)
    writer.refuse = [why] if why else []
    writer.before = lambda: world.crm.on("read_consents", fail=unread)

    stopped, cases = write(world, writer)

    assert stopped is (why or unread)
    assert not any(case.held for case in cases)


def test_a_failure_of_the_writing_one_by_one_is_told(world: World, writer: FakeMass) -> None:
    refusal, parked = failure(NeedsHuman, Fault.VALIDATION), failure(Park, Fault.TENANT_STATE)
    writer.refuse = [refusal, refusal]
    world.crm.on("set_consent", nth=3, fail=parked)

    stopped, cases = write(world, writer)

    assert stopped is parked
    assert [case.written for case in cases] == [True, False, False, False]
