from typing import Any

import pytest
import requests
from lxml import html

from so_sandbox.server import Options, RunningSandbox, run
from so_sandbox.triggering import trigger
from so_sandbox.world.rows import Webhook
from so_sandbox.world.tenant import Tenant
from tests.unit.sandbox_edge.target import Target


def get(running: RunningSandbox, path: str) -> Any:
    return requests.get(running.url + path, timeout=5)


def parsed(text: str) -> Any:
    return html.fromstring(text)


def test_the_page_shows_persons_mails_deliveries_and_subscriptions(
    running: RunningSandbox, tenant: Tenant, hook: Webhook, target: Target
) -> None:
    target.script = [503]
    trigger(
        tenant,
        "person.created",
        {"firstname": "Bjørn<b>", "source": "CHAT", "country": "NO", "email": "b@example.com"},
    )
    running.dispatcher.wait_idle(10)
    hook.last_error = "HTTP 503\n<script>"
    answer = get(running, "/")
    page = parsed(answer.text)
    text = page.text_content()

    for part in (
        "Bjørn<b>",
        "61B",
        "CHAT",
        "Takk for praten",
        "person.created",
        "503",
        "delivered",
        hook.target_url,
    ):
        assert part in text
    assert "secret" not in text
    assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'")
    assert not page.xpath("//script[not(@src)] | //@style | //style | //*[@onclick]")
    assert not page.xpath("//meta[@http-equiv='refresh']")
    assert page.xpath("//noscript/a/@href") == ["/_sandbox/page?tenant=Cust12345"]
    frame = get(running, page.xpath("//iframe/@src")[0])
    assert "Bjørn&lt;b&gt;" in frame.text
    assert frame.headers["Content-Security-Policy"].startswith("sandbox")


def test_an_empty_tenant_says_what_to_do(running: RunningSandbox) -> None:
    text = parsed(get(running, "/_sandbox/page?tenant=Cust54321").text).text_content()

    for part in ("Nobody yet", "The outbox is empty", "somebody has to subscribe", "Nobody has registered"):
        assert part in text


def test_many_persons_are_cut_to_the_newest(running: RunningSandbox) -> None:
    requests.post(running.url + "/_sandbox/seed", json={"persons": 60}, timeout=10)
    page = parsed(get(running, "/_sandbox/page").text)

    assert len(page.xpath("//ul[@class='persons']/li")) == 50
    assert "The newest 50 of 60" in page.text_content()


def test_a_state_that_is_not_running_and_a_moved_clock_are_seen(
    running: RunningSandbox, tenant: Tenant
) -> None:
    tenant.tables.state = "OfflineMaintenance"
    running.world.schema_violations.append("x")
    requests.post(running.url + "/_sandbox/clock", json={"advance": "1d"}, timeout=5)
    text = get(running, "/_sandbox/page").text

    assert "moved ahead" in text
    assert "OfflineMaintenance" in text


@pytest.mark.parametrize("name", ["page.css", "page.js"])
def test_its_files_are_its_own(running: RunningSandbox, name: str) -> None:
    assert get(running, f"/_sandbox/page/{name}").status_code == 200


@pytest.mark.parametrize(
    "path",
    [
        "/_sandbox/page/page.html",
        "/_sandbox/page?tenant=x",
        "/_sandbox/mails/Cust12345/1",
        "/_sandbox/mails/x/1",
    ],
)
def test_what_is_not_there_is_404(running: RunningSandbox, path: str) -> None:
    assert get(running, path).status_code == 404


def test_links_follow_the_prefix() -> None:
    with run(Options(prefix="/crm")) as running:
        page = parsed(get(running, "/_sandbox/page").text)

        for link in page.xpath(
            "//link[@rel='stylesheet']/@href | //script/@src | //nav[@class='tenants']/a/@href"
        ):
            assert link.startswith("/crm/")
            assert requests.get(running.url.removesuffix("/crm") + link, timeout=5).status_code == 200
