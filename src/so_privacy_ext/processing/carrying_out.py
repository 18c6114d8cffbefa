"""Carries a chunk of cases out: re-read, write, read back, tell, record; for events and plans alike."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from so_privacy_ext.errors import CrmFailure
from so_privacy_ext.model import TenantLists
from so_privacy_ext.processing import recording, telling, wanting, writing
from so_privacy_ext.processing.case import Case
from so_privacy_ext.processing.parting import part_midway
from so_privacy_ext.processing.work import Work

Record = Callable[[Work, Sequence[Case]], None]
"""Writes down, in one transaction, how cases ended; one that has not ended stays begun."""
Write = Callable[[Work, Sequence[Case]], CrmFailure | None]
"""Has the CRM write what cases want, and reads back; gives the failure that stopped it."""


def carry_out(
    work: Work,
    cases: Sequence[Case],
    lists: TenantLists,
    *,
    just_read: bool,
    before_writing: Callable[[Sequence[Case]], None] = lambda _: None,
    write: Write = writing.write,
    record: Record = recording.record,
) -> CrmFailure | None:
    """Write, read back, tell and record a chunk; give the failure that stopped it.

    `before_writing` is told, before anything is asked of the CRM, what is wanted on what stands.
    """
    if not just_read:
        standing = work.crm.read_consents([case.person.person_id for case in cases])
        for case in cases:
            case.consents = standing.get(case.person.person_id, {})
            wanting.want(work, case, lists)
    before_writing(cases)
    stopped = write(work, cases) or _tell(work, cases, lists)
    record(work, [case for case in cases if not case.gone])
    return stopped or part_midway(work, [case for case in cases if case.gone], record)


def _tell(work: Work, cases: Sequence[Case], lists: TenantLists) -> CrmFailure | None:
    """Tell whoever is to be told, until another tenant must have its turn."""
    asked = False
    for case in cases:
        if case.failure is not None or case.gone or not case.written or case.mail is not None:
            continue
        to_send = telling.prepare(work, case, lists)
        if to_send is None:
            continue
        if asked and work.must_yield():
            return None
        asked = True
        stopped = telling.tell(work, case, to_send, lists)
        if stopped is not None:
            return stopped
    return None
