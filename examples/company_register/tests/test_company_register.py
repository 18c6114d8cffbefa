"""The plugin alone, beside a register on this machine, and in a whole tenant."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any, Protocol

import pytest

from company_register import (
    Settings,
    all_forgotten,
    forgotten,
    found,
    names_the_source,
    shown,
    source,
    word_used,
)
from so_privacy_ext import DecidedPurpose, Decision, Erased, Facts, Proposal, Seen
from so_privacy_kit import Clock, Deliver, Person, Tenant

LISTED, UNHEARD_OF, NONE = (
    Facts(email_domain=domain) for domain in ("eksempel.example", "nowhere.example", None)
)


class Register(Protocol):
    """The register of conftest.py."""

    host: str
    asked: list[list[str]]
    uses: list[str]
    kept: list[tuple[int, str]]
    status: int

    @property
    def persons(self) -> set[int]: ...


def test_it_asks_once_for_all_and_for_domains_alone(register: Register) -> None:
    persons = [Seen(at, 0, facts) for at, facts in enumerate((LISTED, UNHEARD_OF, NONE, LISTED), start=1)]
    known = {"listed": True, "since": date(2009, 5, 1)}

    assert found(persons, Settings(host=register.host)) == {1: known, 2: {"listed": False}, 4: known}
    assert register.asked == [["eksempel.example", "nowhere.example"]]
    assert register.kept == [(1, "eksempel.example"), (4, "eksempel.example"), (2, "nowhere.example")]


def test_the_register_shows_and_forgets_for_whom_it_was_asked(register: Register) -> None:
    settings = Settings(host=register.host)
    found([Seen(1, 0, LISTED), Seen(2, 0, LISTED), Seen(-3, 0, LISTED)], settings)

    assert shown(1, settings) == {"lookups": [{"domain": "eksempel.example", "at": "2026-01-02"}]}
    assert forgotten(1, settings) == Erased(1)
    assert (shown(1, settings), forgotten(1, settings)) == ({"lookups": []}, Erased(0))
    assert (all_forgotten(settings), register.kept) == (Erased(1), [])


def test_rows_are_made_of_decisions_with_the_registers_source() -> None:
    one = DecidedPurpose("give", "listed", "because", "61F", "VENDOR", None, "written")
    purposes = {"STORE": one, "EMARKETING": replace(one, source="CARD")}
    decision = Decision(3, 7, datetime(2026, 1, 2, tzinfo=UTC), "d", purposes, (), "sent", "effect")

    (row,) = word_used([decision], Settings(host="register.example.com"))

    assert row == {"at": "2026-01-02T00:00:00+00:00", "person": 7, "purpose": "STORE", "written": "written"}


@pytest.mark.parametrize(
    ("manifest", "codes"),
    [
        ({"sources": {"VENDOR": {}}, "rules": [{"when": {"source": "VENDOR"}}]}, []),
        ({"sources": {"VENDOR": {}}, "rules": [{"when": {"source": ["CARD", "FAIR"]}}]}, ["not_asked"]),
        ({"sources": {"CARD": {}}, "rules": []}, ["no_source"]),
        ({"rules": []}, ["no_source"]),
    ],
)
def test_a_manifest_that_does_without_the_source_is_told(manifest: dict[str, Any], codes: list[str]) -> None:
    assert [one.code for one in names_the_source(manifest, Settings(host="register.example.com"))] == codes


def test_a_register_that_fails_gives_no_receipt(register: Register) -> None:
    register.status = 503

    with pytest.raises(ConnectionError, match="503"):
        forgotten(1, Settings(host=register.host))


def test_it_asks_nothing_where_nobody_has_an_address(register: Register) -> None:
    assert found([Seen(1, 0, NONE)], Settings(host=register.host)) == {}
    assert register.asked == []


def test_a_register_that_fails_says_nothing_of_anybody(register: Register) -> None:
    register.status = 503

    with pytest.raises(ConnectionError, match="503"):
        found([Seen(1, 0, LISTED)], Settings(host=register.host))


@pytest.mark.parametrize(
    ("listed", "proposed"), [(True, Proposal("FAIR", 0.8, "listed")), (False, None), (None, None)]
)
def test_it_proposes_the_source_that_is_set(listed: bool | None, proposed: Proposal | None) -> None:
    facts = Facts(further={} if listed is None else {"company_register.listed": listed})

    assert source(facts, Settings(host="register.example.com", source="FAIR")) == proposed


def test_rules_see_where_a_person_of_a_listed_company_came_from(
    tenant: Tenant, person: Callable[..., Person], deliver: Deliver, register: Register
) -> None:
    tenant.enable("company-register", host=register.host)
    anna = person(country="NO", email="anna@eksempel.example")
    berit = person(country="NO", email="berit@nowhere.example")
    carl = person(country="NO", email="carl@eksempel.example")
    carl.consent("STORE", "61F", "FAIR", by="user")  # a user says how she came to know him

    deliver()

    rules = {one.id: one.rules["STORE"] for one in (anna, berit, carl)}
    assert rules == {anna.id: "bought-or-referred", berit.id: "met-in-person", carl.id: "met-in-person"}
    assert not tenant.journal("plugin_failed")


def test_a_register_out_of_reach_delays_nobody(
    tenant: Tenant, person: Callable[..., Person], deliver: Deliver, register: Register
) -> None:
    register.status = 503
    tenant.enable("company-register", host=register.host)
    anna = person(country="NO", email="anna@eksempel.example")

    assert deliver().waiting == 0

    assert anna.rules["STORE"] == "met-in-person"
    assert [one.content["kind"] for one in tenant.journal("plugin_failed")] == ["raised"]


def test_a_register_that_wants_to_know_is_told_of_each_use_and_of_no_person(
    tenant: Tenant, person: Callable[..., Person], deliver: Deliver, register: Register, clock: Clock
) -> None:
    tenant.enable("company-register", host=register.host, reports_use=True)
    person(country="NO", email="anna@eksempel.example")
    person(country="NO", email="berit@nowhere.example")
    deliver()
    assert len(register.uses) == 1

    register.status = 503
    person(country="NO", source="VENDOR", email="carl@elsewhere.example")
    deliver()
    assert len(set(register.uses)) == 2

    register.status = 200
    clock.advance(minutes=2)
    deliver()
    assert len(register.uses) == 3
    assert register.uses[1] == register.uses[2]  # the same use, told again
    assert len({*map(len, register.uses)}) == 1


def test_who_is_deleted_is_forgotten_there_and_so_is_everybody_once_it_is_off(
    tenant: Tenant,
    person: Callable[..., Person],
    deliver: Deliver,
    clock: Clock,
    register: Register,
) -> None:
    tenant.enable("company-register", host=register.host)
    anna, berit = (person(country="NO", email=f"{name}@eksempel.example") for name in ("anna", "berit"))
    deliver()
    assert register.persons == {anna.id, berit.id}

    register.status = 503  # it does not answer, and owes that it has forgotten her
    anna.delete()
    deliver()
    assert register.persons == {anna.id, berit.id}
    register.status = 200
    clock.advance(minutes=2)
    deliver()
    assert register.persons == {berit.id}

    tenant.disable("company-register", erase=True)
    deliver()
    assert register.persons == set()
    assert [one.person_id for one in tenant.journal("plugin_erased")] == [anna.id, None]


def test_the_persons_of_a_company_that_changed_are_looked_at_again(
    tenant: Tenant, person: Callable[..., Person], deliver: Deliver, register: Register
) -> None:
    tenant.enable("company-register", host=register.host)
    deliver()  # SuperOffice is asked for these events from now on
    anna = person(country="NO", email="anna@eksempel.example", company="Eksempel A/S")
    carl = person(country="NO", email="carl@elsewhere.example")
    deliver()
    before = {one.id: len(tenant.journal("decision", one)) for one in (anna, carl)}
    register.asked.clear()

    (company,) = (one for one in tenant.crm.tables.companies.values() if one.name == "Eksempel A/S")
    tenant.trigger("contact.changed", key=company.contact_id)
    deliver()

    assert register.asked == [["eksempel.example"]]
    assert len(tenant.journal("decision", anna)) == before[anna.id] + 1
    assert len(tenant.journal("decision", carl)) == before[carl.id]
