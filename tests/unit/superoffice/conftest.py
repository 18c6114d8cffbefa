"""A scripted SuperOffice on loopback, and connections to it that are closed again."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from so_privacy_ext.superoffice.client import SoapClient
from so_privacy_ext.superoffice.connection import TenantConnection
from tests.unit.superoffice.loopback import Loopback


@pytest.fixture(scope="session")
def rsa_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, 2048)


@pytest.fixture
def loopback(rsa_key: rsa.RSAPrivateKey) -> Iterator[Loopback]:
    server = Loopback(rsa_key)
    try:
        yield server
    finally:
        server.stop()


@pytest.fixture
def connection(loopback: Loopback) -> Iterator[TenantConnection]:
    opened = loopback.connect()
    yield opened
    opened.close()


@pytest.fixture
def paces() -> list[Any]:
    return []


@pytest.fixture
def client(connection: TenantConnection, paces: list[Any]) -> SoapClient:
    return SoapClient(connection, lambda: paces.append(None))
