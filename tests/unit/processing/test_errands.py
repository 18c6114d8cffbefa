"""What is told of decisions afterwards, and how a consumer that fails is tried again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import pytest

from so_privacy_ext.errands import DECISION, Done, Errand, Failed, Held, Outcome
from so_privacy_ext.errors import Fault, Retry
from so_privacy_ext.model import AssociateId
from so_privacy_ext.processing.errands import IDLE, SHARE, TOLD, WAITS, do_errands
from so_privacy_ext.storage import errands
from so_privacy_ext.storage.errands import ListedErrand
from so_privacy_ext.storage.session import open_session
from tests.unit.processing.world import World, never


@dataclass
class Listener:
    """Takes errands as it is told to."""

    name: str = "plugin:listener"
    outcome: Callable[[Errand], Outcome] = lambda _: Done()
    taken: list[Errand] = field(default_factory=list)

    def wants(self, kind: str) -> bool:
        return kind in {DECISION, "sale.created", "person.created"}

    def take(self, errand: Errand) -> Outcome:
        self.taken.append(errand)
        return self.outcome(errand)

    @property
    def persons(self) -> list[int]:
        return [one.content["person_id"] for one in self.taken]


class Deaf(Listener):
    def wants(self, kind: str) -> bool:
        return not kind


def tell(world: World, *consumers: Listener, must_yield: Callable[[], bool] = never) -> float:
    with world.turn() as turn:
        return do_errands(consumers, turn.ledgers, must_yield)


def enter(world: World, *consumers: Listener) -> int:
    """Have somebody enter, and decide about her."""
    person = world.crm.add(len(world.crm.persons) + 1, "CARD")
    decide(world, person, *consumers)
    return person


def decide(world: World, person: int, *consumers: Listener) -> None:
    world.deliver("person.changed", person)
    world.consumers = consumers
    world.drain()


def kept(world: World) -> Sequence[ListedErrand]:
    with open_session(world.dsn, world.tenant_id) as session:
        return list(reversed(errands.listed(session)))


def test_a_decision_is_told_as_it_was_carried_out_and_of_nobodys_facts(world: World) -> None:
    listener, deaf = Listener(), Deaf("plugin:deaf")
    person = enter(world, listener, deaf)

    assert tell(world, listener, deaf) == IDLE

    (errand,) = listener.taken
    assert not deaf.taken
    (decision,) = world.decisions(person)
    assert (errand.kind, errand.entity) == (DECISION, f"person/{person}")
    assert errand.key.startswith(f"decision/{decision.decision.decision_id}/")
    content = dict(errand.content)
    assert content.pop("decided_at") == decision.decision.decided_at.isoformat()
    (store, *_) = content.pop("purposes")
    assert store == world.last_decision(person)["decisions"][0]
    assert (store["basis"], store["result"], store["rule"]) == ("61F", "written", "met-in-person")
    assert content == {
        "decision_id": decision.decision.decision_id,
        "person_id": person,
        "manifest": decision.decision.ruling.digest,
        "withdrawn": [],
        "mail": "sent",
        "result": "effect",
    }
    assert tell(world, listener) == IDLE
    assert len(listener.taken) == 1


def test_nothing_is_made_where_nobody_wants_it(world: World) -> None:
    enter(world)
    enter(world, Deaf())

    assert kept(world) == []
    assert tell(world) == IDLE


def test_of_a_person_who_goes_in_between_it_is_told_that_she_is_gone(world: World) -> None:
    listener = Listener()
    world.crm.add(1, "CARD")
    world.crm.on("set_consent", before=lambda: world.crm.soft_delete(1))
    decide(world, 1, listener)
    world.crm.add(2, "CARD")
    world.crm.on("set_consent", fail=Retry(Fault.UNAVAILABLE, "SetConsent"))
    with pytest.raises(Retry):
        decide(world, 2, listener)
    world.crm.soft_delete(2)
    world.advance(minutes=1)
    world.drain()

    tell(world, listener)

    told = [(one.content["person_id"], one.content["result"], one.content["mail"]) for one in listener.taken]
    assert told == [(1, "gone", None), (2, "gone", None)]


def test_one_that_fails_is_tried_again_and_holds_up_only_its_own_person(world: World) -> None:
    broken = True
    listener = Listener(outcome=lambda one: Failed("raised") if broken and one.entity == first else Done())
    anna = enter(world, listener)
    first = f"person/{anna}"
    decide(world, anna, listener)
    berit = enter(world, listener)

    assert 0 < tell(world, listener) <= WAITS[0]
    assert listener.persons == [anna, berit]
    world.advance(seconds=WAITS[0] + 1)
    broken = False
    tell(world, listener)

    assert listener.persons == [anna, berit, anna, anna]
    keys = [one.key for one in listener.taken]
    assert keys[0] == keys[2] != keys[3]
    assert [one.attempts for one in kept(world)] == [1, 0, 0]


def test_after_ten_tries_a_human_is_asked_and_the_next_is_told(world: World) -> None:
    listener = Listener(outcome=lambda _: Failed("raised"))
    anna = enter(world, listener)
    decide(world, anna, listener)

    for seconds in (*WAITS, 1.0):
        tell(world, listener)
        world.advance(seconds=seconds + 1)

    (entry,) = world.journal("errand_given_up")
    given_up, waits = kept(world)
    assert entry.content == {
        "consumer": "plugin:listener",
        "kind": DECISION,
        "entity": f"person/{anna}",
        "key": given_up.key,
        "reason": "raised",
        "tries": 10,
    }
    assert (given_up.state, waits.state, waits.attempts) == ("dead", "open", 1)


@pytest.mark.parametrize(("asked", "waited"), [(None, WAITS[0]), (7.0, 7.0), (0.0, 1.0), (1e9, WAITS[-1])])
def test_a_consumer_may_say_when_it_wants_to_be_told(
    world: World, asked: float | None, waited: float
) -> None:
    listener = Listener(outcome=lambda _: Failed("http_503", asked))
    enter(world, listener)

    assert waited - 20 < tell(world, listener) <= waited


def test_one_that_can_be_told_nothing_is_left_alone_and_no_try_is_counted(world: World) -> None:
    held, other = Listener(outcome=lambda _: Held("resting", 300)), Listener("plugin:other")
    for _ in range(3):
        enter(world, held, other)

    assert 250 < tell(world, held, other) <= 300

    assert (len(held.taken), len(other.taken)) == (1, 3)
    assert {one.attempts for one in kept(world)} == {0}
    world.advance(seconds=301)
    held.outcome = lambda _: Done()
    tell(world, held, other)
    assert len(held.taken) == 4


def test_a_share_of_time_is_not_gone_beyond(world: World) -> None:
    now = 0.0

    def slowly(_: Errand) -> Outcome:
        nonlocal now
        now += 1.5
        return Done()

    listener = Listener(outcome=slowly)
    for _ in range(4):
        enter(world, listener)

    assert SHARE == 2.0
    with world.turn() as turn:
        assert do_errands([listener], turn.ledgers, never, clock=lambda: now) == 0.0
        assert len(listener.taken) == 2
        assert do_errands([listener], turn.ledgers, never, clock=lambda: now) == IDLE


def test_another_tenant_need_not_wait(world: World) -> None:
    listener = Listener()
    for _ in range(2):
        enter(world, listener)

    assert tell(world, listener, must_yield=lambda: True) == 0.0
    assert len(listener.taken) == 1
    assert tell(world, listener, must_yield=lambda: True) == IDLE


def test_events_that_somebody_wants_are_told_once_and_all_others_end_as_ever(world: World) -> None:
    listener, other = Listener(), Listener("plugin:other")
    world.consumers = [listener, other]
    world.crm.add(7, "CARD")
    sale = world.deliver("sale.created", 12, changes=["amount", "heading"], by=AssociateId(5))
    sold = world.deliver("sale.sold", 12)
    created = world.deliver("person.created", 7)
    world.crm.on("set_consent", fail=Retry(Fault.UNAVAILABLE, "SetConsent"))
    with pytest.raises(Retry):
        world.drain()
    world.advance(minutes=1)
    world.drain()

    tell(world, listener, other)

    told = [(one.kind, one.entity, one.key) for one in listener.taken if one.kind != DECISION]
    assert sorted(told) == [
        ("person.created", "person/7", f"event/{created}"),
        ("sale.created", "sale/12", f"event/{sale}"),
    ]
    assert len(other.taken) == len(listener.taken)
    (content,) = [one.content for one in listener.taken if one.kind == "sale.created"]
    assert content == {
        "event_id": sale,
        "name": "sale.created",
        "primary_key": 12,
        "changes": ["amount", "heading"],
        "changed_by": 5,
        "timestamp": None,
    }
    reasons = world.reasons()
    assert (reasons[sale], reasons[sold], reasons[created]) == (TOLD, "unsubscribed_event", "effect")
