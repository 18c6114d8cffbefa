"""A plugin of one word, which is always true."""

from __future__ import annotations

from so_privacy_ext import Condition, Extension, Facts, Truth

ext = Extension("empty", version="1", says="Says yes.")


@ext.condition
class Yes(Condition[bool]):
    """Whether it is as it is."""

    word = "empty.yes"

    def holds(self, _facts: Facts, /) -> Truth:
        return self.root
