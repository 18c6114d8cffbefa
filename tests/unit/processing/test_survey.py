"""Surveys: where persons come from, and what is missing or doubtful, of those alone of whom it is."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest

from so_privacy_ext.model import STORE, AssociateId, EmailAddress, PersonId
from so_privacy_ext.processing.survey import FINDINGS, IN_ONE_GO, MARKETING, Survey, Surveyor
from tests.unit.processing.fake_crm import BOT, EMPLOYEE, HUMAN, IMPORTER, OWN, PORTAL, FakeCrm

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
LONG_AGO = datetime(2024, 5, 1, 12, tzinfo=UTC)


@pytest.fixture
def crm() -> FakeCrm:
    return FakeCrm(lambda: NOW)


def survey(crm: FakeCrm, noticed: set[PersonId] | None = None) -> Survey:
    surveyor = Surveyor(noticed or set())
    for person in crm.read_persons([PersonId(one) for one in sorted(crm.persons)]).values():
        surveyor.look(person, crm.lists(), OWN, NOW)
    return surveyor.result("Cust12345", NOW)


def test_persons_by_where_they_come_from_and_on_what_they_are_held(crm: FakeCrm) -> None:
    for person_id in (1, 2):
        crm.add(person_id, "CARD", registered=LONG_AGO)
    crm.add(3, "ERP", basis="61F", by=IMPORTER)
    crm.add(4, None)
    found = survey(crm)
    assert {key: list(ids) for key, ids in found.origins.items()} == {
        "CARD/user": [1, 2],
        "-/user": [4],
        "ERP/integration": [3],
    }
    assert {key: list(ids) for key, ids in found.bases.items()} == {"STORE=61B": [1, 2], "STORE=61F": [3]}
    assert list(found.ids("CARD/user") or ()) == [1, 2]
    assert list(found.ids("STORE=61F") or ()) == [3]
    assert found.ids("VENDOR/user") is None
    assert set(found.keys) == {*FINDINGS, *found.origins, *found.bases}


def alone(crm: FakeCrm) -> None:
    crm.add(2, None)


def without_basis(crm: FakeCrm) -> None:
    crm.add(2, "CARD", basis="")


def unknown(crm: FakeCrm) -> None:
    crm.add(2, "UNKNOWN", basis="61F")


def bouncing(crm: FakeCrm) -> None:
    crm.add(2, "CARD", basis="61F", emails=[EmailAddress("x@example.com", 1, bounce_count=1)])


def unreachable(crm: FakeCrm) -> None:
    crm.add(2, "CARD", basis="61F", emails=[])


def by_default(crm: FakeCrm) -> None:
    crm.add(2, "CARD")


def said_no(crm: FakeCrm) -> None:
    crm.add(2, "CARD", basis="61F")
    crm.withdraw(2)


def child(crm: FakeCrm) -> None:
    crm.add(2, "CARD", basis="61F", born=date(2012, 1, 1))


def child_of_nowhere(crm: FakeCrm) -> None:
    crm.add(2, "CARD", basis="61F", country="", born=date(2011, 1, 1))


def employee(crm: FakeCrm) -> None:
    crm.add(EMPLOYEE, "CARD", basis="61F")


@pytest.mark.parametrize(
    ("enter", "keys"),
    [
        (alone, {"no_store", "no_source"}),
        (without_basis, {"no_basis"}),
        (unknown, {"no_source"}),
        (unreachable, {"no_email"}),
        (bouncing, {"bounced"}),
        (by_default, {"crm_default"}),
        (said_no, {"withdrawn"}),
        (child, {"minors"}),
        (child_of_nowhere, {"minors"}),
        (employee, {"associates"}),
    ],
)
def test_what_is_missing_is_found_of_whom_it_is(
    crm: FakeCrm, enter: Callable[[FakeCrm], None], keys: set[str]
) -> None:
    crm.add(1, "CARD", basis="61F", born=date(1980, 1, 1))
    enter(crm)
    other = max(crm.persons)
    found = {
        key: list(ids) for key, ids in survey(crm, {PersonId(1), PersonId(other)}).findings.items() if ids
    }
    assert found == {key: [other] for key in keys}


def test_who_was_told_by_nobody(crm: FakeCrm) -> None:
    crm.add(1)
    crm.add(2)
    assert list(survey(crm, {PersonId(2)}).findings["no_notice"]) == [1]


@pytest.mark.parametrize(
    ("row", "by", "comment", "shown"),
    [
        ("61A/WEBFORM", PORTAL, "", True),
        ("61A/API", BOT, "", False),
        ("61A/IMPORT", IMPORTER, "from the old list", False),
        ("61A/CARD", HUMAN, "", False),
        ("61A/CARD", HUMAN, "said so at the fair, 4 April", True),
        ("61F/API", OWN, "so-privacy soft-opt-in 0123456789ab", True),
        ("WITHDRAWN/API", BOT, "", True),
    ],
)
def test_marketing_without_evidence(
    crm: FakeCrm, row: str, by: AssociateId, comment: str, shown: bool
) -> None:
    crm.add(1)
    basis, source = row.split("/")
    crm.write_row(1, MARKETING, basis, source, by=by, comment=comment)
    assert list(survey(crm).findings["marketing_without_evidence"]) == ([] if shown else [1])


@pytest.mark.parametrize("many", [IN_ONE_GO - 1, IN_ONE_GO])
def test_rows_that_were_written_in_one_go(crm: FakeCrm, many: int) -> None:
    for person_id in range(1, many + 1):
        crm.add(person_id, registered=LONG_AGO + timedelta(milliseconds=person_id))
    crm.add(many + 1, registered=LONG_AGO + timedelta(minutes=2))
    crm.add(many + 2, registered=LONG_AGO)
    crm.write_row(many + 2, STORE, "61F", "CARD")  # touched since
    found = list(survey(crm).findings["written_in_one_go"])
    assert found == (list(range(1, many + 1)) if many >= IN_ONE_GO else [])


def test_an_empty_tenant(crm: FakeCrm) -> None:
    found = survey(crm)
    assert (found.persons, found.origins, found.bases) == (0, {}, {})
    assert not any(found.findings.values())
    assert found.tenant == "Cust12345"
