"""The CRM's privacy mail."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from so_privacy_ext.errors import Applied, NeedsHuman, Retry
from so_privacy_ext.model import PersonId
from so_privacy_ext.superoffice.client import SoapClient
from so_privacy_ext.superoffice.mail import best_language, notice_archived, send_notice
from tests.unit.superoffice.loopback import Canned, Loopback, answer, rows

READ = "GetArchiveListByColumns2"
SEND = "SendConsentConfirmationEmail"
ANNA = PersonId(5)
SINCE = datetime(2026, 11, 20, 11, 5, tzinfo=timezone(timedelta(hours=1)))


def send(client: SoapClient, **changes: Any) -> Any:
    given: dict[str, Any] = {"address": "anna@example.com", "template_id": 20, "lcid": 1030} | changes
    send_notice(
        client, changes.pop("person_id", ANNA), **{k: v for k, v in given.items() if k != "person_id"}
    )


@pytest.mark.parametrize(("response", "code"), [("DA", "DA"), (" SW ", "SW"), ("", "")])
def test_best_language(response: Any, code: Any, client: SoapClient, loopback: Loopback) -> None:
    loopback.standing["GetBestSoLanguageForTemplate"] = answer("GetBestSoLanguageForTemplate", response)

    assert best_language(client, ANNA, 20) == code


def test_no_best_language(client: SoapClient, loopback: Loopback) -> None:
    nil = answer("GetBestSoLanguageForTemplate", "").replace(b"<n:Response>", b'<n:Response i:nil="true">')
    loopback.standing["GetBestSoLanguageForTemplate"] = nil

    assert best_language(client, ANNA, 20) == ""


def test_a_mail_is_asked_for_without_a_subject(client: SoapClient, loopback: Loopback) -> None:
    loopback.standing[SEND] = answer(SEND)
    send(client)
    body = loopback.bodies(SEND)[0]

    assert ">anna@example.com<" in body
    assert ">1030<" in body
    assert "Subject" not in body


@pytest.mark.parametrize(
    "changes",
    [{"person_id": 0}, {"template_id": 0}, {"lcid": 0}, {"address": ""}, {"address": " "},
     {"address": "anna@example.com\r\nBcc: all@example.com"}],
)  # fmt: skip
def test_what_may_not_be_sent_never_leaves(changes: Any, client: SoapClient, loopback: Loopback) -> None:
    with pytest.raises(NeedsHuman) as caught:
        send(client, **changes)

    assert caught.value.applied is Applied.NO
    assert "example" not in str(caught.value)
    assert loopback.calls == []


def test_a_lost_reply_is_never_asked_for_twice(client: SoapClient, loopback: Loopback) -> None:
    loopback.standing[SEND] = lambda handler: handler.raw(b"")

    with pytest.raises(Retry) as caught:
        send(client)

    assert caught.value.applied is Applied.MAYBE
    assert loopback.count(SEND) == 1


def activity(**changes: Any) -> Any:
    return {
        "appointment_id": "[I:1]", "person_id": "[I:5]", "document_id": "[I:9]", "task_idx": "[I:20]",
        "type": "[I:4]", "registered": "[DT:11/20/2026 10:15:30]", "registered_associate_id": "[I:27]",
        "document_id.header": "Welcome",
    } | changes  # fmt: skip


@pytest.mark.parametrize(
    ("found", "archived"),
    [
        ([], False),
        ([activity()], True),
        ([activity(type="[I:8]")], True),
        ([activity(type="[I:1]")], False),
        ([activity(document_id=None)], False),
        ([activity(person_id="[I:6]")], False),
        ([activity(type="[I:1]"), activity()], True),
    ],
)
def test_an_archived_mail_is_a_document_of_the_person(
    found: Any, archived: Any, client: SoapClient, loopback: Loopback
) -> None:
    loopback.standing[READ] = Canned(rows("appointment", *found))

    assert notice_archived(client, ANNA, 20, SINCE) is archived
    body = loopback.bodies(READ)[0]
    assert "appointment.person_id = 5 and appointment.task_idx = 20" in body
    assert "appointment.registered afterTime '2026-11-19T10:05:00'" in body, (
        "whatever zone a filter is read in"
    )
    assert "PageSize>50<" in body


@pytest.mark.parametrize(
    ("registered", "archived"),
    [
        ("[DT:11/20/2026 10:04:59.9990000]", False),
        ("[DT:11/20/2026 10:05:00.0000000]", True),
        ("[DT:11/20/2026 04:00:00.0000000]", False),
        (None, False),
        ("[D:01/01/0001 00:00:00.0000000]", False),
    ],
)
def test_a_mail_of_before_is_not_the_one_looked_for(
    registered: Any, archived: Any, client: SoapClient, loopback: Loopback
) -> None:
    """Rows carry UTC; nobody says in which zone the filter's time is read."""
    loopback.standing[READ] = Canned(rows("appointment", activity(registered=registered)))

    assert notice_archived(client, ANNA, 20, SINCE) is archived
