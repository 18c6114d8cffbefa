"""Seeded bug: the unique key of who was told what does not hold the tenant."""

from __future__ import annotations

from tests.chaos.product import Database


def prepare(database: Database) -> None:
    """Put the key in place of the right one."""
    database.execute("DROP INDEX mail_person")
    database.execute(
        "CREATE UNIQUE INDEX mail_person ON mail (epoch, person_id, mail, version) WHERE state <> 'not_sent'"
    )


def apply() -> None:
    """Change nothing in the processes."""
