"""Reads consents in batches and writes one at a time, by keys."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence

from so_privacy_ext.errors import Applied, CrmFailure, Fault
from so_privacy_ext.model import AssociateId, Consent, PersonId, TenantLists
from so_privacy_ext.superoffice import faults
from so_privacy_ext.superoffice.archive import Column, Row, integer, moment, text
from so_privacy_ext.superoffice.client import SoapClient
from so_privacy_ext.superoffice.list_cache import Stranger
from so_privacy_ext.superoffice.spans import read_rows

COMMENT_UNITS = 255
"""The column's length, in UTF-16 code units."""

_WRITE = "Person.SetConsent"
_UNWRITABLE = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML can't hold: controls, lone surrogates, U+FFFE and U+FFFF."""
COLUMNS = (
    Column("consentperson_id", integer),
    Column("person_id", integer),
    Column("consentPurpose_id", integer, required=False),
    Column("legalBase_id", integer, required=False),
    Column("consentSource_id", integer, required=False),
    Column("comment", text, required=False),
    Column("registered", moment),
    Column("registered_associate_id", integer),
    Column("updated", moment),
    Column("updated_associate_id", integer),
    Column("updatedCount", integer, required=False),
)


def read_consents(
    client: SoapClient,
    ids: Sequence[PersonId],
    lists: Callable[[], TenantLists],
    doubt: Callable[[Collection[Stranger]], None],
) -> dict[PersonId, dict[str, Consent]]:
    """Read the consents of persons by purpose key; who has none has an empty mapping.

    A row whose purpose no list knows, even after a fresh look, can't be decided on and is left out.
    """
    return by_person(read_rows(client, "consentperson", COLUMNS, ids), ids, lists, doubt)


def by_person(
    rows: Sequence[Row],
    ids: Iterable[PersonId],
    lists: Callable[[], TenantLists],
    doubt: Callable[[Collection[Stranger]], None],
) -> dict[PersonId, dict[str, Consent]]:
    """Make consents of rows, by person and purpose key; rows of other persons are left out."""
    keys = _Keys(lists())
    strangers = {one for row in rows for one in keys.strangers(row)}
    if strangers:
        doubt(strangers)
        keys = _Keys(lists())
    found: dict[PersonId, dict[str, Consent]] = {person_id: {} for person_id in ids}
    for row in rows:
        purpose = keys.purposes.get(row["consentPurpose_id"])
        if purpose is None or row["person_id"] not in found:
            continue
        theirs = found[PersonId(row["person_id"])]
        if purpose in theirs:
            raise faults.protocol("Archive.consentperson", "two rows for one person and purpose")
        theirs[purpose] = keys.consent(purpose, row)
    return found


def set_consent(
    client: SoapClient,
    lists: TenantLists,
    person_id: PersonId,
    *,
    purpose: str,
    basis: str,
    source: str,
    comment: str,
) -> None:
    """Write one consent; keys that the tenant's lists don't hold never leave, so that no id 0 is written."""
    known = (
        any(item.key == purpose and item.active and not item.deleted for item in lists.purposes)
        and any(item.key == basis and not item.deleted for item in lists.bases)
        and any(item.key == source and not item.deleted for item in lists.sources)
    )
    if not known or person_id <= 0:
        raise refused_here(_WRITE, "a key that the tenant does not have")
    client.call(
        "SetConsent",
        PersonId=person_id,
        Purpose=purpose,
        Source=source,
        LegalBase=basis,
        Comment=writable(comment, COMMENT_UNITS),
    )


def writable(value: str, units: int) -> str:
    """Replace what XML can't hold and cut on a whole character at so many UTF-16 units."""
    clean = _UNWRITABLE.sub("\N{REPLACEMENT CHARACTER}", value)
    return clean.encode("utf-16-le")[: units * 2].decode("utf-16-le", errors="ignore")


def refused_here(operation: str, detail: str) -> CrmFailure:
    """Name a call that we did not make."""
    return faults.failure(Fault.VALIDATION, operation, applied=Applied.NO, detail=detail)


class _Keys:
    """Keys by the ids of this tenant."""

    def __init__(self, lists: TenantLists) -> None:
        self.purposes: Mapping[int, str] = {item.item_id: item.key for item in lists.purposes}
        self._bases = {item.item_id: item.key for item in lists.bases} | {0: ""}
        self._sources = {item.item_id: item.key for item in lists.sources} | {0: ""}

    def strangers(self, row: Row) -> Iterator[Stranger]:
        """Give the ids of a row that no list has."""
        for column, known in (
            ("consentPurpose_id", self.purposes),
            ("legalBase_id", self._bases),
            ("consentSource_id", self._sources),
        ):
            if row[column] not in known:
                yield column, row[column]

    def consent(self, purpose: str, row: Row) -> Consent:
        """Make a consent; an id that no list knows becomes a key that none can equal."""
        if row["registered"] is None:
            raise faults.protocol("Archive.consentperson", "a row without a time")
        basis, source = row["legalBase_id"], row["consentSource_id"]
        return Consent(
            person_id=PersonId(row["person_id"]),
            purpose=purpose,
            basis=self._bases.get(basis, f"#{basis}"),
            source=self._sources.get(source, f"#{source}"),
            comment=row["comment"],
            registered=row["registered"],
            registered_associate_id=AssociateId(row["registered_associate_id"]),
            updated=row["updated"],
            updated_associate_id=AssociateId(row["updated_associate_id"]),
            updated_count=row["updatedCount"],
        )
