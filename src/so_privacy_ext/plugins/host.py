"""The process in which one plugin runs for one tenant: it answers over one socket and ends with it.

It imports the SDK and the plugin, nothing else, so that it is there quickly.
"""

from __future__ import annotations

import _posixsubprocess
import importlib
import os
import select
import socket
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

from so_privacy_ext.errors import Exit, Refused
from so_privacy_ext.extension import Extension
from so_privacy_ext.plugins.calling import CrmByProduct
from so_privacy_ext.plugins.guard import Guard, limit, readable
from so_privacy_ext.plugins.host_answering import Answering, place
from so_privacy_ext.plugins.wire import receive, send


def main(leave: Callable[[int], Any] = os._exit) -> None:
    """Serve one plugin; arguments are the socket's file descriptor, then `module:object`."""
    _, descriptor, value = sys.argv
    guard = Guard(readable())
    socket.getaddrinfo = guard.resolving(socket.getaddrinfo)
    with socket.socket(fileno=int(descriptor)) as parent:
        threading.Thread(target=end_with, args=(parent.fileno(), leave), daemon=True).start()
        serve(parent, value, guard, confine)


def confine(guard: Guard) -> None:
    """Put the guard in force for good; whatever is imported or done from here on is judged."""
    limit()
    _posixsubprocess.fork_exec = guard.forks
    sys.addaudithook(guard.hook)


def end_with(descriptor: int, leave: Callable[[int], Any]) -> None:
    """Wait until the product is gone, however it went, and end this process, whatever the plugin does."""
    waiting = select.poll()
    waiting.register(descriptor, 0)  # a hang-up is told without asking for it
    waiting.poll()
    leave(0)


def serve(parent: socket.socket, value: str, guard: Guard, confined: Callable[[Guard], None]) -> None:
    """Introduce the plugin, then answer until the other side closes, or asks nothing for long."""
    try:
        begin = receive(parent)
        confined(guard)
        try:
            extension = _loaded(value)
            crm = CrmByProduct(parent, extension.operations, guard)
            plugin = Answering(extension, begin["settings"], guard, crm)
        except Refused as refused:
            send(parent, {"refused": [refused.code, refused.what, refused.how], "kept_from": _told(guard)})
            return
        send(parent, {"declaration": plugin.declaration, "kept_from": _told(guard)})
        while True:
            call = receive(parent, time.monotonic() + begin["idle"])
            parent.settimeout(None)
            answer = plugin.answer(call["do"], call["content"])
            reply = {"number": call["number"], "answer": answer, "failed": plugin.failures()}
            send(parent, {**reply, "kept_from": _told(guard)})
    except (EOFError, OSError):
        return


def _told(guard: Guard) -> list[str]:
    return [one.name for one in guard.told()]


def _loaded(value: str) -> Extension:
    """Import what the entry point names; raises `Refused` for whatever the plugin does on its import."""
    module, _, path = value.partition(":")
    try:
        found: Any = importlib.import_module(module)
        for name in path.split("."):
            found = getattr(found, name)
    except Refused:
        raise
    except BaseException as error:  # noqa: BLE001  # also SystemExit: a plugin ends nothing
        raise Refused(
            "plugin_import",
            f"importing it fails: {place(error)}",
            f"`python -c 'import {module}'` shows the whole error; mend the package or install what it lacks",
            Exit.BAD_DATA,
        ) from None
    if not isinstance(found, Extension):
        how = "let the entry point name the object that `Extension(...)` gave, as `module:ext`"
        raise Refused("plugin_entry", f"its entry point names a {type(found).__name__}", how, Exit.BAD_DATA)
    return found
