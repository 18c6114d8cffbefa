"""Pages of what changed: always forward, and only what speaks of a person's mail, consent or self."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from so_privacy_ext.errors import CrmFailure, Fault
from so_privacy_ext.model import AssociateId, Mark, Stage
from so_privacy_ext.superoffice.changes import CrmChanges
from so_privacy_ext.superoffice.client import SoapClient
from tests.unit.superoffice.loopback import Canned, Loopback, rows

READ = "GetArchiveListByColumns2"
MOMENT, NEVER = "[DT:11/20/2026 10:15:30.0000000]", "[DT:01/01/0001 00:00:00.0000000]"
AT = datetime(2026, 11, 20, 10, 15, 30, tzinfo=UTC)
OWN = AssociateId(27)


def answer(loopback: Loopback, table: str, *found: dict[str, Any]) -> None:
    loopback.standing[READ] = lambda handler: handler.send(Canned(rows(table, *found)))


def email(number: int, person: int, kind: int = 0) -> dict[str, Any]:
    return {
        "email_id": f"[I:{number}]", "person_id": f"[I:{person}]", "type": f"[I:{kind}]", "rank": "[I:1]",
        "updated": MOMENT,
    }  # fmt: skip


def consent(number: int, *, by: int, comment: str, updated: str = NEVER) -> dict[str, Any]:
    return {
        "consentperson_id": f"[I:{number}]", "person_id": f"[I:{number}]", "comment": comment,
        "registered": MOMENT, "registered_associate_id": f"[I:{by}]", "updated": updated,
        "updated_associate_id": "[I:0]",
    }  # fmt: skip


def test_an_address_that_is_no_mail_or_nobody_s_is_no_change(client: SoapClient, loopback: Loopback) -> None:
    answer(loopback, "email", email(5, 1), email(6, 2, kind=1), email(7, 0))
    page = CrmChanges(client, OWN).page(Stage.NEW_ADDRESSES, after=4, since=AT)
    assert page is not None
    assert page.last == 7
    assert [(one.person_id, one.at, one.mark) for one in page.changes] == [(1, (AT,), Mark(address_id=5))]


@pytest.mark.parametrize(("own", "told"), [(OWN, [2, 3]), (None, [1, 2, 3])])
def test_a_consent_of_ours_is_told_by_writer_and_tag(
    client: SoapClient, loopback: Loopback, own: AssociateId | None, told: list[int]
) -> None:
    answer(
        loopback,
        "consentperson",
        consent(1, by=27, comment="so-privacy rule 0123456789ab"),
        consent(2, by=27, comment="another app of the same associate"),
        consent(3, by=5, comment="so-privacy written by hand", updated=MOMENT),
    )
    page = CrmChanges(client, own).page(Stage.CHANGED_CONSENTS, after=0, since=AT)
    assert page is not None
    assert [one.person_id for one in page.changes] == told


def test_a_page_that_does_not_move_on_is_no_answer(client: SoapClient, loopback: Loopback) -> None:
    answer(loopback, "email", email(5, 1))
    with pytest.raises(CrmFailure) as failed:
        CrmChanges(client, OWN).page(Stage.CHANGED_ADDRESSES, after=5, since=AT)
    assert failed.value.fault is Fault.PROTOCOL


def test_without_a_counter_nothing_was_given_out(client: SoapClient, loopback: Loopback) -> None:
    answer(loopback, "sequence", {"next_id": "[I:12]", "tablename": "Person"})
    last = CrmChanges(client, OWN).last_ids()
    assert (last.person, last.address, last.consent) == (11, 0, 0)


def test_the_end_is_an_empty_page(client: SoapClient, loopback: Loopback) -> None:
    answer(loopback, "person")
    assert CrmChanges(client, OWN).page(Stage.CHANGED_PERSONS, after=0, since=AT) is None
