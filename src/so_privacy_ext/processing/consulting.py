"""Gathers the facts about persons, and asks the tenant's plugins where it has any: the one place for both."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from so_privacy_ext.model import STORE, AssociateId, Authority, InboxEvent, Person, TenantLists
from so_privacy_ext.processing.facts import gather
from so_privacy_ext.processing.work import Consult, Work
from so_privacy_ext.proof.authority import authority
from so_privacy_ext.rules.activation import ActiveManifest
from so_privacy_ext.rules.references import UNKNOWN_SOURCE
from so_privacy_ext.sdk import Facts, Seen

_DOORS = frozenset({"USER", "IMPORT", "API"})
"""What the CRM itself puts where it knows only how a person was entered, not where she comes from."""
Told = tuple[Person, Sequence[InboxEvent]]
"""A person as just read, and what happened to her."""


def gathered(
    work: Work, persons: Sequence[Told], lists: TenantLists, manifest: ActiveManifest
) -> Sequence[Facts]:
    """Give each person's facts, in the same order, for this manifest to decide by.

    To be called outside of any transaction, since plugins may take seconds.
    """
    own = work.tenant.own_associate_id
    facts = [gather(person, events, lists, own, work.clock.now()) for person, events in persons]
    if work.consult is None or not facts:
        return facts
    seen = [
        Seen(person.person_id, person.company_id, known, source_is_open(person, lists, own))
        for (person, _), known in zip(persons, facts, strict=True)
    ]
    return work.consult(seen, manifest)


def made_up(consult: Consult | None, manifest: ActiveManifest) -> Callable[[Facts], Facts]:
    """Give what has plugins add to the facts about somebody who is in no CRM."""

    def ask(facts: Facts) -> Facts:
        if consult is None:
            return facts
        (answered,) = consult([Seen(0, 0, facts, facts.source in {None, "", UNKNOWN_SOURCE})], manifest)
        return answered

    return ask


def source_is_open(person: Person, lists: TenantLists, own: AssociateId | None) -> bool:
    """Tell whether nobody has said yet where a person comes from, so that a plugin may propose it.

    Whoever enters a person may pick a source, which then stands in the CRM's own row: so only sources that
    say nothing but how she was entered are taken for nobody's word.
    """
    store = person.consents.get(STORE)
    if store is None or store.source in {"", UNKNOWN_SOURCE}:
        return True
    return store.source in _DOORS and authority(store, person, lists, own) is Authority.CRM_DEFAULT
