"""A plugin that holds data and never gives a receipt for having erased them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from so_privacy_ext import Erased, Extension, Holds, Seen

ext = Extension(
    "faulty",
    version="1",
    says="Does what it may not.",
    hosts=["api.example.com:443"],
    holds=Holds(what="numbers", why="no reason", keep_days=30),
)


@ext.facts("number")
def number(persons: Sequence[Seen]) -> Mapping[int, Mapping[str, int]]:
    return {one.person_id: {"number": one.person_id} for one in persons}


@ext.subject_access
def show(person_id: int) -> Mapping[str, Any]:
    return {"number": person_id}


@ext.subject_erase  # type: ignore[type-var]  # as faulty as can be
def erase() -> None:
    return None


@ext.tenant_erase
def erase_all() -> Erased:
    raise TimeoutError("Greta Olsen is still there")
