"""The plugin alone, beside a mail server on this machine, and in a whole tenant."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from acme_mail import Settings, carry
from so_privacy_ext import Letter, NotSent
from so_privacy_kit import Deliver, MailServer, Person, Tenant

LETTER = Letter(
    to="anna@example.com",
    subject="Dine oplysninger",
    text="Vi opbevarer …\n",
    html="<html><body>\n<p>Vi opbevarer …</p></body></html>\n",
    language="da",
    mail="notice",
    version=1,
    message_id="so-privacy.7.20261128220000000000",
)
BODY = (
    "We are the controller. We keep your name and address in order to answer you, on the legal basis of"
    " legitimate interest (article 6(1)(f)), and erase them after two years. Our processor alone gets them."
    " You have the right to access and to object, and may complain. Contact dpo@example.com."
)
MANIFEST = f"""
manifest: 1
name: by-acme
jurisdiction: {{home: DK}}
languages: {{enabled: [da, en], fallback: en}}
sources:
  CARD: {{new: true, name: Business card, type: manual, article: 13, carries_consent: false}}
  API: {{type: system, article: 14, carries_consent: false}}
legal_bases: [61F, WITHDRAWN]
purposes:
  STORE: {{allowed: [61F]}}
mails:
  notice:
    channel: acme-mail
    version: 1
    languages: [en]
    texts: {{en: {{subject: "Your data with us", body: "{BODY}"}}}}
rules:
  - id: own-staff
    when: {{any: [{{is_associate: true}}, {{company: {{is_owner: true}}}}]}}
    give: none
    because: "Employees have a notice of their own."
  - id: minor
    when: {{age_below: country_digital_age}}
    give: {{STORE: review}}
    because: "Art. 6.1 f weighs less for a child."
  - id: card
    when: {{source: CARD}}
    give: {{STORE: {{basis: 61F}}}}
    tell: notice
    because: "The person gave us her card and expects to hear from us."
  - id: rest
    when: always
    give: {{STORE: review}}
    because: "Nobody has thought of this case yet."
"""


class Noon:
    def now(self) -> datetime:
        return datetime(2026, 11, 28, 12, tzinfo=UTC)


@pytest.fixture
def host(mail_server: MailServer, monkeypatch: pytest.MonkeyPatch) -> str:
    """Name the mail server, and have everybody believe its certificate."""
    monkeypatch.setenv("SSL_CERT_FILE", str(mail_server.ca_file))
    return f"127.0.0.1:{mail_server.port}"


def settings(host: str, **more: str) -> Settings:
    return Settings.model_validate({"host": host, "sender": "privacy@acme.example", **more})


def test_a_letter_has_its_greeting_and_header(mail_server: MailServer, host: str) -> None:
    carry(LETTER, settings(host, department="legal"), Noon())

    (one,) = mail_server.received
    assert (one.to, one.sender, one.encrypted) == ("anna@example.com", "privacy@acme.example", True)
    assert one.text.split() == ["Kære", "læser,", "Vi", "opbevarer", "…"]
    assert "<p>Kære læser,</p>" in one.html
    assert one.mail["X-Acme-Department"] == "legal"
    assert one.mail["Message-ID"] == f"<{LETTER.message_id}@acme.example>"


@pytest.mark.parametrize(
    ("step", "answer", "for_good"),
    [
        ("connect", "", False),
        ("STARTTLS", "454 not now", False),
        ("MAIL", "550 not you", False),
        ("RCPT", "450 later", False),
        ("RCPT", "550 nobody", True),
        ("DATA", "451 later", False),
        ("content", "451 later", False),
        ("content", "554 spam", True),
    ],
)
def test_it_says_of_what_did_not_go_that_it_did_not(
    mail_server: MailServer, host: str, step: str, answer: str, *, for_good: bool
) -> None:
    mail_server.answers[step] = answer

    with pytest.raises(NotSent) as raised:
        carry(LETTER, settings(host), Noon())

    assert raised.value.for_good is for_good
    assert not mail_server.received


def test_an_address_that_can_not_be_told_is_for_a_human(mail_server: MailServer, host: str) -> None:
    with pytest.raises(NotSent) as raised:
        carry(replace(LETTER, to="åse@example.com"), settings(host), Noon())

    assert (raised.value.for_good, mail_server.received) == (True, [])


def test_it_says_nothing_of_a_letter_whose_answer_is_lost(mail_server: MailServer, host: str) -> None:
    mail_server.answers["content"] = ""

    with pytest.raises(OSError, match="closed"):
        carry(LETTER, settings(host), Noon())


def test_whoever_signs_in_is_let_in(mail_server: MailServer, host: str) -> None:
    who = {"user": "acme", "password": "of-acme"}
    mail_server.users = {who["user"]: who["password"]}
    carry(LETTER, settings(host, **who), Noon())
    assert [one.user for one in mail_server.received] == ["acme"]


@pytest.fixture
def by_acme(tenant: Tenant, host: str) -> Tenant:
    tenant.enable("acme-mail", host=host, sender="privacy@acme.example")
    tenant.activate(MANIFEST)
    return tenant


def test_a_person_is_told_once_by_it(
    by_acme: Tenant, person: Callable[..., Person], deliver: Deliver, mail_server: MailServer
) -> None:
    anna = person(source="CARD", email="anna@example.com")
    deliver()
    anna.change(title="Director")
    deliver()

    (one,) = mail_server.received
    assert (one.to, one.text.split(",")[0]) == ("anna@example.com", "Dear reader")
    assert anna.decisions[0]["mail"] == "sent"
    assert not list(by_acme.outbox)
    assert not by_acme.journal("plugin_failed")


def test_a_letter_that_could_not_go_waits_and_goes_later(
    by_acme: Tenant, person: Callable[..., Person], deliver: Deliver, mail_server: MailServer
) -> None:
    mail_server.answers["RCPT"] = "450 later"
    anna = person(source="CARD", email="anna@example.com")
    deliver()
    assert anna.held == {"STORE": "61F/CARD"}
    assert mail_server.received == []
    assert [one.content["kind"] for one in by_acme.journal("plugin_failed")] == ["not_sent"]
