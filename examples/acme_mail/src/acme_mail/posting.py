"""Writes a letter with Acme's greeting, and hands it to a mail server over STARTTLS."""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Mapping
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from html import escape

from so_privacy_ext import Letter, NotSent

PATIENCE = 3.0
"""Seconds for each answer; a channel has ten in all, and it is better that we say what was too slow."""
GREETINGS: Mapping[str, str] = {"da": "Kære læser", "de": "Guten Tag", "nb": "Hei", "sv": "Hej"}


def greeted(letter: Letter, sender: str, now: datetime) -> EmailMessage:
    """Write the mail that goes over the wire."""
    greeting = GREETINGS.get(letter.language, "Dear reader")
    mail = EmailMessage(policy=SMTP)
    mail["From"], mail["To"], mail["Subject"] = sender, letter.to, letter.subject
    mail["Date"] = format_datetime(now)
    mail["Message-ID"] = f"<{letter.message_id}@{sender.rpartition('@')[2]}>"
    mail.set_content(f"{greeting},\n\n{letter.text}", cte="quoted-printable")
    page = letter.html.replace("<body>", f"<body>\n<p>{escape(greeting)},</p>", 1)
    mail.add_alternative(page, subtype="html", cte="quoted-printable")
    return mail


def send(mail: EmailMessage, host: str, sender: str, to: str, user: str, password: str) -> None:  # noqa: PLR0917
    """Send a mail; raises `NotSent` until the server has been given it, and whatever it meets after that."""
    name, _, port = host.partition(":")
    try:
        server = smtplib.SMTP(
            name, int(port or 587), local_hostname=sender.rpartition("@")[2], timeout=PATIENCE
        )
    except OSError:
        raise NotSent from None
    try:
        _agree_on(server, sender, to, user, password)
        _hand_over(server, mail)
    finally:
        server.close()


def _agree_on(server: smtplib.SMTP, sender: str, to: str, user: str, password: str) -> None:
    try:
        server.starttls(context=ssl.create_default_context())
        if user:
            server.login(user, password)
        sender_code, _ = server.mail(sender)
        code, _ = server.rcpt(to)
    except UnicodeError:  # an address that this server can't be told
        raise NotSent(for_good=True) from None
    except (OSError, smtplib.SMTPException):
        raise NotSent from None
    if sender_code != 250 or code not in {250, 251}:
        raise NotSent(for_good=sender_code == 250 and code >= 500)


def _hand_over(server: smtplib.SMTP, mail: EmailMessage) -> None:
    try:
        code, _ = server.data(mail.as_bytes())
    except smtplib.SMTPDataError:  # it doesn't want to hear it
        raise NotSent from None
    if code != 250:
        raise NotSent(for_good=code >= 500)
