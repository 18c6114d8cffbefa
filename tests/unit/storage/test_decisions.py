"""Rulings are kept before anything is done, effects before they are written."""

from datetime import UTC, datetime

import pytest

from so_privacy_ext.model import Decision, Outcome, PersonId, Ruling
from so_privacy_ext.ports import Decisions, EffectIntent
from so_privacy_ext.storage.receiving import ReceivingStore
from so_privacy_ext.storage.turns import Turn
from tests.unit.storage.shapes import Delivering

PERSON = PersonId(42)
RULING = Ruling(
    digest="d" * 64,
    decisions=(
        Decision("STORE", Outcome.GIVE, "erp", "Trading partner.", "61F", "ERP", "P12M"),
        Decision("EMARKETING", Outcome.DENY, "erp", "Nobody asked."),
    ),
    withdrawn=("NEWSLETTER",),
    tell="notice14",
    tell_rule="erp",
)
FACTS = {"event": "created", "age": None, "consents": {"STORE": ["61B", "ERP"]}}


@pytest.fixture
def decisions(turn: Turn) -> Decisions:
    return turn.ledgers.decisions


def intent(purpose: str = "STORE", basis: str = "61F", before: int | None = 3) -> EffectIntent:
    return EffectIntent(
        PERSON, purpose, basis, "ERP", "so-privacy erp dddddddddddd", before, datetime(2027, 1, 1, tzinfo=UTC)
    )


def test_a_kept_ruling_is_given_back_as_it_was(
    turn: Turn, decisions: Decisions, receiving: ReceivingStore, delivery: Delivering
) -> None:
    receiving.store([delivery("e-1"), delivery("e-2")])
    ids = [one.inbox_id for one in turn.ledgers.inbox.claim(10)]
    kept = decisions.keep(PERSON, RULING, FACTS, ids)

    assert kept.ruling == RULING
    assert (kept.facts, kept.inbox_ids, kept.person_id) == (FACTS, tuple(ids), PERSON)
    assert {one.decision_id for one in turn.ledgers.inbox.claim(10)} == {kept.decision_id}
    assert decisions.unfinished([kept.decision_id]) == [kept]


def test_a_finished_ruling_is_not_begun_again(decisions: Decisions) -> None:
    first, second = (decisions.keep(PERSON, RULING, FACTS, []) for _ in range(2))
    ids = [second.decision_id, first.decision_id]
    assert [one.decision_id for one in decisions.unfinished(ids)] == sorted(ids)
    decisions.finish(first.decision_id, "effect")
    assert [one.decision_id for one in decisions.unfinished(ids)] == [second.decision_id]
    assert decisions.unfinished([]) == []


def test_an_intent_stands_until_it_was_read_back(decisions: Decisions) -> None:
    kept = decisions.keep(PERSON, RULING, FACTS, [])
    decisions.intend(kept.decision_id, [intent(), intent("ACCOUNTING", "61C", None)])
    assert list(decisions.intended(kept.decision_id)) == [intent("ACCOUNTING", "61C", None), intent()]

    decisions.effected(kept.decision_id, "STORE", "written")
    assert list(decisions.intended(kept.decision_id)) == [intent("ACCOUNTING", "61C", None)]


def test_the_same_purpose_again_replaces_the_intent(decisions: Decisions) -> None:
    kept = decisions.keep(PERSON, RULING, FACTS, [])
    decisions.intend(kept.decision_id, [intent()])
    decisions.intend(kept.decision_id, [intent(before=4)])
    assert list(decisions.intended(kept.decision_id)) == [intent(before=4)]


def test_an_expiry_counts_from_the_first_write_that_held(decisions: Decisions) -> None:
    kept = [decisions.keep(PERSON, RULING, FACTS, []) for _ in range(3)]
    assert decisions.first_written(PERSON, "STORE", "61F") is None
    firsts = []
    for one, result in zip(kept, ("failed", "written", "written"), strict=True):
        decisions.intend(one.decision_id, [intent()])
        decisions.effected(one.decision_id, "STORE", result)
        firsts.append(decisions.first_written(PERSON, "STORE", "61F"))

    assert firsts[0] is None
    assert firsts[1] is not None
    assert firsts[2] == firsts[1]
    assert decisions.first_written(PERSON, "STORE", "61B") is None
    assert decisions.first_written(PersonId(43), "STORE", "61F") is None


def test_recent_writes_are_counted(turn: Turn, decisions: Decisions) -> None:
    kept = decisions.keep(PERSON, RULING, FACTS, [])
    decisions.intend(kept.decision_id, [intent(), intent("ACCOUNTING")])
    decisions.effected(kept.decision_id, "STORE", "overwritten_in_between")

    assert decisions.writes_since(PERSON, "STORE", 60) == 1
    assert decisions.writes_since(PERSON, "ACCOUNTING", 60) == 0
    assert decisions.writes_since(PERSON, "STORE", -1) == 0


def test_an_intent_is_replaced_or_kept_whole(turn: Turn, decisions: Decisions) -> None:
    kept = decisions.keep(PERSON, RULING, FACTS, [])

    def interrupted() -> None:
        with turn.ledgers.transaction():
            decisions.intend(kept.decision_id, [intent()])
            raise RuntimeError

    with pytest.raises(RuntimeError):
        interrupted()
    assert list(decisions.intended(kept.decision_id)) == []


def test_how_intents_ended_is_told(decisions: Decisions) -> None:
    kept = decisions.keep(PERSON, RULING, FACTS, [])
    decisions.intend(kept.decision_id, [intent(), intent("ACCOUNTING")])
    assert decisions.ended(kept.decision_id) == {}

    decisions.effected(kept.decision_id, "STORE", "superseded")
    assert decisions.ended(kept.decision_id) == {"STORE": "superseded"}
    assert decisions.writes_since(PERSON, "STORE", 60) == 1
    assert decisions.first_written(PERSON, "STORE", "61F") is None


def test_what_stood_withdrawn_is_that_of_the_last_decision(decisions: Decisions) -> None:
    assert list(decisions.withdrawn(PERSON)) == []
    decisions.keep(PERSON, RULING, {}, [])
    assert list(decisions.withdrawn(PERSON)) == ["NEWSLETTER"]
    decisions.keep(PERSON, Ruling("d" * 64, ()), {}, [])
    assert list(decisions.withdrawn(PERSON)) == []
