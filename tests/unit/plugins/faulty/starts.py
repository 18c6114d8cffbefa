"""A plugin that starts a program."""

from __future__ import annotations

import subprocess

from so_privacy_ext import Condition, Extension, Facts, Truth

ext = Extension("faulty", version="1", says="Does what it may not.")


@ext.condition
class Asked(Condition[bool]):
    """Whether it holds."""

    word = "faulty.asked"

    def holds(self, facts: Facts, /) -> Truth:
        subprocess.run(["true"], check=False)
        return True
