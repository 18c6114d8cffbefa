"""The administrator's pages as people meet them: in five languages, narrow, dark, by keyboard, attacked."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Dialog, Page, expect

from so_privacy_ext.model import AssociateId
from so_privacy_ext.storage.tenants import TenantSummary
from so_privacy_ext.web import languages
from so_privacy_ext.web.console.trying import spoken
from tests.browser.conftest import FINDINGS, LONGEST
from tests.conftest import TEMPLATE, TestServer, fresh_database
from tests.unit.web.console.house import ALICE, FIRST, MANIFEST, House, Objects, Visitor, housed

WIDTHS = (1280, 400)
AXE = (files("axe_playwright_python") / "axe.min.js").read_text(encoding="utf-8")
SERIOUS = """async (rules) => (await axe.run(document, {resultTypes: ["violations"], ...rules})).violations
  .filter((one) => ["serious", "critical"].includes(one.impact))
  .map((one) => `${one.id}: ${one.nodes.map((node) => node.html).join(" ")}`)"""
CONTRAST = {"runOnly": ["color-contrast"]}
OVERFLOW = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"
POLYGLOTS = (
    "<script>window.owned=1</script>",
    "\"'><img src=x onerror=window.owned=1>",
    "'\"--></style></script></title></textarea><svg/onload=window.owned=1>",
    "javascript:/*--></details><iframe srcdoc='<script>parent.owned=1</script>'>",
    "{{ 7*7 }}${7*7}<%= 7*7 %>&lt;b&gt;{0.__class__}%s",
    "\u202egnp.exe\ufeff\u2028",
)
GOOD = MANIFEST.read_text(encoding="utf-8")
BAD = GOOD.replace("give: none", "giv: none", 1).replace("article: 13", "article: 15", 1)


@pytest.fixture(scope="module")
def house(postgres: TestServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    databases = fresh_database(postgres, TEMPLATE)
    with housed(tmp_path_factory.mktemp("house"), next(databases)) as one:
        yield one
    next(databases, None)


@dataclass
class Seat:
    """An administrator before her browser, and all that the browser complained about."""

    page: Page
    house: House
    tenant: TenantSummary
    objects: Objects
    complaints: list[str] = field(default_factory=list)
    dialogs: list[str] = field(default_factory=list)

    def open(self, path: str) -> Page:
        self.page.goto(self.house.url + path)
        return self.page

    def paths(self) -> list[str]:
        return [
            "/configure",
            "/configure/rules",
            "/configure/persons",
            "/configure/persons?person=Anna",
            "/configure/persons/18",
            "/configure/manifest",
            "/configure/manifest/edit",
            f"/configure/manifest/versions/{self.objects.version}",
            "/configure/try",
            "/configure/plans",
            f"/configure/plans/{self.objects.run}",
            f"/configure/plans/{self.objects.run}/persons?rule=met-in-person&what=gets",
            "/configure/approvals",
            f"/configure/approvals/{self.objects.proposal}",
            "/configure/reviews",
            f"/configure/reviews/{self.objects.review}",
            f"/configure/reviews/{self.objects.mail_review}",
            "/configure/events",
            "/configure/events?state=dead",
            "/configure/quarantine",
            f"/configure/quarantine/{self.objects.quarantined}",
            "/configure/duties",
            "/configure/figures",
            "/configure/uninstall",
        ]

    def upload(self, text: str) -> Page:
        page = self.open("/configure/manifest")
        page.set_input_files(
            "#file", {"name": "m.yaml", "mimeType": "application/yaml", "buffer": text.encode()}
        )
        page.locator("main form button").click()
        return page

    def note(self, message: ConsoleMessage) -> None:
        # A page that says what was wrong is answered 422, which the console of the browser calls a failure.
        if message.type in {"error", "warning"} and "422" not in message.text:
            self.complaints.append(message.text)

    def dismiss(self, dialog: Dialog) -> None:
        self.dialogs.append(dialog.message)
        dialog.dismiss()


Sit = Callable[..., Seat]


@pytest.fixture(scope="module")
def filled(house: House) -> tuple[TenantSummary, Objects]:
    tenant = house.add(FIRST)
    return tenant, house.fill(tenant, "bad_shape")


@pytest.fixture
def sit(browser: Browser, house: House, filled: tuple[TenantSummary, Objects]) -> Iterator[Sit]:
    """Sit an administrator down before a browser with these settings."""
    contexts: list[BrowserContext] = []

    def sitting(
        where: tuple[TenantSummary, Objects] = filled, who: AssociateId = ALICE, **settings: Any
    ) -> Seat:
        context = browser.new_context(**{"viewport": {"width": 1280, "height": 900}, **settings})
        contexts.append(context)
        context.set_default_timeout(LONGEST)
        admit(context, house.sign_in(where[0], who))
        seat = Seat(context.new_page(), house, *where)
        seat.page.on("console", seat.note)
        seat.page.on("pageerror", lambda error: seat.complaints.append(str(error)))
        seat.page.on("dialog", seat.dismiss)
        return seat

    yield sitting
    for context in contexts:
        context.close()


def admit(context: BrowserContext, visitor: Visitor) -> None:
    assert visitor.session_id is not None
    secure = visitor.url.replace("http:", "https:")  # a `__Host-` cookie can be given for no other
    context.add_cookies(
        [
            {
                "name": "__Host-so-privacy",
                "value": visitor.session_id,
                "url": secure,
                "secure": True,
                "httpOnly": True,
                "sameSite": "Lax",
            }
        ]
    )


def judged(page: Page, widths: tuple[int, ...] = WIDTHS, rules: Any = None) -> list[str]:
    """Give all that keeps somebody out: our own findings, axe's serious ones, what is too wide."""
    found: list[str] = []
    page.evaluate("() => document.querySelectorAll('details').forEach((one) => { one.open = true; })")
    for width in widths:
        page.set_viewport_size({"width": width, "height": 900})
        found += page.evaluate(FINDINGS)
        wider = page.evaluate(OVERFLOW)
        found += [f"{wider} pixels too wide for {width}"] if wider > 0 else []
    page.evaluate(AXE)
    return [*found, *page.evaluate(SERIOUS, rules or {})]


