"""What a form must be before anything of it is believed."""

import asyncio
import time
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import Message, Receive

from so_privacy_ext.errors import Rejected
from so_privacy_ext.web import forms
from tests.unit.web.client import Reply, ask
from tests.unit.web.conftest import Running, run

HOST = "example.com"
OURS = f"http://{HOST}"
GENUINE = "a" * 43


@dataclass(frozen=True)
class Someone:
    csrf: str = GENUINE


async def _read(request: Request) -> Response:
    posted = await forms.read_with_files(request, Someone() if request.url.path.endswith("/in") else None)
    files = {name: content.hex() for name, content in posted.files.items()}
    return JSONResponse(
        {"fields": {k: v for k, v in posted.fields.items() if k != forms.TOKEN}, "files": files}
    )


async def _asked(request: Request) -> Response:
    return JSONResponse({"page": forms.only_value(request, "page")})


@pytest.fixture(scope="module")
def server() -> Iterator[Running]:
    routes = [
        Route("/configure/in", _read, methods=["POST"]),
        Route("/configure/out", _read, methods=["POST"]),
        Route("/asked", _asked),
    ]
    with run(routes=routes) as one:
        yield one


def post(
    server: Running,
    body: bytes,
    *headers: str,
    path: str = "/configure/in",
    kind: str = "application/x-www-form-urlencoded",
    origin: str | None = OURS,
    method: str = "POST",
) -> Reply:
    lines = [f"{method} {path} HTTP/1.1", f"Host: {HOST}", f"Content-Length: {len(body)}", *headers]
    lines += [f"Content-Type: {kind}"] if kind else []
    lines += [f"Origin: {origin}"] if origin is not None else []
    return ask(server.address, "\r\n".join(lines).encode() + b"\r\n\r\n" + body)


def form(**fields: str) -> bytes:
    return "&".join(f"{name}={value}" for name, value in {"csrf": GENUINE, **fields}.items()).encode()


def multipart(*parts: bytes) -> tuple[bytes, str]:
    body = b"".join(b"--edge\r\n" + part + b"\r\n" for part in parts) + b"--edge--\r\n"
    return body, "multipart/form-data; boundary=edge"


TOKEN_PART = b'Content-Disposition: form-data; name="csrf"\r\n\r\n' + GENUINE.encode()


def file_part(content: bytes, name: bytes = b"file") -> bytes:
    head = b'Content-Disposition: form-data; name="' + name + b'"; filename="../../x.yaml"\r\n'
    return head + b"Content-Type: application/yaml\r\n\r\n" + content


def test_a_form_of_our_own_page_is_read(server: Running) -> None:
    reply = post(server, form(reason="Bj%C3%B8rn+said+so"))

    assert (reply.status, reply.body) == (200, '{"fields":{"reason":"Bjørn said so"},"files":{}}'.encode())


def test_an_upload_is_read_byte_by_byte(server: Running) -> None:
    body, kind = multipart(TOKEN_PART, file_part(b"a\r\nb\x00\xff"))
    reply = post(server, body, kind=kind)

    assert (reply.status, reply.body) == (200, b'{"fields":{},"files":{"file":"610d0a6200ff"}}')


@pytest.mark.row("B92")
@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"csrf=",
        b"reason=x",
        b"csrf=" + b"b" * 43,
        b"csrf=" + GENUINE[:-1].encode(),
        b"csrf=%00",
        "csrf=å".encode(),
        b"CSRF=" + GENUINE.encode(),
    ],
)
def test_a_form_without_the_token_of_this_session_is_refused(server: Running, body: bytes) -> None:
    reply = post(server, body)

    assert (reply.status, reply.code) == (403, "forged")


@pytest.mark.row("B92")
@pytest.mark.parametrize(
    "headers",
    [
        [],
        ["Origin: null"],
        ["Origin: https://evil.example"],
        ["Origin: http://example.com.evil.example"],
        ["Origin: http://example.com:8080"],
        ["Origin: ftp://example.com"],
        ["Origin: http://["],
        ["Origin: "],
        [f"Origin: {OURS}", "Origin: https://evil.example"],
        [f"Origin: {OURS}", "Sec-Fetch-Site: cross-site"],
        ["Sec-Fetch-Site: same-site"],
        ["Sec-Fetch-Site: same-origin", "Sec-Fetch-Site: cross-site"],
        ["Referer: http://example.com/configure"],
    ],
)
@pytest.mark.parametrize("path", ["/configure/in", "/configure/out"])
def test_what_comes_from_elsewhere_is_refused(server: Running, headers: list[str], path: str) -> None:
    reply = post(server, form(), *headers, origin=None, path=path)

    assert (reply.status, reply.code) == (403, "forged")


def test_who_is_not_signed_in_needs_no_token_but_our_page(server: Running) -> None:
    assert post(server, b"a=1", path="/configure/out").status == 200
    assert (
        post(server, b"a=1", "Sec-Fetch-Site: same-origin", origin=None, path="/configure/out").status == 200
    )


