"""Whatever the order of events and writers, what stands in the end is what the CRM's own state asks for."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from so_privacy_ext.model import STORE, WITHDRAWN, AssociateId
from so_privacy_ext.processing.looking_up import look_up_due
from so_privacy_ext.processing.work import SLICE
from tests.unit.processing.fake_crm import BOT, EMPLOYEE, HUMAN, OWN, PORTAL
from tests.unit.processing.world import World, drain_all

NAMES = (
    "person.created",
    "person.changed",
    "person.consented",
    "person.unconsented",
    "person.softdeleted",
    "none",
)


@pytest.mark.row("F20")
@pytest.mark.parametrize(("count", "told"), [(1, True), (2, True), (3, True), (6, False)])
def test_all_orders_of_up_to_six_events_end_alike(world: World, count: int, told: bool) -> None:
    """Events lie in the inbox together, in every order; what they are about happened before."""
    orders = list(itertools.permutations(NAMES, count))
    email = "" if told else None
    people = [world.crm.add(one + 1000, "CARD", email=email) for one in range(len(orders))]
    for person in people:
        world.crm.withdraw(person, "EMARKETING")
    for place in range(count):
        for name in NAMES:
            world.deliver_all(
                name, [one for one, order in zip(people, orders, strict=True) if order[place] == name]
            )
    assert len(world.events("open")) == count * len(orders)
    with world.turn() as turn:
        drain_all(world.work(turn), count * len(orders))
    assert {world.crm.store(one) for one in people} == {("61F", "CARD")}
    assert {world.crm.rows[one]["EMARKETING"].basis for one in people} == {WITHDRAWN}
    assert world.crm.writes == len(people)
    assert sorted(mail.person_id for mail in world.crm.outbox) == (people if told else [])
    assert not world.events("open")


@pytest.mark.row("F20")
def test_all_orders_worked_one_event_at_a_time_end_alike(world: World) -> None:
    orders = list(itertools.permutations(NAMES[:5]))
    people = [world.crm.add(one + 1000, "CARD") for one in range(len(orders))]
    with world.turn() as turn:
        for place in range(5):
            for name in NAMES[:5]:
                world.deliver_all(
                    name, [one for one, order in zip(people, orders, strict=True) if order[place] == name]
                )
            drain_all(world.work(turn), SLICE)
    assert {world.crm.store(one) for one in people} == {("61F", "CARD")}
    assert world.crm.writes == len(people)
    assert sorted(mail.person_id for mail in world.crm.outbox) == people


@pytest.mark.row("F20")
@pytest.mark.parametrize("order", list(itertools.permutations(["created", "unconsented", "consented"])))
def test_what_happens_between_the_events_counts_and_not_their_order(
    world: World, order: tuple[str, ...]
) -> None:
    """She withdrew and consented again, or the other way round: the CRM knows, the events don't."""
    for person, last in ((1, WITHDRAWN), (2, "61B")):
        world.crm.add(person, "CARD")
        if last is WITHDRAWN:
            world.crm.withdraw(person)
        for name in order:
            world.deliver(f"person.{name}", person)
    world.drain()
    assert world.crm.store(1) == (WITHDRAWN, "CUSTOMERPORTAL")
    assert world.crm.store(2) == ("61F", "CARD")
    assert [mail.person_id for mail in world.crm.outbox] == [2]


MOMENTS = ("read_persons", "read_consents", "set_consent", "best_language", "send_notice")
ACTS = st.tuples(
    st.sampled_from(MOMENTS),
    st.integers(1, 2),
    st.sampled_from(["before", "after"]),
    st.sampled_from(["human", "person says yes", "person says no", "bot", "deleted"]),
)
MANY = settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


def act(world: World, person: int, what: str) -> None:
    if person in world.crm.deleted:
        return
    if what == "human":
        world.crm.write_row(person, STORE, "61C", "USER", by=HUMAN)
    elif what == "person says yes":
        world.crm.write_row(person, STORE, "61A", "CUSTOMERPORTAL", by=PORTAL)
    elif what == "person says no":
        world.crm.withdraw(person)
    elif what == "bot":
        world.crm.write_row(person, STORE, "61D", "API", by=BOT)
    else:
        world.crm.soft_delete(person)
        world.deliver("person.softdeleted", person)


@pytest.mark.row("F66")
@pytest.mark.row("F67")
def test_no_interleaving_overwrites_a_human_silently_or_mails_after_a_withdrawal(world: World) -> None:
    """A few hundred here, ten thousand in the soak."""
    world.crm.emit = world.deliver
    numbers = itertools.count(EMPLOYEE + 1)
    with world.turn() as turn:
        work = world.work(turn)

        @MANY
        @given(acts=st.lists(ACTS, max_size=3), neighbours=st.sampled_from([0, 0, 0, 0, 0, 20]))
        def interleave(acts: list[tuple[str, int, str, str]], neighbours: int) -> None:
            history: list[tuple[str, str]] = []  # (who, basis) of each write to the person's STORE row
            world.crm.scripts.clear()
            person = world.crm.add(next(numbers), "CARD")

            def watch(one: int, purpose: str, basis: str, by: AssociateId) -> None:
                if one == person and purpose == STORE:
                    history.append(("us" if by == OWN else "bot" if by == BOT else "human", basis))

            world.crm.watch = watch
            for _ in range(neighbours):  # so that the slice is larger than a chunk, and is read again
                world.deliver("person.created", world.crm.add(next(numbers), "CARD", email=None))
            for moment, nth, when, what in acts:
                world.crm.on(moment, nth=nth, **on(when, world, person, what))
            world.deliver("person.created", person)
            drain_all(work)
            look_up_due(work)
            on_the_wire = ("send_notice", "before") in {(moment, when) for moment, _, when, _ in acts}
            judge(world, person, history, on_the_wire=on_the_wire)

        interleave()
    assert not world.events("open")
    assert not world.events("dead")


def on(when: str, world: World, person: int, what: str) -> dict[str, Any]:
    return {when: lambda: act(world, person, what)}


def judge(world: World, person: int, history: list[tuple[str, str]], *, on_the_wire: bool) -> None:
    """Compare with what nobody may ever see; a mail whose call has begun can't be called back."""
    overwritten = [
        before[1] for before, now in itertools.pairwise(history) if now[0] == "us" and before[0] == "human"
    ]
    if overwritten:
        shown = {kind for _, kind, _ in world.reviews(person)}
        assert "overwritten" in shown, history
    mails = [mail for mail in world.crm.outbox if mail.person_id == person]
    assert len(mails) <= 1
    row = world.crm.rows[person][STORE]
    if mails and row.basis == WITHDRAWN and not on_the_wire:
        assert row.updated is None or mails[0].at <= row.updated, "told after she withdrew"
    assert [who for who, _ in history].count("us") <= 3
