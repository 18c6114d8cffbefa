"""Rulings are kept before anything is done, effects before they are written."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from so_privacy_ext.errors import StorageUnavailable
from so_privacy_ext.model import AssociateId, Consent, Decision, Outcome, Person, PersonId, Ruling
from so_privacy_ext.ports import Decisions, EffectIntent, KeptDecision
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


def a_person(number: int) -> Person:
    at = datetime(2026, 1, number, tzinfo=UTC)
    own = AssociateId(1)
    store = Consent(PersonId(number), "STORE", "61F", "ERP", "", at, own, None, own, 2)
    return Person(
        person_id=PersonId(number),
        company_id=0,
        company_country_id=None,
        country_id=45,
        category_id=0,
        business_id=0,
        position_id=0,
        retired=False,
        registered=at,
        registered_associate_id=own,
        updated_count=number,
        form_id=0,
        language_id=0,
        birth_date=None,
        erp_linked=False,
        emails=(),
        consents={"STORE": store} if number > 1 else {},
    )


def test_many_rulings_are_kept_as_each_would_be(turn: Turn, decisions: Decisions) -> None:
    people = [a_person(number) for number in (3, 1, 2)]
    undecided = [
        KeptDecision(0, one.person_id, RULING, FACTS | {"n": one.person_id}, (), decided_at=one.registered)
        for one in people
    ]
    many = decisions.keep_all(list(zip(people, undecided, strict=True)))
    alone = [
        decisions.keep(one.person_id, RULING, kept.facts, (), one.mark, registered=one.registered)
        for one, kept in zip(people, undecided, strict=True)
    ]
    assert [replace(one, decision_id=0, decided_at=people[0].registered) for one in many] == [
        replace(one, decision_id=0, decided_at=people[0].registered) for one in alone
    ]
    rows = turn.session.rows(
        b"""SELECT epoch, person_id, ruling::text, facts::text, inbox_ids, updated_count, address_id,
          consents_at
        FROM decision ORDER BY decision_id"""
    )
    assert rows[:3] == rows[3:]
    known = {PersonId(one): datetime(2000, 1, 1, tzinfo=UTC) for one in (1, 2, 3)}
    assert decisions.reissued(known) == {1, 2, 3}
    assert decisions.keep_all([]) == []


def test_what_is_left_for_later_is_there_for_whoever_asks_next(turn: Turn, decisions: Decisions) -> None:
    kept = decisions.keep(PERSON, RULING, FACTS, [])
    with turn.ledgers.together():
        decisions.intend(kept.decision_id, [intent(), intent("ACCOUNTING", "61C", None)])
        decisions.effected(kept.decision_id, "STORE", "written")
        assert list(decisions.intended(kept.decision_id)) == [intent("ACCOUNTING", "61C", None)]
        decisions.effected(kept.decision_id, "ACCOUNTING", "failed")
        decisions.finish(kept.decision_id, "effect")
    assert decisions.ended(kept.decision_id) == {"ACCOUNTING": "failed", "STORE": "written"}
    assert decisions.unfinished([kept.decision_id]) == []


def test_what_is_left_for_later_keeps_its_order_within_a_table(turn: Turn, decisions: Decisions) -> None:
    one, other = (decisions.keep(PERSON, RULING, FACTS, []).decision_id for _ in range(2))
    decisions.intend(one, [intent()])
    with turn.ledgers.together():
        decisions.effected(one, "STORE", "failed")
        decisions.intend(other, [intent()])
        decisions.effected(other, "STORE", "written")
        decisions.intend(one, [intent()])
    assert (decisions.ended(one), decisions.ended(other)) == ({}, {"STORE": "written"})


def test_what_was_left_for_later_goes_with_its_transaction(turn: Turn, decisions: Decisions) -> None:
    kept = decisions.keep(PERSON, RULING, FACTS, [])

    def interrupted() -> None:
        with turn.ledgers.together():
            decisions.intend(kept.decision_id, [intent()])
            raise RuntimeError

    with pytest.raises(RuntimeError):
        interrupted()
    with turn.ledgers.together():
        decisions.finish(kept.decision_id, "effect")
    assert list(decisions.intended(kept.decision_id)) == []


def test_what_fails_later_undoes_all_that_was_together(turn: Turn, decisions: Decisions) -> None:
    kept = decisions.keep(PERSON, RULING, FACTS, [])

    def failing() -> None:
        with turn.ledgers.together():
            decisions.finish(kept.decision_id, "effect")
            decisions.intend(kept.decision_id + 1, [intent()])

    with pytest.raises(StorageUnavailable):
        failing()
    assert decisions.unfinished([kept.decision_id]) == [kept]
