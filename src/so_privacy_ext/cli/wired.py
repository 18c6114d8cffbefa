"""Gives commands the wired product, which is imported here and only when a command needs it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from so_privacy_ext.app import App


@contextmanager
def wired(*, without_key: bool = False) -> Iterator[App]:
    """Wire the product to the database that runs; a doctor looks also where the data key is missing."""
    # Most of a second of importing, which a command that only reads files does without.
    from so_privacy_ext import settings as configuration  # noqa: PLC0415
    from so_privacy_ext.app import App, find_database  # noqa: PLC0415
    from so_privacy_ext.cli.logs import log_as_json  # noqa: PLC0415
    from so_privacy_ext.storage.keys import open_key_or_wait  # noqa: PLC0415

    settings = configuration.read()
    log_as_json("so-privacy", folder=settings.log_dir, days=settings.log_days, to_stderr=False)
    dsn = find_database(settings)
    app = App(settings, dsn, open_key_or_wait(dsn, settings.data_key_path) if without_key else None)
    try:
        yield app
    finally:
        app.close()
