"""The sandbox's page as people meet it: wide, narrow, dark, by keyboard, without scripts, under attack."""

from __future__ import annotations

import re
from typing import Any

import pytest
import requests
from playwright.sync_api import Browser, BrowserContext, Page, expect

from so_sandbox.demo.persons import PERSONS
from so_sandbox.server import RunningSandbox
from so_sandbox.triggering import trigger
from so_sandbox.world.rows import Webhook
from so_sandbox.world.tenant import Tenant
from tests.browser.conftest import Visit, send_notice, visit_of
from tests.unit.sandbox_edge.target import EVENTS, webhook

WIDTHS = (1280, 400)
POLYGLOTS = (
    "<script>window.owned=1</script>",
    '"><img src=x onerror=window.owned=1>',
    "'\"--></style></script></title></noscript><svg/onload=window.owned=1>",
    "javascript:/*--></details><iframe srcdoc='<script>parent.owned=1</script>'>",
    "{{ 7*7 }}${7*7}<%= 7*7 %>&lt;b&gt;",
    "\u202egnp.exe\u0000 \ufeff",
)
NAME_OF = "(one) => one.getAttribute('href') ?? one.parentElement.dataset.key"
OVERFLOW = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"


def test_persons_mails_deliveries_and_subscriptions_are_shown(visit: Visit, hook: Webhook) -> None:
    page = visit.open()

    expect(page).to_have_title(re.compile("^Cust12345 . so-sandbox$"))
    expect(page.get_by_role("heading", level=1)).to_have_text("Eksempel A/S")
    persons = page.locator("#persons .persons > li")
    expect(persons).to_have_count(len(PERSONS))
    hanna = persons.filter(has_text="Hanna Eksempel")
    expect(hanna).to_contain_text("hanna@example.com")
    for part in ("STORE", "61F", "CARD", "so-privacy web-tick 0123456789ab", "EMARKETING", "61A"):
        expect(hanna.locator(".consents")).to_contain_text(part)
    expect(persons.filter(has_text="Lars").locator(".consents")).to_contain_text("WITHDRAWN")
    expect(persons.filter(has_text="Karin")).to_contain_text("no e-mail address")

    rows = page.get_by_role("table", name="Deliveries").get_by_role("row")
    attempts = [one.all_inner_texts() for one in (row.locator(".attempts .tag") for row in rows.all()[1:])]
    assert ["503", "500", "200"] in attempts
    assert ["401", "200"] in attempts
    subscription = page.locator("#subscriptions .hook")
    expect(subscription).to_contain_text(hook.target_url)
    expect(subscription.locator(".events .tag")).to_have_count(len(EVENTS))
    assert visit.complaints == []


def test_a_mail_is_rendered_in_its_place_and_alone(visit: Visit) -> None:
    page = visit.open()
    mail = page.locator("#mails details").filter(has_text="to Bjørn Eksempel").filter(has_text="chat-welcome")
    expect(mail.locator("summary")).to_contain_text("sent by the CRM itself")
    expect(mail.locator("iframe")).to_be_hidden()
    mail.locator("summary").click()
    expect(mail.frame_locator("iframe").locator("body")).to_contain_text("Bjørn Eksempel")

    # Followed by hand: a page that is not allowed scripts, come to by a click, leaves Playwright waiting.
    page.goto(f"{visit.base}{mail.get_by_role('link', name='alone on a page').get_attribute('href')}")
    expect(page.locator("body")).to_contain_text("Bjørn Eksempel")
    assert page.locator("html").get_attribute("lang") == "nb"
    assert visit.complaints == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", WIDTHS)
def test_nobody_is_kept_out(visit: Visit, width: int, scheme: Any) -> None:
    visit.page.set_viewport_size({"width": width, "height": 900})
    visit.page.emulate_media(color_scheme=scheme)
    page = visit.open()
    open_all(page)

    assert page.evaluate(OVERFLOW) <= 0
    assert visit.findings() == []
    assert visit.complaints == []


