"""A plugin that ends itself whenever it is asked about a company with an even number."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence

from so_privacy_ext import Extension, Seen

ext = Extension("faulty", version="1", says="Ends itself.", hosts=["api.example.com:443"])


@ext.facts("pid")
def pid(persons: Sequence[Seen]) -> Mapping[int, Mapping[str, int]]:
    if any(one.company_id % 2 == 0 for one in persons):
        os._exit(3)
    return {one.person_id: {"pid": os.getpid()} for one in persons}
