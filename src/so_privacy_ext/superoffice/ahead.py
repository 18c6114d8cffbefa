"""Reads a table's rows in the order of the persons whom they belong to, a page at a time."""

from __future__ import annotations

from collections.abc import Sequence

from so_privacy_ext.superoffice.archive import PAGE, Column, Row, highest, overfull, read
from so_privacy_ext.superoffice.client import SoapClient

KEY = "person_id"


class Ahead:
    """A table's rows in the order of their persons, read ahead of them."""

    def __init__(self, table: str, columns: Sequence[Column], page_size: int = PAGE, after: int = 0) -> None:
        self._page_size = page_size
        self._table = table
        self._columns = sorted(columns, key=lambda column: column.name != KEY)  # which orders the rows
        self._rows: list[Row] = []
        self._whole = after
        self._ended = False

    def reach(self, client: SoapClient, person_id: int) -> None:
        """Read on until all rows up to a person are here."""
        while not self.holds(person_id):
            self.read_on(client)

    def holds(self, person_id: int) -> bool:
        """Tell whether all rows of all persons up to this one are here."""
        return self._ended or person_id <= self._whole

    def read_on(self, client: SoapClient) -> None:
        """Read the next page."""
        after = f"{self._table}.{KEY} > {self._whole}"
        rows = read(client, self._table, self._columns, after, page_size=self._page_size)
        if rows:
            self._add(rows)
        else:
            self._ended = True

    def up_to(self, person_id: int) -> list[Row]:
        """Give the rows of all persons up to this one."""
        return [row for row in self._rows if row[KEY] <= person_id]

    def forget(self, person_id: int) -> None:
        """Forget the rows of all persons up to this one."""
        self._rows = [row for row in self._rows if row[KEY] > person_id]

    def _add(self, rows: list[Row]) -> None:
        """Keep whole persons only: a page may end in the middle of the last one, who is read again."""
        last = highest(rows, KEY, self._whole)
        before = [row for row in rows if row[KEY] < last]
        if not before and len(rows) >= self._page_size:
            raise overfull()
        self._rows += before or rows
        self._whole = max((row[KEY] for row in before), default=last)
