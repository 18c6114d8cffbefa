"""Writes a letter as the mail that goes over the wire."""

from __future__ import annotations

from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP, SMTPUTF8
from email.utils import format_datetime

from email_validator import EmailNotValidError, validate_email

from so_privacy_ext.ports import Letter
from so_privacy_ext.posting.server import MailServer


def recipient(address: str) -> str | None:
    """Give an address as any server takes it, in ASCII; its own where only some do, None where none can."""
    try:
        known = validate_email(address, check_deliverability=False, test_environment=True)
    except EmailNotValidError:
        return None
    return known.ascii_email or known.normalized


def as_mail(letter: Letter, to: str, server: MailServer, now: datetime) -> bytes:
    """Write a letter: plain text with the same as a page beside it, lines as SMTP wants them."""
    policy = SMTP if to.isascii() else SMTPUTF8
    mail = EmailMessage(policy=policy)
    mail["From"] = Address(server.name, addr_spec=server.sender)
    local, _, domain = to.rpartition("@")
    mail["To"] = Address(username=local, domain=domain)
    if server.reply_to:
        mail["Reply-To"] = Address(addr_spec=server.reply_to)
    mail["Subject"] = letter.subject
    mail["Date"] = format_datetime(now)
    mail["Message-ID"] = f"<{letter.message_id}@{server.domain}>"
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(letter.text, cte="quoted-printable")
    mail.add_alternative(letter.html, subtype="html", cte="quoted-printable")
    mail["Content-Language"] = letter.language
    return mail.as_bytes(policy=policy)
