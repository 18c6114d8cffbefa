"""One letter to one mail server: each way in which it ends, and whether the letter may have gone."""

from __future__ import annotations

import socket
import ssl
import threading
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from so_privacy_ext.errors import Applied, CrmFailure, Fault, NeedsHuman, Retry
from so_privacy_ext.model import TenantId
from so_privacy_ext.ports import Letter
from so_privacy_ext.posting.carrier import REST, MailServerCarrier, Rests
from so_privacy_ext.posting.server import MailServer, Security
from so_privacy_ext.posting.smtp import signed_in, trusting, try_sender
from so_privacy_kit import mail_server as kit

LETTER = Letter(
    to="anna@example.com",
    subject="Dine oplysninger hos os",
    text="Kære Anna,\n.\nvi opbevarer …\n",
    html="<p>Kære</p>\n",
    language="da",
    mail="notice13",
    version=1,
    message_id="so-privacy.7.20261128220000000000",
)


class Now:
    def now(self) -> datetime:
        return datetime(2026, 11, 28, 22, tzinfo=UTC)


def at(server: kit.MailServer, **more: Any) -> MailServer:
    return MailServer(host=kit.HOST, port=server.port, sender="privacy@example.com", **more)


def carrier(server: kit.MailServer, *, rests: Rests | None = None, **more: Any) -> MailServerCarrier:
    trust = trusting(server.ca_file)
    return MailServerCarrier(TenantId(1), lambda: at(server, **more), lambda: trust, Now(), rests or Rests())


def test_a_letter_arrives_encrypted_and_as_it_was_written(mail_server: kit.MailServer) -> None:
    carrier(mail_server, name="Øl & Co", reply_to="dpo@example.com").carry(LETTER)

    (one,) = mail_server.received
    assert (one.sender, one.to, one.encrypted, one.user) == ("privacy@example.com", LETTER.to, True, "")
    assert one.text.replace("\r\n", "\n") == LETTER.text
    assert "<p>Kære</p>" in one.html
    heads = dict(one.mail.items())
    assert heads["Subject"] == LETTER.subject
    assert heads["Message-ID"] == f"<{LETTER.message_id}@example.com>"
    assert heads["From"] == "Øl & Co <privacy@example.com>"
    assert (heads["To"], heads["Reply-To"]) == ("anna@example.com", "dpo@example.com")
    assert (heads["Content-Language"], heads["Auto-Submitted"]) == ("da", "auto-generated")
    assert heads["Date"] == "Sat, 28 Nov 2026 22:00:00 +0000"


@pytest.mark.row("F32")
@pytest.mark.parametrize(
    ("step", "answer", "kind", "applied", "why"),
    [
        ("connect", "", Retry, Applied.NO, "ends the connection"),
        ("connect", "554 go away", Retry, Applied.NO, "refuses us, and says 554"),
        ("STARTTLS", "454 not now", Retry, Applied.NO, "refuses us, and says 454"),
        ("STARTTLS", "", Retry, Applied.NO, "ends the connection"),
        ("AUTH", "535 no", Retry, Applied.NO, "refuses user and password"),
        ("MAIL", "550 not you", Retry, Applied.NO, "refuses the sender, and says 550"),
        ("RCPT", "450 later", Retry, Applied.NO, "refuses the recipient, and says 450"),
        ("RCPT", "550 nobody", NeedsHuman, Applied.NO, "refuses the recipient, and says 550"),
        ("RCPT", "", Retry, Applied.NO, "ends the connection"),
        ("DATA", "451 later", Retry, Applied.NO, "refuses the letter, and says 451"),
        ("DATA", "554 no", NeedsHuman, Applied.NO, "refuses the letter, and says 554"),
        ("DATA", "", Retry, Applied.NO, "ends the connection"),
        ("content", "451 later", Retry, Applied.NO, "refuses the letter, and says 451"),
        ("content", "554 spam", NeedsHuman, Applied.NO, "refuses the letter, and says 554"),
        ("content", "", Retry, Applied.MAYBE, "lost before the answer"),
    ],
)
def test_each_failure_says_whether_the_letter_may_have_gone(  # noqa: PLR0917  # a table's columns
    mail_server: kit.MailServer, step: str, answer: str, kind: type[CrmFailure], applied: Applied, why: str
) -> None:
    mail_server.users = {"us": "secret"}
    mail_server.answers[step] = answer

    with pytest.raises(kind, match=why) as raised:
        carrier(mail_server, user="us", password="secret").carry(LETTER)

    assert raised.value.applied is applied
    fault = Fault.CHANNEL_REFUSED if kind is NeedsHuman else Fault.CHANNEL
    assert (raised.value.fault, raised.value.operation) == (fault, "smtp")
    assert "anna" not in str(raised.value)
    assert len(mail_server.received) == (applied is Applied.MAYBE)


def test_251_is_a_yes_and_so_is_a_letter_whose_goodbye_is_lost(mail_server: kit.MailServer) -> None:
    mail_server.answers |= {"RCPT": "251 forwarded", "QUIT": ""}
    carrier(mail_server).carry(LETTER)
    assert len(mail_server.received) == 1


def test_whoever_signs_in_is_let_in(mail_server: kit.MailServer) -> None:
    mail_server.users = {"us": "secret"}
    carrier(mail_server, user="us", password="secret").carry(LETTER)
    assert [one.user for one in mail_server.received] == ["us"]


