"""One mail per person and per address, claimed before it is asked for."""

from datetime import timedelta

import psycopg
import pytest

from so_privacy_ext.errors import StorageUnavailable
from so_privacy_ext.model import AddressHash, MailState, PersonId
from so_privacy_ext.ports import MailClaim, Mails
from so_privacy_ext.storage import reviews
from so_privacy_ext.storage.turns import Turn

ANNA, BO = PersonId(1), PersonId(2)
SHARED, OWN = AddressHash("a" * 64), AddressHash("b" * 64)


@pytest.fixture
def mails(turn: Turn) -> Mails:
    return turn.ledgers.mails


def asked(
    mails: Mails,
    person: PersonId = ANNA,
    address: AddressHash = SHARED,
    *,
    mail: str = "notice13",
    version: int = 1,
    retell: bool = False,
) -> MailClaim | None:
    told = mails.told(person, address, mail=mail, version=version, retell=retell)
    found = mails.claim(
        person, mail=mail, version=version, address_hash=address, template_id=5, retell=retell
    )
    assert told is (found is None)  # the two never disagree
    return found


def claim(mails: Mails, *, version: int = 1, retell: bool = False) -> MailClaim:
    found = asked(mails, version=version, retell=retell)
    assert found is not None
    return found


def test_a_claim_holds_for_person_and_address(mails: Mails) -> None:
    first = claim(mails)
    assert (first.person_id, first.state, first.template_id) == (ANNA, MailState.CLAIMED, 5)

    assert asked(mails) is None
    assert asked(mails, ANNA, OWN) is None
    assert asked(mails, BO, SHARED) is None
    assert asked(mails, BO, OWN) is not None


def test_whoever_was_told_one_gets_no_other(mails: Mails) -> None:
    claim(mails)
    assert asked(mails, mail="notice14") is None
    assert asked(mails, version=2) is None


def test_retelling_is_only_for_another_mail_or_version(mails: Mails) -> None:
    claim(mails)
    assert asked(mails, retell=True) is None
    assert asked(mails, BO, retell=True) is None
    assert asked(mails, version=2, retell=True) is not None
    assert asked(mails, mail="notice14", retell=True) is not None


def test_told_without_an_address_looks_at_the_person(mails: Mails) -> None:
    claim(mails)
    assert mails.told(ANNA, None, mail="notice13", version=1, retell=False)
    assert not mails.told(BO, None, mail="notice13", version=1, retell=False)


@pytest.mark.parametrize("other", ["person_id = 3", "address_hash = 'c'"])
def test_both_keys_are_a_wall_of_their_own(turn: Turn, mails: Mails, other: str) -> None:
    claim(mails)
    column, _, value = other.partition(" = ")
    columns = {"person_id": "person_id", "address_hash": "address_hash", column: value}
    with pytest.raises(StorageUnavailable) as raised:
        turn.session.run(
            f"""INSERT INTO mail (tenant_id, epoch, person_id, mail, version, address_hash, template_id)
            SELECT tenant_id, epoch, {columns["person_id"]}, mail, version, {columns["address_hash"]}, 1
            FROM mail""".encode()
        )
    assert isinstance(raised.value.__cause__, psycopg.errors.UniqueViolation)


@pytest.mark.parametrize("state", [MailState.HELD, MailState.SENT, MailState.UNKNOWN])
def test_only_a_human_frees_a_claim(mails: Mails, state: MailState) -> None:
    first = claim(mails)
    mails.set_state(first.mail_id, state)
    assert asked(mails) is None
    assert [one.state for one in mails.claims_of(ANNA)] == [state]

    mails.set_state(first.mail_id, MailState.NOT_SENT)
    assert mails.claims_of(ANNA) == []
    second = asked(mails)
    assert second is not None
    assert second.mail_id != first.mail_id


def test_claims_are_given_newest_last(mails: Mails) -> None:
    first, second = claim(mails), claim(mails, version=2, retell=True)
    assert [one.mail_id for one in mails.claims_of(ANNA)] == [first.mail_id, second.mail_id]


def test_an_unknown_claim_is_looked_up_when_due(mails: Mails) -> None:
    first = claim(mails)
    mails.set_state(first.mail_id, MailState.UNKNOWN)
    assert mails.due_look_ups() == []
    mails.look_up_later(first.mail_id, 0)
    assert [one.mail_id for one in mails.due_look_ups()] == [first.mail_id]
    mails.look_up_later(first.mail_id, 120)
    assert mails.due_look_ups() == []


def test_a_claim_left_by_a_dead_turn_becomes_unknown(turn: Turn, mails: Mails) -> None:
    first = claim(mails)
    assert mails.due_look_ups() == []
    turn.session.run(b"UPDATE mail SET look_up_at = so_now()")  # a minute later

    (found,) = mails.due_look_ups()
    assert (found.mail_id, found.state) == (first.mail_id, MailState.UNKNOWN)


@pytest.mark.parametrize("state", [MailState.SENT, MailState.HELD, MailState.NOT_SENT])
def test_no_other_state_is_looked_up(mails: Mails, state: MailState) -> None:
    first = claim(mails)
    mails.set_state(first.mail_id, state)
    mails.look_up_later(first.mail_id, 0)
    assert mails.due_look_ups() == []


def test_a_held_claim_that_is_asked_again_is_looked_up_if_the_turn_dies(turn: Turn, mails: Mails) -> None:
    first = claim(mails)
    mails.set_state(first.mail_id, MailState.HELD)
    mails.set_state(first.mail_id, MailState.CLAIMED)
    (row,) = turn.session.rows(b"SELECT look_up_at IS NOT NULL AS due FROM mail")
    assert row == {"due": True}


def test_what_is_left_to_a_human_is_looked_up_no_more(mails: Mails) -> None:
    first = claim(mails)
    mails.set_state(first.mail_id, MailState.UNKNOWN)
    mails.look_up_later(first.mail_id, 0)
    mails.leave_to_human(first.mail_id)
    assert mails.due_look_ups() == []
    assert mails.claims_of(ANNA)[0].state == MailState.UNKNOWN


def test_a_mail_that_was_found_settles_what_asked_a_human(turn: Turn, mails: Mails) -> None:
    first = claim(mails)
    mails.set_state(first.mail_id, MailState.UNKNOWN)
    turn.ledgers.reviews.open(ANNA, reviews.MAIL, str(first.mail_id), {})
    turn.ledgers.reviews.open(ANNA, "purpose", str(first.mail_id), {})
    mails.set_state(first.mail_id, MailState.SENT)

    assert [one.kind for one in reviews.listed(turn.session)] == ["purpose"]
    (settled,) = (one for one in reviews.listed(turn.session, settled=True) if one.kind == reviews.MAIL)
    assert settled.settled_as == "found"


def test_an_unknown_id_changes_nothing(mails: Mails) -> None:
    mails.set_state(999, MailState.SENT)


def test_a_claim_ages_by_the_clock_of_the_database(turn: Turn, mails: Mails) -> None:
    assert claim(mails).age < timedelta(seconds=5)
    turn.session.run(b"UPDATE mail SET claimed_at = so_now() - interval '15 minutes'")
    assert timedelta(minutes=15) <= mails.claims_of(ANNA)[0].age < timedelta(minutes=16)
