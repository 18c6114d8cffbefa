"""Who has an activity since some time, in few calls, and never by a privacy mail."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest

from so_privacy_ext.errors import CrmFailure, Fault
from so_privacy_ext.model import PersonId
from so_privacy_ext.superoffice.activities import active_since
from so_privacy_ext.superoffice.archive import BATCH, PAGE
from so_privacy_ext.superoffice.client import SoapClient
from tests.unit.superoffice.loopback import Loopback, rows

READ = "GetArchiveListByColumns2"
SINCE = datetime(2026, 11, 20, 11, 5, tzinfo=timezone(timedelta(hours=1)))
NOTICE, LETTER = 20, 21
ANNA, BO = PersonId(5), PersonId(6)


def activity(
    number: int, person: int, *, at: str | None = "2026-11-20T10:05:00", task: int = LETTER, kind: int = 1
) -> dict[str, str | None]:
    return {
        "appointment_id": f"[I:{number}]",
        "person_id": f"[I:{person}]",
        "task_idx": f"[I:{task}]",
        "type": f"[I:{kind}]",
        "registered": at and f"[DT:{at}]",
    }


def ask(client: SoapClient, *ids: PersonId) -> set[PersonId]:
    return active_since(client, ids, SINCE, {NOTICE})


def test_it_is_asked_a_day_earlier_and_judged_by_the_rows(client: SoapClient, loopback: Loopback) -> None:
    loopback.queued[READ].append(
        rows("appointment", activity(1, 5, at="2026-11-20T10:04:59"), activity(2, 6))
    )

    assert ask(client, ANNA, BO) == {BO}
    body = loopback.bodies(READ)[0]
    assert "appointment.registered afterTime '2026-11-19T10:05:00'" in body
    assert "appointment.person_id in (5,6)" in body


@pytest.mark.parametrize(
    ("row", "counts"),
    [
        (activity(1, 5, at=None), True),
        (activity(1, 5, task=NOTICE, kind=4), False),
        (activity(1, 5, task=LETTER, kind=4), True),
        (activity(1, 5, task=NOTICE, kind=1), True),
    ],
)
def test_a_privacy_mail_is_none_and_what_says_no_time_is_one(
    row: dict[str, str | None], counts: bool, client: SoapClient, loopback: Loopback
) -> None:
    loopback.queued[READ].append(rows("appointment", row))

    assert ask(client, ANNA) == ({ANNA} if counts else set())


def test_a_full_page_is_read_on_for_those_who_were_not_found(client: SoapClient, loopback: Loopback) -> None:
    full = rows("appointment", *(activity(number, 5) for number in range(1, PAGE + 1)))
    loopback.queued[READ].extend([full, rows("appointment", activity(PAGE + 1, 6))])

    assert ask(client, ANNA, BO) == {ANNA, BO}
    second = loopback.bodies(READ)[1]
    assert f"appointment.appointment_id &gt; {PAGE} and" in second
    assert "appointment.person_id in (6)" in second


def test_nobody_is_asked_for_who_was_found(client: SoapClient, loopback: Loopback) -> None:
    full = rows("appointment", *(activity(number, 5) for number in range(1, PAGE + 1)))
    loopback.queued[READ].append(full)

    assert ask(client, ANNA) == {ANNA}
    assert len(loopback.bodies(READ)) == 1


def test_a_page_that_does_not_move_on_is_a_failure(client: SoapClient, loopback: Loopback) -> None:
    loopback.standing[READ] = rows("appointment", *(activity(7, 5) for _ in range(PAGE)))

    with pytest.raises(CrmFailure) as caught:
        ask(client, ANNA, BO)
    assert caught.value.fault is Fault.PROTOCOL


def test_many_persons_cost_a_call_for_each_batch(client: SoapClient, loopback: Loopback) -> None:
    loopback.standing[READ] = rows("appointment")

    assert ask(client, *map(PersonId, range(1, 2 * BATCH + 2))) == set()
    assert len(loopback.bodies(READ)) == 3
    assert ask(client) == set()
    assert len(loopback.bodies(READ)) == 3
