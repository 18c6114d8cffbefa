"""A web process of its own: `python served.py FD FILE MODE` keeps deliveries in a file, durably."""

import os
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path

from so_privacy_ext.model import Delivery, Slot, SlotKeys
from so_privacy_ext.web.application import create_application
from so_privacy_ext.web.server import serve
from tests.unit.web.fake_receiving import two_tenants


class FileReceiving:
    """One line an event id, synced before the call returns."""

    def __init__(self, path: Path, mode: str) -> None:
        self._file = path.open("ab", buffering=0)
        self._mode = mode
        self._slots = two_tenants()

    def look_up(self, slot: Slot) -> SlotKeys | None:
        return self._slots.get(slot)

    def store(self, deliveries: Sequence[Delivery]) -> None:
        if self._mode == "stuck":
            threading.Event().wait()
        time.sleep(0.05 if self._mode == "slow" else 0)
        lines = [one.event.event_id + "\n" for one in deliveries if one.event is not None]
        self._file.write("".join(lines).encode())
        os.fsync(self._file.fileno())


GRACEFUL_WHEN_STUCK = 4.0


def main(fd: int, path: Path, mode: str) -> None:
    application = create_application(FileReceiving(path, mode), store_seconds=30)
    ended_by = serve(application, fd=fd, graceful=GRACEFUL_WHEN_STUCK if mode == "stuck" else 10)
    print("ended by", ended_by and ended_by.name)


if __name__ == "__main__":
    main(int(sys.argv[1]), Path(sys.argv[2]), sys.argv[3])
