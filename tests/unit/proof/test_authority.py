from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from so_privacy_ext.model import (
    Associate,
    AssociateId,
    Authority,
    Consent,
    Person,
    PersonId,
    TenantLists,
)
from so_privacy_ext.proof.authority import authority

BORN = datetime(2026, 3, 2, 9, 0, 0, tzinfo=UTC)
OURS = AssociateId(90)
EMPLOYEE, RESOURCE, EXTERNAL, ANONYMOUS, SYSTEM, ODD, STRANGER = (AssociateId(one) for one in range(10, 17))
NOBODY = AssociateId(0)
TYPES = {OURS: 13, EMPLOYEE: 0, RESOURCE: 1, EXTERNAL: 4, ANONYMOUS: 7, SYSTEM: 13, ODD: 99}
TAGGED = "so-privacy web-plain 0123456789ab"


def lists(default_basis: str = "61B") -> TenantLists:
    return TenantLists(
        purposes=(),
        bases=(),
        sources=(),
        templates=(),
        countries={},
        associates={key: Associate(key, kind, 0, deleted=False) for key, kind in TYPES.items()},
        categories={},
        businesses={},
        positions={},
        forms={},
        customer_languages={},
        owner_company_ids=frozenset(),
        cultures={},
        solanguages={},
        default_basis=default_basis,
    )


def person() -> Person:
    return Person(
        person_id=PersonId(1),
        company_id=0,
        company_country_id=None,
        country_id=0,
        category_id=0,
        business_id=0,
        position_id=0,
        retired=False,
        registered=BORN,
        registered_associate_id=EMPLOYEE,
        updated_count=0,
        form_id=0,
        language_id=0,
        birth_date=None,
        erp_linked=False,
        emails=(),
        consents={},
    )


def row(
    *,
    purpose: str = "STORE",
    basis: str = "61B",
    source: str = "CARD",
    comment: str = "",
    registered: datetime = BORN,
    by: AssociateId = EMPLOYEE,
    updated: datetime | None = None,
    updated_by: AssociateId = NOBODY,
) -> Consent:
    return Consent(
        person_id=PersonId(1),
        purpose=purpose,
        basis=basis,
        source=source,
        comment=comment,
        registered=registered,
        registered_associate_id=by,
        updated=updated,
        updated_associate_id=updated_by,
        updated_count=0,
    )


def of(consent: Consent, *, default_basis: str = "61B", own: AssociateId | None = OURS) -> Authority:
    return authority(consent, person(), lists(default_basis), own)


@pytest.mark.parametrize(
    "consent",
    [
        row(),
        row(updated=BORN),
        row(registered=BORN + timedelta(seconds=60)),
        row(by=ANONYMOUS, source="WEBFORM"),
        row(by=SYSTEM, source="VENDOR"),
        row(by=OURS),
    ],
)
def test_the_row_that_the_crm_gives_a_new_person_is_its_default_whoever_made_her(consent: Consent) -> None:
    assert of(consent) is Authority.CRM_DEFAULT


@pytest.mark.parametrize(
    "consent",
    [
        row(purpose="EMARKETING"),
        row(basis="61F"),
        row(comment="called us"),
        row(updated=BORN + timedelta(seconds=1)),
        row(registered=BORN + timedelta(seconds=61)),
        row(registered=BORN - timedelta(seconds=1)),
    ],
)
def test_any_one_difference_from_the_default_makes_it_its_writers(consent: Consent) -> None:
    assert of(consent) is Authority.HUMAN


def test_a_tenant_without_a_default_basis_has_no_default_rows() -> None:
    assert of(row(basis=""), default_basis="") is Authority.HUMAN


LATER = BORN + timedelta(days=1)

WRITERS = {
    EMPLOYEE: (Authority.HUMAN, Authority.HUMAN),
    RESOURCE: (Authority.HUMAN, Authority.HUMAN),
    EXTERNAL: (Authority.PERSON, Authority.PERSON),
    ANONYMOUS: (Authority.PERSON, Authority.PERSON),
    SYSTEM: (Authority.IMPORT, Authority.PERSON),
    ODD: (Authority.HUMAN, Authority.HUMAN),
    STRANGER: (Authority.HUMAN, Authority.HUMAN),
}


@pytest.mark.parametrize("last", WRITERS, ids=lambda one: f"last{one}")
@pytest.mark.parametrize("first", [*WRITERS, OURS], ids=lambda one: f"first{one}")
@pytest.mark.parametrize("comment", ["", "by hand", TAGGED])
@pytest.mark.parametrize(("source", "which"), [("CARD", 0), ("WEBFORM", 1), ("CUSTOMERPORTAL", 1)])
def test_the_last_writer_counts_whoever_was_first(
    first: AssociateId, last: AssociateId, comment: str, source: str, which: int
) -> None:
    consent = row(by=first, updated=LATER, updated_by=last, comment=comment, source=source)

    assert of(consent) is WRITERS[last][which]


@pytest.mark.parametrize("writer", WRITERS, ids=str)
@pytest.mark.parametrize(("source", "which"), [("CARD", 0), ("WEBFORM", 1)])
def test_while_nobody_has_updated_it_the_registrar_is_the_writer(
    writer: AssociateId, source: str, which: int
) -> None:
    assert of(row(purpose="EMARKETING", by=writer, source=source)) is WRITERS[writer][which]


@pytest.mark.parametrize("source", ["CARD", "WEBFORM"])
def test_a_rules_row_needs_our_associate_and_our_tag(source: str) -> None:
    ours = row(updated=LATER, updated_by=OURS, comment=TAGGED, source=source)
    another_app = row(updated=LATER, updated_by=OURS, comment="synced", source="CARD")

    assert of(ours) is Authority.RULE
    assert of(ours, own=None) is not Authority.RULE
    assert of(another_app) is Authority.IMPORT
