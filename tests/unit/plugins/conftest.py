from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest

from so_privacy_ext.model import TenantId
from so_privacy_ext.plugins.asking import Asking, Enabled
from so_privacy_ext.plugins.described import Description, words
from so_privacy_ext.plugins.found import Found
from so_privacy_ext.plugins.hosts import Hosts
from so_privacy_ext.plugins.troubles import Trouble
from so_privacy_ext.rules.activation import ActiveManifest
from so_privacy_ext.rules.alone import resolve_alone
from so_privacy_ext.rules.manifest import parse
from so_privacy_ext.rules.vocabulary import PRODUCT_WORDS
from so_privacy_ext.sdk import Facts, Seen
from tests.unit.rules.conftest import SMALL

NOW = datetime(2026, 1, 2, 12, tzinfo=UTC)
TENANT = TenantId(1)
ACME = Found("acme-vat", "acme-vat", "1.0", "tests.unit.plugins.acme_vat:ext")


def faulty(name: str) -> Found:
    return Found("faulty", "faulty", "1", f"tests.unit.plugins.faulty.{name}:ext")


@dataclass
class Installed:
    """What is installed beside the product; a test may change it at any time."""

    plugins: dict[str, Found] = field(default_factory=dict)

    def put(self, *plugins: Found) -> None:
        self.plugins |= {one.name: one for one in plugins}

    def __call__(self) -> Mapping[str, Found]:
        return self.plugins


@dataclass
class Still:
    at: datetime = NOW

    def now(self) -> datetime:
        return self.at


@pytest.fixture
def installed() -> Installed:
    return Installed()


@pytest.fixture
def hosts(installed: Installed) -> Iterator[Hosts]:
    with Hosts(plugins=installed) as hosts:
        yield hosts


Ask = Callable[..., tuple[Facts, ...]]


@pytest.fixture
def troubles() -> list[Trouble]:
    return []


@pytest.fixture
def ask(hosts: Hosts, installed: Installed, troubles: list[Trouble]) -> Ask:
    """Switch plugins on for a tenant and ask them what the conditions of one rule need."""

    def ask(
        when: str, persons: Sequence[Seen], *plugins: Found, settings: Mapping[str, Any] | None = None
    ) -> tuple[Facts, ...]:
        installed.put(*plugins)
        enabled = [Enabled(described(hosts, one), settings or {}) for one in plugins]
        asking = Asking(hosts, TENANT, enabled, clock=Still(), noted=troubles.append)
        return asking.answer(persons, manifest(when, enabled))

    return ask


_DESCRIBED: dict[Found, Description] = {}


def described(hosts: Hosts, plugin: Found) -> Description:
    """Have a plugin say what it is, once for all tests, since that starts a process."""
    if plugin not in _DESCRIBED:
        _DESCRIBED[plugin] = hosts.describe(plugin.name)
    return _DESCRIBED[plugin]


def manifest(when: str, enabled: Sequence[Enabled]) -> ActiveManifest:
    text = SMALL + f"  - id: asks\n    when: {when}\n    give: none\n    because: x\n"
    known = tuple(word for one in enabled for word in words(one.description))
    return resolve_alone(parse(text.encode(), "small.yaml", PRODUCT_WORDS + known))


def person(person_id: int = 1, **facts: Any) -> Seen:
    return Seen(person_id, 0, Facts(**{"country": "DK", **facts}))
