"""A plugin whose function asks for what nobody gives it."""

from __future__ import annotations

from collections.abc import Mapping

from so_privacy_ext import Extension

ext = Extension("faulty", version="1", says="Does what it may not.")


@ext.facts("size")
def size(database: object) -> Mapping[int, Mapping[str, int]]:
    del database
    return {}
