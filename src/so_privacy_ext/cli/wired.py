"""Gives commands the wired product, and takes it down after them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from so_privacy_ext import settings as configuration
from so_privacy_ext.app import App, find_database
from so_privacy_ext.cli.logs import log_as_json
from so_privacy_ext.storage.keys import open_key_or_wait


@contextmanager
def wired(*, without_key: bool = False) -> Iterator[App]:
    """Wire the product to the database that runs; a doctor looks also where the data key is missing."""
    settings = configuration.read()
    log_as_json("so-privacy", folder=settings.log_dir, days=settings.log_days, to_stderr=False)
    dsn = find_database(settings)
    app = App(settings, dsn, open_key_or_wait(dsn, settings.data_key_path) if without_key else None)
    try:
        yield app
    finally:
        app.close()