@pytest.mark.parametrize("width", WIDTHS)
def test_an_empty_tenant_keeps_nobody_out_either(visit: Visit, width: int) -> None:
    visit.page.set_viewport_size({"width": width, "height": 900})
    page = visit.open("Cust54321")

    expect(page.locator(".empty")).to_have_count(4)
    assert page.evaluate(OVERFLOW) <= 0
    assert visit.findings() == []


def test_the_search_for_findings_finds(visit: Visit) -> None:
    page = visit.open()
    page.route("**/*", lambda route: route.abort())  # so that it is not shown anew meanwhile
    page.evaluate(
        """() => {
          document.querySelector("h2").id = "persons";
          document.querySelector("#mails h2").outerHTML = "<h4>Mails</h4>";
          document.querySelector("nav a").textContent = "";
          document.querySelector("#deliveries th").removeAttribute("role");
          document.querySelector(".who .quiet").style.color = "rgb(200 200 200)";
          document.querySelector("#mails summary").style.cssText = "height: 20px; overflow: hidden";
        }"""
    )
    rules = {line.partition(":")[0] for line in visit.findings()}

    assert rules == {
        "id twice",
        "heading level skipped",
        "no name",
        "no role of its own",
        "too little contrast",
        "too small to hit",
    }


@pytest.mark.parametrize("width", WIDTHS)
def test_long_words_do_not_widen_it(visit: Visit, tenant: Tenant, hook: Webhook, width: int) -> None:
    word = "Wolfeschlegelsteinhausenbergerdorff" * 6
    settings = {"firstname": word, "title": word, "email": f"{word.lower()[:60]}@{'long.' * 20}example.com"}
    number = trigger(tenant, "person.created", {**settings, "source": "CHAT", "country": "NO"})
    tenant.set_consent(number, "STORE", "61F", "CARD", word, by=1)
    send_notice(tenant, number, subject=word)
    hook.name = hook.last_error = word
    visit.page.set_viewport_size({"width": width, "height": 900})
    page = visit.open()
    open_all(page)

    expect(page.locator(".who strong").first).to_contain_text(word)
    assert page.evaluate(OVERFLOW) <= 0


def test_the_keyboard_reaches_everything(visit: Visit) -> None:
    page = visit.open()
    wanted: list[str] = page.evaluate(
        f"""() => [...document.querySelectorAll("a[href], summary")]
          .filter((one) => one.checkVisibility()).map({NAME_OF})"""
    )
    reached = []
    for _ in wanted:
        page.keyboard.press("Tab")
        at = page.evaluate(f"() => ({NAME_OF})(document.activeElement)")
        outline = page.evaluate("() => getComputedStyle(document.activeElement).outlineStyle")
        reached.append(at)
        assert outline != "none", f"nothing shows that {at} has the focus"

    assert reached == wanted
    page.keyboard.press("Enter")
    expect(page.get_by_role("region", name="Last error of so-privacy")).to_be_visible()
    page.keyboard.press("Tab")
    assert page.evaluate("() => document.activeElement.tagName") == "PRE"


def test_a_mail_is_read_by_keyboard_while_the_page_goes_on(visit: Visit, tenant: Tenant) -> None:
    page = visit.open()
    summary = page.locator("#mails summary").first
    summary.focus()
    page.keyboard.press("Enter")
    expect(page.locator("#mails iframe").first).to_be_visible()
    trigger(tenant, "person.created", {"firstname": "Mette", "source": "CHAT", "email": "mette@example.com"})

    expect(page.locator("#persons li").filter(has_text="Mette")).to_be_visible()
    expect(summary).to_be_focused()
    expect(page.locator("#mails summary").filter(has_text="Mette")).to_have_count(0)
    page.keyboard.press("Space")
    expect(page.locator("#mails summary").filter(has_text="Mette")).to_have_count(1)
    expect(page.locator("#mails summary").nth(1)).to_be_focused()
    assert visit.complaints == []


def test_a_link_keeps_the_focus_when_its_part_is_shown_anew(visit: Visit, tenant: Tenant) -> None:
    page = visit.open()
    link = page.locator("#jump").get_by_role("link", name=re.compile("Persons"))
    link.focus()
    trigger(tenant, "person.created", {"firstname": "Mette"})

    expect(link).to_have_text(f"Persons {len(PERSONS) + 1}")
    expect(link).to_be_focused()


