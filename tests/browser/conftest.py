"""A browser, and a sandbox in this process with the demo's persons, whose webhook's target fails at times."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Error,
    Page,
    expect,
    sync_playwright,
)

from so_sandbox.demo.persons import PERSONS
from so_sandbox.server import RunningSandbox, start
from so_sandbox.triggering import trigger
from so_sandbox.world.rows import Webhook
from so_sandbox.world.tenant import Tenant
from tests.run import chromium
from tests.unit.sandbox_edge.target import Target, listening, webhook

FINDINGS = Path(__file__).with_name("findings.js").read_text()
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-first-run",
)

LONGEST = 40_000
"""Milliseconds that a page may take beside other tests on two busy cores; alone it takes a hundred or so."""
expect.set_options(timeout=LONGEST)


@dataclass
class Visit:
    """A page that somebody has open, and all that the browser complained about since."""

    page: Page
    base: str
    complaints: list[str] = field(default_factory=list)

    def open(self, tenant: str = "Cust12345") -> Page:
        self.page.goto(f"{self.base}/_sandbox/page?tenant={tenant}")
        return self.page

    def findings(self) -> list[str]:
        found: list[str] = self.page.evaluate(FINDINGS)
        return found

    def note(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            self.complaints.append(message.text)

    def note_error(self, error: Error) -> None:
        self.complaints.append(str(error))


# Not for the session: Playwright keeps an event loop running in this thread for as long as it is open,
# and whatever is tested after it could start none of its own.
@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    found = chromium()
    assert found is not None, "no Chromium was found; get it with `apt-get install chromium`"
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=found, args=list(ARGUMENTS))
        yield launched
        launched.close()


@pytest.fixture(scope="module")
def shared() -> Iterator[RunningSandbox]:
    with start(speed=200, timeout=1.0) as sandbox:
        yield sandbox


@pytest.fixture
def target() -> Iterator[Target]:
    with listening() as told:
        yield told


@pytest.fixture
def running(shared: RunningSandbox, target: Target) -> RunningSandbox:
    """The demo's persons, their mails, and deliveries of which one needed all three attempts."""
    shared.sandbox.reset()
    tenant = shared.world.tenants["Cust12345"]
    hook = webhook(target.url)
    tenant.tables.webhooks[hook.webhook_id] = hook
    target.script = [503, 500, 200, 401]
    for person in PERSONS:
        settings = {name: value for name, value in person.settings.items() if value}
        number = trigger(tenant, "person.created", settings)
        tenant.set_consent(
            number,
            "STORE",
            "61F",
            "CARD",
            f"so-privacy {person.rule} 0123456789ab",
            by=tenant.associate("user").associate_id,
        )
        send_notice(tenant, number)
    trigger(tenant, "person.unconsented", {"person": str(number), "purpose": "EMARKETING"})
    assert shared.dispatcher.wait_idle(20)
    hook.last_error = "HTTP/1.1 500 Internal Server Error\n" * 30
    return shared


@pytest.fixture
def tenant(running: RunningSandbox) -> Tenant:
    return running.world.tenants["Cust12345"]


@pytest.fixture
def hook(tenant: Tenant) -> Webhook:
    return tenant.tables.webhooks[1]


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    made = browser.new_context(viewport={"width": 1280, "height": 900})
    made.set_default_timeout(LONGEST)
    yield made
    made.close()


@pytest.fixture
def visit(context: BrowserContext, running: RunningSandbox) -> Visit:
    return visit_of(context, running)


def visit_of(context: BrowserContext, running: RunningSandbox) -> Visit:
    one = Visit(context.new_page(), running.url)
    one.page.on("console", one.note)
    one.page.on("pageerror", one.note_error)
    return one


def send_notice(tenant: Tenant, person_id: int, *, subject: str = "") -> None:
    """Mail a person as an app asks the CRM to, unless she has no address."""
    emails = tenant.emails(person_id)
    template = next(one for one in tenant.tables.lists.templates.values() if one.name == "privacy-notice-13")
    if emails:
        tenant.send_privacy_mail(
            person_id,
            address=emails[0].email_address,
            template_id=template.item_id,
            lcid=1030,
            subject=subject,
            by=0,
        )
