"""What nobody may do, tried on every route that there is."""

import re
import secrets
from collections.abc import Iterator
from contextlib import AbstractContextManager
from typing import Any, NoReturn
from urllib.parse import quote

import pytest
import requests
from starlette.routing import Route

from so_privacy_ext.storage import tenants
from so_privacy_ext.storage.sessions import Sessions as KeptSessions
from so_privacy_ext.web import security
from so_privacy_ext.web.console.routes import console_routes
from so_privacy_ext.web.floods import Floods
from so_privacy_ext.web.rendering import Pages
from so_privacy_ext.web.sessions import Sessions
from tests.unit.web.conftest import serving
from tests.unit.web.console.conftest import Inhabitant
from tests.unit.web.console.house import House, Visitor

IDS = {
    "/configure/reviews/{number}": "review",
    "/configure/quarantine/{number}": "quarantined",
    "/configure/manifest/versions/{number}": "version",
    "/configure/approvals/{number}": "proposal",
    "/configure/plans/{number}": "run",
    "/configure/plans/{number}/persons": "run",
}
"""Route → which of a tenant's objects its id names."""
NOT_OBJECTS = {
    "/state-changes/{environment}": "x",
    "/configure/persons/{person}": "18",
    "/configure/persons/{person}/now": "18",
}
"""Routes whose parameter names nothing of ours → a value; a number may be a person's in every tenant."""
ID_FIELDS = {"/configure/events/redrive": ("which", "dead_event")}
"""Route → the field that names an object, and which."""
FIELDS: dict[str, dict[str, str]] = {
    "/configure/reviews/{number}": {"as": "keep", "reason": "x"},
    "/configure/events/redrive": {"which": "dead"},
    "/configure/manifest/check": {"text": "manifest: 1"},
    "/configure/manifest/consequences": {"content": "eA=="},
    "/configure/manifest/activate": {"content": "eA==", "reason": "x"},
    "/configure/two-pairs": {"how": "two"},
    "/configure/plans": {"tell": "nobody"},
    "/configure/plans/{number}": {"as": "start"},
    "/configure/approvals/{number}": {"as": "refuse"},
    "/configure/plugins": {"plugin": "acme-size", "do": "disable"},
    "/configure/uninstall": {"sure": "yes"},
}
"""What a form of each route would post."""
NUMBER = re.compile(r'<p class="quiet">[^<]*[0-9a-f]{16}</p>')


def routes(house: House, method: str) -> list[str]:
    return [one.path for one in house.app.pages() if isinstance(one, Route) and method in (one.methods or ())]


def console(house: House, method: str) -> list[str]:
    return [path for path in routes(house, method) if path.startswith("/configure")]


def at(path: str, objects: Any) -> str:
    if path in NOT_OBJECTS:
        return re.sub(r"{\w+}", NOT_OBJECTS[path], path)
    return path.replace("{number}", str(getattr(objects, IDS[path]))) if "{" in path else path


def masked(page: requests.Response) -> tuple[int, str, dict[str, str]]:
    headers = {name: value for name, value in page.headers.items() if name != "date"}
    return page.status_code, NUMBER.sub("", page.text), headers


def test_every_route_that_takes_an_id_is_known_here(house: House) -> None:
    for method in ("GET", "POST"):
        known = IDS.keys() | NOT_OBJECTS.keys()
        assert {path for path in routes(house, method) if "{" in path} <= known
    bare = {f"/configure/{word}" for word in ("pause", "resume", "try-now", "webhooks", "try")}
    bare |= NOT_OBJECTS.keys()
    assert FIELDS.keys() | bare >= set(console(house, "POST"))


@pytest.mark.row("B93")
def test_nothing_changes_by_being_looked_at(house: House, first: Inhabitant, second: Inhabitant) -> None:
    before = house.dump()
    for path in console(house, "GET"):
        for method in ("GET", "HEAD"):
            page = first.admin.ask(method, at(path, first.objects) + "?done=paused&language=da")
            assert page.status_code == 200, path

    assert house.dump() == before


@pytest.mark.row("B110")
def test_no_link_that_a_mail_scanner_may_open_withdraws_anything(house: House, first: Inhabitant) -> None:
    """There is none: what opens without a session shows how to come in, and changes nothing of anybody.

    A person says no in the CRM, by its own mail; whoever adds a link of ours for that has to prove it here.
    """
    opened = {path for path in routes(house, "GET") if not path.startswith("/configure")}
    assert opened == {"/install", "/uninstall", "/sign-in", "/callback", "/installed", "/signed-out"}
    before = house.dump()
    for path in opened:
        for method in ("GET", "HEAD"):
            answer = house.nobody().ask(method, f"{path}?person=18&purpose=STORE&token={'x' * 43}")
            assert answer.status_code in {200, 303, 400}, path
    for path in console(house, "GET"):
        assert house.nobody().get(at(path, first.objects)).status_code == 303
    after = house.dump()
    changed = {line.partition(":")[0] for line in set(before.split("\n")) ^ set(after.split("\n"))}
    assert changed <= {"sign_in"}  # who is on the way to sign in


