"""The pytest plugin: fixtures for tests of whole stories; whoever uses none pays for this module alone.

Nothing of the product or the sandbox is imported before a fixture asks for it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from so_privacy_kit import Clock, Deliver, MailServer, Outbox, Person, Player, Tenant
    from so_privacy_kit.ground import Ground
    from so_privacy_kit.stage import Stage


def pytest_addoption(parser: pytest.Parser) -> None:
    """Offer what looks over a partner's plugin."""
    group = parser.getgroup("so-privacy", "so-privacy: conformance of a plugin")
    group.addoption("--so-conformance", action="store_true", help="look over the plugin of this project")
    group.addoption("--so-conformance-of", metavar="PLUGIN", help="its name, where that is not clear")
    group.addoption(
        "--so-conformance-least",
        choices=("bronze", "silver", "gold", "platinum"),
        default="bronze",
        help="fail below this level",
    )
    group.addoption(
        "--so-conformance-report", metavar="FILE", type=Path, help="write what was found there, as JSON"
    )


def pytest_configure(config: pytest.Config) -> None:
    """Load the checks where they are asked for."""
    if config.option.so_conformance:
        from so_privacy_kit.conformance.run import begin  # noqa: PLC0415 - see above

        begin(config)


@pytest.fixture(scope="session")
def so_privacy_ground(request: pytest.FixtureRequest) -> Iterator[Ground]:
    """A PostgreSQL, a sandbox and an installed tenant, made once and copied for each test."""
    from so_privacy_kit.ground import Ground  # noqa: PLC0415 - see above

    reporter = request.config.pluginmanager.get_plugin("terminalreporter")
    with Ground.laid(say=reporter.write_line if reporter else lambda _: None) as ground:
        yield ground


@pytest.fixture
def so_privacy_stage(so_privacy_ground: Ground) -> Iterator[Stage]:
    """The product and the sandbox as they are at the beginning of a test."""
    with so_privacy_ground.stage() as stage:
        yield stage


@pytest.fixture
def tenant(so_privacy_stage: Stage) -> Tenant:
    """A tenant in which the product is installed; the published manifest `nordic-b2b` decides for it."""
    return so_privacy_stage.tenant()


@pytest.fixture
def tenants(so_privacy_stage: Stage) -> Callable[[str], Tenant]:
    """Another tenant by its name, in which the product is installed as well: `tenants("Cust54321")`."""
    return so_privacy_stage.tenant


@pytest.fixture
def person(tenant: Tenant) -> Callable[..., Person]:
    """Have a person enter the tenant: `person(source="CARD", country="DK", email="anna@example.com")`."""
    return tenant.person


@pytest.fixture
def outbox(tenant: Tenant) -> Outbox:
    """The mails that have left the tenant, oldest first."""
    return tenant.outbox


@pytest.fixture
def deliver(so_privacy_stage: Stage) -> Deliver:
    """Bring all that has happened to the product, and let it work until nothing is left to do."""
    return so_privacy_stage.deliver


@pytest.fixture
def clock(so_privacy_stage: Stage) -> Clock:
    """The one clock of the CRM and the product: `clock.advance(days=30)`."""
    return so_privacy_stage.clock


@pytest.fixture
def mail_server() -> Iterator[MailServer]:
    """A mail server on this machine that keeps what it is sent, and fails where a test wants it to."""
    from so_privacy_kit.mail_server import MailServer  # noqa: PLC0415 - see above

    with MailServer() as server:
        yield server


@pytest.fixture
def scenario(so_privacy_stage: Stage) -> Player:
    """What plays a story that is written down in YAML, such as `merge`, and gives its persons by name."""
    from so_privacy_kit.scenario import Player  # noqa: PLC0415 - see above

    return Player(so_privacy_stage)
