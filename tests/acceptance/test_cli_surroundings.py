"""Every command where its streams are closed, its characters few, or its folder is nobody's to write to."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from so_privacy_ext.errors import Exit
from tests.acceptance.installed import FIRST, Place, Running
from tests.unit.cli.asked import Command, commands

READ_ONLY = Path("/sys")
"""A folder in which nobody makes a file, not even root."""
REFUSING = {
    *(Exit.USAGE, Exit.BAD_DATA, Exit.NO_INPUT, Exit.UNAVAILABLE),
    *(Exit.CANT_CREATE, Exit.NO_PERMISSION, Exit.CONFIG),
}
each = pytest.mark.parametrize("command", list(commands()), ids=lambda command: command.name)


@pytest.mark.row("B87")
@each
def test_closed_streams(place: Place, command: Command) -> None:
    done = place.run(*command.sensible(), closed=True)

    assert (done.code in {Exit.OK, *REFUSING}, done.out, done.err) == (True, "", ""), done
    assert not (place.folder / "data").exists()


@pytest.mark.row("B87")
@each
def test_a_folder_that_takes_no_file(place: Place, command: Command, dsn: str) -> None:
    settings = {"SO_PRIVACY_DATA_DIR": ".so-privacy", "DATABASE_URL": dsn, "SO_PRIVACY_BIND": "127.0.0.1:0"}

    done = place.run(*command.sensible(), given=b"a token", settings=settings, folder=READ_ONLY)

    if done.code != Exit.OK:
        assert done.code in REFUSING
        done.refused(done.code)
    assert not (READ_ONLY / ".so-privacy").exists()


@pytest.mark.row("B87")
@each
def test_a_language_of_few_characters(place: Place, command: Command) -> None:
    few = {"LC_ALL": "C", "LANG": "C", "PYTHONUTF8": "0", "PYTHONIOENCODING": "ascii:strict"}

    done = place.run(*command.words, "--ængstlich\u202e", settings=few)

    done.refused(Exit.USAGE, "--\u00e6ngstlich\\u202e")


@pytest.mark.row("B88")
def test_no_secret_is_seen_among_processes(installed: Running) -> None:
    """Neither in the words nor in the environment of what `up` starts, PostgreSQL included."""
    secrets = {
        Path(installed.environment["SO_PRIVACY_APPLICATION_TOKEN_FILE"]).read_text().strip(),
        Path(installed.token(FIRST)).read_text().strip(),
        Path(installed.folder / "data" / "data.key").read_text().strip(),
        *Path(installed.environment["SO_PRIVACY_PRIVATE_KEY_FILE"]).read_text().split("\n")[1:-2],
        *(hook.secret for hook in installed.tenant(FIRST).tables.webhooks.values()),
    }
    folder = str(installed.folder / "data")
    parents = [
        psutil.Process(installed.up.pid),
        *(one for one in psutil.process_iter() if any(folder in word for word in _words(one))),
    ]
    open_to_all = [text for one in {*parents, *_below(parents)} for text in _seen(one)]

    assert any("worker" in text for text in open_to_all)
    assert any("postgres" in text for text in open_to_all)
    assert all(len(secret) > 8 for secret in secrets)
    assert [secret for secret in secrets for text in open_to_all if secret in text] == []


def _words(process: psutil.Process) -> list[str]:
    with suppress(psutil.Error):
        return process.cmdline()
    return []


def _below(parents: list[psutil.Process]) -> Iterator[psutil.Process]:
    for one in parents:
        with suppress(psutil.Error):
            yield from one.children(recursive=True)


def _seen(process: psutil.Process) -> Iterator[str]:
    for what in ("cmdline", "environ"):
        with suppress(OSError):  # it has ended
            yield Path(f"/proc/{process.pid}/{what}").read_bytes().decode(errors="replace")
