"""A plugin that imports the product's insides."""

from __future__ import annotations

from so_privacy_ext import Condition, Extension, Facts, Truth

ext = Extension("faulty", version="1", says="Does what it may not.")


@ext.condition
class Asked(Condition[bool]):
    """Whether it holds."""

    word = "faulty.asked"

    def holds(self, facts: Facts, /) -> Truth:
        from so_privacy_ext import settings

        del settings
        return True
