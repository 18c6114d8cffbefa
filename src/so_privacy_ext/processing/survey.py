"""Surveys a tenant: where its persons come from, on what basis they are held, and what is missing."""

from __future__ import annotations

from array import array
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeVar

from so_privacy_ext.model import (
    STORE,
    WITHDRAWN,
    AssociateId,
    Authority,
    Consent,
    Person,
    PersonId,
    TenantLists,
)
from so_privacy_ext.processing.facts import gather
from so_privacy_ext.proof.authority import authority
from so_privacy_ext.rules.law import digital_age
from so_privacy_ext.rules.references import UNKNOWN_SOURCE
from so_privacy_ext.sdk import Facts

FINDINGS: Mapping[str, str] = {
    "no_store": "have no consent row for STORE: nothing says why they are held",
    "no_basis": "have a row for STORE without a legal basis",
    "no_source": "have no source, or UNKNOWN",
    "no_notice": "were sent no notice, by us or by the CRM",
    "no_email": "have no e-mail address",
    "bounced": "have an e-mail address at which mails bounce",
    "crm_default": "have only the CRM's own row for STORE, which nobody chose",
    "written_in_one_go": "have a row that was written in one go with many others and never touched since,"
    " as by a migration or an import",
    "marketing_without_evidence": "count as having agreed to e-marketing (EMARKETING), and nothing shows that"
    " they did",
    "withdrawn": "have said no to STORE",
    "minors": "are children by the law of their country",
    "associates": "are employees with a login",
}
"""What a survey looks for, with a sentence that goes on from a number of persons."""

Key = TypeVar("Key")

MARKETING = "EMARKETING"
IN_ONE_GO = 50
"""Rows for one purpose that one associate wrote within a minute are no choices of so many persons."""
_OLDEST_LIMIT = 16
"""GDPR art. 8, where a country has no lower one or is unknown."""
_SAID = frozenset({Authority.PERSON, Authority.RULE})


@dataclass(frozen=True, slots=True)
class Survey:
    """What is there; each figure opens into the ids of its persons."""

    tenant: str
    made_at: datetime
    persons: int
    origins: Mapping[str, Sequence[int]]
    """`CARD/user`: source of the STORE row and who created the person → ids."""
    bases: Mapping[str, Sequence[int]]
    """`STORE=61F`: purpose and basis → ids."""
    findings: Mapping[str, Sequence[int]]
    """Each key of `FINDINGS` → ids."""

    def ids(self, key: str) -> Sequence[int] | None:
        """Give the persons behind a figure; None where there is no such figure."""
        for figures in (self.findings, self.origins, self.bases):
            if key in figures:
                return figures[key]
        return None

    @property
    def keys(self) -> Collection[str]:
        """Name all figures."""
        return [*self.findings, *self.origins, *self.bases]


@dataclass(slots=True)
class Surveyor:
    """Looks at one person after the other; keeps numbers, no names."""

    noticed: set[PersonId]
    """Who was sent a notice, as far as the CRM or we know."""
    persons: int = 0
    _origins: dict[str, array[int]] = field(default_factory=dict)
    _bases: dict[str, array[int]] = field(default_factory=dict)
    _findings: dict[str, array[int]] = field(default_factory=dict)
    _untouched: dict[tuple[str, int, AssociateId], array[int]] = field(default_factory=dict)
    """Purpose, minute and writer of rows that nobody has touched since."""

    def look(self, person: Person, lists: TenantLists, own: AssociateId | None, now: datetime) -> None:
        """Count one person."""
        self.persons += 1
        facts = gather(person, (), lists, own, now)
        number = int(person.person_id)
        _add(self._origins, f"{facts.source or '-'}/{facts.creator}", number)
        for purpose, row in person.consents.items():
            _add(self._bases, f"{purpose}={row.basis or '-'}", number)
            if row.updated in {None, row.registered} and not row.comment:
                minute = int(row.registered.timestamp()) // 60
                _add(self._untouched, (purpose, minute, row.registered_associate_id), number)
        for key in self._found(person, facts, lists, own):
            _add(self._findings, key, number)

    def result(self, tenant: str, made_at: datetime) -> Survey:
        """Say what was seen, the most frequent first."""
        together = {number for rows in self._untouched.values() if len(rows) >= IN_ONE_GO for number in rows}
        findings = self._findings | {"written_in_one_go": array("q", sorted(together))}
        return Survey(
            tenant=tenant,
            made_at=made_at,
            persons=self.persons,
            origins=_by_size(self._origins),
            bases=dict(sorted(self._bases.items())),
            findings={key: findings.get(key, array("q")) for key in FINDINGS},
        )

    def _found(
        self, person: Person, facts: Facts, lists: TenantLists, own: AssociateId | None
    ) -> Collection[str]:
        store, marketing = person.consents.get(STORE), person.consents.get(MARKETING)
        writers = {key: authority(row, person, lists, own) for key, row in person.consents.items()}
        holds = {
            "no_store": store is None,
            "no_basis": store is not None and not store.basis,
            "no_source": store is None or store.source in {"", UNKNOWN_SOURCE},
            "no_notice": person.person_id not in self.noticed,
            "no_email": not person.emails,
            "bounced": any(one.bounce_count > 0 for one in person.emails),
            "crm_default": writers.get(STORE) is Authority.CRM_DEFAULT,
            "marketing_without_evidence": marketing is not None and not _shown(marketing, writers[MARKETING]),
            "withdrawn": store is not None and store.basis == WITHDRAWN,
            "minors": _is_minor(facts),
            "associates": facts.is_associate,
        }
        return [key for key, true in holds.items() if true]


def _shown(row: Consent, writer: Authority) -> bool:
    """Tell whether anything shows a choice: her own act, a rule of ours, a no, or what a human wrote down."""
    documented = writer is Authority.HUMAN and bool(row.comment.strip())
    return row.basis == WITHDRAWN or writer in _SAID or documented


def _is_minor(facts: Facts) -> bool:
    limit = digital_age(facts.country) if isinstance(facts.country, str) else None
    return isinstance(facts.age, int) and facts.age < (limit or _OLDEST_LIMIT)


def _add(kept: dict[Key, array[int]], key: Key, number: int) -> None:
    kept.setdefault(key, array("q")).append(number)


def _by_size(kept: Mapping[str, array[int]]) -> dict[str, array[int]]:
    return dict(sorted(kept.items(), key=lambda item: (-len(item[1]), item[0])))
