"""A plugin that prints a name and logs it."""

from __future__ import annotations

import logging
import sys

from so_privacy_ext import Condition, Extension, Facts, Truth

ext = Extension("faulty", version="1", says="Does what it may not.")


@ext.condition
class Asked(Condition[bool]):
    """Whether it holds."""

    word = "faulty.asked"

    def holds(self, facts: Facts, /) -> Truth:
        print("Greta Olsen")
        print("Greta Olsen", file=sys.stderr)
        logging.getLogger("faulty").error("Greta Olsen")
        return True
