"""This installation: its database's address, its keys, its clock, its logs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from pathlib import Path

from psycopg import ProgrammingError
from psycopg.conninfo import conninfo_to_dict

from so_privacy_ext.doctor.findings import Finding, error, right, warning
from so_privacy_ext.errors import Refused

_THREE_MONTHS = 92
_SAFE = {"require", "verify-ca", "verify-full"}
_LOCAL = {"localhost", "127.0.0.1", "::1"}
_SOMEWHAT, _TOO_MUCH = timedelta(seconds=30), timedelta(minutes=4)


def examine_database(dsn: str) -> Iterator[Finding]:
    """Look at how the database is reached; that it is, and has our schema, is known by now."""
    yield right("database", "reached, schema as this program knows it")
    try:
        parts = conninfo_to_dict(dsn)
    except ProgrammingError:
        return
    host = str(parts.get("host") or parts.get("hostaddr") or "")
    mode = str(parts.get("sslmode") or "prefer")
    if host and not host.startswith(("/", "@")) and host not in _LOCAL and mode not in _SAFE:
        yield warning(
            "database connection",
            f"sslmode is {mode}, so it may be unencrypted",
            "add sslmode=verify-full to DATABASE_URL, with sslrootcert where the authority is your own",
            means="whoever is between us and the database reads and changes everything",
        )


def examine_application(read: Callable[[], object]) -> Finding:
    """See whether client secret and private key can be used."""
    try:
        read()
    except Refused as refused:
        return error("application", str(refused), refused.how, means="no tenant lets us in")
    return right("application", "token and private key can be used")


def examine_data_key(known: Callable[[], frozenset[str]], in_use: Mapping[str, int]) -> Finding:
    """See whether every secret was sealed by a key that we have."""
    means = "tenants can't be worked for, and deliveries are answered 503"
    try:
        lacking = sorted(in_use.keys() - known())
    except Refused as refused:
        return error("data key", refused.what, refused.how, means=means)
    if lacking:
        count = sum(in_use[one] for one in lacking)
        found = f"{count} secrets were sealed by {', '.join(lacking)}, which the file does not hold"
        do = "point SO_PRIVACY_DATA_KEY_FILE to the key file that belongs to this database, or restore it"
        return error("data key", found, do, means=means)
    if len(in_use) > 1:
        found = f"secrets are sealed by {len(in_use)} keys: a rotation is not at its end"
        return warning("data key", found, "so-privacy keys rotate")
    return right("data key", "opens every secret")


def examine_clock(ours: datetime, theirs: datetime | None) -> Finding:
    """Compare our clock with the login service's."""
    if theirs is None:
        return warning("clock", "the login service tells no time", "try again in a while")
    apart = abs(ours - theirs)
    found = f"{round(apart.total_seconds())} s apart from SuperOffice's"
    do = "set this machine's clock, by NTP"
    means = "at five minutes SuperOffice refuses our sign-in to every tenant"
    if apart > _TOO_MUCH:
        return error("clock", found, do, means=means)
    return warning("clock", found, do, means=means) if apart > _SOMEWHAT else right("clock", found)


def examine_logs(folder: Path | None, days: int) -> Finding:
    """See whether logs are kept as SuperOffice wants it."""
    if folder is not None and days < _THREE_MONTHS:
        do = f"set SO_PRIVACY_LOG_DAYS to {_THREE_MONTHS} or more"
        return warning("logs", f"kept for {days} days", do, means="SuperOffice asks for three months of logs")
    kept = (
        f"kept for {days} days in {folder}"
        if folder is not None
        else "on standard error; whoever runs us keeps them"
    )
    return right("logs", kept)
