"""Duties to inform: opened once, looked up three times, closed for a reason."""

from datetime import UTC, datetime, timedelta

import pytest

from so_privacy_ext.model import MailState, PersonId
from so_privacy_ext.ports import Mails
from so_privacy_ext.storage.database import Row
from so_privacy_ext.storage.turns import Turn
from tests.unit.storage.shapes import claimed

ANNA = PersonId(1)
NOW = datetime.now(UTC)


@pytest.fixture
def mails(turn: Turn) -> Mails:
    return turn.ledgers.mails


def open_duty(mails: Mails, *, template_id: int | None = None, reason: str = "no_address") -> None:
    mails.open_duty(
        ANNA,
        mail="notice13",
        article=13,
        due_at=NOW,
        reason=reason,
        template_id=template_id,
        since=None if template_id is None else NOW - timedelta(minutes=10),
    )


def duties(turn: Turn) -> list[Row]:
    return list(turn.session.rows(b"SELECT reason, how, template_id FROM duty ORDER BY duty_id"))


def test_a_duty_is_opened_once(turn: Turn, mails: Mails) -> None:
    open_duty(mails)
    open_duty(mails, reason="bounced")

    assert duties(turn) == [{"reason": "no_address", "how": None, "template_id": None}]
    assert mails.due_duty_look_ups() == []


def test_the_mail_of_the_crm_is_looked_up_three_times(turn: Turn, mails: Mails) -> None:
    open_duty(mails, template_id=7, reason="crm_mails")
    waits = []
    for _ in range(3):
        (duty,) = mails.due_duty_look_ups()
        assert (duty.person_id, duty.mail, duty.template_id) == (ANNA, "notice13", 7)
        assert duty.since == NOW - timedelta(minutes=10)
        mails.duty_looked_up(duty.duty_id)
        assert mails.due_duty_look_ups() == []
        (row,) = turn.session.rows(
            b"SELECT extract(epoch FROM look_up_at - look_up_from)::integer AS wait FROM duty"
        )
        waits.append(row["wait"])
        turn.session.run(b"UPDATE duty SET look_up_at = so_now() WHERE look_up_at IS NOT NULL")

    assert waits == [120, 600, None]
    assert mails.due_duty_look_ups() == []


def test_opening_again_with_a_template_begins_the_look_ups(mails: Mails, turn: Turn) -> None:
    open_duty(mails)
    open_duty(mails, template_id=7, reason="crm_mails")
    assert len(mails.due_duty_look_ups()) == 1
    open_duty(mails, template_id=8, reason="crm_mails")
    assert duties(turn) == [{"reason": "crm_mails", "how": None, "template_id": 7}]


def test_a_closed_duty_stays_closed(turn: Turn, mails: Mails) -> None:
    open_duty(mails, template_id=7, reason="crm_mails")
    mails.close_duty(ANNA, "notice13", "activity")
    mails.close_duties(ANNA, "gone")
    open_duty(mails, template_id=7, reason="crm_mails")

    assert duties(turn) == [{"reason": "crm_mails", "how": "activity", "template_id": 7}]
    assert mails.due_duty_look_ups() == []


def test_all_duties_of_a_person_who_is_gone_are_closed(turn: Turn, mails: Mails) -> None:
    open_duty(mails)
    mails.close_duties(ANNA, "gone")
    assert [one["how"] for one in duties(turn)] == ["gone"]


def test_a_mail_that_was_sent_closes_its_duty(turn: Turn, mails: Mails) -> None:
    open_duty(mails)
    claim = claimed(mails)
    mails.set_state(claim.mail_id, MailState.UNKNOWN)
    assert [one["how"] for one in duties(turn)] == [None]
    mails.set_state(claim.mail_id, MailState.SENT)
    assert [one["how"] for one in duties(turn)] == ["sent"]


def test_the_duty_to_one_who_was_gone_and_came_back_is_open_again(turn: Turn, mails: Mails) -> None:
    open_duty(mails)
    mails.close_duties(ANNA, "gone")
    open_duty(mails, reason="bounced")

    assert duties(turn) == [{"reason": "bounced", "how": None, "template_id": None}]


def test_a_duty_that_was_looked_up_in_vain_before_she_went_is_looked_up_anew(
    turn: Turn, mails: Mails
) -> None:
    open_duty(mails, template_id=7, reason="crm_mails")
    for _ in range(3):
        mails.duty_looked_up(mails.due_duty_look_ups()[0].duty_id)
        turn.session.run(b"UPDATE duty SET look_up_at = so_now() WHERE look_up_at IS NOT NULL")
    mails.close_duties(ANNA, "gone")
    open_duty(mails, template_id=8, reason="crm_mails")

    (duty,) = mails.due_duty_look_ups()
    mails.duty_looked_up(duty.duty_id)
    (row,) = turn.session.rows(b"SELECT looked_up, look_up_at > so_now() AS again FROM duty")
    assert (duty.template_id, row) == (8, {"looked_up": 1, "again": True})


def test_telling_another_version_opens_the_duty_again(turn: Turn, mails: Mails) -> None:
    open_duty(mails)
    mails.set_state(claimed(mails).mail_id, MailState.SENT)
    open_duty(mails)
    assert [one["how"] for one in duties(turn)] == [None]


def test_whether_the_mail_of_the_crm_is_still_looked_for(turn: Turn, mails: Mails) -> None:
    assert not mails.awaits_crm_mail(ANNA)
    open_duty(mails)
    assert not mails.awaits_crm_mail(ANNA)
    open_duty(mails, template_id=7, reason="crm_mails")
    assert mails.awaits_crm_mail(ANNA)
    assert not mails.awaits_crm_mail(PersonId(2))
    turn.session.run(b"UPDATE duty SET look_up_at = NULL")  # the last look-up has found nothing
    assert not mails.awaits_crm_mail(ANNA)
