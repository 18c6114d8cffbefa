"""Pages, their headers, and what is shown of a refusal."""

import re
from collections.abc import Iterator

import pytest
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from so_privacy_ext.errors import (
    CrmFailure,
    Exit,
    Fault,
    PrivacyError,
    Refused,
    Rejected,
    StorageUnavailable,
)
from so_privacy_ext.web import languages, security
from so_privacy_ext.web.rendering import Pages
from tests.unit.web.client import Client, Reply, ask
from tests.unit.web.conftest import Running, run

INNARDS = "innards-of-ours"
FAILURES: dict[str, Exception] = {
    "rejected": Rejected("forged", 403),
    "quiet": Rejected("too_large", 413),
    "refused": Refused("bad", INNARDS, INNARDS, Exit.BAD_DATA),
    "busy": Refused("tenant_busy", INNARDS, INNARDS, Exit.UNAVAILABLE),
    "gone": Refused("not_found", INNARDS, INNARDS, Exit.NO_INPUT),
    "database": StorageUnavailable(INNARDS),
    "crm": CrmFailure(Fault.UNKNOWN, "Person.GetConsents", detail=INNARDS),
    "other": PrivacyError(INNARDS),
    "bug": RuntimeError(INNARDS),
}
STATUS = {
    "rejected": 403,
    "quiet": 413,
    "refused": 422,
    "busy": 503,
    "gone": 404,
    "database": 503,
    "crm": 502,
    "other": 500,
    "bug": 500,
}


async def _fail(request: Request) -> Response:
    raise FAILURES[request.path_params["name"]]


async def _page(request: Request) -> Response:
    return Pages().render(request, "refusal.html", said="404", request_id="<b>{{ 7*7 }}", method="GET")


async def _in_swedish(request: Request) -> Response:
    return Pages().render(
        request, "refusal.html", language="sv", said="404", request_id="1", method=request.method
    )


@pytest.fixture(scope="module")
def server() -> Iterator[Running]:
    routes = [
        Route("/fail/{name}", _fail, methods=["GET", "POST"]),
        Route("/page", _page),
        Route("/swedish", _in_swedish),
        Route("/plain", lambda _request: PlainTextResponse("x")),
    ]
    with run(routes=routes) as one:
        yield one


def get(server: Running, target: str, *headers: str, accept: str = "text/html", method: str = "GET") -> Reply:
    lines = [f"{method} {target} HTTP/1.1", "Host: example.com", f"Accept: {accept}", *headers]
    return ask(server.address, "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n")


def cookies(reply: Reply) -> list[str]:
    return [value for name, value in reply.headers if name == "set-cookie"]


@pytest.mark.row("B103")
@pytest.mark.parametrize("name", list(FAILURES))
def test_whoever_meets_a_failure_learns_nothing_of_what_is_within(server: Running, name: str) -> None:
    page = get(server, f"/fail/{name}")
    told = get(server, f"/fail/{name}", accept="*/*")

    assert page.status == told.status == STATUS[name]
    assert page.header("content-type") == "text/html; charset=utf-8"
    assert set(re.findall(r'"(\w+)":', told.body.decode())) == {"error", "request_id"}
    for reply in (page, told):
        text = reply.raw.decode().lower()
        for word in (INNARDS, "traceback", "runtimeerror", "starlette", "uvicorn", "python", ".py"):
            assert word not in text
        assert reply.header("server") is None
        assert "no-store" in (reply.header("cache-control") or "")


@pytest.mark.row("B103")
@pytest.mark.parametrize(
    "target",
    [
        *("/docs", "/openapi.json", "/redoc", "/.git/config", "/.env", "/metrics", "/metrics/", "/admin"),
        *("/static/", "/static/pages.css", "/static/..%2fpages.css", "/static/%2e%2e/rendering.py"),
        *("/templates/frame.html", "/server-status", "/page/"),
    ],
)
def test_nothing_lies_about(server: Running, target: str) -> None:
    assert get(server, target).status == 404


def test_a_program_is_told_in_json(server: Running) -> None:
    for target in ("/webhooks/nothing", "/state-changes/nothing", "/healthz/nothing", "/nothing"):
        reply = get(server, target, accept="text/html" if target != "/nothing" else "application/json")
        assert (reply.status, reply.code) == (404, "not_found")


@pytest.mark.row("B105")
@pytest.mark.parametrize(
    ("method", "target"),
    [
        ("GET", "/page"),
        ("GET", "/nothing"),
        ("GET", "/fail/bug"),
        ("GET", "/fail/database"),
        ("POST", "/page"),
        ("OPTIONS", "/page"),
        ("HEAD", "/page"),
        ("GET", "/healthz/live"),
        ("GET", "/healthz/ready"),
        ("POST", "/webhooks/0123456789abcdef0123456789abcdef"),
        ("GET", "http://elsewhere.example/"),
        ("BREW", "/page"),
        ("GET", "/" + "x" * 20_000),
    ],
)
def test_every_answer_carries_the_headers(server: Running, method: str, target: str) -> None:
    with Client(server.address) as client:
        lines = f"{method} {target} HTTP/1.1\r\nHost: example.com\r\nContent-Length: 0\r\n\r\n"
        reply = client.ask(lines.encode(), head_only=method == "HEAD")

    for name, value in security.HEADERS:
        assert [found for one, found in reply.headers if one == name] == [value]
    assert int(dict(security.HEADERS)["strict-transport-security"].split("=")[1]) >= 365 * 24 * 60 * 60
    assert reply.header("server") is None
    assert reply.header("cache-control") is not None


