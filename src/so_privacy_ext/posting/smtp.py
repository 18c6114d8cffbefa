"""Speaks SMTP with one server for one letter, and says of each failure whether the letter may have gone.

Until the server has been given the letter's content, nothing was sent. From then on only its own answer
tells; a connection that is lost before it leaves the letter unknown. No error quotes an address, a text, or
what the server said but for its code.
"""

from __future__ import annotations

import re
import smtplib
import socket
import ssl
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path

from so_privacy_ext.errors import Applied, CrmFailure, Fault, NeedsHuman, Retry
from so_privacy_ext.model import SMTP
from so_privacy_ext.ports import Letter
from so_privacy_ext.posting.form import as_mail, recipient
from so_privacy_ext.posting.server import MailServer, Security

PATIENCE = 20.0
"""Seconds for the connection, and for each answer; a server may look through a letter first."""
_GO_ON, _PERMANENT = 354, 500
_DOT = re.compile(rb"^\.", re.MULTILINE)


def trusting(ca_file: Path | None) -> ssl.SSLContext:
    """Give what decides which servers are believed: those that this machine trusts, and one more."""
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if ca_file is not None:
        context.load_verify_locations(ca_file)
    return context


@contextmanager
def signed_in(server: MailServer, trust: ssl.SSLContext) -> Iterator[smtplib.SMTP]:
    """Connect, encrypt and sign in; raises `Retry`, and nothing was sent then."""
    connection = _connected(server, trust)
    try:
        try:
            _prepare(connection, server, trust)
        except (smtplib.SMTPException, OSError, ValueError) as error:
            raise _not_sent(_why(error)) from None
        yield connection
        with suppress(smtplib.SMTPException, OSError):
            connection.quit()
    finally:
        connection.close()


def _connected(server: MailServer, trust: ssl.SSLContext) -> smtplib.SMTP:
    name, host = server.greeting, server.host.strip("[]")
    try:
        if server.security is Security.TLS:
            return smtplib.SMTP_SSL(host, server.port, name, timeout=PATIENCE, context=trust)
        return smtplib.SMTP(host, server.port, name, timeout=PATIENCE)
    except (smtplib.SMTPException, OSError) as error:
        raise _not_sent(_why(error)) from None


def _prepare(connection: smtplib.SMTP, server: MailServer, trust: ssl.SSLContext) -> None:
    connection.ehlo_or_helo_if_needed()
    if server.security is Security.STARTTLS:
        if not connection.has_extn("starttls"):
            raise _not_sent("it offers no STARTTLS, and nothing is said in the clear")
        connection.starttls(context=trust)
        connection.ehlo_or_helo_if_needed()
    if server.user:
        connection.login(server.user, server.password)


_WHY: Sequence[tuple[type[Exception], str]] = (
    (ssl.SSLCertVerificationError, "its certificate is not believed: {0.verify_message}"),
    (ssl.SSLError, "the connection can't be encrypted"),
    (smtplib.SMTPAuthenticationError, "it refuses user and password"),
    (smtplib.SMTPNotSupportedError, "it lets nobody sign in"),
    (smtplib.SMTPResponseException, "it refuses us, and says {0.smtp_code}"),
    (socket.gaierror, "no server of this name is known"),
    (TimeoutError, "it doesn't answer in time"),
    (ConnectionRefusedError, "it refuses the connection"),
)


def _why(error: Exception) -> str:
    """Say what kept us from a server; of what it said itself, its code alone."""
    known = (text.format(error) for kind, text in _WHY if isinstance(error, kind))
    return next(known, "it ends the connection, or answers otherwise than by SMTP")


def try_sender(connection: smtplib.SMTP, server: MailServer) -> None:
    """See that the server lets the sender write; raises `Retry`."""
    try:
        code, _ = connection.mail(server.sender)
        connection.rset()
    except (smtplib.SMTPException, OSError) as error:
        raise _not_sent(_why(error)) from None
    if code != 250:
        raise _not_sent(f"it doesn't let the sender write, and says {code}")


def deliver(connection: smtplib.SMTP, server: MailServer, letter: Letter, now: datetime) -> None:
    """Hand a letter over; raises `Retry` or `NeedsHuman`, whose `applied` says whether it may have gone."""
    to = recipient(letter.to)
    if to is None:
        raise _refused("its address can't be written")
    if not to.isascii() and not connection.has_extn("smtputf8"):
        raise _refused("the server takes no address of these letters")
    content = _DOT.sub(b"..", as_mail(letter, to, server, now)).rstrip(b"\r\n") + b"\r\n.\r\n"
    try:
        options = () if to.isascii() else ("SMTPUTF8", "BODY=8BITMIME")
        _agree(connection.mail(server.sender, options)[0], "the sender", about_her=False)
        _agree(connection.rcpt(to)[0], "the recipient")
        _agree(connection.docmd("DATA")[0], "the letter", expected=_GO_ON)
    except (smtplib.SMTPException, OSError) as error:
        raise _not_sent(_why(error)) from None
    try:
        connection.send(content)
        code, _ = connection.getreply()
    except (smtplib.SMTPException, OSError):
        raise Retry(Fault.CHANNEL, SMTP, detail="the connection was lost before the answer") from None
    _agree(code, "the letter")


def _agree(code: int, what: str, *, expected: int = 250, about_her: bool = True) -> None:
    """Take an answer for a yes, a no for now, or a no for good; each no says that nothing was sent."""
    if code == expected or (expected == 250 and code == 251):
        return
    why = f"the server refuses {what}, and says {code}"
    raise _refused(why) if code >= _PERMANENT and about_her else _not_sent(why)


def _not_sent(why: str) -> CrmFailure:
    return Retry(Fault.CHANNEL, SMTP, applied=Applied.NO, detail=why)


def _refused(why: str) -> CrmFailure:
    return NeedsHuman(Fault.CHANNEL_REFUSED, SMTP, applied=Applied.NO, detail=why)
