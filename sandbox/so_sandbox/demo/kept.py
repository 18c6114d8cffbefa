"""What an earlier `make up` has left in its folder, and whether the next one can go on with it."""

from __future__ import annotations

import shutil
import socket
from contextlib import closing
from enum import StrEnum

from so_sandbox.demo.commands import Commands, Failed

_MARK = "story"
_WORLD = "world"


class Left(StrEnum):
    """How far the last one came."""

    NOTHING = "nothing"
    BEGUN = "begun"
    TOLD = "told"


def left(commands: Commands) -> Left:
    """Tell how far the last story came; a data folder that no story has filled is refused."""
    mark = commands.credentials / _MARK
    found = Left.NOTHING
    if mark.exists():
        found = Left.TOLD if mark.read_text().strip() == Left.TOLD else Left.BEGUN
    if found is Left.NOTHING and commands.data.exists():
        raise Failed(f"{commands.data} is somebody else's: run this in another folder, or remove it")
    if found is Left.TOLD and not ((commands.credentials / _WORLD).exists() and commands.data.exists()):
        return Left.BEGUN  # the sandbox was killed, and what it held is gone
    return found


def forget(commands: Commands) -> None:
    """Remove what a story has left that came to no end."""
    for folder in (commands.data, commands.credentials):
        shutil.rmtree(folder, ignore_errors=True)


def note(commands: Commands, how_far: Left) -> None:
    """Write down how far the story is."""
    commands.credentials.mkdir(mode=0o700, exist_ok=True)
    (commands.credentials / _MARK).write_text(f"{how_far}\n")


def refuse_taken(*ports: int) -> None:
    """Refuse to start beside another one."""
    for port in ports:
        with closing(socket.socket()) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                how = "stop what uses it, such as another `make up`, or choose others by --ports"
                raise Failed(f"port {port} is taken: {how}") from None