def refused(server: MailServer, trust: ssl.SSLContext) -> str:
    with pytest.raises(Retry) as raised, signed_in(server, trust):
        pass
    assert raised.value.applied is Applied.NO
    return raised.value.detail


def test_nothing_is_said_in_the_clear_and_nobody_strange_is_believed(mail_server: kit.MailServer) -> None:
    trust = trusting(mail_server.ca_file)
    mail_server.starttls = False
    assert refused(at(mail_server), trust) == "it offers no STARTTLS, and nothing is said in the clear"
    mail_server.starttls = True
    assert refused(at(mail_server), trusting(None)).startswith("its certificate is not believed: ")
    assert refused(replace(at(mail_server), host="localhost"), trust).startswith(
        "its certificate is not believed"
    )
    assert refused(at(mail_server, user="us", password="x"), trust) == "it lets nobody sign in"
    assert (
        refused(replace(at(mail_server), security=Security.TLS), trust) == "the connection can't be encrypted"
    )
    assert not mail_server.received


def test_a_relay_on_this_machine_may_speak_in_the_clear(mail_server: kit.MailServer) -> None:
    mail_server.starttls = False
    carrier(mail_server, security=Security.NONE).carry(LETTER)
    assert [one.encrypted for one in mail_server.received] == [False]


def test_encrypted_from_the_first_byte(mail_server: kit.MailServer) -> None:
    trust = trusting(mail_server.ca_file)
    plain = at(mail_server, security=Security.NONE)
    with socket.create_server((kit.HOST, 0)) as listening:  # a wall before the server that ends its TLS

        def wall() -> None:
            raw, _ = listening.accept()
            with (
                mail_server._context.wrap_socket(raw, server_side=True) as inner,
                socket.create_connection((plain.host, plain.port)) as outer,
                suppress(OSError),
            ):
                inner.sendall(outer.recv(1000))
                while said := inner.recv(1000):
                    outer.sendall(said)
                    inner.sendall(outer.recv(1000))

        threading.Thread(target=wall, daemon=True).start()
        wrapped = replace(plain, port=listening.getsockname()[1], security=Security.TLS)
        with signed_in(wrapped, trust) as connection:
            try_sender(connection, wrapped)


def test_a_server_that_is_not_there(mail_server: kit.MailServer) -> None:
    mail_server.stop()
    trust = ssl.create_default_context()
    assert refused(at(mail_server), trust) == "it refuses the connection"
    assert (
        refused(replace(at(mail_server), host="nowhere.invalid"), trust) == "no server of this name is known"
    )


def test_a_server_that_can_t_be_reached_is_left_alone_for_a_minute(mail_server: kit.MailServer) -> None:
    now = [1000.0]
    rests = Rests(clock=lambda: now[0])
    mail_server.answers["connect"] = ""
    ours = carrier(mail_server, rests=rests)
    for _ in range(3):
        with pytest.raises(Retry) as raised:
            ours.carry(LETTER)
    assert raised.value.applied is Applied.NO
    assert mail_server.connections == 1

    del mail_server.answers["connect"]
    carrier(mail_server, rests=rests, name="set otherwise").carry(LETTER)
    now[0] += REST + 1
    ours.carry(LETTER)
    assert len(mail_server.received) == 2


def test_a_letter_that_is_refused_leaves_the_server_to_others(mail_server: kit.MailServer) -> None:
    ours = carrier(mail_server)
    for answer in ("450 later", "550 nobody"):
        mail_server.answers["RCPT"] = answer
        with pytest.raises((Retry, NeedsHuman)):
            ours.carry(LETTER)
    mail_server.answers.clear()
    ours.carry(LETTER)
    assert len(mail_server.received) == 1


def test_without_a_mail_server_a_letter_certainly_did_not_go(mail_server: kit.MailServer) -> None:
    nowhere = replace(carrier(mail_server), server=lambda: None)
    with pytest.raises(Retry, match="no mail server is set") as raised:
        nowhere.carry(LETTER)
    assert raised.value.applied is Applied.NO


@pytest.mark.parametrize("address", ["anna@bücher.example", "anna@xn--bcher-kva.example"])
def test_a_domain_of_any_letters_goes_by_any_server(mail_server: kit.MailServer, address: str) -> None:
    carrier(mail_server).carry(replace(LETTER, to=address))
    assert [one.to for one in mail_server.received] == ["anna@xn--bcher-kva.example"]


def test_an_address_that_the_server_or_nobody_can_write_is_for_a_human(mail_server: kit.MailServer) -> None:
    for address in ("ægil@example.com", "no address"):
        with pytest.raises(NeedsHuman) as raised:
            carrier(mail_server).carry(replace(LETTER, to=address))
        assert (raised.value.fault, raised.value.applied) == (Fault.CHANNEL_REFUSED, Applied.NO)
        assert address not in str(raised.value)
    mail_server.offers = ["SMTPUTF8", "8BITMIME"]
    carrier(mail_server).carry(replace(LETTER, to="ægil@example.com"))
    assert [one.to for one in mail_server.received] == ["ægil@example.com"]


@pytest.mark.parametrize("answer", ["550 not you", ""])
def test_a_sender_is_tried_without_a_letter(mail_server: kit.MailServer, answer: str) -> None:
    server, trust = at(mail_server), trusting(mail_server.ca_file)
    with signed_in(server, trust) as connection:
        try_sender(connection, server)
    mail_server.answers["MAIL"] = answer
    with signed_in(server, trust) as connection, pytest.raises(Retry):
        try_sender(connection, server)
    assert not mail_server.received
