"""Each rule's decisions are counted as they come in, whichever way, for each version and tenant."""

from dataclasses import replace

import pytest

from so_privacy_ext.model import Decision, Outcome, PersonId, Ruling
from so_privacy_ext.storage import rule_uses
from so_privacy_ext.storage.turns import Turn
from tests.unit.storage.shapes import Add, Taking

OLD, NEW = "a" * 64, "b" * 64
TWICE = Ruling(
    OLD,
    (
        Decision("STORE", Outcome.GIVE, "erp", "why", "61F", "API"),
        Decision("ACCOUNTING", Outcome.GIVE, "erp", "why", "61C", "API"),
        Decision("EMARKETING", Outcome.DENY, "bought", "why"),
    ),
)
NOTHING = Ruling(OLD, (), withdrawn=("STORE",))


def times(turn: Turn, digest: str = OLD) -> dict[str, tuple[int, int, int]]:
    found = rule_uses.of_rules(turn.session, digest)
    return {name: (one.decisions, one.of_version, one.last_person_id) for name, one in found.items()}


def test_a_ruling_counts_once_for_each_rule_in_it(turn: Turn) -> None:
    assert times(turn) == {}
    turn.ledgers.decisions.keep(PersonId(1), TWICE, {}, [])
    turn.ledgers.decisions.keep(PersonId(2), NOTHING, {}, [])

    assert times(turn) == {"erp": (1, 1, 1), "bought": (1, 1, 1)}


def test_versions_are_counted_apart_and_together(turn: Turn) -> None:
    for person, ruling in enumerate((TWICE, TWICE, replace(TWICE, digest=NEW)), 1):
        turn.ledgers.decisions.keep(PersonId(person), ruling, {}, [])
    found = rule_uses.of_rules(turn.session, NEW)["erp"]
    last = turn.session.one(b"SELECT max(decided_at) AS at FROM decision WHERE tenant_id = %(tenant_id)s")

    assert times(turn) == {"erp": (3, 2, 3), "bought": (3, 2, 3)}
    assert (found.decisions, found.of_version, found.last_at) == (3, 1, last["at"])


def test_many_that_come_at_once_are_counted_at_once(turn: Turn) -> None:
    turn.ledgers.decisions.keep(PersonId(1), TWICE, {}, [])
    turn.session.run(
        b"INSERT INTO decision (tenant_id, epoch, person_id, ruling, facts, inbox_ids)"
        b" SELECT tenant_id, epoch, person_id + n, ruling, facts, inbox_ids"
        b" FROM decision, generate_series(1, 9) n WHERE tenant_id = %(tenant_id)s"
    )

    assert times(turn) == {"erp": (10, 10, 10), "bought": (10, 10, 10)}


def test_what_is_undone_was_never_counted(turn: Turn) -> None:
    def fail() -> None:
        with turn.session.transaction():
            turn.ledgers.decisions.keep(PersonId(1), TWICE, {}, [])
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert times(turn) == {}


def test_each_tenant_has_its_own(add: Add, taking: Taking) -> None:
    one, other = (taking(add(name).tenant_id) for name in ("Cust1", "Cust2"))
    one.ledgers.decisions.keep(PersonId(1), TWICE, {}, [])

    assert times(one) == {"erp": (1, 1, 1), "bought": (1, 1, 1)}
    assert times(other) == {}
