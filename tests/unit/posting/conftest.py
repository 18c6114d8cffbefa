"""A mail server for each test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from so_privacy_kit.mail_server import MailServer


@pytest.fixture
def mail_server() -> Iterator[MailServer]:
    with MailServer() as server:
        yield server
