"""The CRM's front door: a process that passes all bytes on and notes when each call came in.

It stands outside the sandbox's process, whose own clock is late whenever another call is being answered.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import re
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

_CALL = re.compile(rb"POST /(Cust\d+)/", re.IGNORECASE)
_CHUNK = 256 * 1024
_URGENT = -10


@dataclass(frozen=True, slots=True)
class Visit:
    """One call at its arrival, in seconds since 1970, from a port of the caller's."""

    at: float
    port: int


class Door:
    """The door as its owner sees it."""

    def __init__(self, to_port: int, log: Path) -> None:
        self._log = log
        root = Path(__file__).resolve().parents[2]
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.chaos.door", str(to_port), str(log)],
            cwd=root,
            stdin=subprocess.PIPE,  # its end is the door's
            stdout=subprocess.PIPE,
        )
        assert self._process.stdout is not None
        self.port = int(self._process.stdout.readline())

    def visits(self, tenant: str) -> list[Visit]:
        """Give a tenant's calls, in order."""
        lines = (line.split() for line in self._log.read_text().splitlines())
        found = [Visit(float(at), int(port)) for name, at, port in lines if name == tenant]
        return sorted(found, key=lambda one: one.at)

    def close(self) -> None:
        self._process.communicate(timeout=10)


def busiest_second(visits: Sequence[Visit]) -> int:
    """Give the largest number of calls in any rolling second."""
    most = start = 0
    for end, visit in enumerate(visits):
        while visits[start].at <= visit.at - 1.0:
            start += 1
        most = max(most, end - start + 1)
    return most


async def _pass_on(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, log: BinaryIO | None = None, port: int = 0
) -> None:
    """Copy until one side is gone, then cut the other; note each call."""
    with suppress(OSError):
        while chunk := await reader.read(_CHUNK):
            at = time.time()
            call = _CALL.match(chunk) if log is not None else None
            if call is not None and log is not None:
                log.write(b"%s %.6f %d\n" % (call[1], at, port))
                log.flush()
            writer.write(chunk)
            await writer.drain()
    writer.transport.abort()


async def _serve(to_port: int, log: BinaryIO) -> None:
    async def visit(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            inner_reader, inner_writer = await asyncio.open_connection("127.0.0.1", to_port)
        except OSError:
            writer.transport.abort()
            return
        port = writer.get_extra_info("peername")[1]
        await asyncio.gather(_pass_on(reader, inner_writer, log, port), _pass_on(inner_reader, writer))

    door = await asyncio.start_server(visit, "127.0.0.1", 0, backlog=512)
    print(door.sockets[0].getsockname()[1], flush=True)
    over = asyncio.Event()
    asyncio.get_running_loop().add_reader(sys.stdin, over.set)
    await over.wait()


def main() -> None:
    """Serve until the owner is gone."""
    parser = argparse.ArgumentParser(prog="door")
    parser.add_argument("to_port", type=int)
    parser.add_argument("log", type=Path)
    given = parser.parse_args()
    with suppress(OSError):
        os.nice(_URGENT)
    with given.log.open("ab") as log:
        asyncio.run(_serve(given.to_port, log))


if __name__ == "__main__":
    main()
