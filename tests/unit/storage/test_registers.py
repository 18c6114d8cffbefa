"""What a human looks up, and dead events driven again."""

from datetime import UTC, datetime
from typing import Any

import pytest

from so_privacy_ext.errors import Exit, Refused
from so_privacy_ext.model import Decision, MailState, Outcome, PersonId, Ruling
from so_privacy_ext.ports import EffectIntent
from so_privacy_ext.storage import journal, registers
from so_privacy_ext.storage.receiving import ReceivingStore
from so_privacy_ext.storage.tenants import AddedTenant
from so_privacy_ext.storage.turns import Turn
from tests.unit.storage.shapes import Delivering, Taking, claimed

ANNA = PersonId(42)
RULING = Ruling("d" * 64, (Decision("STORE", Outcome.GIVE, "rule", "why", "61F", "API"),))


def kill(turn: Turn, *event_ids: str) -> list[int]:
    ids = [one.inbox_id for one in turn.ledgers.inbox.claim(10) if one.event.event_id in event_ids]
    turn.ledgers.inbox.dead(ids, "poison")
    return ids


def test_events_are_listed_newest_first(turn: Turn, receiving: ReceivingStore, delivery: Delivering) -> None:
    for event_id, person, name in (
        ("a", 42, "person.created"),
        ("b", 43, "person.changed"),
        ("c", 42, "list.x"),
    ):
        receiving.store([delivery(event_id, person=person, name=name)])
    kill(turn, "b")

    def listed(**by: Any) -> list[str]:
        return [one.event_id for one in registers.events(turn.session, **by)]

    assert listed() == ["c", "b", "a"]
    assert listed(limit=1) == ["c"]
    assert listed(state="dead") == ["b"]
    assert listed(person_id=ANNA) == ["a"]
    assert listed(state="open", person_id=PersonId(43)) == []


def test_an_event_is_shown_with_its_body(turn: Turn, receiving: ReceivingStore, delivery: Delivering) -> None:
    receiving.store([delivery(body=b"as it came")])
    (listed,) = registers.events(turn.session)
    shown = registers.event(turn.session, listed.inbox_id)

    assert (shown.event, shown.body) == (listed, b"as it came")
    assert shown.carried["changes"] == ["title", "updated"]
    assert "as it came" not in repr(shown)
    with pytest.raises(Refused) as raised:
        registers.event(turn.session, 999)
    assert raised.value.exit_code == Exit.NO_INPUT


def test_an_event_of_our_own_has_no_body(turn: Turn) -> None:
    turn.ledgers.inbox.decide_again(ANNA)
    (listed,) = registers.events(turn.session, person_id=ANNA)
    assert registers.event(turn.session, listed.inbox_id).body is None


def test_a_dead_event_is_driven_again(turn: Turn, receiving: ReceivingStore, delivery: Delivering) -> None:
    receiving.store([delivery("a"), delivery("b")])
    (dead,) = kill(turn, "a")

    assert registers.redrive(turn.session, turn.ledgers, [dead, 999]) == [dead]
    assert registers.redrive(turn.session, turn.ledgers, [dead]) == []
    (event,) = (one for one in turn.ledgers.inbox.claim(10) if one.inbox_id == dead)
    assert (event.attempts, event.decision_id) == (0, None)
    assert [one.content for one in journal.latest(turn.session, 10)] == [{"inbox_ids": [dead]}]


def test_an_unfinished_decision_is_driven_again_whole(
    turn: Turn, receiving: ReceivingStore, delivery: Delivering
) -> None:
    receiving.store([delivery("a"), delivery("b"), delivery("c")])
    ids = [one.inbox_id for one in turn.ledgers.inbox.claim(10) if one.event.event_id in "ab"]
    kept = turn.ledgers.decisions.keep(ANNA, RULING, {}, ids)
    kill(turn, "a", "b", "c")

    assert registers.redrive(turn.session, turn.ledgers, ids[:1]) == sorted(ids)
    assert {one.decision_id for one in turn.ledgers.inbox.claim(10)} == {kept.decision_id}
    assert [one.event_id for one in registers.events(turn.session, state="dead")] == ["c"]


