"""Who comes in by SuperID, who does not, and what is kept of either."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

import psycopg
import pytest
import requests
from starlette.requests import Request

from so_privacy_ext.app import App
from so_privacy_ext.errors import Refused, Rejected
from so_privacy_ext.settings import Settings
from so_privacy_ext.storage import tenants
from so_privacy_ext.storage.session import open_session
from so_privacy_ext.web.floods import Floods
from so_privacy_ext.web.install import Entrance
from so_privacy_ext.web.rendering import Pages
from so_privacy_ext.web.sessions import COOKIE, Sessions
from so_sandbox.demo.visiting import LostError, Visitor, install
from so_sandbox.world.faults import Fault
from tests.conftest import TEMPLATE, TestServer, fresh_database
from tests.unit.web.arriving import FIRST, SECOND, House, changed, housed


@contextmanager
def one(postgres: TestServer, folder: Path) -> Iterator[House]:
    databases = fresh_database(postgres, TEMPLATE)
    with housed(folder, next(databases)) as house:
        yield house
    next(databases, None)


@pytest.fixture(scope="module")
def outside(postgres: TestServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with one(postgres, tmp_path_factory.mktemp("outside")) as house:
        yield house


@pytest.fixture
def empty(outside: House) -> House:
    """One into which nobody has come yet."""
    outside.sandbox.sandbox.reset()
    outside.answers()
    return outside


@pytest.fixture(scope="module")
def inside(postgres: TestServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with one(postgres, tmp_path_factory.mktemp("inside")) as house:
        house.answers()
        install(house.url)
        yield house


@pytest.fixture
def lasting(inside: House) -> House:
    """One that is installed."""
    inside.answers()
    return inside


@pytest.fixture
def house(postgres: TestServer, tmp_path: Path) -> Iterator[House]:
    with one(postgres, tmp_path) as fresh:
        fresh.answers()
        yield fresh


def kept(house: House, table: str) -> int:
    with psycopg.connect(house.app.dsn) as admin:
        row = admin.execute(f"SELECT count(*) FROM so_privacy.{table}".encode()).fetchone()
    assert row is not None
    return int(row[0])


def nothing_was_kept(house: House) -> bool:
    return (kept(house, "tenant"), kept(house, "secret"), kept(house, "web_session")) == (0, 0, 0)


def refused(response: requests.Response, status: int, title: str) -> bool:
    assert (response.status_code, f"<h1>{title}</h1>" in response.text) == (status, True), response.text
    assert COOKIE not in response.headers.get("Set-Cookie", "")
    return True


OVER = "This sign-in is over"


def test_an_administrator_installs_and_sees_what_was_created(house: House) -> None:
    visitor = Visitor()
    page = visitor.get(f"{house.url}/install")

    assert (page.status_code, urlsplit(visitor.seen[-1]).path) == (200, "/installed")
    assert "<h1>so-privacy is installed</h1>" in page.text
    assert FIRST in page.text
    assert "<code>so-privacy</code>" in page.text
    assert 'href="/configure"' in page.text
    (tenant,) = house.installed()
    assert (tenant.context_identifier, tenant.environment) == (FIRST, "sandbox")
    assert "so-privacy" in house.webhooks()
    leave = house.tenant().tables.authorizations[house.sandbox.credentials.client_id]
    assert house.app.knows_token(tenant.tenant_id, leave.system_user_token)
    cookies = visitor.cookies[urlsplit(house.url).netloc]
    assert list(cookies) == [COOKIE]  # that of the way is gone


def test_the_result_is_for_who_is_signed_in(lasting: House) -> None:
    stranger = Visitor().ask("GET", f"{lasting.url}/installed")

    assert (stranger.status_code, stranger.headers["Location"]) == (303, "/sign-in?to=/installed")
    assert stranger.headers["Cache-Control"] == "private, no-store"


@pytest.mark.parametrize("language", ["da", "nb", "sv", "de"])
def test_the_page_speaks_the_browsers_language(lasting: House, language: str) -> None:
    page = Visitor(accept_language=language).get(f"{lasting.url}/install")

    assert f'<html lang="{language}">' in page.text
    assert "so-privacy is installed" not in page.text


@pytest.mark.row("B55")
def test_each_way_has_its_own_state_nonce_and_challenge(empty: House) -> None:
    asked = []
    for _ in range(2):
        response = Visitor().ask("GET", f"{empty.url}/install")
        (cookie,) = response.raw.headers.getlist("Set-Cookie")
        assert cookie.startswith("__Host-so-privacy-in-")
        assert {"Secure", "HttpOnly", "Path=/", "SameSite=lax", "Max-Age=600"} <= set(cookie.split("; "))
        query = parse_qs(urlsplit(response.headers["Location"]).query)
        assert query["code_challenge_method"] == ["S256"]
        asked.append({query[name][0] for name in ("state", "nonce", "code_challenge")})
        assert all(len(one) == 43 for one in asked[-1])

    assert len(asked[0] | asked[1]) == 6


@pytest.mark.row("B54")
@pytest.mark.parametrize("state", [None, "", "x" * 43, "é" * 43, "x" * 10_000])
def test_a_wrong_state_is_refused(empty: House, state: str | None) -> None:
    visitor = Visitor()
    back = empty.come_back(visitor)

    assert refused(visitor.ask("GET", changed(back, state=state)), 400, OVER)
    assert nothing_was_kept(empty)


@pytest.mark.row("B54", "B57")
def test_an_answer_is_worth_one_sign_in_of_its_own_browser(lasting: House) -> None:
    before = kept(lasting, "web_session")
    visitor = Visitor()
    back = lasting.come_back(visitor)
    cookies = dict(visitor.cookies[urlsplit(lasting.url).netloc])
    assert refused(Visitor().ask("GET", back), 400, OVER)
    assert kept(lasting, "web_session") == before
    assert visitor.ask("GET", back).status_code == 303

    thief = Visitor()
    thief.cookies[urlsplit(lasting.url).netloc].update(cookies)
    assert refused(thief.ask("GET", back), 400, OVER)
    assert refused(visitor.ask("GET", back), 400, OVER)
    assert kept(lasting, "web_session") == before + 1


@pytest.mark.row("B54")
def test_an_answer_that_took_too_long_is_refused(empty: House) -> None:
    visitor = Visitor()
    back = empty.come_back(visitor)
    with psycopg.connect(empty.app.dsn) as admin:
        admin.execute("UPDATE so_privacy.sign_in SET until = until - interval '10 minutes'")

    assert refused(visitor.ask("GET", back), 400, OVER)
    assert nothing_was_kept(empty)


@pytest.mark.row("B55")
def test_a_code_of_another_sign_in_is_refused(empty: House) -> None:
    """An attacker's code in a victim's browser: neither its nonce nor its verifier fit."""
    attacker, victim = Visitor(), Visitor()
    theirs, own = empty.come_back(attacker), empty.come_back(victim)
    stolen = parse_qs(urlsplit(theirs).query)["code"][0]

    assert refused(victim.ask("GET", changed(own, code=stolen)), 400, OVER)
    assert nothing_was_kept(empty)


@pytest.mark.row("B56")
@pytest.mark.parametrize(
    ("error", "status", "title"),
    [
        ("access_denied", 403, "You did not approve"),
        ("server_error", 400, "SuperOffice did not sign you in"),
        ("<script>alert(1)</script>", 400, "SuperOffice did not sign you in"),
        ("", 400, "SuperOffice did not sign you in"),
    ],
)
def test_an_error_is_told_in_our_own_words(empty: House, error: str, status: int, title: str) -> None:
    visitor = Visitor()
    back = empty.come_back(visitor)
    evil = '"><script>alert(1)</script>'
    page = visitor.ask("GET", changed(back, code=None, error=error, error_description=evil, error_uri=evil))

    assert refused(page, status, title)
    assert "script" not in page.text
    assert 'href="/install"' in page.text
    assert nothing_was_kept(empty)


@pytest.mark.row("B56")
def test_who_denies_is_believed(empty: House) -> None:
    empty.answers("deny")
    page = Visitor().get(f"{empty.url}/install")

    assert refused(page, 403, "You did not approve")
    assert nothing_was_kept(empty)


@pytest.mark.row("B57")
@pytest.mark.parametrize(
    "changes",
    [
        {"id_token": "a.b.c"},
        {"access_token": "8A:Cust12345.x"},
        {"error": "access_denied"},
        {"code": ""},
        {"code": "x y"},
        {"code": "x" * 5000},
        {"code": None},
    ],
)
def test_an_answer_of_another_kind_is_refused(empty: House, changes: dict[str, Any]) -> None:
    visitor = Visitor()
    page = visitor.ask("GET", changed(empty.come_back(visitor), **changes))

    assert page.status_code == 400
    assert nothing_was_kept(empty)


@pytest.mark.row("B57")
def test_a_name_twice_and_a_huge_code_are_refused(empty: House) -> None:
    visitor = Visitor()
    back = empty.come_back(visitor)

    assert visitor.ask("GET", back + "&code=other").status_code == 400
    assert visitor.ask("GET", back + "&state=other").status_code == 400
    assert visitor.ask("GET", changed(back, code="x" * 100_000)).status_code == 431
    assert visitor.ask("POST", back, data={"code": "x"}).status_code == 405
    assert nothing_was_kept(empty)


@pytest.mark.row("B58")
def test_an_answer_of_another_login_service_is_refused(lasting: House) -> None:
    before = kept(lasting, "web_session")
    visitor = Visitor()
    back = lasting.come_back(visitor)
    page = visitor.ask("GET", changed(back, iss="https://sod.superoffice.com"))
    assert refused(page, 400, "SuperOffice did not sign you in")
    assert kept(lasting, "web_session") == before

    again = lasting.come_back(visitor)
    assert visitor.ask("GET", changed(again, iss=lasting.sandbox.url)).status_code == 303


@pytest.mark.row("B58")
def test_a_way_begun_in_another_environment_ends_nowhere(empty: House) -> None:
    visitor = Visitor()
    back = empty.come_back(visitor)
    with psycopg.connect(empty.app.dsn) as admin:
        admin.execute("UPDATE so_privacy.sign_in SET environment = 'sod'")

    assert refused(visitor.ask("GET", back), 400, OVER)
    assert nothing_was_kept(empty)


@pytest.mark.row("B58")
def test_a_token_by_another_issuer_is_not_believed(empty: House) -> None:
    login = empty.sandbox.sandbox.login
    own, login.site = login.site, replace(login.site, issuer="https://sod.superoffice.com")
    page = Visitor().get(f"{empty.url}/install")
    login.site = own

    assert refused(page, 401, "We can&#39;t be sure who you are")
    assert nothing_was_kept(empty)


@pytest.mark.row("B59")
def test_a_session_that_was_there_before_is_over(lasting: House) -> None:
    visitor = install(lasting.url)
    sessions = kept(lasting, "web_session")
    netloc = urlsplit(lasting.url).netloc
    before = visitor.cookies[netloc][COOKIE]
    visitor.get(f"{lasting.url}/install")

    assert visitor.cookies[netloc][COOKIE] != before
    visitor.cookies[netloc][COOKIE] = before
    assert visitor.ask("GET", f"{lasting.url}/installed").status_code == 303
    assert kept(lasting, "web_session") == sessions


@pytest.mark.row("B60")
def test_a_session_is_over_after_signing_out(lasting: House) -> None:
    visitor = install(lasting.url)
    netloc = urlsplit(lasting.url).netloc
    session = visitor.cookies[netloc][COOKIE]
    signed = lasting.app.sessions.find(session)
    assert signed is not None
    forged = visitor.post(f"{lasting.url}/logout", csrf="0" * 64)
    assert forged.status_code == 403
    assert visitor.ask("GET", f"{lasting.url}/installed").status_code == 200
    page = visitor.post(f"{lasting.url}/logout", csrf=signed.csrf)
    assert "<h1>You are signed out</h1>" in page.text

    assert COOKIE not in visitor.cookies[netloc]
    visitor.cookies[netloc][COOKIE] = session
    assert visitor.ask("GET", f"{lasting.url}/installed").status_code == 303
    assert visitor.post(f"{lasting.url}/logout", csrf=signed.csrf).status_code == 200


@pytest.mark.row("B60")
def test_a_session_is_over_with_its_tenant(house: House) -> None:
    visitor = install(house.url)
    (tenant,) = house.installed()
    with open_session(house.app.dsn, tenant.tenant_id) as session:
        tenants.remove(session)

    assert visitor.ask("GET", f"{house.url}/installed").status_code == 303


@pytest.mark.row("B61")
@pytest.mark.parametrize("path", ["/install", "/sign-in"])
def test_only_an_administrator_comes_in(empty: House, path: str) -> None:
    empty.answers(who="user")
    page = Visitor().get(empty.url + path)

    assert refused(page, 403, "This takes an administrator")
    assert nothing_was_kept(empty)
    assert empty.webhooks() == []


EVIL = [
    "//evil.example.com",
    "https:evil.example.com",
    "https://evil.example.com/configure",
    "/\\evil.example.com",
    "javascript:alert(1)",
    "http://localhost:80@evil.example.com",
    "/ok\r\nSet-Cookie: a=b",
    "/configure/../x",
    "/configure//evil.example.com",
    "/configure\n",
    "/Configure",
    "/configure?x=//evil.example.com",
    "%2F%2Fevil.example.com",
    "/webhooks/x",
    "/configure/" + "x/" * 50,
]


@pytest.mark.row("B62")
@pytest.mark.parametrize("evil", EVIL)
def test_a_sign_in_leads_to_our_own_pages_alone(lasting: House, evil: str) -> None:
    visitor = Visitor()
    words = "&".join(f"{name}={quote(evil, safe='')}" for name in ("to", "next", "redirect_uri", "url"))
    there = visitor.ask("GET", f"{lasting.url}/sign-in?{words}")
    assert urlsplit(there.headers["Location"]).netloc == urlsplit(lasting.sandbox.url).netloc
    back = visitor.ask("GET", there.headers["Location"]).headers["Location"]

    assert visitor.ask("GET", back).headers["Location"] == "/configure"


def test_a_sign_in_leads_on_to_the_page_that_was_wanted(lasting: House) -> None:
    for wanted in ("/configure", "/configure/manifest", "/configure/reviews/12", "/installed"):
        visitor = Visitor()
        there = visitor.ask("GET", f"{lasting.url}/sign-in?to={wanted}")
        back = visitor.ask("GET", there.headers["Location"]).headers["Location"]
        assert visitor.ask("GET", back).headers["Location"] == wanted


def test_a_sign_in_installs_nothing(empty: House) -> None:
    page = Visitor().get(f"{empty.url}/sign-in")

    assert refused(page, 404, "so-privacy is not installed in your SuperOffice")
    assert 'href="/install"' in page.text
    assert nothing_was_kept(empty)


def test_two_tenants_come_in_each_into_its_own(house: House) -> None:
    first = install(house.url)
    house.answers(tenant=SECOND)
    second = install(house.url)

    assert [one.context_identifier for one in house.installed()] == [FIRST, SECOND]
    assert FIRST in first.get(f"{house.url}/installed").text
    page = second.get(f"{house.url}/installed").text
    assert SECOND in page
    assert FIRST not in page


def test_an_installation_twice_is_one(lasting: House) -> None:
    hooks = lasting.webhooks()
    before = kept(lasting, "web_session")
    install(lasting.url)

    assert len(lasting.installed()) == 1
    assert lasting.webhooks() == hooks
    assert kept(lasting, "web_session") == before + 1


def test_whoever_approves_anew_brings_the_new_token(lasting: House) -> None:
    (tenant,) = lasting.installed()
    requests.post(
        f"{lasting.sandbox.url}/_sandbox/tenants/{FIRST}", json={"authorization": "Revoked"}, timeout=5
    )
    visitor = Visitor()
    back = lasting.come_back(visitor, "/sign-in")
    leave = lasting.tenant().tables.authorizations[lasting.sandbox.credentials.client_id]
    assert not lasting.app.knows_token(tenant.tenant_id, leave.system_user_token)
    assert visitor.ask("GET", back).headers["Location"] == "/configure"

    assert lasting.app.knows_token(tenant.tenant_id, leave.system_user_token)


def test_without_a_system_user_there_is_no_installation(empty: House) -> None:
    visitor = Visitor()
    back = empty.come_back(visitor)
    leave = empty.tenant().tables.authorizations[empty.sandbox.credentials.client_id]
    leave.system_user_token = ""

    assert refused(visitor.ask("GET", back), 403, "The approval is not complete")
    assert nothing_was_kept(empty)


def test_what_the_crm_refuses_is_told_and_nothing_is_left(empty: House) -> None:
    empty.sandbox.world.faults.add(Fault("http_500", operation="Webhook.SaveWebhook", times=0))
    page = Visitor().get(f"{empty.url}/install")

    assert refused(page, 502, "SuperOffice did not answer as it should")
    assert nothing_was_kept(empty)
    assert empty.webhooks() == []


def test_a_login_service_that_is_down_is_told(empty: House) -> None:
    empty.sandbox.world.faults.add(Fault("http_503", operation="Login.Tokens"))
    page = Visitor().get(f"{empty.url}/install")

    assert page.status_code == 502
    assert nothing_was_kept(empty)


@pytest.mark.row("B107")
def test_who_begins_without_end_is_told_to_wait(empty: House) -> None:
    """Each beginning is kept for ten minutes, so there must not be any number of them."""
    few = Floods(burst=3, per_second=0)
    entrance = Entrance(Sessions(empty.app.sessions), empty.app.sessions, empty.app, Pages(), few)
    before = kept(empty, "sign_in")

    def asked(address: str, path: str = "/install") -> Request:
        scope = {"type": "http", "method": "GET", "path": path, "query_string": b"", "headers": []}
        return Request({**scope, "client": (address, 1)})

    begun = [entrance.install(asked("192.0.2.1")), entrance.sign_in(asked("192.0.2.1", "/sign-in"))]
    begun.append(entrance.install(asked("192.0.2.1")))
    for begin in (entrance.install, entrance.sign_in):
        with pytest.raises(Rejected) as rejected:
            begin(asked("192.0.2.1"))
        assert rejected.value.status == 429
    begun.append(entrance.install(asked("192.0.2.2")))

    assert [one.status_code for one in begun] == [303] * 4
    assert kept(empty, "sign_in") == before + 4


def test_who_lost_the_way_is_told(empty: House) -> None:
    empty.answers("deny")
    with pytest.raises(LostError, match="403"):
        install(empty.url)


@pytest.mark.parametrize("settings", [{"client_id": ""}, {"environment": "nowhere"}])
def test_without_settings_nobody_signs_in(dsn: str, tmp_path: Path, settings: dict[str, str]) -> None:
    with housed(tmp_path, dsn, **settings) as house:
        for path in ("/install", "/sign-in", "/callback?state=x&code=y"):
            page = Visitor().ask("GET", house.url + path)
            assert refused(page, 503, "Nobody can sign in here yet")


def test_an_address_that_superoffice_can_not_reach_is_no_installation(dsn: str, tmp_path: Path) -> None:
    app = App(Settings(data_dir=tmp_path, environment="online", client_id="x"), dsn)
    with pytest.raises(Refused, match="public_url"):
        app.install("Cust1", "online", "token")


def test_what_can_not_be_installed_is_said_without_details(empty: House) -> None:
    visitor = Visitor()
    back = empty.come_back(visitor)
    empty.tenant().tables.state = "Suspended"
    page = visitor.ask("GET", back)

    assert page.status_code in {502, 503}
    assert nothing_was_kept(empty)


def test_a_client_secret_that_was_replaced_counts_at_once(lasting: House) -> None:
    visitor = Visitor()
    assert visitor.ask("GET", lasting.come_back(visitor, "/sign-in")).status_code == 303
    file = lasting.app.settings.application_token_file
    assert file is not None
    ours = lasting.sandbox.world.applications[lasting.sandbox.credentials.client_id]
    before, ours.application_token = ours.application_token, "another-client-credential"
    assert visitor.ask("GET", lasting.come_back(visitor, "/sign-in")).status_code == 502
    file.write_text("another-client-credential\n")
    assert visitor.ask("GET", lasting.come_back(visitor, "/sign-in")).status_code == 303

    ours.application_token = before
    file.write_text(before + "\n")


def test_a_tenant_that_is_leaving_is_not_installed_meanwhile(house: House) -> None:
    install(house.url)
    with psycopg.connect(house.app.dsn) as admin:
        admin.execute("UPDATE so_privacy.tenant SET leaving_at = now()")
    page = Visitor().get(f"{house.url}/install")

    assert refused(page, 503, "The installation did not come to its end")


def test_who_approves_anew_while_the_crm_is_down_comes_in_to_see_that(lasting: House) -> None:
    requests.post(
        f"{lasting.sandbox.url}/_sandbox/tenants/{FIRST}", json={"authorization": "Revoked"}, timeout=5
    )
    lasting.sandbox.world.faults.add(Fault("http_500", operation="List.*", times=0))
    visitor = Visitor()
    assert visitor.ask("GET", lasting.come_back(visitor, "/sign-in")).headers["Location"] == "/configure"

    lasting.sandbox.world.faults.clear()
    install(lasting.url)


class Forgetful:
    """A product from which a tenant is removed while it is being installed."""

    def __init__(self, app: App) -> None:
        self.super_id = app.super_id
        self.knows_token = app.knows_token
        self.pieces = app.pieces

    def installed(self, _context_identifier: str, _environment: str) -> None:
        return None

    def install(self, _context_identifier: str, _environment: str, _token: str) -> None:
        return None


def test_a_tenant_that_was_removed_in_this_moment_gets_no_session(empty: House) -> None:
    visitor = Visitor()
    back = urlsplit(empty.come_back(visitor))
    cookies = "; ".join(f"{name}={value}" for name, value in visitor.cookies[back.netloc].items())
    request = Request(
        {
            "type": "http",
            "method": "GET",
            "path": back.path,
            "query_string": back.query.encode(),
            "headers": [(b"cookie", cookies.encode())],
        }
    )
    entrance = Entrance(
        Sessions(empty.app.sessions), empty.app.sessions, Forgetful(empty.app), Pages(), Floods()
    )
    with pytest.raises(Rejected) as rejected:
        entrance._come_in(request)

    assert (rejected.value.code, kept(empty, "web_session")) == ("not_installed", 0)


def test_two_administrators_at_once_are_both_let_in(house: House) -> None:
    visitors = [Visitor(), Visitor()]
    backs = [house.come_back(visitor) for visitor in visitors]
    with ThreadPoolExecutor(2) as pool:
        pages = list(pool.map(lambda pair: pair[0].get(pair[1]), zip(visitors, backs, strict=True)))

    assert [page.status_code for page in pages] == [200, 200]
    assert len(house.installed()) == 1
    assert len(house.webhooks()) == len(set(house.webhooks()))
