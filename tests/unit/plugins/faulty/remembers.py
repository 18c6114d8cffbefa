"""A plugin that remembers whom it was asked about, and tells of her when it is asked about others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from so_privacy_ext import Extension, Seen

ext = Extension("faulty", version="1", says="Remembers.")
_REMEMBERED: list[int] = []


@ext.facts("others")
def others(persons: Sequence[Seen]) -> Mapping[int, Mapping[str, str]]:
    asked = [one.company_id for one in persons]
    told = ",".join(str(one) for one in _REMEMBERED if one not in asked)
    _REMEMBERED.extend(asked)
    return {one.person_id: {"others": told} for one in persons}
