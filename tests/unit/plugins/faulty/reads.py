"""A plugin that reads a file that is none of its own."""

from __future__ import annotations

from pathlib import Path

from so_privacy_ext import Condition, Extension, Facts, Truth

ext = Extension("faulty", version="1", says="Does what it may not.")


@ext.condition
class Asked(Condition[bool]):
    """Whether it holds."""

    word = "faulty.asked"

    def holds(self, facts: Facts, /) -> Truth:
        Path("/proc/self/environ").read_bytes()
        return True
