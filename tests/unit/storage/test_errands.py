"""What is kept of errands, and in which order they come."""

from __future__ import annotations

from datetime import timedelta

import psycopg
import pytest

from so_privacy_ext.errands import ERRANDS, NewErrand
from so_privacy_ext.model import PersonId
from so_privacy_ext.storage import errands
from so_privacy_ext.storage.purging import Periods, erase, purge
from so_privacy_ext.storage.statements import Statements
from so_privacy_ext.storage.tenants import remove
from so_privacy_ext.storage.turns import Turn
from tests.unit.storage.shapes import Add, Taking

ACME, OTHER = "plugin:acme-vat", "plugin:other"
BOTH = (ACME, OTHER)


def new(number: int, entity: str = "person/7", consumer: str = ACME) -> NewErrand:
    return NewErrand(consumer, "decision", entity, f"decision/{number}", {"decision_id": number})


def keys(turn: Turn, *consumers: str) -> list[str]:
    return [one.key for one in turn.ledgers.errands.claim(consumers or BOTH, 100)]


def ids(turn: Turn) -> dict[str, int]:
    return {f"{one.consumer} {one.key}": one.errand_id for one in errands.listed(turn.session)}


def test_a_cause_makes_one_errand_for_each_consumer_and_wakes_the_tenant(turn: Turn) -> None:
    assert ERRANDS not in turn.due_kinds()
    turn.ledgers.errands.make([])
    assert ERRANDS not in turn.due_kinds()

    turn.ledgers.errands.make([new(1), new(1, consumer=OTHER)])
    turn.ledgers.errands.make([new(1)])

    assert ERRANDS in turn.due_kinds()
    (one,) = turn.ledgers.errands.claim([ACME], 100)
    assert (one.consumer, one.kind, one.entity, one.key) == (ACME, "decision", "person/7", "decision/1")
    assert (one.content, one.attempts) == ({"decision_id": 1}, 0)
    assert len(errands.listed(turn.session)) == 2
    assert len(errands.listed(turn.session, consumer=OTHER)) == 1


def test_one_that_is_undone_with_its_cause_was_never_there(turn: Turn) -> None:
    def crash() -> None:
        with turn.ledgers.transaction():
            turn.ledgers.errands.make([new(1)])
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        crash()
    with turn.ledgers.together():
        turn.ledgers.errands.make([new(2)])
        turn.ledgers.errands.make([new(3, "person/8")])

    assert keys(turn) == ["decision/2", "decision/3"]


def test_only_later_ones_of_the_same_entity_and_consumer_wait(turn: Turn) -> None:
    book = turn.ledgers.errands
    book.make([new(1), new(2), new(3, "person/8"), new(1, consumer=OTHER)])
    assert keys(turn) == ["decision/1", "decision/3", "decision/1"]

    book.put_off(ids(turn)[f"{ACME} decision/1"], 60, "raised")
    assert keys(turn) == ["decision/3", "decision/1"]
    assert keys(turn, OTHER) == ["decision/1"]
    assert book.next_in(BOTH) == 0.0
    book.done(ids(turn)[f"{ACME} decision/3"])
    assert 50 < (book.next_in([ACME]) or 0) <= 60

    book.dead(ids(turn)[f"{ACME} decision/1"], "raised")
    assert keys(turn, ACME) == ["decision/2"]
    (dead,) = errands.listed(turn.session, state="dead")
    assert (dead.attempts, dead.reason) == (1, "raised")
    (given_up,) = errands.given_up(turn.session)
    assert (given_up.consumer, given_up.errands) == (ACME, 1)


def test_a_consumer_is_held_or_dropped_as_a_whole(turn: Turn) -> None:
    book = turn.ledgers.errands
    book.make([new(1), new(2, "person/8"), new(3, consumer=OTHER)])

    book.hold(ACME, 300, "resting")
    assert keys(turn) == ["decision/3"]
    assert {one.attempts for one in errands.listed(turn.session)} == {0}
    book.drop(ACME, "plugin_off")
    assert {one.reason for one in errands.listed(turn.session, state="done")} == {"plugin_off"}
    assert book.next_in([ACME]) is None


def test_what_ended_is_driven_again_from_the_beginning(turn: Turn) -> None:
    turn.ledgers.errands.make([new(1), new(2)])
    number = ids(turn)[f"{ACME} decision/1"]
    turn.ledgers.errands.put_off(number, 60, "raised")
    turn.ledgers.errands.dead(number, "raised")
    turn.not_due(ERRANDS)

    assert errands.redrive(turn.session, [number, number + 1]) == [number]  # the other one is open

    assert ERRANDS in turn.due_kinds()
    (one,) = turn.ledgers.errands.claim([ACME], 9)
    assert (one.key, one.attempts) == ("decision/1", 0)


def test_closed_ones_go_after_their_time_and_with_their_person(turn: Turn) -> None:
    book = turn.ledgers.errands
    book.make([new(1), new(2, "person/8"), new(3, "person/77"), new(4, "person/7")])
    numbers = ids(turn)
    periods = Periods(timedelta(days=30), timedelta(days=30), timedelta(days=30))
    book.done(numbers[f"{ACME} decision/1"])
    book.done(numbers[f"{ACME} decision/3"])

    erase(turn.session, turn.tenant.epoch, PersonId(7))
    assert sorted(ids(turn)) == [f"{ACME} decision/{one}" for one in (2, 3, 4)]  # an open one is still told
    assert purge(turn.session, periods)["errands"] == 0
    turn.connection.execute("SELECT set_config('app.clock_offset', '31 days', false)")
    assert purge(turn.session, periods)["errands"] == 1
    assert sorted(ids(turn)) == [f"{ACME} decision/{one}" for one in (2, 4)]


def test_no_tenant_sees_anothers_and_nothing_stays_of_one_that_goes(
    turn: Turn, add: Add, taking: Taking, dsn: str
) -> None:
    other = taking(add("Cust54321").tenant_id)
    turn.ledgers.errands.make([new(1)])
    other.ledgers.errands.make([new(1)])
    other.ledgers.journal.append("seen", None, {})

    assert len(errands.listed(other.session)) == 1
    assert errands.redrive(other.session, list(ids(turn).values())) == []
    remove(other.session)
    remove(turn.session)
    with psycopg.connect(dsn) as owner:
        assert owner.execute("SELECT count(*) FROM so_privacy.errand").fetchone() == (0,)


def test_the_next_one_is_found_without_sorting_all_that_are_due(turn: Turn) -> None:
    # Of an empty table everything else costs more, and these are the two ways that grow with what waits.
    for way in (b"seqscan", b"hashjoin"):
        turn.session.run(b"SET enable_" + way + b" = off")
    values = {"consumers": [ACME], "limit": 1}
    plan = turn.session.rows(b"EXPLAIN " + Statements("errands")["claim"], values)

    steps = [line for one in plan for line in one.values()]
    assert any("errand_due" in line for line in steps)
    assert not any("Sort" in line for line in steps)