@pytest.mark.row("B92")
@pytest.mark.parametrize(
    ("headers", "token"),
    [
        ({}, ""),
        ({}, "of another"),
        ({}, "x" * 64),
        ({"Origin": "null"}, "own"),
        ({"Origin": "https://evil.example"}, "own"),
        ({"Sec-Fetch-Site": "cross-site"}, "own"),
        ({"Content-Type": "text/plain"}, "own"),
        ({"Content-Type": "application/json"}, "own"),
    ],
)
def test_no_other_site_acts_for_an_administrator(
    house: House, first: Inhabitant, second: Inhabitant, headers: dict[str, str], token: str
) -> None:
    before = house.dump()
    csrf = {"own": first.admin.csrf, "of another": second.admin.csrf}.get(token, token)
    for path in console(house, "POST"):
        fields = {"other": "x", **FIELDS.get(path, {}), **({"csrf": csrf} if csrf else {})}
        page = first.admin.post(at(path, first.objects), fields, token=False, headers=headers)
        assert page.status_code == (415 if "Content-Type" in headers else 403), path

    assert house.dump() == before


@pytest.mark.row("B92")
def test_no_form_is_taken_by_another_method(house: House, first: Inhabitant) -> None:
    before = house.dump()
    for path in set(console(house, "POST")) - set(console(house, "GET")):
        for method in ("GET", "PUT", "DELETE", "PATCH"):
            page = first.admin.ask(
                method, at(path, first.objects), headers={"X-HTTP-Method-Override": "POST"}
            )
            assert page.status_code == 405, path

    assert house.dump() == before


@pytest.mark.row("B96")
def test_anothers_object_is_as_good_as_none(house: House, first: Inhabitant, second: Inhabitant) -> None:
    before = house.dump()
    for method in ("GET", "POST"):
        for path in (one for one in console(house, method) if one in IDS):
            theirs = getattr(second.objects, IDS[path])
            answers = [
                masked(
                    first.admin.ask(
                        method, path.replace("{number}", str(number)), **form(first, path, method)
                    )
                )
                for number in (theirs, theirs + 10**6, 10**17)
            ]
            assert answers[0][0] == 404
            assert answers[0] == answers[1] == answers[2], path
    for path, (name, kind) in ID_FIELDS.items():
        theirs = getattr(second.objects, kind)
        answers = [masked(first.admin.post(path, {name: str(number)})) for number in (theirs, theirs + 10**6)]
        assert answers[0][0] == 404
        assert answers[0] == answers[1], path

    assert house.dump() == before


@pytest.mark.row("B96")
def test_no_header_or_parameter_makes_one_tenant_another(
    house: House, first: Inhabitant, second: Inhabitant
) -> None:
    other = second.tenant
    query = f"?tenant={other.context_identifier}&tenant_id={other.tenant_id}&ctx={other.context_identifier}"
    headers = {"X-Tenant": str(other.tenant_id), "X-Forwarded-User": "root", "X-Original-URL": "/configure"}
    for path in console(house, "GET"):
        page = first.admin.get(at(path, first.objects) + query, headers=headers)
        assert page.status_code == 200
        assert other.context_identifier not in page.text


def form(who: Inhabitant, path: str, method: str) -> dict[str, Any]:
    if method == "GET":
        return {}
    return {"data": {"csrf": who.admin.csrf, **FIELDS[path]}, "headers": {"Origin": who.admin.url}}


@pytest.mark.row("B97")
@pytest.mark.parametrize("session_id", [None, "", "x" * 43, "../../etc", "AbC-_" * 8 + "xyz", "é"])
def test_who_has_no_session_sees_and_does_nothing(
    house: House, first: Inhabitant, session_id: str | None
) -> None:
    before = house.dump()
    stranger = Visitor(house.url, session_id, "x" * 64)
    for path in console(house, "GET"):
        page = stranger.get(at(path, first.objects))
        assert (page.status_code, page.content) == (303, b"")
    for path in console(house, "POST"):
        assert stranger.post(at(path, first.objects), FIELDS.get(path, {})).status_code == 403

    assert house.dump() == before


