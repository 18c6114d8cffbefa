"""Keeps child processes running, and ends them in order; the parent holds what must outlive them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from so_privacy_ext.cli.signals import Told

_FIRST_PAUSE, _LONGEST_PAUSE = 0.1, 5.0
_STEADY = 10.0
"""Seconds after which a child counts as having come up well."""
_GRACE = 12.0
"""Seconds that a child has to end; PostgreSQL and we end after it, and all of it takes less than 15."""


@dataclass(frozen=True, slots=True)
class Child:
    """One command of ours, with the descriptors that it inherits and what is set otherwise for it."""

    name: str
    arguments: Sequence[str]
    descriptors: Sequence[int] = ()
    environment: Mapping[str, str] = field(default_factory=dict)


class Supervisor:
    """Starts children, starts them again when they die, and stops all when told."""

    def __init__(self, children: Sequence[Child], say: Callable[[str], None]) -> None:
        self._children = children
        self._say = say
        self._stop = threading.Event()
        # Children read the other end: when this process dies, however it dies, they see it and end.
        self._lifeline, self._held = os.pipe()

    def run(self) -> signal.Signals:
        """Keep the children running until SIGTERM or SIGINT, then end them; tell which it was."""
        told = Told()
        keepers = [threading.Thread(target=self._keep, args=(child,)) for child in self._children]
        for keeper in keepers:
            keeper.start()
        while (came := told.wait(60)) is None:
            pass
        self._stop.set()
        for keeper in keepers:
            keeper.join()
        return came

    def _keep(self, child: Child) -> None:
        pause = _FIRST_PAUSE
        while not self._stop.is_set():
            begun = time.monotonic()
            how = self._live(child)
            if not self._stop.is_set():
                steady = time.monotonic() - begun > _STEADY
                pause = _FIRST_PAUSE if steady else min(pause * 2, _LONGEST_PAUSE)
                self._say(f"{child.name} {how}; starting it again")
                self._stop.wait(pause)

    def _live(self, child: Child) -> str:
        """Start a child and stay with it to its end; tell how it ended."""
        try:
            process = self._start(child)
        except OSError as error:  # no memory, no more processes: this passes
            return f"can't be started ({error.strerror})"
        while process.poll() is None and not self._stop.wait(0.05):
            pass
        if self._stop.is_set():
            _end(process)
        return f"ended with {process.returncode}"

    def _start(self, child: Child) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [sys.executable, "-m", "so_privacy_ext", *child.arguments, "--lifeline", str(self._lifeline)],
            env={**os.environ, **child.environment},
            pass_fds=[self._lifeline, *child.descriptors],
            start_new_session=True,
        )


def watch(lifeline: int | None) -> None:
    """End this process in good order when the one that holds the other end of the lifeline is gone."""
    if lifeline is None:
        return

    def wait() -> None:
        os.read(lifeline, 1)
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=wait, name="lifeline", daemon=True).start()


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(_GRACE)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
