"""What may happen to a message on its way to a tenant's own system."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest

from so_privacy_ext.calling import LONGEST_WAIT, Poster
from so_privacy_ext.guarded_connections import GuardedAdapter
from tests.house import until
from tests.unit.outward.hearing import Handler, Hearing, hearing
from tests.unit.superoffice.test_wire import certified

HERE = ("127.0.0.0/8",)


@pytest.fixture
def poster() -> Iterator[Poster]:
    opened = Poster(HERE)
    yield opened
    opened.close()


@pytest.fixture
def heard() -> Iterator[Hearing]:
    with hearing() as server:
        yield server


def test_it_is_posted_as_it_is(poster: Poster, heard: Hearing) -> None:
    posted = poster.post(heard.url, {"webhook-id": "msg_1"}, b'{"a":1}')

    assert (posted.status, posted.why, posted.taken, posted.wait) == (204, "ok", True, None)
    (one,) = heard.heard
    assert (one.path, one.body, one.headers["webhook-id"]) == ("/hook?token=very-secret", b'{"a":1}', "msg_1")
    assert one.headers["content-type"] == "application/json"


@pytest.mark.parametrize(
    ("status", "taken", "why"),
    [
        *((200, True, "ok"), (202, True, "ok"), (299, True, "ok"), (400, False, "status_400")),
        *((410, False, "status_410"), (500, False, "status_500"), (199, False, "status_199")),
    ],
)
def test_2xx_alone_is_success(poster: Poster, heard: Hearing, status: int, taken: bool, why: str) -> None:
    heard.usual = status

    posted = poster.post(heard.url, {}, b"{}")

    assert (posted.taken, posted.why) == (taken, why)


@pytest.mark.row("B108")
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed(poster: Poster, heard: Hearing, status: int) -> None:
    with hearing() as elsewhere:
        heard.usual = (status, {"Location": elsewhere.url})

        posted = poster.post(heard.url, {}, b"{}")

        assert (posted.taken, posted.why) == (False, "redirect")
        assert elsewhere.heard == []


@pytest.mark.parametrize(
    ("said", "wait"),
    [
        *(("120", 120.0), ("0", 1.0), ("99999999999999999999", LONGEST_WAIT), ("-1", None), ("soon", None)),
        *(("", None), ("١٢", None), ("Wed, 99 Nov 2026 07:28:00 GMT", None)),
    ],
)
def test_a_wait_that_was_asked_for_is_kept_within_bounds(
    poster: Poster, heard: Hearing, said: str, wait: float | None
) -> None:
    heard.usual = (429, {"Retry-After": said.encode().decode("latin-1")})

    assert poster.post(heard.url, {}, b"{}").wait == wait


def test_a_wait_may_be_a_date(poster: Poster, heard: Hearing) -> None:
    until = format_datetime(datetime.now(UTC) + timedelta(seconds=90), usegmt=True)
    heard.usual = (503, {"Retry-After": until})

    assert 80 < (poster.post(heard.url, {}, b"{}").wait or 0) <= 90


def test_who_does_not_answer_costs_no_more_than_the_deadline(poster: Poster, heard: Hearing) -> None:
    def drip(handler: Handler) -> None:
        for _ in range(200):
            handler.wfile.write(b"H")
            handler.wfile.flush()
            time.sleep(0.02)

    heard.usual = drip
    begun = time.monotonic()

    posted = poster.post(heard.url, {}, b"{}", seconds=0.3)

    assert time.monotonic() - begun < 2
    assert (posted.status, posted.why) == (None, "timeout")


def test_who_answers_at_length_is_read_a_little(poster: Poster, heard: Hearing) -> None:
    def at_length(handler: Handler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Encoding", "gzip")
        handler.end_headers()
        while True:
            handler.wfile.write(b"x" * 65536)

    heard.usual = at_length

    assert poster.post(heard.url, {}, b"{}").why == "ok"


def test_who_never_ends_its_answer_is_not_waited_for(
    poster: Poster, heard: Hearing, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("so_privacy_ext.calling._TALK", 0.1)

    def unended(handler: Handler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", "9")
        handler.end_headers()
        waited_for.append(not returned.wait(20))

    returned, waited_for = threading.Event(), list[bool]()
    heard.usual = unended

    assert poster.post(heard.url, {}, b"{}").why == "ok"
    returned.set()
    until(lambda: waited_for == [False], "the answer was waited for")


def test_who_hangs_up_has_not_answered(poster: Poster, heard: Hearing) -> None:
    heard.usual = lambda handler: handler.connection.shutdown(socket.SHUT_RDWR)

    assert poster.post(heard.url, {}, b"{}").why == "no_answer"


def test_where_nobody_listens_there_is_no_connection(poster: Poster) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]

    assert poster.post(f"http://127.0.0.1:{port}/", {}, b"{}").why == "no_connection"


def test_connections_are_kept(poster: Poster, heard: Hearing) -> None:
    ports = set()

    def reply(handler: Handler) -> None:
        ports.add(handler.client_address[1])
        handler.send_response(200)
        handler.send_header("Content-Length", "2")
        handler.end_headers()
        handler.wfile.write(b"ok")

    heard.usual = reply
    assert {poster.post(heard.url, {}, b"{}").why for _ in range(3)} == {"ok"}
    assert len(ports) == 1


@pytest.mark.row("B108")
@pytest.mark.parametrize(
    "host",
    [
        *("127.0.0.1", "2130706433", "0x7f000001", "0177.0.0.1", "127.1", "0", "[::1]", "[::ffff:127.0.0.1]"),
        *("localhost", "169.254.169.254", "10.0.0.1", "[fe80::1]"),
    ],
)
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_no_spelling_of_an_inner_address_is_posted_to(heard: Hearing, scheme: str, host: str) -> None:
    poster = Poster()
    url = f"{scheme}://{host}:{heard.port}/"

    assert poster.leads_inside(url)
    if scheme == "https":  # plain HTTP is refused when an endpoint is added
        assert poster.post(url, {}, b"{}", seconds=5).why == "forbidden_address"
    assert heard.heard == []
    poster.close()


@pytest.mark.row("B108")
def test_a_name_that_leads_elsewhere_the_second_time_is_not_followed(
    heard: Hearing, monkeypatch: pytest.MonkeyPatch
) -> None:
    poster = Poster()
    answers = iter(["93.184.216.34", "127.0.0.1", "127.0.0.1"])
    asked: list[str] = []
    connected: list[object] = []

    def resolves(name: str, port: int, **_: object) -> object:
        asked.append(name)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (next(answers), port))]

    def refused(address: object, *_: object, **__: object) -> None:
        connected.append(address)
        raise ConnectionRefusedError

    monkeypatch.setattr(socket, "getaddrinfo", resolves)
    monkeypatch.setattr(socket, "create_connection", refused)
    url = f"https://hooks.example.com:{heard.port}/"

    assert poster.post(url, {}, b"{}").why == "no_connection"
    assert connected == [("93.184.216.34", heard.port)]  # the very address that was looked at, not the name
    assert poster.post(url, {}, b"{}").why == "forbidden_address"
    assert asked == ["hooks.example.com"] * 2
    assert len(connected) == 1
    poster.close()


@pytest.mark.row("F26")
def test_a_name_that_does_not_resolve_is_tried_later(poster: Poster, monkeypatch: pytest.MonkeyPatch) -> None:
    def nowhere(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "hooks.example.com")

    monkeypatch.setattr(socket, "getaddrinfo", nowhere)

    assert not poster.leads_inside("https://hooks.example.com/")
    assert poster.post("https://hooks.example.com/", {}, b"{}").why == "no_connection"


def test_plain_http_goes_nowhere_but_to_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    poster = Poster(("10.0.0.0/8", "127.0.0.0/8"))
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: [(2, 1, 6, "", ("10.0.0.7", 80))])

    assert poster.loopback
    assert not poster.leads_inside("https://hooks.example.com/")
    assert poster.post("http://hooks.example.com/", {}, b"{}").why == "forbidden_address"
    poster.close()


def test_a_certificate_must_be_right(tmp_path: Path, poster: Poster) -> None:
    with hearing(certified(tmp_path, "127.0.0.1")) as heard:
        trusting = Poster(HERE, tmp_path / "cert.pem")

        assert trusting.post(heard.url, {}, b"{}").why == "ok"
        assert poster.post(heard.url, {}, b"{}").why == "tls"
        assert len(heard.heard) == 1
        trusting.close()


def test_certificates_of_ours_are_believed_besides_the_usual_ones(tmp_path: Path) -> None:
    certified(tmp_path, "127.0.0.1")
    poster = Poster(HERE, tmp_path / "cert.pem")
    adapter = poster._session.get_adapter("https://hooks.example.com/")
    assert isinstance(adapter, GuardedAdapter)
    context = adapter.poolmanager.connection_pool_kw["ssl_context"]

    assert context.verify_mode is ssl.CERT_REQUIRED
    assert poster._session.verify is True
    poster.close()


def test_no_proxy_of_the_surroundings_is_used(
    poster: Poster, heard: Hearing, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")

    assert poster.post(heard.url, {}, b"{}").why == "ok"


def test_what_is_no_address_is_said(poster: Poster) -> None:
    assert poster.post("https://", {}, b"{}").why == "no_connection"