@pytest.mark.slow
@pytest.mark.parametrize("language", list(languages.NAMES))
def test_nobody_is_kept_out(sit: Sit, language: str) -> None:
    seat = sit(locale=language)
    t = languages.texts(language)
    found: dict[str, list[str]] = {}
    for path in seat.paths():
        page = seat.open(path)
        expect(page.locator("html")).to_have_attribute("lang", language)
        found[path] = judged(page)
    page = seat.upload(BAD)
    expect(page.get_by_role("alert")).to_contain_text(t.count("manifest.wrong", 3))
    found["wrong"] = judged(page)
    page = seat.upload(GOOD)
    expect(page.get_by_role("heading", level=1)).to_have_text(t("manifest.checked"))
    found["checked"] = judged(page)
    page.get_by_role("button", name=t("consequences.see")).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(t("consequences.title"))
    found["consequences"] = judged(page)
    page = seat.open("/configure/try")
    page.get_by_label("source", exact=False).first.select_option("CARD")
    page.get_by_role("button", name=t("try.do")).click()
    expect(page.locator(f"[lang={spoken(language)}]", has_text="met-in-person").first).to_be_visible()
    found["tried"] = judged(page)
    assert seat.complaints == []
    assert seat.open("/nothing").get_by_role("heading", level=1).inner_text() == t("refusal.404.title")
    found["nothing"] = judged(seat.page)

    assert {path: one for path, one in found.items() if one} == {}


@pytest.mark.parametrize("language", ["en", "nb", "de"])
def test_charts_are_seen_read_and_heard(sit: Sit, house: House, language: str) -> None:
    tenant = house.add(f"Cust60{list(languages.NAMES).index(language):03}")
    seat = sit((tenant, house.fill(tenant)), locale=language)
    page = seat.open("/configure/figures")
    t = languages.texts(language)
    for key in ("purposes", "sources", "due"):
        title = t(f"figures.{key}.title")
        chart = page.get_by_role("img", name=title)
        expect(chart).to_have_accessible_description(t("figures.in_table"))
        expect(page.get_by_role("table", name=title).get_by_role("row")).to_have_count(2)
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 900})
            bar, whole = chart.locator(".bar").bounding_box(), chart.bounding_box()
            assert bar is not None
            assert whole is not None
            assert bar["width"] == pytest.approx(whole["width"], abs=1)
            assert bar["height"] >= 10
            for text in chart.locator("text").all():
                box = text.bounding_box()
                assert box is not None
                assert (
                    whole["x"] - 1 <= box["x"] <= box["x"] + box["width"] <= whole["x"] + whole["width"] + 1
                )
                assert whole["y"] - 1 <= box["y"] <= box["y"] + box["height"] <= bar["y"] + 2
    assert judged(page) == []
    assert seat.complaints == []


def test_nobody_is_kept_out_in_the_dark(sit: Sit) -> None:
    seat = sit(color_scheme="dark")
    found = {path: judged(seat.open(path), (400,), CONTRAST) for path in seat.paths()}
    found["wrong"] = judged(seat.upload(BAD), (400,), CONTRAST)

    assert {path: one for path, one in found.items() if one} == {}


