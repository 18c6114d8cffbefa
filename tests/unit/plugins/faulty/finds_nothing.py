"""A plugin whose facts can't be found, and whose word doesn't know without them."""

from __future__ import annotations

from collections.abc import Sequence

from so_privacy_ext import Condition, Extension, Facts, Seen, Truth

ext = Extension("faulty", version="1", says="Asks a service that is down.")


@ext.facts("size")
def size(persons: Sequence[Seen]) -> dict[int, dict[str, int]]:
    raise ConnectionError("the service is down")


@ext.condition
class Known(Condition[bool]):
    """Whether it is known."""

    word = "faulty.known"

    def holds(self, facts: Facts, /) -> Truth:
        return None if "faulty.size" not in facts.further else self.root
