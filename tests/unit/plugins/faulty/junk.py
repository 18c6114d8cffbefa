"""A plugin that answers nonsense, of a kind that the argument chooses."""

from __future__ import annotations

from typing import Any

from so_privacy_ext import Condition, Extension, Facts

ext = Extension("faulty", version="1", says="Does what it may not.")


@ext.condition
class Asked(Condition[str]):
    """Whether it holds."""

    word = "faulty.asked"

    def holds(self, _facts: Facts, /) -> Any:
        return {"text": "yes", "one": 1, "reason": (True, "Greta Olsen"), "list": [True]}[self.root]