STATES = ("empty", "paused", "parked", "leaving")


@pytest.mark.parametrize("state", STATES)
def test_every_state_can_be_read(sit: Sit, house: House, state: str) -> None:
    tenant = house.add(f"Cust3000{STATES.index(state)}")
    seat = sit((tenant, Objects(0, 0, 0, 0, 0)), viewport={"width": 400, "height": 900}, locale="de")
    if state == "paused":
        seat.open("/configure").get_by_role("button", name="Anhalten").click()
    elif state == "parked":
        with house.turn(tenant) as turn:
            turn.park("authorization_lost", 3600)
    elif state == "leaving":
        leave = "UPDATE so_privacy.tenant SET leaving_at = now() WHERE tenant_id = %(t)s"
        house.change(leave, t=tenant.tenant_id)
    page = seat.open("/configure")
    word = languages.texts("de")(f"state.{'running' if state == 'empty' else state}.word")

    expect(page.locator(".state").first).to_have_text(word)
    assert judged(page) == []


def test_the_keyboard_is_enough(sit: Sit, house: House) -> None:
    tenant = house.add("Cust40001")
    seat = sit((tenant, house.fill(tenant)))
    page = seat.open("/configure")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Pause")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("Paused.")
    assert house.app.tenant(tenant.context_identifier).paused_at is not None

    page = seat.open(f"/configure/reviews/{seat.objects.review}")
    page.locator("main").focus()
    page.keyboard.press("Tab")
    expect(page.locator("main a").first).to_be_focused()  # to what was decided about her
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    expect(page.get_by_role("radio", name="Keep what stands")).to_be_checked()
    page.keyboard.press("Tab")
    page.keyboard.type("looked at it")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("Settled")


def test_whatever_has_the_focus_shows_it(sit: Sit) -> None:
    for path in ("/configure", "/configure/manifest", "/configure/events?state=dead"):
        seat = sit()
        page = seat.open(path)
        stops = "a:visible, button:visible, input:not([type=hidden]):visible, summary:visible"
        count = page.locator(stops).count()
        seen = set()
        for _ in range(count + 3):
            page.keyboard.press("Tab")
            outline, name = page.evaluate(
                """() => { const one = document.activeElement;
                  return [getComputedStyle(one).outlineStyle, one.outerHTML.slice(0, 200)]; }"""
            )
            seen.add(name)
            assert outline != "none" or name.startswith("<body"), name
        assert len(seen) >= count - 3


def test_a_manifest_goes_its_way_without_scripts(sit: Sit, house: House) -> None:
    tenant = house.add("Cust40002")
    seat = sit((tenant, Objects(0, 0, 0, 0, 0)), java_script_enabled=False)
    page = seat.upload(BAD)
    marked = page.locator(".line.marked", has_text="article: 15")
    expect(marked).to_be_visible()
    expect(page.locator(".finding").first).to_contain_text("allowed: 13, 14")
    page.locator("textarea").fill(GOOD)
    page.get_by_role("button", name="Check again").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Checked: nothing is wrong")
    page.get_by_label("Reason").fill("The first one.")
    page.get_by_role("button", name="Activate").click()
    expect(page.get_by_role("status")).to_contain_text("This manifest decides from now on.")
    page.get_by_text("Show its text").click()
    expect(page.locator("pre")).to_contain_text("nordic-b2b-default")
    with page.expect_download() as download:
        page.get_by_role("link", name="Download the file").click()

    assert Path(download.value.path()).read_text(encoding="utf-8") == GOOD


def test_two_administrators_agree_without_scripts(sit: Sit, house: House) -> None:
    tenant = house.add("Cust40003")
    where = (tenant, Objects(0, 0, 0, 0, 0))
    anna = sit(where, java_script_enabled=False)
    bent = sit(where, java_script_enabled=False, who=AssociateId(8))
    anna.open("/configure/approvals").get_by_role("button", name="Demand two pairs of eyes").click()
    page = anna.upload(GOOD)
    page.get_by_label("Reason").fill("The first one.")
    page.get_by_role("button", name="Propose").click()
    expect(page.get_by_role("status")).to_contain_text("Another administrator must agree")
    page.get_by_role("link", name="Look").click()
    expect(page.get_by_role("button", name="Agree")).to_have_count(0)
    expect(page.get_by_role("button", name="Take it back")).to_be_visible()

    page = bent.open("/configure")
    expect(page.get_by_text("No manifest decides yet")).to_be_visible()
    page.get_by_role("heading", name="1 proposal waits").locator("..").get_by_role("link").click()
    page.get_by_role("link", name="Look").click()
    expect(page.get_by_role("heading", name="Activate a manifest")).to_be_visible()
    page.get_by_role("button", name="Agree").click()
    expect(page.get_by_role("status")).to_contain_text("This manifest decides from now on.")
    page = anna.open("/configure/manifest")
    expect(page.get_by_text("SuperOffice user 8")).to_be_visible()


