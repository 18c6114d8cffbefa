"""Reads what belongs to persons: by pages where many stand close together, else by naming each.

A page costs a fifth of the calls that naming each takes. A few who are left behind the last page are named
all the same, since another page would hold hardly anything but rows of persons who were not asked for.
"""

from __future__ import annotations

from collections.abc import Sequence

from so_privacy_ext.model import PersonId
from so_privacy_ext.superoffice.ahead import KEY, Ahead
from so_privacy_ext.superoffice.archive import BATCH, PAGE, Column, Row, read_by_ids
from so_privacy_ext.superoffice.client import SoapClient

_SPARSE = 3
"""Numbers for one person who is asked for, from which on a page would hold too few of them."""


def read_rows(
    client: SoapClient,
    table: str,
    columns: Sequence[Column],
    ids: Sequence[PersonId],
    *,
    page_size: int = PAGE,
) -> list[Row]:
    """Read all rows of a table that belong to persons; rows of others who stand between may be among them."""
    left = sorted(set(ids))
    if len(left) <= BATCH or left[-1] - left[0] >= _SPARSE * len(left):
        return read_by_ids(client, table, columns, KEY, ids)
    last, ahead = left[-1], Ahead(table, columns, page_size, left[0] - 1)
    while len(left) > BATCH:
        ahead.read_on(client)
        left = [one for one in left if not ahead.holds(one)]
    return ahead.up_to(last) + read_by_ids(client, table, columns, KEY, left)
