"""Mass operations of the CRM in memory."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from so_privacy_ext.errors import CrmFailure, Fault, Retry
from so_privacy_ext.ports import EffectIntent
from tests.unit.processing.fake_crm import FakeCrm, failure


@dataclass
class FakeMass:
    """Writes into the CRM in memory: nothing over a row that it does not know of, all else over anybody's."""

    crm: FakeCrm
    calls: list[Sequence[EffectIntent]] = field(default_factory=list)
    before: Callable[[], object] = lambda: None
    """Happens after the caller has read and before the first call writes."""
    refuse: list[CrmFailure] = field(default_factory=list)
    """What the calls raise in turn, having written the first `written` of their rows."""
    written: int = 0

    def write(self, intents: Sequence[EffectIntent]) -> None:
        if not self.calls:
            self.before()
        self.calls.append(list(intents))
        stopped = self.refuse.pop(0) if self.refuse else None
        for one in intents[: self.written] if stopped else intents:
            if one.updated_count_before is None and one.purpose in self.crm.rows[one.person_id]:
                raise failure(Retry, Fault.TRANSIENT)
            self.crm.write_row(
                one.person_id, one.purpose, one.basis, one.source, by=self.crm.own, comment=one.comment
            )
        if stopped:
            raise stopped
