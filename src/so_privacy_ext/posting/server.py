"""How a tenant's mail server is reached, and what it is told of who writes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from enum import StrEnum
from typing import Any

from email_validator import EmailNotValidError, validate_email

from so_privacy_ext.errors import Exit, Refused

_HOST = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?|\[?[0-9A-Fa-f:]{2,45}\]?")
_THIS_MACHINE = frozenset({"localhost", "127.0.0.1", "::1"})
_LONGEST = 500


class Security(StrEnum):
    """How the connection is kept from others."""

    STARTTLS = "starttls"
    """Begun in the clear and encrypted before anything is said; a server that can't is refused."""
    TLS = "tls"
    """Encrypted from its first byte, usually on port 465."""
    NONE = "none"
    """For a relay on this very machine alone."""


@dataclass(frozen=True, slots=True)
class MailServer:
    """A tenant's mail server."""

    host: str
    sender: str
    """The address from which its mails come."""
    port: int = 587
    security: Security = Security.STARTTLS
    user: str = ""
    """Empty where the server wants nobody to sign in."""
    password: str = field(default="", repr=False)
    name: str = ""
    """Of the sender, as her mail program shows it."""
    reply_to: str = ""
    hello: str = ""
    """How we name ourselves to the server; the sender's domain if empty."""

    @property
    def domain(self) -> str:
        """Give the sender's domain, in which its letters are named."""
        return self.sender.rpartition("@")[2]

    @property
    def greeting(self) -> str:
        """Give the name by which we greet."""
        return self.hello or self.domain

    def shown(self) -> Mapping[str, Any]:
        """Give all that may be seen; of the password, whether there is one."""
        return {**asdict(self), "security": str(self.security), "password": "set" if self.password else ""}


def read_server(given: Mapping[str, Any]) -> MailServer:
    """Read what was set; raises `Refused` with all mistakes."""
    wrong = _mistakes(given)
    if wrong:
        how = "so-privacy channel set says what each may be"
        raise Refused("channel_settings", "; ".join(wrong.values()), how, Exit.USAGE)
    return MailServer(**{**given, "security": Security(given.get("security", Security.STARTTLS))})


def _mistakes(given: Mapping[str, Any]) -> dict[str, str]:
    """Say what is wrong by setting, of each the first."""
    return _mistakes_of_address(given) | _mistakes_of_security(given) | _mistakes_of_form(given)


def _mistakes_of_form(given: Mapping[str, Any]) -> dict[str, str]:
    known = {one.name for one in fields(MailServer)}
    wrong = {name: f"there is no setting {name!r}" for name in given if name not in known}
    for name in known - {"port"}:
        text = given.get(name, "")
        if not isinstance(text, str) or len(text) > _LONGEST or not text.isprintable():
            wrong[name] = f"`{name}` is no text on one line"
    return wrong


def _mistakes_of_address(given: Mapping[str, Any]) -> dict[str, str]:
    wrong = {}
    host, port = str(given.get("host", "")), given.get("port", 587)
    if not _HOST.fullmatch(host):
        wrong["host"] = "`host` is no name of a server, such as mail.example.com"
    if isinstance(port, bool) or not isinstance(port, int) or not 0 < port < 65536:
        wrong["port"] = "`port` is none, such as 587"
    for name in ("sender", "reply_to"):
        address = str(given.get(name, ""))
        if not _is_address(address) and (address or name == "sender"):
            wrong[name] = f"`{name}` is no e-mail address in ASCII"
    return wrong


def _mistakes_of_security(given: Mapping[str, Any]) -> dict[str, str]:
    wrong, security = {}, str(given.get("security", Security.STARTTLS))
    if security not in set(Security):
        wrong["security"] = f"`security` is none of {', '.join(Security)}"
    elif security == Security.NONE and given.get("host") not in _THIS_MACHINE:
        wrong["security"] = "`security` is none, which is for a server on this very machine alone"
    if security == Security.NONE and given.get("password"):
        wrong["password"] = "a password would be sent in the clear"  # noqa: S105  # a sentence
    if bool(given.get("user")) != bool(given.get("password")):
        wrong["user"] = "a user and a password go together"
    return wrong


def _is_address(text: str) -> bool:
    try:
        validate_email(text, check_deliverability=False, allow_smtputf8=False, test_environment=True)
    except EmailNotValidError:
        return False
    return text.isascii()
