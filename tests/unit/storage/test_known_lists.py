"""What a tenant's lists last said, kept for all processes."""

from __future__ import annotations

from dataclasses import replace

import psycopg
import pytest

from so_privacy_ext.model import (
    Associate,
    AssociateId,
    Country,
    Epoch,
    FieldKind,
    LegalBasis,
    Purpose,
    Source,
    Template,
    TenantLists,
    UserField,
)
from so_privacy_ext.storage.known_lists import KnownLists
from so_privacy_ext.storage.turns import Turn

LISTS = TenantLists(
    purposes=(Purpose(1, "STORE", active=True, deleted=False, has_text=True),),
    bases=(LegalBasis(6, "61F", deleted=False),),
    sources=(Source(4, "CHAT", deleted=True, mail_template_id=22),),
    templates=(Template(20, "notice", ("da", "nb"), deleted=False, is_privacy=True),),
    countries={45: Country(45, "DK", 1030)},
    associates={7: Associate(AssociateId(7), type=0, person_id=5, deleted=True)},
    categories={1: 'NO:"Kunde";US:"Customer"'},
    businesses={},
    positions={3: "Æøå"},
    forms={3: "contact"},
    customer_languages={2: "da"},
    owner_company_ids=frozenset({11, 12}),
    cultures={"da": 1030},
    solanguages={"DA": 1030},
    default_basis="61F",
    fields=(
        UserField("person", "SuperOffice:3", "Size", FieldKind.ITEM, "userdef_id.long05", {1: "L"}, "4"),
    ),
)


def test_a_reading_comes_back_as_it_was_and_as_old_as_it_is(turn: Turn) -> None:
    assert turn.lists.last(900.0) is None
    turn.lists.keep(LISTS, 30.0)
    found = turn.lists.last(900.0)
    assert found is not None
    assert found[0] == LISTS
    assert 30.0 <= found[1] < 60.0
    assert turn.lists.last(30.0) is None

    newer = replace(LISTS, default_basis="61A")
    turn.lists.keep(newer, 0.0)
    found = turn.lists.last(30.0)
    assert found is not None
    assert found[0] == newer


def test_what_is_forgotten_is_gone_for_all(turn: Turn) -> None:
    turn.lists.keep(LISTS, 0.0)
    KnownLists(turn.session, turn.tenant.epoch).forget()
    assert turn.lists.last(900.0) is None


def test_the_numbers_of_another_epoch_are_others(turn: Turn) -> None:
    turn.lists.keep(LISTS, 0.0)
    assert KnownLists(turn.session, Epoch(turn.tenant.epoch + 1)).last(900.0) is None


@pytest.mark.parametrize(
    "change", ["shape = 'of another version'", "read_at = clock_timestamp() + interval '1 h'"]
)
def test_what_another_version_read_or_in_the_future_is_not_believed(
    turn: Turn, dsn: str, change: str
) -> None:
    turn.lists.keep(LISTS, 0.0)
    with psycopg.connect(dsn, autocommit=True) as admin:
        admin.execute(f"UPDATE so_privacy.known_lists SET {change}".encode())
    assert turn.lists.last(900.0) is None
