"""One house for the tests of a file, and tenants in it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from so_privacy_ext.storage.tenants import TenantSummary
from tests.conftest import TEMPLATE, TestServer, fresh_database
from tests.unit.web.console.house import FIRST, SECOND, House, Objects, Visitor, housed


@pytest.fixture(scope="module")
def house(postgres: TestServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    databases = fresh_database(postgres, TEMPLATE)
    dsn = next(databases)
    with housed(tmp_path_factory.mktemp("house"), dsn) as one:
        yield one
    next(databases, None)


@dataclass(frozen=True)
class Inhabitant:
    """A tenant with one of everything, and its administrator."""

    tenant: TenantSummary
    admin: Visitor
    objects: Objects


@pytest.fixture(scope="module")
def first(house: House) -> Inhabitant:
    return _inhabit(house, FIRST)


@pytest.fixture(scope="module")
def second(house: House) -> Inhabitant:
    return _inhabit(house, SECOND)


def _inhabit(house: House, name: str) -> Inhabitant:
    tenant = house.add(name)
    objects = house.fill(tenant)
    return Inhabitant(tenant, house.sign_in(tenant), objects)