def test_a_finished_decision_is_made_anew(
    turn: Turn, receiving: ReceivingStore, delivery: Delivering
) -> None:
    receiving.store([delivery("a")])
    (event,) = turn.ledgers.inbox.claim(10)
    kept = turn.ledgers.decisions.keep(ANNA, RULING, {}, [event.inbox_id])
    turn.ledgers.decisions.finish(kept.decision_id, "effect")
    turn.ledgers.inbox.done([event.inbox_id], "effect")

    assert registers.redrive(turn.session, turn.ledgers, [event.inbox_id]) == [event.inbox_id]
    assert turn.ledgers.inbox.claim(10)[0].decision_id is None


def test_a_decision_that_a_newer_one_has_overtaken_is_not_carried_out_any_more(
    turn: Turn, receiving: ReceivingStore, delivery: Delivering
) -> None:
    receiving.store([delivery("a")])
    (event,) = turn.ledgers.inbox.claim(10)
    turn.ledgers.decisions.keep(ANNA, RULING, {}, [event.inbox_id])
    kill(turn, "a")
    newer = turn.ledgers.decisions.keep(ANNA, RULING, {}, [])
    turn.ledgers.decisions.finish(newer.decision_id, "effect")

    assert registers.redrive(turn.session, turn.ledgers, [event.inbox_id]) == [event.inbox_id]
    assert turn.ledgers.inbox.claim(10)[0].decision_id is None


def test_a_decision_of_an_earlier_epoch_is_not_driven_again(
    taking: Taking, tenant: AddedTenant, receiving: ReceivingStore, delivery: Delivering
) -> None:
    receiving.store([delivery("a")])
    with taking(tenant.tenant_id) as before:
        (event,) = before.ledgers.inbox.claim(10)
        before.ledgers.decisions.keep(ANNA, RULING, {}, [event.inbox_id])
        kill(before, "a")
        before.session.run(b"UPDATE tenant SET epoch = 2")
    with taking(tenant.tenant_id) as after:
        registers.redrive(after.session, after.ledgers, [event.inbox_id])
        assert after.ledgers.inbox.claim(10)[0].decision_id is None


def test_quarantine_is_listed_and_shown(turn: Turn, receiving: ReceivingStore, delivery: Delivering) -> None:
    receiving.store([delivery("a", reason="bad_json", body=b"1")])
    receiving.store([delivery("b", reason="other_tenant", body=b"22")])

    newest, oldest = registers.quarantine(turn.session)
    assert (newest.reason, newest.size, oldest.reason) == ("other_tenant", 2, "bad_json")
    assert registers.quarantined(turn.session, oldest.quarantine_id) == (oldest, b"1")
    assert len(registers.quarantine(turn.session, limit=1)) == 1
    with pytest.raises(Refused):
        registers.quarantined(turn.session, 999)


def test_a_persons_last_decisions_come_with_their_effects(turn: Turn) -> None:
    for number in range(3):
        kept = turn.ledgers.decisions.keep(ANNA, RULING, {"n": number}, [])
    turn.ledgers.decisions.intend(kept.decision_id, [EffectIntent(ANNA, "STORE", "61F", "API", "tag", None)])
    turn.ledgers.decisions.effected(kept.decision_id, "STORE", "written")
    turn.ledgers.decisions.finish(kept.decision_id, "effect")

    newest, before = registers.decisions_of(turn.session, ANNA, limit=2)
    assert (newest.decision, newest.result) == (kept, "effect")
    (effect,) = newest.effects
    assert (effect.purpose, effect.basis, effect.source, effect.result) == ("STORE", "61F", "API", "written")
    assert (before.decision.facts, before.finished_at, before.effects) == ({"n": 1}, None, [])
    assert registers.decisions_of(turn.session, PersonId(43)) == []


def test_a_persons_mails_and_duties_are_shown(turn: Turn) -> None:
    anna, now = PersonId(1), datetime.now(UTC)
    turn.ledgers.mails.open_duty(anna, mail="notice13", article=13, due_at=now, reason="mail")
    claim = claimed(turn.ledgers.mails)
    (duty,) = registers.duties_of(turn.session, anna)
    assert (duty.mail, duty.article, duty.due_at, duty.how) == ("notice13", 13, now, None)
    turn.ledgers.mails.set_state(claim.mail_id, MailState.SENT)

    (mail,) = registers.mails_of(turn.session, anna)
    assert (mail.mail_id, mail.mail, mail.version, mail.state) == (claim.mail_id, "notice13", 1, "sent")
    assert mail.claimed_at == claim.claimed_at <= mail.state_at
    assert [one.how for one in registers.duties_of(turn.session, anna)] == ["sent"]
    assert (registers.mails_of(turn.session, ANNA), registers.duties_of(turn.session, ANNA)) == ([], [])
