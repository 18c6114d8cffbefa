"""What belongs to many who stand close together is read by pages, and by naming whom the last one left."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import pytest

from so_privacy_ext.model import PersonId
from so_privacy_ext.superoffice import spans
from so_privacy_ext.superoffice.archive import Row
from so_privacy_ext.superoffice.client import SoapClient
from so_privacy_ext.superoffice.connection import TenantConnection
from so_privacy_ext.superoffice.crm import SuperOfficeCrm
from so_privacy_ext.superoffice.persons import EMAIL, PERSON
from so_sandbox import server
from so_sandbox.server import RunningSandbox
from so_sandbox.world.tenant import Tenant
from tests.unit.superoffice.test_crm import NAME, connect

FEW = 4
"""Persons who are named rather than read by another page, here."""


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSandbox]:
    with server.start(directory=tmp_path_factory.mktemp("sandbox"), speed=100.0) as sandbox:
        yield sandbox


@pytest.fixture(scope="module")
def connection(running: RunningSandbox) -> Iterator[TenantConnection]:
    with closing(connect(running)) as opened:
        yield opened


@pytest.fixture(scope="module")
def tenant(running: RunningSandbox) -> Tenant:
    found = running.world.tenant(NAME)
    assert found is not None
    return found


@pytest.fixture(scope="module")
def ids(tenant: Tenant) -> list[PersonId]:
    """Enter thirty with none to two addresses; every seventh is gone."""
    found = []
    for number in range(30):
        person = tenant.create_person(emails=[f"p{number}.{n}@example.com" for n in range(number % 3)])
        found.append(PersonId(person.person_id))
    for person_id in found[6::7]:
        tenant.hard_delete(person_id)
    tenant.create_person(emails=["after@example.com"])
    return found


@pytest.fixture(autouse=True)
def named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spans, "BATCH", FEW)


def read(connection: TenantConnection, ids: list[PersonId], page_size: int) -> list[Row]:
    found = spans.read_rows(SoapClient(connection, lambda: None), "email", EMAIL, ids, page_size=page_size)
    return sorted(found, key=lambda row: row["email_id"])


@pytest.mark.parametrize("page_size", [3, 5, 10, 11, 20, 1000])
@pytest.mark.parametrize("some", [slice(None), slice(1, None, 2), slice(3, 9), slice(0, 4), slice(0, 0)])
def test_the_same_rows_are_read_as_by_naming_each(
    connection: TenantConnection, tenant: Tenant, ids: list[PersonId], page_size: int, some: slice
) -> None:
    wanted = ids[some]
    rows = [row for row in read(connection, wanted[::-1], page_size) if row["person_id"] in wanted]
    expected = [row for one in wanted for row in tenant.tables.emails.get(one, [])]
    assert [(row["person_id"], row["email_address"]) for row in rows] == [
        (row.person_id, row.email_address) for row in sorted(expected, key=lambda row: row.email_id)
    ]


def test_whom_the_last_page_left_is_named(
    connection: TenantConnection, running: RunningSandbox, ids: list[PersonId]
) -> None:
    calls = running.world.calls
    for page_size, pages in ((1000, 1), (24, 2), (12, 3)):
        calls.clear()
        rows = read(connection, ids, page_size)
        assert (page_size, len(calls.of(NAME))) == (page_size, pages)
        assert "after@example.com" not in {row["email_address"] for row in rows}


def test_persons_who_stand_far_apart_are_named(
    connection: TenantConnection, running: RunningSandbox, ids: list[PersonId]
) -> None:
    running.world.calls.clear()
    apart = [ids[0], *(PersonId(10**6 + n) for n in range(2 * FEW))]
    rows = spans.read_rows(SoapClient(connection, lambda: None), "person", PERSON, apart)
    assert [row["person_id"] for row in rows] == [ids[0]]
    assert len(running.world.calls.of(NAME)) == 1


def test_persons_of_a_span_are_who_they_are_one_by_one(
    connection: TenantConnection, ids: list[PersonId]
) -> None:
    crm = SuperOfficeCrm(connection, lambda: None)
    alone = {person_id: one for each in ids for person_id, one in crm.read_persons([each]).items()}
    assert crm.read_persons(ids) == alone
    assert set(alone) == set(ids) - set(ids[6::7])
    assert crm.read_consents(ids) == {each: alone[each].consents if each in alone else {} for each in ids}