@pytest.mark.row("B95")
def test_nobody_may_frame_a_page() -> None:
    policy = dict(part.split(" ", 1) for part in security.CONTENT_SECURITY_POLICY.split("; "))

    assert policy["default-src"] == policy["base-uri"] == policy["frame-ancestors"] == "'none'"
    assert policy["style-src"] == policy["img-src"] == policy["form-action"] == "'self'"
    assert len(policy) == 6


@pytest.mark.row("B106")
@pytest.mark.parametrize("origin", ["https://evil.example", "null", "https://superoffice.com.evil.example"])
@pytest.mark.parametrize("method", ["GET", "OPTIONS"])
def test_no_other_site_may_read(server: Running, origin: str, method: str) -> None:
    asks = (f"Origin: {origin}", "Access-Control-Request-Method: POST", "Cookie: a=b")
    for target in ("/page", "/nothing", "/healthz/live", "/webhooks/0123456789abcdef0123456789abcdef"):
        reply = get(server, target, *asks, method=method)
        assert [name for name, _ in reply.headers if name.startswith("access-control")] == []


@pytest.mark.row("B109")
def test_a_page_is_kept_by_nobody(server: Running) -> None:
    reply = get(server, "/page")

    assert reply.header("cache-control") == "private, no-store"
    assert reply.header("vary") == "cookie, accept-language"
    assert get(server, "/nothing").header("cache-control") == "private, no-store"


@pytest.mark.parametrize(("name", "kind"), [("pages", "text/css; charset=utf-8"), ("icon", "image/svg+xml")])
def test_a_file_is_kept_for_ever_under_the_name_of_its_content(server: Running, name: str, kind: str) -> None:
    found = re.search(rf'href="(/static/{name}-[0-9a-f]{{16}}\.\w+)"', get(server, "/page").body.decode())
    assert found is not None
    reply = get(server, found[1])

    assert (reply.status, reply.header("content-type")) == (200, kind)
    assert reply.header("cache-control") == "public, max-age=31536000, immutable"
    assert b"@import" not in reply.body
    assert b"url(" not in reply.body


@pytest.mark.row("B99")
def test_what_is_filled_in_stays_text(server: Running) -> None:
    assert b"&lt;b&gt;{{ 7*7 }}" in get(server, "/page").body


def test_a_page_speaks_the_language_that_was_asked_for(server: Running) -> None:
    assert b'<html lang="en">' in get(server, "/page").body
    assert b'<html lang="de">' in get(server, "/page", "Accept-Language: de").body
    assert b'<html lang="da">' in get(server, "/page?language=da", "Accept-Language: de").body
    assert b'<html lang="sv">' in get(server, "/swedish", "Accept-Language: de").body
    assert b"Hier ist nichts" in get(server, "/nothing", "Accept-Language: de").body


@pytest.mark.row("B104")
def test_a_chosen_language_is_remembered_in_a_cookie_that_nothing_else_can_read(server: Running) -> None:
    (cookie,) = cookies(get(server, "/page?language=nb"))
    value, *attributes = cookie.split("; ")

    assert value == f"{languages.COOKIE}=nb"
    assert {one.lower() for one in attributes} == {
        *("httponly", "secure", "samesite=lax", "path=/", f"max-age={365 * 24 * 60 * 60}")
    }
    assert cookies(get(server, "/page?language=xx")) == cookies(get(server, "/page")) == []
    assert b'<html lang="nb">' in get(server, "/page", f"Cookie: {value}").body


def test_who_has_posted_is_not_led_to_ask_again(server: Running) -> None:
    assert b"hreflang" in get(server, "/fail/gone").body
    assert b"hreflang" not in get(server, "/fail/gone", "Content-Length: 0", method="POST").body


@pytest.mark.row("B107")
def test_who_is_refused_too_often_must_wait_and_nobody_else() -> None:
    routes = [Route("/plain", lambda _request: PlainTextResponse("x"))]
    with run(routes=routes) as one, Client(one.address) as client:
        ask_for = b"GET %s HTTP/1.1\r\nHost: example.com\r\nAccept: text/html\r\n\r\n"
        replies = [client.ask(ask_for % b"/nothing")]
        while replies[-1].status == 404 and len(replies) < 5000:  # time forgives some of them meanwhile
            replies.append(client.ask(ask_for % b"/nothing"))

        assert len(replies) > 200
        assert (replies[-1].status, replies[-1].header("retry-after")) == (429, "60")
        assert client.ask(ask_for % b"/plain").status == 200