@pytest.mark.row("B97")
def test_who_administered_a_tenant_that_is_gone_sees_and_does_nothing(house: House) -> None:
    gone = house.add("Cust66666")
    admin = house.sign_in(gone)
    with house.turn(gone) as turn:
        tenants.remove(turn.session)
    before = house.dump()

    for path in (one for one in console(house, "GET") if "{" not in one):
        assert admin.get(path).status_code in {303, 404}
    for path in (one for one in console(house, "POST") if "{" not in one):
        assert admin.post(path, FIELDS.get(path, {})).status_code in {403, 404}
    assert house.dump() == before


@pytest.mark.row("B98")
def test_fields_that_nobody_asked_for_do_nothing(house: House, first: Inhabitant, second: Inhabitant) -> None:
    admin, other = first.admin, second.tenant
    more = {
        "tenant_id": other.tenant_id,
        "context_identifier": other.context_identifier,
        "is_admin": "1",
        "epoch": "9",
        "associate_id": "1",
        "paused_at": "2000-01-01",
    }
    assert admin.post("/configure/pause", more).status_code == 303
    try:
        rows = house.rows("SELECT tenant_id, paused_at IS NULL, epoch FROM so_privacy.tenant ORDER BY 1")
        assert (first.tenant.tenant_id, False, 1) in rows
        assert (other.tenant_id, True, 1) in rows
    finally:
        assert admin.post("/configure/resume").status_code == 303


@pytest.mark.row("B98")
def test_no_form_takes_a_name_twice(house: House, first: Inhabitant) -> None:
    before = house.dump()
    for path in console(house, "POST"):
        for name in ("csrf", *FIELDS.get(path, {}), "other"):
            fields = [("csrf", first.admin.csrf), *FIELDS.get(path, {}).items(), ("other", "1"), (name, "2")]
            assert first.admin.post(at(path, first.objects), fields).status_code == 400, (path, name)
    for name in ("person=1&person=2", "state=dead&state=open"):
        assert first.admin.get(f"/configure/events?{name}").status_code == 400

    assert house.dump() == before


INJECTED = (
    "' OR 1=1 --",
    "1; DROP TABLE so_privacy.tenant",
    "%",
    "_",
    "-1",
    "0",
    "9" * 30,
    "\N{FULLWIDTH DIGIT ONE}",
    "\0",
    "{0.__class__}",
    "pg_sleep(9)",
)


@pytest.mark.row("B100")
def test_no_field_of_ours_is_more_than_a_value(house: House, first: Inhabitant) -> None:
    before = house.dump()
    admin = first.admin
    for text in INJECTED:
        for path in ("/configure/events", "/configure/reviews"):
            assert admin.get(path, params={"person": text}).status_code == 404, text
        assert admin.get("/configure/events", params={"state": text}).status_code == 404
        assert admin.get("/configure", params={"done": text, "language": text}).status_code == 200
        assert admin.post("/configure/events/redrive", {"which": text}).status_code == 404
        quoted = quote(text, safe="")
        for path in IDS:
            assert admin.get(path.replace("{number}", quoted)).status_code == 404, text
        assert (
            admin.post(f"/configure/reviews/{first.objects.review}", {"as": text, "reason": "x"}).status_code
            == 400
        )

    assert house.dump() == before


@pytest.mark.row("B94", "B99")
def test_what_others_wrote_stays_text_on_every_page(house: House) -> None:
    texts = (
        "<script>window.owned=1</script>",
        "\"'><img src=x onerror=window.owned=1>",
        "{{ 7*7 }}{% for %}${7*7}#{7*7}{0.__class__}%s%n",
        "\u202egnp.exe\u2028",
    )
    tenant = house.add("Cust77777")
    objects = house.fill(tenant, " ".join(texts))
    admin = house.sign_in(tenant)
    seen = ""
    for path in console(house, "GET"):
        page = admin.get(at(path, objects))
        assert page.status_code == 200
        if not path.endswith("/file"):
            seen += page.text
    assert "<script" not in seen
    assert "<img" not in seen
    assert "&lt;script&gt;window.owned=1&lt;/script&gt;" in seen
    assert "{{ 7*7 }}{% for %}${7*7}#{7*7}{0.__class__}%s%n" in seen
    assert "49" not in re.sub(r"[0-9a-f:-]{10,}", "", seen.partition("{{ 7*7 }}")[2][:200])


