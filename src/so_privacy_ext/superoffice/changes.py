"""Reads what has changed in a tenant page by page: by primary key, or by the time of the change."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from so_privacy_ext.model import (
    TAG_PREFIX,
    AssociateId,
    Change,
    ChangePage,
    LastIds,
    Mark,
    PersonId,
    Stage,
)
from so_privacy_ext.superoffice.archive import Column, Row, after_time, highest, integer, moment, read, text
from so_privacy_ext.superoffice.client import SoapClient

_MAIL = 0
"""email.type: 1 is chat, 2 is voice."""
_COUNTERS = (Column("next_id", integer), Column("tablename", text))
_PERSON, _ADDRESS, _CONSENT = "person", "email", "consentperson"


@dataclass(frozen=True, slots=True)
class _Table:
    """A table, its key first among the columns, and what a row of it says."""

    name: str
    columns: tuple[Column, ...]
    change: Callable[[Row], Change]
    always: str = ""
    """What restricts every page that goes by key alone."""

    @property
    def key(self) -> str:
        return self.columns[0].name


class CrmChanges:
    """Implements `ports.Changes`; made for a turn, as the client is."""

    def __init__(self, client: SoapClient, own_associate_id: AssociateId | None) -> None:
        self._client = client
        self._own = own_associate_id

    def last_ids(self) -> LastIds:
        """Give the highest ids that were given out until now; the counters hold the next ones."""
        which = " or ".join(f"sequence.tablename = '{name}'" for name in (_PERSON, _ADDRESS, _CONSENT))
        rows = read(self._client, "sequence", _COUNTERS, f"({which})")
        last = {row["tablename"].lower(): row["next_id"] - 1 for row in rows}
        return LastIds(*(max(0, last.get(name, 0)) for name in (_PERSON, _ADDRESS, _CONSENT)))

    def page(self, stage: Stage, *, after: int, since: datetime) -> ChangePage | None:
        """Give the next rows by key, a short page too; None when there are none."""
        table = _TABLES[stage]
        restriction = f"{table.name}.{table.key} > {after}{_condition(stage, table, since)}"
        rows = read(self._client, table.name, table.columns, restriction)
        if not rows:
            return None
        last = highest(rows, table.key, after)
        told = [row for row in rows if row["person_id"] > 0 and not self._is_ours(row)]
        return ChangePage(tuple(table.change(row) for row in told if row.get("type", _MAIL) == _MAIL), last)

    def _is_ours(self, row: Row) -> bool:
        """Tell whether we wrote a consent last; our associate may be shared, our tag is not."""
        if self._own is None or not row.get("comment", "").startswith(TAG_PREFIX):
            return False
        writer = row["updated_associate_id"] or row["registered_associate_id"]
        return bool(writer == self._own)


def _condition(stage: Stage, table: _Table, since: datetime) -> str:
    if stage not in _BY_TIME:
        return table.always
    updated = after_time(f"{table.name}.updated", since)
    if table.name == _PERSON:
        return f" and ({after_time('person.registered', since)} or {updated})"
    return f" and {updated}"


def _of_person(row: Row) -> Change:
    return _change(row, row["registered"], row["updated"], mark=Mark(updated_count=row["updatedCount"]))


def _of_address(row: Row) -> Change:
    return _change(row, row["updated"], mark=Mark(address_id=row["email_id"]))


def _of_consent(row: Row) -> Change:
    at = row["updated"] or row["registered"]
    return _change(row, at, mark=Mark(consents_at=at))


def _change(row: Row, *at: datetime | None, mark: Mark) -> Change:
    return Change(PersonId(row["person_id"]), tuple(one for one in at if one is not None), mark)


_PERSONS = _Table(
    _PERSON,
    (
        Column("person_id", integer),
        Column("registered", moment),
        Column("updated", moment),
        Column("updatedCount", integer),
    ),
    _of_person,
)
_ADDRESSES = _Table(
    _ADDRESS,
    (
        Column("email_id", integer),
        Column("person_id", integer, required=False),
        Column("type", integer),
        Column("rank", integer),
        Column("updated", moment),
    ),
    _of_address,
    " and email.person_id > 0",
)
_CONSENTS = _Table(
    _CONSENT,
    (
        Column("consentperson_id", integer),
        Column("person_id", integer, required=False),
        Column("comment", text, required=False),
        Column("registered", moment),
        Column("registered_associate_id", integer),
        Column("updated", moment),
        Column("updated_associate_id", integer),
    ),
    _of_consent,
)
_TABLES: Mapping[Stage, _Table] = {
    Stage.NEW_PERSONS: _PERSONS,
    Stage.NEW_ADDRESSES: _ADDRESSES,
    Stage.NEW_CONSENTS: _CONSENTS,
    Stage.CHANGED_PERSONS: _PERSONS,
    Stage.CHANGED_ADDRESSES: _ADDRESSES,
    Stage.CHANGED_CONSENTS: _CONSENTS,
}
_BY_TIME = frozenset({Stage.CHANGED_PERSONS, Stage.CHANGED_ADDRESSES, Stage.CHANGED_CONSENTS})