@pytest.mark.row("B92")
@pytest.mark.parametrize(
    "kind", ["", "text/plain", "application/json", "multipart/mixed; boundary=edge", ";"]
)
def test_only_the_two_kinds_of_forms_are_read(server: Running, kind: str) -> None:
    assert post(server, form(), kind=kind).status == 415


@pytest.mark.row("B92")
@pytest.mark.parametrize("header", ["X-HTTP-Method-Override", "X-Method-Override", "X-HTTP-Method"])
def test_no_other_method_is_taken_for_the_one_that_came(server: Running, header: str) -> None:
    assert post(server, b"", f"{header}: POST", path="/configure/in?_method=POST", method="GET").status == 405
    assert post(server, form(_method="DELETE"), f"{header}: DELETE").status == 200


@pytest.mark.row("B98")
def test_a_name_that_is_given_twice_is_refused(server: Running) -> None:
    assert post(server, form(a="1") + b"&a=1").code == "name_twice"
    assert post(server, form() + b"&csrf=" + GENUINE.encode()).code == "name_twice"
    field = b'Content-Disposition: form-data; name="file"\r\n\r\nx'
    body, kind = multipart(TOKEN_PART, field, file_part(b"y"))
    assert post(server, body, kind=kind).code == "name_twice"


@pytest.mark.row("B98")
def test_a_query_with_a_name_twice_is_refused(server: Running) -> None:
    assert post(server, b"", path="/asked?page=1&page=2", method="GET").code == "name_twice"
    assert post(server, b"", path="/asked?page=1", method="GET").body == b'{"page":"1"}'
    assert post(server, b"", path="/asked?Page=1", method="GET").body == b'{"page":null}'


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"x", "multipart/form-data"),
        (b"x", "multipart/form-data; boundary=edge"),
        (
            b"--edge\r\nContent-Disposition: form-data\r\n\r\nx\r\n--edge--\r\n",
            "multipart/form-data; boundary=edge",
        ),
        (b"--edge\r\n\r\n", "multipart/form-data; boundary=edge; charset=no-such-thing"),
        (b"&".join(b"a%d=1" % number for number in range(60)), "application/x-www-form-urlencoded"),
        multipart(TOKEN_PART, file_part(b"y"), file_part(b"y", b"other")),
    ],
)
def test_what_is_no_form_is_refused(server: Running, body: bytes, kind: str) -> None:
    assert post(server, body, kind=kind).status in {403, 422}


def test_a_form_may_hold_a_manifest_and_no_more(server: Running) -> None:
    most = forms.MOST_BYTES - len(form(a=""))

    assert post(server, form(a="x" * most)).status == 200
    assert post(server, form(a="x" * (most + 1))).status == 413


@pytest.mark.row("B91")
@pytest.mark.parametrize(
    ("body", "kind"),
    [
        multipart(*(b'Content-Disposition: form-data; name="f%d"\r\n\r\nx' % n for n in range(7000))),
        multipart(*(file_part(b"x", b"f%d" % n) for n in range(4000))),
        multipart(TOKEN_PART, b'Content-Disposition: form-data; name="' + b"n" * 100_000 + b'"\r\n\r\nx'),
        (b"&".join(b"a%d=1" % n for n in range(50_000)), "application/x-www-form-urlencoded"),
        (b"&" * 500_000, "application/x-www-form-urlencoded"),
        (b"%" * 500_000, "application/x-www-form-urlencoded"),
    ],
    ids=["fields", "files", "a long name", "pairs", "nothing between", "no escapes"],
)
def test_a_form_of_thousands_of_parts_is_refused_soon(server: Running, body: bytes, kind: str) -> None:
    begun = time.process_time()
    status = post(server, body, kind=kind).status

    assert status in {403, 413, 422}
    assert time.process_time() - begun < 5


@pytest.mark.row("B91")
def test_a_gigabyte_is_refused_before_it_has_come(server: Running) -> None:
    """Nobody waits for the end of what says that it is too long, or turns out to be."""
    head = f"POST /configure/in HTTP/1.1\r\nHost: {HOST}\r\nOrigin: {OURS}\r\n"
    head += "Content-Type: multipart/form-data; boundary=edge\r\n"
    said = ask(server.address, f"{head}Content-Length: {1024**3}\r\n\r\n".encode())
    chunk = b"10000\r\n" + b"x" * 0x10000 + b"\r\n"
    unsaid = ask(server.address, f"{head}Transfer-Encoding: chunked\r\n\r\n".encode() + chunk * 40)

    assert (said.status, unsaid.status) == (413, 413)


def test_the_size_is_kept_under_any_server() -> None:
    sent: list[Message] = [{"type": "http.request", "body": b"x" * forms.MOST_BYTES, "more_body": True}] * 2
    headers = [
        (b"origin", OURS.encode()),
        (b"host", HOST.encode()),
        (b"content-type", b"multipart/form-data"),
    ]
    request = Request({"type": "http", "headers": headers}, _saying(sent))

    with pytest.raises(Rejected) as refused:
        asyncio.run(forms.read(request, None))
    assert (refused.value.code, refused.value.status) == ("too_large", 413)


def _saying(messages: list[Message]) -> Receive:
    async def receive() -> Message:
        return messages.pop(0)

    return receive
