"""Says who wrote a consent row, since the CRM keeps the row and not its history."""

from __future__ import annotations

from datetime import timedelta

from so_privacy_ext.model import STORE, TAG_PREFIX, AssociateId, Authority, Consent, Person, TenantLists

DEFAULT_ROW_WITHIN = timedelta(seconds=60)
"""The CRM gives a new person her STORE row in the same transaction, or a little later."""
WRITTEN_BY_PERSON = frozenset({"WEBFORM", "CUSTOMERPORTAL"})
"""Sources under which only the person's own act is registered."""

_OF_PERSONS = frozenset({4, 7})
"""Associate types: external (customer portal), anonymous (web form)."""
_OF_SYSTEMS = 13


def authority(
    consent: Consent, person: Person, lists: TenantLists, own_associate_id: AssociateId | None
) -> Authority:
    """Give the authority of the row's last writer; who can't be placed counts as a human."""
    if _is_default(consent, person, lists):
        return Authority.CRM_DEFAULT
    writer = consent.updated_associate_id or consent.registered_associate_id
    if own_associate_id is not None and writer == own_associate_id and consent.comment.startswith(TAG_PREFIX):
        return Authority.RULE
    associate = lists.associates.get(writer)
    if associate is None or associate.type not in _OF_PERSONS | {_OF_SYSTEMS}:
        return Authority.HUMAN
    if associate.type in _OF_PERSONS or consent.source in WRITTEN_BY_PERSON:
        return Authority.PERSON
    return Authority.IMPORT


def _is_default(consent: Consent, person: Person, lists: TenantLists) -> bool:
    """Tell whether the row is the one that the CRM itself gives to every new person."""
    return (
        consent.purpose == STORE
        and consent.updated in {None, consent.registered}
        and not consent.comment
        and timedelta(0) <= consent.registered - person.registered <= DEFAULT_ROW_WITHIN
        and bool(lists.default_basis)
        and consent.basis == lists.default_basis
    )