def test_the_language_is_chosen_once(sit: Sit) -> None:
    seat = sit(locale="sv")
    page = seat.open("/configure")
    page.get_by_role("link", name="Dansk").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Overblik")
    page.get_by_role("link", name="Hændelser").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Hændelser")
    (cookie,) = [one for one in seat.page.context.cookies() if "language" in one["name"]]

    assert (cookie["name"], cookie["value"]) == (languages.COOKIE, "da")
    assert cookie["secure"]
    assert cookie["httpOnly"]


@pytest.mark.row("B94")
def test_what_others_wrote_never_runs(sit: Sit, house: House) -> None:
    text = " ".join(POLYGLOTS)
    tenant = house.add("Cust50000")
    seat = sit((tenant, house.fill(tenant, text)))
    for path in seat.paths():
        page = seat.open(path)
        page.evaluate("() => document.querySelectorAll('details').forEach((one) => { one.open = true; })")
        charts = 3 if path == "/configure/figures" else 0
        assert page.locator("svg.chart").count() == charts
        assert page.locator("svg.chart :not(title, desc, text, rect)").count() == 0
        assert page.locator("script, img, svg:not(.chart), iframe, style, [onerror], [onload]").count() == 0
        assert page.evaluate("() => window.owned") is None
    for polyglot in POLYGLOTS:
        page = seat.upload(f"manifest: 1\nname: {polyglot}\n{polyglot}\n")
        assert page.locator("script, img, svg, iframe").count() == 0
        assert page.evaluate("() => window.owned") is None
        page = seat.open(f"/configure?done={polyglot}&language={polyglot}")
        assert page.evaluate("() => window.owned") is None
    assert seat.dialogs == []
    assert seat.complaints == []


@pytest.mark.row("B94")
def test_nothing_but_our_style_sheet_may_load_or_run(sit: Sit) -> None:
    seat = sit()
    page = seat.open("/configure")
    page.evaluate(
        """() => {
          const add = (tag, more) => document.body.append(Object.assign(document.createElement(tag), more));
          add("script", { textContent: "window.owned = 1" });
          add("script", { src: "/static/x.js" });
          add("style", { textContent: "body { display: none }" });
          add("img", { src: "https://example.com/x.png" });
          add("iframe", { src: "/configure" });
        }"""
    )
    page.wait_for_function("() => document.images[0].complete")

    assert page.evaluate("() => window.owned") is None
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    assert len([line for line in seat.complaints if "Content Security Policy" in line]) >= 5


@pytest.mark.row("B95")
def test_no_other_page_may_frame_ours(sit: Sit) -> None:
    seat = sit()
    seat.page.route(
        "http://evil.example/",
        lambda route: route.fulfill(
            content_type="text/html", body=f'<iframe src="{seat.house.url}/configure"></iframe>'
        ),
    )
    seat.page.goto("http://evil.example/")
    frame = seat.page.frames[1]
    frame.wait_for_load_state()

    assert "so-privacy" not in frame.content()
    assert frame.url.startswith("chrome-error:")


@pytest.mark.row("B92")
def test_another_site_cant_post_for_the_administrator(sit: Sit) -> None:
    seat = sit()
    action = f"{seat.house.url}/configure/pause"
    token = seat.open("/configure").locator("input[name=csrf]").first.get_attribute("value")
    body = (
        f'<form method="post" action="{action}"><input name="csrf" value="{token}"><button>go</button></form>'
    )
    seat.page.route("http://evil.example/", lambda route: route.fulfill(content_type="text/html", body=body))
    seat.page.goto("http://evil.example/")
    with seat.page.expect_response(action) as answer:
        seat.page.get_by_role("button").click()

    assert answer.value.status == 403
    assert "cookie" not in answer.value.request.all_headers()
    assert seat.house.app.tenant(FIRST).paused_at is None


def test_the_search_for_what_keeps_people_out_finds(sit: Sit) -> None:
    page = sit().open("/configure")
    page.evaluate(
        """() => {
          document.querySelector("main p").style.color = "rgb(210 210 210)";
          document.querySelector("main button").textContent = "";
          document.querySelector("main").style.minWidth = "3000px";
        }"""
    )
    found = judged(page)

    assert any(one.startswith("color-contrast") for one in found)
    assert any(one.startswith("button-name") for one in found)
    assert any(re.match(r"\d+ pixels too wide", one) for one in found)
