"""A plugin that talks to a host in a condition."""

from __future__ import annotations

import socket

from so_privacy_ext import Condition, Extension, Facts, Truth

ext = Extension("faulty", version="1", says="Does what it may not.")


@ext.condition
class Asked(Condition[bool]):
    """Whether it holds."""

    word = "faulty.asked"

    def holds(self, facts: Facts, /) -> Truth:
        with socket.create_connection(("127.0.0.1", 9)):
            pass
        return True
