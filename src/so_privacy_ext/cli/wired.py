"""Gives commands the wired product, and takes it down after them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from so_privacy_ext import settings as configuration
from so_privacy_ext.app import App, find_database
from so_privacy_ext.cli.logs import log_as_json


@contextmanager
def wired() -> Iterator[App]:
    """Wire the product to the database that runs."""
    settings = configuration.read()
    log_as_json("so-privacy", folder=settings.log_dir, days=settings.log_days, to_stderr=False)
    app = App(settings, find_database(settings))
    try:
        yield app
    finally:
        app.close()
