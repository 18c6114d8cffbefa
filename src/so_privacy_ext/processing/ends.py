"""Says when what stands of a person comes to its end: by what we gave, and by what she gave herself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from so_privacy_ext.model import EXPLICIT_CONSENT, Authority, Consent, ConsentEnd, Person, TenantLists
from so_privacy_ext.processing.case import EFFECTS, Case
from so_privacy_ext.processing.work import Work
from so_privacy_ext.proof.authority import authority
from so_privacy_ext.rules import periods
from so_privacy_ext.rules.activation import ActiveManifest


def ends_of_hers(
    work: Work, person: Person, consents: Mapping[str, Consent], lists: TenantLists, manifest: ActiveManifest
) -> list[ConsentEnd]:
    """Give the ends of consents that the person gave herself, by the period that each purpose has."""
    found = (end_of_hers(work, person, row, lists, manifest) for row in consents.values())
    return [one for one in found if one is not None]


def end_of_hers(
    work: Work, person: Person, row: Consent, lists: TenantLists, manifest: ActiveManifest
) -> ConsentEnd | None:
    """Give the end of one row; None where it has none. Her last act counts, since it alone renews."""
    rule = manifest.ends.get(row.purpose)
    if row.basis != EXPLICIT_CONSENT or rule is None or rule.expires is None:
        return None
    if authority(row, person, lists, work.tenant.own_associate_id) is not Authority.PERSON:
        return None
    since = row.updated or row.registered
    ends_at = periods.add(since, rule.expires)
    renew_at = periods.back(ends_at, rule.renew_before) if rule.renew and rule.renew_before else None
    return ConsentEnd(person.person_id, row.purpose, row.basis, since, ends_at, renew_at)


def ends_of_ours(work: Work, case: Case) -> Iterator[ConsentEnd]:
    """Give the ends of what a case has written, which count from when this basis was first written."""
    person_id = case.person.person_id
    for one in case.kept.ruling.decisions:
        if one.expires is None or one.basis is None or case.held.get(one.purpose) not in EFFECTS:
            continue
        written = work.ledgers.decisions.first_written(person_id, one.purpose, one.basis)
        first = written or work.clock.now()
        yield ConsentEnd(person_id, one.purpose, one.basis, first, periods.add(first, one.expires))
