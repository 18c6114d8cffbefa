"""One plugin's process, seen from the product: started, asked within a time, ended."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

from so_privacy_ext.errors import Exit, Refused
from so_privacy_ext.plugins.calls import MOST, Calls
from so_privacy_ext.plugins.catalogue import refuse_unknown
from so_privacy_ext.plugins.described import Description, read_description
from so_privacy_ext.plugins.found import Found
from so_privacy_ext.plugins.guard import REFUSALS
from so_privacy_ext.plugins.troubles import HOW, Kind, PluginFailed, Trouble
from so_privacy_ext.plugins.wire import receive, send

START_BOX = 5.0
"""Seconds until a plugin must have said what it is."""
BOX, BOX_PER_PERSON = 2.0, 0.01
"""Seconds for one call, and for each person in it besides."""
BOXES = {"carry": 10.0}
"""Seconds for calls that wait for another server's answers."""
_VERBS = {"raised": "raised", "junk": "gave", "not_sent": "says"}
_COMMAND = "from so_privacy_ext.plugins.host import main; main()"
_PASSED_ON = ("SSL_CERT_FILE", "SSL_CERT_DIR")
"""All of the environment that a plugin may know: whom this machine trusts."""
_NOT_AGREED = f"it calls what was not agreed to, or more than {MOST} times for one event"
_PLAIN = re.compile(r"[\w .,:`-]{0,160}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Reply:
    """What a plugin answered, and what went wrong meanwhile with parts of it."""

    answer: Any
    troubles: tuple[Trouble, ...]


class Process:
    """A plugin that runs; not for two threads at once."""

    def __init__(self, plugin: Found, settings: Mapping[str, Any] | None, *, idle: float = START_BOX) -> None:
        """Start it and have it say what it is; it ends by itself when nobody asks for so many seconds.

        Raises `PluginFailed`, or `Refused` with what its maker or the administrator must mend.
        """
        self._name = plugin.name
        self._number = 0
        self._socket, theirs = socket.socketpair()
        command = [sys.executable, "-P", "-c", _COMMAND, str(theirs.fileno()), plugin.value]
        with theirs:
            self._process = subprocess.Popen(
                command,
                pass_fds=(theirs.fileno(),),
                env=_environment(),
                cwd="/",
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,  # Ctrl-C at the terminal is for the product
            )
        try:
            self.description = self._introduced({"settings": settings, "idle": idle})
        except BaseException:
            self.end()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.end()

    def _introduced(self, begin: Mapping[str, Any]) -> Description:
        said = self._exchange(begin, START_BOX, "it says what it is")
        kept_from = list(self._kept_from(said))
        if kept_from:
            raise PluginFailed(*kept_from)
        match said:
            case {"refused": [str(code), str(what), str(how)]}:
                raise Refused(code, what, how, Exit.BAD_DATA, where=self._name)
            case {"declaration": dict(declaration)}:
                description = read_description(declaration)
                if description.name == self._name:
                    refuse_unknown(description)
                    return description
                how = "give the entry point and the `Extension` one name"
                what = f"the plugin calls itself `{description.name}`"
                raise Refused("plugin_name", what, how, Exit.BAD_DATA, where=self._name)
        raise self._failed(Kind.JUNK, "it said something that is no declaration")

    def ask(self, do: str, content: Any, persons: int, calls: Calls | None = None) -> Reply:
        """Have it answer, while what it calls meanwhile takes none of its time.

        Raises `PluginFailed`, after which it may have ended, and what a call raises, after which it must be.
        """
        self._number += 1
        message: Mapping[str, Any] = {"number": self._number, "do": do, "content": content}
        box, doing = BOXES.get(do, BOX + BOX_PER_PERSON * persons), f"it is asked for {do}"
        while True:
            begun = time.monotonic()
            said = self._exchange(message, box, doing)
            if calls is None or "crm" not in said:
                break
            box -= time.monotonic() - begun
            answer = calls.answer(said)
            if answer is None:
                raise self._failed(Kind.REFUSED_OPERATION, _NOT_AGREED)
            message = answer
        kept_from = list(self._kept_from(said))
        if kept_from:
            raise PluginFailed(*kept_from)
        match said:
            case {"number": self._number, "answer": answer, "failed": list(failed)}:
                return Reply(answer, tuple(self._trouble(one) for one in failed))
        raise self._failed(Kind.JUNK, "it gave something that is no answer")

    def end(self) -> None:
        """End it, whatever it is doing."""
        self._socket.close()
        self._process.kill()
        self._process.wait()

    def _exchange(self, message: Any, box: float, doing: str) -> Mapping[str, Any]:
        deadline = time.monotonic() + box
        try:
            send(self._socket, message, deadline)
            said = receive(self._socket, deadline)
        except TimeoutError:
            raise self._failed(Kind.SLOW, f"it took more than {box:.1f} s when {doing}") from None
        except (EOFError, OSError):
            raise self._failed(Kind.ENDED, f"its process ended when {doing}") from None
        except ValueError:
            raise self._failed(Kind.JUNK, f"it sent what can't be read when {doing}") from None
        if not isinstance(said, dict):
            raise self._failed(Kind.JUNK, f"it sent what can't be read when {doing}")
        return said

    def _failed(self, kind: Kind, what: str) -> PluginFailed:
        return PluginFailed(Trouble(self._name, kind, what, HOW[kind]))

    def _kept_from(self, said: Mapping[str, Any]) -> Iterator[Trouble]:
        """Give what the guard refused; whatever else was said then counts for nothing."""
        names = said.get("kept_from")
        if not isinstance(names, list) or not all(isinstance(one, str) and one in REFUSALS for one in names):
            raise self._failed(Kind.JUNK, "it sent what can't be read")
        for one in (REFUSALS[name] for name in names):
            yield Trouble(self._name, one.kind, one.what, one.how)

    def _trouble(self, failed: Any) -> Trouble:
        match failed:
            case ["raised" | "junk" | "not_sent" as kind, str(where), str(what)] if _PLAIN.fullmatch(
                where + what
            ):
                verb = _VERBS[kind]
                return Trouble(self._name, Kind(kind), f"`{where}` {verb} {what}", HOW[Kind(kind)])
        raise self._failed(Kind.JUNK, "it gave something that is no answer")


def _environment() -> dict[str, str]:
    """Give the child what Python needs and nothing of ours: no address, no key, no setting."""
    passed = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
    return {
        **passed,
        "PYTHONPATH": os.pathsep.join(one for one in sys.path if one),
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONHASHSEED": "0",
        "PYTHONUTF8": "1",
        "TZ": "UTC",
    }