def test_it_works_without_scripts(browser: Browser, running: RunningSandbox, tenant: Tenant) -> None:
    context = browser.new_context(java_script_enabled=False, viewport={"width": 400, "height": 900})
    page = visit_of(context, running).open()
    expect(page.locator("#persons .persons > li")).to_have_count(len(PERSONS))
    mail = page.locator("#mails details").first
    mail.locator("summary").click()
    expect(mail.locator("iframe")).to_be_visible()
    page.get_by_role("link", name="Cust54321").click()
    expect(page.locator("#persons .empty")).to_be_visible()
    page.get_by_role("link", name="Cust12345").click()
    trigger(tenant, "person.created", {"firstname": "Mette"})
    expect(page.locator("#persons")).not_to_contain_text("Mette")
    page.get_by_role("link", name="Show anew").click()

    expect(page.locator("#persons")).to_contain_text("Mette")
    context.close()


def test_what_others_wrote_stays_text(visit: Visit, running: RunningSandbox, tenant: Tenant) -> None:
    for polyglot in POLYGLOTS:
        number = trigger(tenant, "person.created", {"firstname": "Mette", "email": "mette@example.com"})
        tenant.change_person(number, firstname=polyglot, title=polyglot)
        tenant.set_consent(number, "STORE", "61F", "CARD", polyglot, by=1)
        send_notice(tenant, number, subject=polyglot)
    assert running.dispatcher.wait_idle(20)
    tenant.tables.webhooks.clear()
    for number, polyglot in enumerate(POLYGLOTS):
        texts = {"name": polyglot, "last_error": polyglot, "events": [polyglot]}
        tenant.tables.webhooks[number] = webhook(polyglot, webhook_id=number, **texts)
    page = visit.open()
    open_all(page)

    bodies = [frame.content_frame.locator("body") for frame in page.locator("#mails iframe").all()]
    mails = "\n".join(body.inner_text() for body in bodies)
    for polyglot in POLYGLOTS:
        seen = polyglot.replace("\0", "").strip()
        for place in (
            ".who strong",
            ".who .quiet",
            ".comment",
            ".mail .subject",
            ".hook",
            ".hook .events",
            "pre",
        ):
            assert seen in "\n".join(page.locator(place).all_inner_texts()), place
        assert seen in mails
    assert not any(body.locator(":scope > :not(p)").count() for body in bodies)
    assert page.locator("script").count() == 1
    assert page.locator("img, svg, style, [onerror], [onload], iframe[srcdoc]").count() == 0
    assert page.evaluate("() => window.owned") is None
    assert visit.complaints == []


def test_nothing_but_its_own_files_may_run_or_load(visit: Visit) -> None:
    page = visit.open()
    page.evaluate(
        """() => {
          const add = (tag, more) => document.body.append(Object.assign(document.createElement(tag), more));
          add("script", { textContent: "window.owned = 1" });
          add("img", { src: "/_sandbox/page/page.css" });
          add("style", { textContent: "body { display: none }" });
        }"""
    )
    page.wait_for_timeout(200)

    assert page.evaluate("() => window.owned") is None
    expect(page.locator("h1")).to_be_visible()
    assert len([line for line in visit.complaints if "Content Security Policy" in line]) == 3


def test_all_that_it_loads_comes_from_itself(context: BrowserContext, running: RunningSandbox) -> None:
    visit = visit_of(context, running)
    asked: list[str] = []
    visit.page.on("request", lambda request: asked.append(request.url))
    open_all(visit.open())
    visit.page.wait_for_load_state("networkidle")

    assert {url.split("/_sandbox")[0] for url in asked if not url.startswith("data:")} == {running.url}
    assert requests.get(f"{running.url}/_sandbox/page", timeout=5).headers["Content-Security-Policy"]


def open_all(page: Page) -> None:
    """Open every mail and every last error, and wait until the mails are there."""
    page.evaluate("() => document.querySelectorAll('details').forEach((one) => { one.open = true; })")
    for frame in page.locator("iframe").all():
        frame.scroll_into_view_if_needed()
        expect(frame.content_frame.locator("p").first).to_be_visible()
