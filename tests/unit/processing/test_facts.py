"""What rules may see of a person."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from itertools import product
from typing import Any

import pytest

from so_privacy_ext.model import AssociateId, EmailAddress, Event, EventId, InboxEvent, PersonId, TenantLists
from so_privacy_ext.processing.facts import gather
from so_privacy_ext.rules.kept import kept
from so_privacy_ext.rules.reach.together import possible
from so_privacy_ext.sdk import UNKNOWN, Facts, Unknown
from tests.unit.processing.fake_crm import (
    EMPLOYEE,
    HUMAN,
    IMPORTER,
    OWN,
    OWNER_COMPANY,
    FakeCrm,
    tenant_lists,
)

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
EVENTS = [InboxEvent(1, Event(EventId("e"), "person.changed", 1, frozenset({"title"})), NOW)]


@pytest.fixture
def crm() -> FakeCrm:
    return FakeCrm(lambda: NOW)


GatherFacts = Callable[..., Facts]


@pytest.fixture
def facts(crm: FakeCrm) -> GatherFacts:
    def facts(
        lists: TenantLists | None = None, own: AssociateId | None = OWN, /, person: int = 1, **columns: Any
    ) -> Facts:
        (one,) = crm.read_persons([PersonId(person)]).values()
        return gather(replace(one, **columns), EVENTS, lists or tenant_lists(), own, NOW)

    return facts


def test_a_plain_person(crm: FakeCrm, facts: GatherFacts) -> None:
    crm.add(1, "CARD", email="Anna@Example.com")
    found = facts()
    assert (found.event, found.creator, found.form) == ("changed", "user", None)
    assert found.changed == {"title"}
    assert (found.source, found.country, found.language) == ("CARD", "DK", "da")
    assert (found.has_email, found.email_domain, found.age) == (True, "example.com", UNKNOWN)
    assert found.consents == {"STORE": ("61B", "CARD")}
    assert found.wordings == {"EMARKETING"}
    assert not (found.company_is_owner)
    assert not (found.is_associate)
    assert not (found.retired)


def test_without_a_store_row_there_is_no_source(crm: FakeCrm, facts: GatherFacts) -> None:
    crm.add(1, None)
    assert facts().source is None
    assert facts().consents == {}


@pytest.mark.parametrize(
    ("columns", "creator"),
    [
        ({"form_id": 5, "registered_associate_id": OWN}, "form"),
        ({"registered_associate_id": OWN}, "us"),
        ({"registered_associate_id": IMPORTER, "erp_linked": True}, "integration"),
        ({"erp_linked": True}, "erp"),
        ({}, "user"),
        ({"registered_associate_id": AssociateId(999)}, "user"),
    ],
)
def test_who_created_the_person(
    crm: FakeCrm, facts: GatherFacts, columns: dict[str, Any], creator: str
) -> None:
    crm.add(1)
    assert facts(**columns).creator == creator


def test_who_we_are_may_be_unknown(crm: FakeCrm, facts: GatherFacts) -> None:
    crm.add(1, by=OWN)
    assert facts(None, None).creator == "integration"


def test_the_form_has_a_key(crm: FakeCrm, facts: GatherFacts) -> None:
    crm.add(1)
    assert facts(form_id=5).form == "contact"
    assert facts(form_id=6).form is None


@pytest.mark.parametrize(
    ("own", "company", "country"),
    [(1, 3, "DK"), (0, 3, "SE"), (0, 0, UNKNOWN), (0, None, UNKNOWN), (99, 3, UNKNOWN)],
)
def test_the_country_is_the_person_s_else_the_company_s(
    crm: FakeCrm, facts: GatherFacts, own: int, company: int | None, country: str | Unknown
) -> None:
    crm.add(1)
    assert facts(country_id=own, company_country_id=company).country == country


@pytest.mark.parametrize(
    ("language", "country", "found"),
    [
        (1, "NO", "da"),
        (2, "DK", "nb"),
        (0, "NO", "nb"),
        (0, "SE", "sv"),
        (0, "DE", "de"),
        (0, "GB", UNKNOWN),
        (0, "", UNKNOWN),
    ],
)
def test_the_language_is_the_person_s_else_the_country_s(
    crm: FakeCrm, facts: GatherFacts, language: int, country: str, found: str | Unknown
) -> None:
    crm.add(1, country=country, language=language)
    assert facts().language == found


@pytest.mark.parametrize(
    ("born", "age"),
    [
        (None, UNKNOWN),
        (date(2011, 3, 2), 15),
        (date(2011, 3, 3), 14),
        (date(2012, 2, 29), 14),
        (date(2026, 3, 2), 0),
    ],
)
def test_the_age_in_whole_years(
    crm: FakeCrm, facts: GatherFacts, born: date | None, age: int | Unknown
) -> None:
    crm.add(1, born=born)
    assert facts().age == age


@pytest.mark.row("F71")
def test_an_associate_is_known(crm: FakeCrm, facts: GatherFacts) -> None:
    crm.add(EMPLOYEE)
    crm.add(1)
    assert facts(person=EMPLOYEE).is_associate
    lists = tenant_lists()
    gone = {HUMAN: replace(lists.associates[HUMAN], deleted=True)}
    external = {HUMAN: replace(lists.associates[HUMAN], type=4)}
    assert not facts(tenant_lists(associates=gone), person=EMPLOYEE).is_associate
    assert not facts(tenant_lists(associates=external), person=EMPLOYEE).is_associate


def test_the_owner_s_own_company(crm: FakeCrm, facts: GatherFacts) -> None:
    crm.add(1, company=OWNER_COMPANY)
    assert facts().company_is_owner


@pytest.mark.row("F60")
def test_a_malformed_address_has_no_domain(crm: FakeCrm, facts: GatherFacts) -> None:
    crm.add(1, emails=[EmailAddress("nobody", 1)])
    assert (facts().has_email, facts().email_domain) == (True, None)
    crm.add(1, emails=[])
    assert (facts().has_email, facts().email_domain) == (False, None)


def test_what_the_reach_of_rules_holds_impossible_nobody_is(crm: FakeCrm, facts: GatherFacts) -> None:
    seen = set()
    for person, source in enumerate([None, "WEBFORM", "CUSTOMERPORTAL", "CARD"], 1):
        crm.add(person, source, email="anna@example.com")
        for form_id, emails, basis in product(
            [0, 5, 6], [[], [EmailAddress("a@b.example", 1)]], ["61A", "61F"]
        ):
            read = crm.read_persons([PersonId(person)])[PersonId(person)]
            rows = {purpose: replace(row, basis=basis) for purpose, row in read.consents.items()}
            found = facts(person=person, form_id=form_id, emails=emails, consents=rows)
            seen.add((found.form, found.email_domain, found.source, basis))
            assert possible(found)
    assert len(seen) == 2 * 2 * 4 * 2
    assert not possible(Facts(form="contact", creator="user"))
    assert not possible(Facts(email_domain="example.com"))
    assert not possible(Facts(source="CARD"))


@pytest.mark.row("B73")
def test_no_address_is_kept(crm: FakeCrm, facts: GatherFacts) -> None:
    crm.add(1, email="anna@secret.example.com")
    found = facts()
    assert "secret" not in repr(found)
    assert "secret" not in repr(kept(found, lambda text: "hash"))
