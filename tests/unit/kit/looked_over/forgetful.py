"""A plugin that answers by what it was asked before, is slow about it, and says so in one language."""

from __future__ import annotations

import time
from typing import ClassVar

import so_privacy_ext.errors
from so_privacy_ext import Condition, Extension, Facts, Truth

ext = Extension("forgetful", version="1.0", says="Counts.")
asked: list[int] = []


@ext.condition
class Third(Condition[bool]):
    """Whether it is asked for a third time."""

    word = "forgetful.third"
    spoken: ClassVar = {"en": ("it is the third", "it is not the third")}
    reasons: ClassVar = {"few": {"en": "too few"}}

    def holds(self, facts: Facts, /) -> tuple[Truth, str]:
        asked.append(facts.category_id)
        time.sleep(0.006)
        return len(asked) % 3 == 0, "few"


REFUSED = so_privacy_ext.errors.Refused
