"""How a mail server is set: what is refused, and what is shown of it."""

from __future__ import annotations

from typing import Any

import pytest

from so_privacy_ext.errors import Refused
from so_privacy_ext.posting.server import MailServer, Security, read_server

LEAST = {"host": "mail.example.com", "sender": "privacy@example.com"}


def test_the_least_is_a_host_and_a_sender() -> None:
    server = read_server(LEAST)
    assert (server.port, server.security, server.greeting) == (587, Security.STARTTLS, "example.com")
    assert read_server({**LEAST, "hello": "crm.example.com"}).greeting == "crm.example.com"


def test_a_password_is_never_shown() -> None:
    server = read_server({**LEAST, "user": "us", "password": "s3cret"})
    assert server.shown()["password"] == "set"
    assert read_server(LEAST).shown()["password"] == ""
    assert "s3cret" not in repr(server) + str(server.shown())


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"host": ""}, "`host` is no name of a server"),
        ({"host": "mail.example.com:25"}, "`host` is no name of a server"),
        ({"port": 0}, "`port` is none"),
        ({"port": True}, "`port` is none"),
        ({"sender": ""}, "`sender` is no e-mail address"),
        ({"sender": "privacy"}, "`sender` is no e-mail address"),
        ({"sender": "prævacy@example.com"}, "`sender` is no e-mail address"),
        ({"reply_to": "x"}, "`reply_to` is no e-mail address"),
        ({"name": "two\nlines"}, "`name` is no text on one line"),
        ({"name": 7}, "`name` is no text on one line"),
        ({"security": "ssl"}, "`security` is none of starttls, tls, none"),
        ({"security": "none"}, "for a server on this very machine alone"),
        ({"host": "localhost", "security": "none", "user": "us", "password": "x"}, "in the clear"),
        ({"user": "us"}, "a user and a password go together"),
        ({"password": "x"}, "a user and a password go together"),
        ({"colour": "red"}, "there is no setting 'colour'"),
    ],
)
def test_each_mistake_is_named(changed: dict[str, Any], why: str) -> None:
    with pytest.raises(Refused, match=why) as raised:
        read_server({**LEAST, **changed})
    assert raised.value.code == "channel_settings"


def test_all_mistakes_are_named_at_once() -> None:
    with pytest.raises(Refused) as raised:
        read_server({"port": 0, "user": "us"})
    assert raised.value.what.count(";") == 3


def test_an_address_of_numbers_is_a_host() -> None:
    assert isinstance(read_server({**LEAST, "host": "[2001:db8::1]"}), MailServer)
