"""What waits for a human is opened once and settled with a reason that the journal keeps."""

import pytest

from so_privacy_ext.errors import Exit, Refused
from so_privacy_ext.model import MailState, PersonId
from so_privacy_ext.storage import journal
from so_privacy_ext.storage.reviews import MAIL, Review, Settlement, listed, settle, shown
from so_privacy_ext.storage.turns import Turn
from tests.unit.storage.shapes import claimed

ANNA = PersonId(1)


def opened(turn: Turn, kind: str = "purpose", subject: str = "STORE") -> int:
    assert turn.ledgers.reviews.open(ANNA, kind, subject, {"decision_id": 3})
    return listed(turn.session)[-1].review_id


def unknown_mail(turn: Turn) -> tuple[int, int]:
    claim = claimed(turn.ledgers.mails)
    turn.ledgers.mails.set_state(claim.mail_id, MailState.UNKNOWN)
    return claim.mail_id, opened(turn, MAIL, str(claim.mail_id))


def settled(turn: Turn, review_id: int, settlement: Settlement, reason: str = "asked her") -> Review:
    return settle(turn.session, turn.ledgers, review_id, settlement, reason)


def test_an_item_is_opened_once(turn: Turn) -> None:
    review_id = opened(turn)
    assert not turn.ledgers.reviews.open(ANNA, "purpose", "STORE", {"decision_id": 4})

    review = shown(turn.session, review_id)
    assert (review.kind, review.subject, review.person_id, review.detail) == (
        "purpose",
        "STORE",
        ANNA,
        {"decision_id": 3},
    )
    assert opened(turn, "purpose", "EMARKETING") != review_id


def test_an_item_that_is_not_there_is_named(turn: Turn) -> None:
    with pytest.raises(Refused) as raised:
        shown(turn.session, 999)
    assert raised.value.exit_code == Exit.NO_INPUT


def test_items_are_listed_by_person_and_state(turn: Turn) -> None:
    review_id = opened(turn)
    turn.ledgers.reviews.open(PersonId(2), "failed", "", {})
    settled(turn, review_id, Settlement.KEEP)

    assert [one.kind for one in listed(turn.session)] == ["failed"]
    assert len(listed(turn.session, settled=True)) == 2
    assert len(listed(turn.session, settled=True, limit=1)) == 1
    assert [one.kind for one in listed(turn.session, settled=True, person_id=ANNA)] == ["purpose"]


def test_what_is_kept_is_not_asked_again(turn: Turn) -> None:
    review = settled(turn, opened(turn), Settlement.KEEP)

    assert review.settled_as == "keep"
    assert turn.ledgers.inbox.claim(10) == []
    assert not turn.ledgers.reviews.open(ANNA, "purpose", "STORE", {})
    assert listed(turn.session) == []
    (entry,) = journal.of_person(turn.session, ANNA)
    assert entry.kind == "review_settled"
    assert entry.content == {
        "review_id": review.review_id,
        "kind": "purpose",
        "subject": "STORE",
        "as": "keep",
        "reason": "asked her",
    }


def test_deciding_again_makes_an_event_and_may_ask_again(turn: Turn) -> None:
    review_id = opened(turn)
    settled(turn, review_id, Settlement.DECIDE_AGAIN)

    (event,) = turn.ledgers.inbox.claim(10)
    assert (event.event.name, event.event.primary_key) == ("none", ANNA)
    assert turn.ledgers.reviews.open(ANNA, "purpose", "STORE", {"decision_id": 5})
    (review,) = listed(turn.session)
    assert (review.review_id, review.detail, review.settled_as) == (review_id, {"decision_id": 5}, None)


def test_not_sent_frees_the_claim_and_decides_again(turn: Turn) -> None:
    mail_id, review_id = unknown_mail(turn)
    settled(turn, review_id, Settlement.NOT_SENT)

    assert turn.ledgers.mails.claims_of(ANNA) == []
    assert turn.ledgers.inbox.open_events(ANNA, "none") == 1
    second, second_review = unknown_mail(turn)  # the new claim may be unknown as well
    assert second != mail_id
    assert second_review != review_id


def test_sent_closes_the_claim(turn: Turn) -> None:
    _, review_id = unknown_mail(turn)
    review = settled(turn, review_id, Settlement.SENT)

    assert review.settled_as == "sent"
    assert [one.state for one in turn.ledgers.mails.claims_of(ANNA)] == [MailState.SENT]
    assert turn.ledgers.inbox.claim(10) == []


@pytest.mark.parametrize("settlement", [Settlement.SENT, Settlement.NOT_SENT])
def test_only_a_mail_is_sent_or_not(turn: Turn, settlement: Settlement) -> None:
    with pytest.raises(Refused, match="keep or decide-again"):
        settled(turn, opened(turn), settlement)
    assert len(listed(turn.session)) == 1


@pytest.mark.parametrize("settlement", [Settlement.KEEP, Settlement.DECIDE_AGAIN])
def test_a_mail_is_only_sent_or_not(turn: Turn, settlement: Settlement) -> None:
    _, review_id = unknown_mail(turn)
    with pytest.raises(Refused, match="sent or not-sent"):
        settled(turn, review_id, settlement)


def test_an_item_is_settled_once(turn: Turn) -> None:
    review_id = opened(turn)
    settled(turn, review_id, Settlement.KEEP)
    with pytest.raises(Refused, match="already_settled"):
        settled(turn, review_id, Settlement.DECIDE_AGAIN)
    assert turn.ledgers.inbox.claim(10) == []


@pytest.mark.parametrize("reason", ["", "  ", "x" * 2001, "nul\0", "lone \udcff"])
def test_a_reason_is_a_text(turn: Turn, reason: str) -> None:
    review_id = opened(turn)
    with pytest.raises(Refused) as raised:
        settled(turn, review_id, Settlement.KEEP, reason)
    assert raised.value.exit_code == Exit.USAGE
    assert len(listed(turn.session)) == 1


def test_what_waits_is_told(turn: Turn) -> None:
    review_id = opened(turn)
    assert turn.ledgers.reviews.waits(ANNA, "purpose", "STORE")
    assert not turn.ledgers.reviews.waits(ANNA, "purpose", "EMARKETING")
    settled(turn, review_id, Settlement.KEEP)
    assert not turn.ledgers.reviews.waits(ANNA, "purpose", "STORE")


@pytest.mark.parametrize(
    ("kind", "subject"), [("overwritten", "STORE"), ("flapping", "STORE"), ("failed", "")]
)
def test_what_is_news_each_time_opens_again(turn: Turn, kind: str, subject: str) -> None:
    settled(turn, opened(turn, kind, subject), Settlement.KEEP)
    assert turn.ledgers.reviews.open(ANNA, kind, subject, {})
    assert not turn.ledgers.reviews.open(ANNA, kind, subject, {})


def test_what_is_forbidden_stays_so_until_a_human_decides_again(turn: Turn) -> None:
    reviews = turn.ledgers.reviews
    assert set(reviews.forbidden(ANNA, "merged")) == set()
    kept, freed = (opened(turn, "merged", subject) for subject in ("STORE", "EMARKETING"))
    opened(turn, "merged", "NEWSLETTER")
    settled(turn, kept, Settlement.KEEP)
    settled(turn, freed, Settlement.DECIDE_AGAIN)

    assert set(reviews.forbidden(ANNA, "merged")) == {"STORE", "NEWSLETTER"}
    assert set(reviews.forbidden(ANNA, "purpose")) == set()
    assert set(reviews.forbidden(PersonId(2), "merged")) == set()
