"""Which Host headers the web process takes for its own."""

from __future__ import annotations

import pytest

from so_privacy_ext.settings import Settings


@pytest.mark.row("B05")
def test_only_our_own_names_are_asked_for() -> None:
    settings = Settings(public_url="https://privacy.example.com/app/", bind="[::]:7300")

    assert settings.hosts == {"privacy.example.com", "[::]", "localhost", "127.0.0.1"}
