"""Persons who were there before: as many of each kind as is said, and nobody is told of them."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

from so_sandbox.existing import KINDS, ROUND, add_existing
from so_sandbox.world.tenant import Tenant


def test_each_round_is_alike(tenant: Tenant) -> None:
    assert sum(kind.of_each_round for kind in KINDS) == ROUND
    ids = add_existing(tenant, 100)
    assert ids == list(range(min(ids), min(ids) + 100))
    kinds: Counter[str] = Counter()
    for person_id in ids:
        rows = tenant.tables.consents[person_id]
        bases = sorted(tenant.tables.lists.legal_bases[row.legal_base_id].key for row in rows.values())
        kinds["/".join(bases)] += 1
    assert kinds == {"61B": 16, "61F": 58, "61A/61F": 20, "61A": 4, "WITHDRAWN": 2}


def test_all_was_long_ago_or_last_week(tenant: Tenant) -> None:
    ids = add_existing(tenant, ROUND)
    now = tenant.now()
    recent = [i for i in ids if now - tenant.tables.persons[i].registered < timedelta(days=7)]
    assert len(recent) == 1
    for person_id in ids:
        for row in tenant.tables.consents[person_id].values():
            assert now - (row.updated or row.registered) > timedelta(days=1)
        for email in tenant.tables.emails[person_id]:
            assert email.updated == tenant.tables.persons[person_id].registered


def test_their_numbers_are_before_those_of_newcomers(tenant: Tenant) -> None:
    first = tenant.tables.last_ids["person"] + 1
    ids = add_existing(tenant, 3)
    assert max(ids) < tenant.create_person().person_id == first
    more = add_existing(tenant, 2)
    assert more == [first + 1, first + 2]
