"""A browser goes from the store through SuperID to the page that says what was created."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from so_privacy_ext.web.sessions import COOKIE
from tests.browser.conftest import FINDINGS
from tests.conftest import TEMPLATE, TestServer, fresh_database
from tests.unit.web.arriving import FIRST, House, housed


@pytest.fixture(scope="module")
def outside(postgres: TestServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    databases = fresh_database(postgres, TEMPLATE)
    with housed(tmp_path_factory.mktemp("store"), next(databases)) as house:
        yield house
    next(databases, None)


@pytest.fixture
def page(context: BrowserContext, outside: House) -> Page:
    one = context.new_page()
    one.goto(f"{outside.sandbox.url}/_sandbox/page?tenant={FIRST}")
    return one


def test_buy_deny_and_nothing_is_kept(page: Page, outside: House) -> None:
    page.get_by_role("link", name="Buy").click()
    page.get_by_role("button", name="Deny").click()

    expect(page.get_by_role("heading", level=1)).to_have_text("You did not approve")
    assert page.evaluate(FINDINGS) == []
    assert outside.installed() == []
    page.get_by_role("link", name="Begin again").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(re.compile("Sign in to"))


def test_a_plain_user_is_told_who_can(page: Page, outside: House) -> None:
    page.get_by_role("link", name="Buy").click()
    page.get_by_label(re.compile(f"Sona Seller user in {FIRST}")).check()
    page.get_by_role("button", name="I approve").click()

    expect(page.get_by_role("heading", level=1)).to_have_text("This takes an administrator")
    assert outside.installed() == []


def test_buy_approve_and_it_is_installed(page: Page, context: BrowserContext, outside: House) -> None:
    page.get_by_role("link", name="Buy").click()
    assert page.evaluate(FINDINGS) == []
    expect(page.get_by_label(re.compile(f"Anja Administrator administrator in {FIRST}"))).to_be_checked()
    page.get_by_role("button", name="I approve").click()

    expect(page.get_by_role("heading", level=1)).to_have_text("so-privacy is installed", timeout=60_000)
    assert page.url == f"{outside.url}/installed"
    expect(page.get_by_text("Webhooks, by which SuperOffice tells us")).to_be_visible()
    assert page.evaluate(FINDINGS) == []
    assert [one.context_identifier for one in outside.installed()] == [FIRST]
    (session,) = [one for one in context.cookies() if one.get("name", "").startswith("__Host-so-privacy")]
    assert (session.get("name"), session.get("secure"), session.get("httpOnly")) == (COOKIE, True, True)
    assert session.get("sameSite") == "Lax"
    page.reload()
    expect(page.get_by_role("heading", level=1)).to_have_text("so-privacy is installed")


def test_the_result_is_readable_in_every_language_and_width(page: Page, outside: House) -> None:
    page.goto(f"{outside.url}/install")
    page.get_by_role("button", name="I approve").click()
    expect(page).to_have_url(f"{outside.url}/installed", timeout=60_000)
    titles = set()
    for language in ("en", "da", "nb", "sv", "de"):
        for width in (400, 1280):
            page.set_viewport_size({"width": width, "height": 900})
            page.goto(f"{outside.url}/installed?language={language}")
            assert page.locator("html").get_attribute("lang") == language
            assert page.evaluate("document.documentElement.scrollWidth") <= width
            assert page.evaluate(FINDINGS) == []
        titles.add(page.title())

    assert len(titles) == 5


def test_the_back_button_does_nothing_again(page: Page, outside: House) -> None:
    page.goto(f"{outside.url}/install")
    page.get_by_role("button", name="I approve").click()
    expect(page).to_have_url(f"{outside.url}/installed", timeout=60_000)
    page.go_back()
    page.get_by_role("button", name="I approve").click()

    expect(page.get_by_role("heading", level=1)).to_have_text("This sign-in is over")
    assert len(outside.installed()) == 1


def test_a_double_click_is_one_installation(page: Page, outside: House) -> None:
    page.get_by_role("link", name="Buy").dblclick()
    page.get_by_role("button", name="I approve").dblclick()

    expect(page.get_by_role("heading", level=1)).to_have_text(
        re.compile("is installed|is over|can't be signed in")
    )
    assert len(outside.installed()) == 1
