"""A plugin that hangs at every other slice, so that it never fails often enough in a row to rest."""

from __future__ import annotations

import itertools
import time
from collections.abc import Mapping, Sequence

from so_privacy_ext import Condition, Extension, Facts, Seen, Truth

ext = Extension("hanging", version="1", says="Hangs.")
_SLICES = itertools.count(1)


@ext.facts("never")
def never(persons: Sequence[Seen]) -> Mapping[int, Mapping[str, bool]]:
    """Find nothing, the second time for ten minutes; whoever ends the process has a new one begin anew."""
    del persons
    if next(_SLICES) % 2 == 0:
        time.sleep(600.0)
    return {}


@ext.condition
class Yes(Condition[bool]):
    """Whether it is as it is."""

    word = "hanging.yes"

    def holds(self, _facts: Facts, /) -> Truth:
        return self.root
