"""A plugin that raises, and has the person in what it raises."""

from __future__ import annotations

from so_privacy_ext import Condition, Extension, Facts, Truth

ext = Extension("faulty", version="1", says="Does what it may not.")


@ext.condition
class Asked(Condition[bool]):
    """Whether it holds."""

    word = "faulty.asked"

    def holds(self, facts: Facts, /) -> Truth:
        if facts.category_id == 7:
            raise ValueError(f"Greta Olsen of {facts.country}")
        return True
