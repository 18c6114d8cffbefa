"""The port `MassWriter` over SOAP: the rows of a table by the thousand, or a job in the background.

Missing rows go by `DatabaseTable.Insert`, because the unique index of person and purpose makes it fail rather
than write over a choice that somebody has made meanwhile. Rows that change go by `Upsert`, which alone can
change them. Where the installation keeps the agent DatabaseTable to itself, missing rows go by a bulk update
that adds a value only where there is none, and rows that change are left to be written one by one.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from so_privacy_ext.errors import Applied, CrmFailure, Fault
from so_privacy_ext.model import TenantLists
from so_privacy_ext.ports import EffectIntent
from so_privacy_ext.superoffice import faults
from so_privacy_ext.superoffice.client import SoapClient
from so_privacy_ext.superoffice.consents import COMMENT_UNITS, refused_here, writable

MOST_ROWS = 1000
"""In one call; SuperOffice names no limit, and a comment in each row makes a request of 300 KB."""
LONGEST_JOB = 300.0
"""Seconds for which a background job is waited for; what it has not written then is written one by one."""
FIRST_LOOK, LONGEST_WAIT = 0.25, 5.0
"""Seconds between two looks at a job, twice as long after each."""

_TABLE = "consentperson"
_COLUMNS = ("person_id", "consentPurpose_id", "legalBase_id", "consentSource_id", "comment")
_KEYS = _COLUMNS[:2]
_LEAVE_OTHERS = "NoChange"
"""The other answers to `NomatchAction` would hit every consent of the tenant that the data does not name."""
_FIELD, _ADD = "legalBasis", "add"
_ENDED = frozenset({"Succeeded", "Failed", "SucceededManualCleanup"})
_Ids = tuple[int, int, int]
"""Of purpose, legal basis and source in this tenant."""


class SuperOfficeMass:
    """Implements `ports.MassWriter` with a client that may call mass operations."""

    def __init__(
        self,
        client: SoapClient,
        lists: Callable[[], TenantLists],
        wait: Callable[[float], None] = time.sleep,
    ) -> None:
        self._client = client
        self._lists = lists
        self._wait = wait

    def write(self, intents: Sequence[EffectIntent]) -> None:
        ids = _ids(self._lists(), intents)
        missing = [one for one in intents if one.updated_count_before is None]
        changing = [one for one in intents if one.updated_count_before is not None]
        self._insert(missing, ids)
        self._upsert(changing, ids)

    def _insert(self, intents: Sequence[EffectIntent], ids: Mapping[EffectIntent, _Ids]) -> None:
        for some in _parts(intents):
            if not self._by_table("Insert", some, ids):
                self._add(some, ids)

    def _upsert(self, intents: Sequence[EffectIntent], ids: Mapping[EffectIntent, _Ids]) -> None:
        for some in _parts(intents):
            self._by_table(
                "Upsert", some, ids, Keys=_texts(_KEYS), NomatchAction=_LEAVE_OTHERS, ReturnRowStatus=False
            )  # the read-back says of each row what stands, which no status can

    def _by_table(
        self, operation: str, intents: Sequence[EffectIntent], ids: Mapping[EffectIntent, _Ids], **more: Any
    ) -> bool:
        """Write rows of the table; False if this installation does not let us."""
        if self._client.connection.refuses_tables:
            return False
        data = {"ArrayOfstring": [_texts(_row(one, ids[one])) for one in intents]}
        try:
            result = self._client.call(
                operation, TableName=_TABLE, Columns=_texts(_COLUMNS), Data=data, **more
            )
        except CrmFailure as refusal:
            if refusal.fault is not Fault.ACCESS_DENIED:
                raise
            self._client.connection.refuses_tables = True
            return False
        if result.Success is not True:
            raise _unsuccessful(f"DatabaseTable.{operation}")
        return True

    def _add(self, intents: Sequence[EffectIntent], ids: Mapping[EffectIntent, _Ids]) -> None:
        """Add a value where there is none, by one background job for each value."""
        groups: dict[tuple[_Ids, str], list[EffectIntent]] = {}
        for one in intents:
            groups.setdefault((ids[one], one.comment), []).append(one)
        for (wanted, comment), persons in groups.items():
            values = [*map(str, wanted), writable(comment, COMMENT_UNITS)]
            job_id = self._client.call(
                "ExecuteByEntityIds",
                FieldValueInfos={"FieldValueInfo": [self._field(values)]},
                TableName="person",
                Context=f"so-privacy {uuid.uuid4()}",
                Ids=",".join(str(one.person_id) for one in persons),
            )
            self._await(job_id)

    def _field(self, values: Sequence[str]) -> Any:
        """Give the field of the legal basis as the CRM describes it, with what is to be added."""
        found = self._client.items("GetAvailableFields", Tablename="person")
        fields = [one for one in found if one.Key == _FIELD]
        if len(fields) != 1:
            raise faults.protocol("BulkUpdate.GetAvailableFields", "no field of the legal basis")
        field = fields[0]
        field.IsActive, field.CurrentOperationType, field.Values = True, _ADD, _texts(values)
        return field

    def _await(self, job_id: int) -> None:
        """Wait for a job to end, however it ends; one that takes too long is left to itself."""
        waited, pause = 0.0, FIRST_LOOK
        while waited < LONGEST_JOB:
            state = self._client.call("GetBatchTaskInfo", Id=job_id).State
            if state in _ENDED:
                return
            self._wait(pause)
            waited, pause = waited + pause, min(2 * pause, LONGEST_WAIT)


def _ids(lists: TenantLists, intents: Sequence[EffectIntent]) -> dict[EffectIntent, _Ids]:
    """Give the tenant's ids of each intent's keys; a key that it does not have, or no more, never leaves."""
    purposes = {item.key: item.item_id for item in lists.purposes if item.active and not item.deleted}
    bases = {item.key: item.item_id for item in lists.bases if not item.deleted}
    sources = {item.key: item.item_id for item in lists.sources if not item.deleted}
    try:
        found = {one: (purposes[one.purpose], bases[one.basis], sources[one.source]) for one in intents}
    except KeyError:
        raise refused_here("Mass", "a key that the tenant does not have") from None
    if any(one.person_id <= 0 for one in intents) or len({_pair(one) for one in intents}) < len(intents):
        raise refused_here("Mass", "a row without a person, or twice")
    return found


def _pair(intent: EffectIntent) -> tuple[int, str]:
    return intent.person_id, intent.purpose


def _row(intent: EffectIntent, ids: _Ids) -> list[str]:
    return [*(f"[I:{one}]" for one in (intent.person_id, *ids)), writable(intent.comment, COMMENT_UNITS)]


def _parts(intents: Sequence[EffectIntent]) -> Iterator[Sequence[EffectIntent]]:
    for start in range(0, len(intents), MOST_ROWS):
        yield intents[start : start + MOST_ROWS]


def _texts(values: Sequence[str]) -> dict[str, list[str]]:
    return {"string": list(values)}


def _unsuccessful(operation: str) -> CrmFailure:
    return faults.failure(Fault.VALIDATION, operation, applied=Applied.MAYBE, detail="no success")
