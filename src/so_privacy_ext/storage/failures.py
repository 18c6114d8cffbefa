"""What is done about each failure of psycopg: the database is unavailable, or the set-up is refused."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg

from so_privacy_ext.errors import Exit, PrivacyError, Refused, StorageUnavailable

_GRANT = "connect as the role that owns the schema, and GRANT so_privacy_app TO it"
_SCHEMA = (
    "run this version's migrations (they run at `so-privacy up`) on the database that DATABASE_URL names"
)

# SQLSTATE, or its class of two characters, that no later try mends: code, what, how, exit code.
_REFUSED: dict[str, tuple[str, str, str, Exit]] = {
    "28": ("database_login", "the database refuses the login", "correct user and password", Exit.CONFIG),
    "3D": ("database_name", "there is no such database", "create it, or correct its name", Exit.CONFIG),
    "3F": ("database_schema", "the schema is not there", _SCHEMA, Exit.CONFIG),
    "0A": (
        "database_version",
        "PostgreSQL lacks a feature we need",
        "use PostgreSQL 14 or later",
        Exit.CONFIG,
    ),
    "42": ("database_schema", "the schema is not the one we know", _SCHEMA, Exit.CONFIG),
    "42501": ("database_rights", "the database role lacks a right", _GRANT, Exit.NO_PERMISSION),
    "22023": ("database_role", "the role so_privacy_app is not there", _SCHEMA, Exit.CONFIG),
}

# libpq gives no SQLSTATE when connecting fails, only the server's text.
_REFUSED_TEXT = (
    (re.compile(r"authentication failed|no password supplied|no pg_hba\.conf entry"), "28"),
    (re.compile(r'role "[^\n]*" does not exist'), "28"),
    (re.compile(r'database "[^\n]*" does not exist'), "3D"),
)


def classify(error: Exception, *, where: str = "") -> PrivacyError:
    """Tell what a failure of psycopg means; the text quotes neither the statement nor its values."""
    state = getattr(error, "sqlstate", None) or ""
    if isinstance(error, psycopg.OperationalError) and not state:
        text = str(error)
        state = next((found for pattern, found in _REFUSED_TEXT if pattern.search(text)), "")
    known = _REFUSED.get(state) or _REFUSED.get(state[:2])
    if known is None:
        return StorageUnavailable(
            f"{where or 'the database'} is unavailable ({type(error).__name__} {state or 'no code'})"
        )
    code, what, how, exit_code = known
    return Refused(code, what, how, exit_code, where=where)


@contextmanager
def mapped(*, where: str = "") -> Iterator[None]:
    """Let nothing of psycopg out of the block."""
    try:
        yield
    except psycopg.Error as error:
        raise classify(error, where=where) from error
