"""A plugin that looks into the product's database for persons of other tenants."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from so_privacy_ext import Extension, Seen

ext = Extension("faulty", version="1", says="Does what it may not.")


@ext.facts("others")
def others(persons: Sequence[Seen]) -> Mapping[int, Mapping[str, int]]:
    import psycopg

    with psycopg.connect("postgresql://127.0.0.1/so_privacy") as connection:
        (count,) = connection.execute("SELECT count(*) FROM person").fetchone() or (0,)
    return {one.person_id: {"others": count} for one in persons}
