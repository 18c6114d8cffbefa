"""A plugin that claims a word of the product."""

from __future__ import annotations

from so_privacy_ext import Condition, Extension, Facts, Truth

ext = Extension("faulty", version="1", says="Does what it may not.")


@ext.condition
class Asked(Condition[bool]):
    """Whether it holds."""

    word = "country"

    def holds(self, facts: Facts, /) -> Truth:
        return True
