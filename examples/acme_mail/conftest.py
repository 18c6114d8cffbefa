"""The kit's mail server, for the tests and for `pytest --so-conformance`."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from so_privacy_kit import MailServer


@pytest.fixture
def so_plugin_settings(mail_server: MailServer, monkeypatch: pytest.MonkeyPatch) -> Mapping[str, object]:
    """Settings with which the plugin works, at a mail server whose certificate everybody believes."""
    monkeypatch.setenv("SSL_CERT_FILE", str(mail_server.ca_file))
    return {"host": f"127.0.0.1:{mail_server.port}", "sender": "privacy@acme.example"}