class Broken:
    """A product of which nothing works."""

    def session(self, _tenant: object) -> NoReturn:
        raise RuntimeError("innards-of-ours")

    def turn(self, _tenant: object, *, wait: float) -> AbstractContextManager[Any]:
        raise RuntimeError(f"innards-of-ours {wait}")

    def make_work(self, *_all: object) -> NoReturn:
        raise RuntimeError("innards-of-ours")

    def put_right(self, _turn: object) -> NoReturn:
        raise RuntimeError("innards-of-ours")

    @property
    def extending(self) -> NoReturn:
        raise RuntimeError("innards-of-ours")

    def words(self, _session: object) -> NoReturn:
        raise RuntimeError("innards-of-ours")

    def fit(self, _turn: object, _manifest: object) -> NoReturn:
        raise RuntimeError("innards-of-ours")

    def activate(self, *_all: object, **_more: object) -> NoReturn:
        raise RuntimeError("innards-of-ours")

    def runs(self, _tenant: object) -> NoReturn:
        raise RuntimeError("innards-of-ours")

    @property
    def drafts(self) -> NoReturn:
        raise RuntimeError("innards-of-ours")

    def replaying(self, _turn: object) -> NoReturn:
        raise RuntimeError("innards-of-ours")

    def approving(self, _turn: object) -> NoReturn:
        raise RuntimeError("innards-of-ours")

    def pieces(self, _tenant: object) -> NoReturn:
        raise RuntimeError("innards-of-ours")

    def uninstall(self, _tenant: object) -> NoReturn:
        raise RuntimeError("innards-of-ours")


@pytest.fixture(scope="module")
def broken(house: House) -> Iterator[str]:
    sessions = Sessions(KeptSessions(house.app.dsn, house.app.data_key))
    receiving = house.app.receiving()
    few = Floods(burst=20, per_second=0)
    with serving(receiving, routes=console_routes(sessions, Broken(), Pages(), few)) as ((host, port), _, _):
        yield f"http://{host}:{port}"
    receiving.close()


@pytest.mark.row("B103")
def test_a_defect_behind_any_route_shows_nothing_of_it(house: House, first: Inhabitant, broken: str) -> None:
    admin = Visitor(broken, first.admin.session_id, first.admin.csrf)
    asked = 0
    for method in ("GET", "POST"):
        for path in console(house, method):
            where = at(path, first.objects)
            page = admin.get(where) if method == "GET" else admin.post(where, FIELDS.get(path, {}))
            if path in {
                "/configure/manifest/check",
                "/configure/manifest/activate",
            }:  # their texts are refused before anything is asked
                continue
            assert page.status_code == 500, path
            assert "innards" not in page.text
            assert "Something went wrong on our side" in page.text
            assert_headers(page)
            asked += 1
    assert asked > 10


def assert_headers(page: requests.Response) -> None:
    for name, value in security.HEADERS:
        assert page.headers[name] == value
    assert "no-store" in page.headers["cache-control"]
    assert "server" not in page.headers


@pytest.mark.row("B105", "B106", "B109", "B95")
def test_every_page_is_closed_to_others_and_kept_by_nobody(house: House, first: Inhabitant) -> None:
    for path in console(house, "GET"):
        for who in (first.admin, house.nobody()):
            page = who.get(at(path, first.objects), headers={"Origin": "https://evil.example"})
            assert_headers(page)
            assert page.headers["cache-control"] == "private, no-store"
            assert page.headers["vary"] == "cookie, accept-language"
            assert not any(name.lower().startswith("access-control") for name in page.headers)
    for path in console(house, "POST"):
        assert_headers(first.admin.post(at(path, first.objects), {}, token=False))


@pytest.mark.row("B104")
def test_every_cookie_is_ours_alone(house: House, first: Inhabitant) -> None:
    for path in console(house, "GET"):
        page = first.admin.get(at(path, first.objects) + "?language=sv")
        cookie = page.headers.get("set-cookie", "")
        if not path.endswith("/file"):
            assert cookie.startswith("__Host-")
            assert {"HttpOnly", "Secure", "SameSite=lax", "Path=/"} <= set(cookie.split("; "))
            assert len(cookie) < 4096
        assert "domain" not in cookie.lower()


@pytest.mark.row("B107")
def test_who_guesses_sessions_must_wait_and_the_administrator_beside_her_not(
    house: House, first: Inhabitant, broken: str
) -> None:
    with requests.Session() as guessing:
        statuses = []
        for _ in range(22):
            headers = {"Cookie": f"__Host-so-privacy={secrets.token_urlsafe(32)}"}
            answer = guessing.get(f"{broken}/configure", headers=headers, allow_redirects=False, timeout=30)
            statuses.append(answer.status_code)
    assert statuses == [303] * 20 + [429] * 2

    admin = Visitor(broken, first.admin.session_id, first.admin.csrf)
    assert admin.get("/configure").status_code == 500  # let in; it is the product behind that is broken
    assert house.nobody().get("/configure").status_code == 303
