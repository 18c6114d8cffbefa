"""A plugin that talks to a host when it is imported, and says nothing of what came of it."""

from __future__ import annotations

import contextlib
import socket

from so_privacy_ext import Extension, Proposal

ext = Extension("faulty", version="1", says="Talks at once.", hosts=["127.0.0.1:9"])

with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", 9)):
    pass


@ext.detect_source(reasons={})
def source() -> Proposal | None:
    return None
