"""Connections under the app's own role, and the schema's forward-only migrations."""

from __future__ import annotations

from importlib.resources import files
from typing import Any

import psycopg
from psycopg.conninfo import conninfo_to_dict
from psycopg.rows import dict_row

from so_privacy_ext.errors import Exit, Refused
from so_privacy_ext.storage.failures import mapped
from so_privacy_ext.storage.statements import Statements

Row = dict[str, Any]
Connection = psycopg.Connection[Row]

APP_ROLE = "so_privacy_app"
IDLE_SECONDS = 6.0
"""A session that is silent for longer loses its turn: this is what fences a paused worker."""

_UNACKNOWLEDGED = 11_000
"""Milliseconds, as many as the keep-alives take, which don't count while something sent is unacknowledged."""

_sql = Statements("database")


def connect(
    dsn: str,
    *,
    application_name: str,
    idle_seconds: float = IDLE_SECONDS,
    statement_seconds: float = 30.0,
    connect_seconds: int = 5,
) -> Connection:
    """Connect in autocommit as the app's role, on a schema of exactly our version.

    With `idle_seconds` 0 an idle session lives on; one idle inside a transaction never does.
    """
    where = describe(dsn)
    with mapped(where=where):
        connection = _open(dsn, where, application_name, connect_seconds)
        try:
            idle = round(idle_seconds * 1000)
            connection.execute(
                _sql["session"],
                {
                    "idle": str(idle),
                    "in_transaction": str(idle or round(IDLE_SECONDS * 1000)),
                    "statement": str(round(statement_seconds * 1000)),
                },
            )
            connection.execute(_sql["set_role"])
            _refuse_unfit(connection, where)
        except BaseException:
            connection.close()
            raise
    return connection


def migrate(dsn: str) -> None:
    """Bring the schema to our version; safe beside another that does the same, and after being killed."""
    where = describe(dsn)
    with mapped(where=where), _open(dsn, where, "so-privacy migrate") as connection:
        connection.execute(_sql["migrate_session"])
        connection.execute(_sql["migrate_lock"])
        connection.execute(_sql["role"])
        connection.execute(_sql["versions"])
        found = _version(connection)
        _refuse_newer(found, where)
        for number, statements in _migrations()[found:]:
            with connection.transaction():
                connection.execute(statements)
                connection.execute(_sql["record"], {"version": number})


def describe(dsn: str) -> str:
    """Name a database for an error text, without its password."""
    try:
        parts = conninfo_to_dict(dsn)
    except psycopg.ProgrammingError:
        parts = {}  # its text quotes the URL, and so the password
    names = f"{parts.get('host')}{parts.get('hostaddr')}{parts.get('dbname')}"
    if (dsn and not parts) or "@" in names:  # the rest of a password that was not encoded
        raise Refused(
            "database_url",
            "the database URL can't be read",
            "write postgresql://user:password@host:port/database; in a password, @ is %40 and / is %2F",
            Exit.CONFIG,
        )
    host = parts.get("host") or parts.get("hostaddr") or "localhost"
    port = f":{parts['port']}" if "port" in parts else ""
    user = f"{parts['user']}@" if "user" in parts else ""
    return f"database {user}{host}{port}/{parts.get('dbname', '')}"


def schema_version() -> int:
    """Give the version of the schema that this code knows."""
    return len(_migrations())


def _open(dsn: str, where: str, application_name: str, connect_seconds: int = 5) -> Connection:
    connection = psycopg.connect(
        dsn,
        autocommit=True,
        row_factory=dict_row,
        application_name=application_name,
        connect_timeout=connect_seconds,
        keepalives_idle=5,
        keepalives_interval=2,
        keepalives_count=3,
        tcp_user_timeout=_UNACKNOWLEDGED,
    )
    if connection.info.server_version < 140000:
        connection.close()
        raise Refused(
            "database_version",
            f"PostgreSQL {connection.info.server_version // 10000} is too old",
            "use PostgreSQL 14 or later",
            Exit.CONFIG,
            where=where,
        )
    return connection


def _refuse_unfit(connection: Connection, where: str) -> None:
    row = connection.execute(_sql["fitness"]).fetchone()
    if row is None or row["above_the_wall"]:
        raise Refused(
            "database_role",
            f"the role {APP_ROLE} is a superuser, may bypass row-level security or owns our tables",
            f"ALTER ROLE {APP_ROLE} NOSUPERUSER NOBYPASSRLS and take the owner's role from it",
            Exit.CONFIG,
            where=where,
        )
    found = _version(connection)
    _refuse_newer(found, where)
    if found < schema_version():
        raise Refused(
            "schema_older",
            f"the schema has version {found}, this program needs {schema_version()}",
            "start `so-privacy up`, `web` or `worker` of this version, each of which brings it up to date",
            Exit.CONFIG,
            where=where,
        )


def _refuse_newer(found: int, where: str) -> None:
    if found > schema_version():
        raise Refused(
            "schema_newer",
            f"the schema has version {found}, this program knows {schema_version()}",
            "use the program that made it, or a later one",
            Exit.CONFIG,
            where=where,
        )


def _version(connection: Connection) -> int:
    row = connection.execute(_sql["version"]).fetchone()
    return 0 if row is None else int(row["version"])


def _migrations() -> list[tuple[int, bytes]]:
    folder = files(__package__) / "migrations"
    names = sorted(entry.name for entry in folder.iterdir() if entry.name.endswith(".sql"))
    return [(number, (folder / name).read_bytes()) for number, name in enumerate(names, start=1)]
