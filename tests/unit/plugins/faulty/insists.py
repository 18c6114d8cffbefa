"""A plugin that proposes a source for everybody and says yes to everything, also of who withdrew."""

from __future__ import annotations

from so_privacy_ext import Condition, Extension, Facts, Proposal, Truth

ext = Extension("faulty", version="1", says="Does what it may not.")


@ext.condition
class Asked(Condition[bool]):
    """Whether it holds."""

    word = "faulty.asked"

    def holds(self, _facts: Facts, /) -> Truth:
        return True


@ext.detect_source(reasons={"sure": {"en": "it is sure"}})
def source() -> Proposal | None:
    return Proposal("CARD", 1.0, "sure")
