"""Framing, sizes and deadlines, byte by byte on a real connection."""

import gzip
import json
import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from so_privacy_ext.web.limits import Limits
from tests.unit.web.client import Client, ask, body, delivery, request, signed
from tests.unit.web.conftest import Run, Running
from tests.unit.web.fake_receiving import OTHER_SLOT, SLOT

QUICK = Limits(header_seconds=0.3, body_seconds=0.6, idle_seconds=1, answer_seconds=0.8, linger_seconds=0.4)
SMALL = Limits(body_bytes=4096)


@pytest.fixture(scope="module")
def small(running: Run) -> Iterator[Running]:
    with running(limits=SMALL) as one:
        yield one


def _refused_and_closed(running: Running, raw: bytes, *statuses: int) -> None:
    before = len(running.storage.inbox)
    with Client(running.address) as client:
        client.send(raw)
        reply = client.reply()
        assert reply is not None
        assert reply.status in statuses, reply
        assert len(reply.body) <= 200
        assert set(json.loads(reply.body)) == {"error", "request_id"}
        assert client.closed()
    assert len(running.storage.inbox) == before


@pytest.mark.row("B01")
@pytest.mark.parametrize(
    "method", ["GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT", "FOO"]
)
def test_other_methods(shared: Running, method: str) -> None:
    with Client(shared.address) as client:
        reply = client.ask(
            request(b"", "X-Echo: canary", method=method, length=False), head_only=method == "HEAD"
        )

    assert (reply.status, reply.header("allow")) == (405, "POST")
    assert b"canary" not in reply.raw
    assert method == "HEAD" or reply.code == "method_not_allowed"


@pytest.mark.row("B02")
@pytest.mark.parametrize(
    "target", ["/", "/webhooks", "/webhooks/", f"/webhooks/{SLOT}", f"/webhooks/{SLOT}/", "/healthz/live/"]
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_nothing_redirects(shared: Running, method: str, target: str) -> None:
    reply = ask(shared.address, request(b"", "X-Forwarded-Proto: http", method=method, target=target))

    assert not 300 <= reply.status < 400
    assert reply.header("location") is None


@pytest.mark.row("B03")
@pytest.mark.parametrize("announced", [4097, 10**9, 10**18])
def test_a_body_announced_too_large_is_not_read(small: Running, announced: int) -> None:
    raw = request(b"", signed(b""), f"Content-Length: {announced}", length=False)

    _refused_and_closed(small, raw, 413)


@pytest.mark.row("B03")
def test_a_body_too_large_by_chunks(small: Running) -> None:
    head = request(b"", signed(b""), "Transfer-Encoding: chunked", length=False)

    _refused_and_closed(
        small, head + b"400\r\n" + b"x" * 1024 + b"\r\n" + b"c01\r\n" + b"x" * 0xC01 + b"\r\n", 413
    )


@pytest.mark.row("B03")
def test_a_body_of_the_greatest_size(small: Running) -> None:
    raw = body(WebhookName="x")
    raw += b" " * (4096 - len(raw))
    chunked = request(b"", signed(raw), "Transfer-Encoding: chunked", length=False)

    assert ask(small.address, delivery(raw)).status == 200
    assert ask(small.address, chunked + b"1000\r\n" + raw + b"\r\n0\r\n\r\n").status == 200


@pytest.mark.row("B03", "B04")
def test_more_bytes_than_announced_are_no_second_request(small: Running) -> None:
    raw = body()
    with Client(small.address) as client:
        client.send(delivery(raw) + b"\x00rest of a body that lied")
        replies = [reply.status for reply in iter(client.reply, None)]

    assert replies[0] in (200, 400)
    assert 200 not in replies[1:]


@pytest.mark.row("B03")
def test_the_refusal_arrives_although_much_more_is_sent(small: Running) -> None:
    with Client(small.address) as client:
        client.send(request(b"", signed(b""), "Transfer-Encoding: chunked", length=False))
        sent = 0
        try:
            while sent < 4_000_000:
                client.send(b"1000\r\n" + b"x" * 4096 + b"\r\n")
                sent += 4096
        except ConnectionError:
            pass
        reply = client.reply()

    assert reply is not None
    assert reply.status == 413


@pytest.mark.row("B04")
@pytest.mark.parametrize(
    "headers",
    [
        ["Content-Length: 5", "Transfer-Encoding: chunked"],
        ["Transfer-Encoding: chunked", "Content-Length: 5"],
        ["Content-Length: 5", "Content-Length: 5"],
        ["Content-Length: 5", "Content-Length: 6"],
        ["Content-Length: +2"],
        ["Content-Length: 0x2"],
        ["Content-Length: 2, 2"],
        ["Content-Length: -1"],
        ["Content-Length: 99999999999999999999999"],
        ["Transfer-Encoding: chunked, identity"],
        ["Transfer-Encoding: xchunked"],
        ["Transfer-Encoding : chunked"],
        ["Transfer-Encoding: chunked", "Transfer-Encoding: identity"],
    ],
    ids=str,
)
def test_ambiguous_lengths(shared: Running, headers: list[str]) -> None:
    _refused_and_closed(shared, request(b"", *headers, length=False) + b"0\r\n\r\n", 400)


@pytest.mark.row("B04")
@pytest.mark.parametrize(
    "chunks",
    [
        b"ffffffffffffffffff\r\nx\r\n",
        b"g\r\nx\r\n0\r\n\r\n",
        b"-1\r\nx\r\n0\r\n\r\n",
        b"1\r\nxx\r\n0\r\n\r\n",
        b"0\r\nbad trailer\r\n\r\n",
    ],
)
def test_bad_chunks(shared: Running, chunks: bytes) -> None:
    _refused_and_closed(shared, request(b"", "Transfer-Encoding: chunked", length=False) + chunks, 400)


@pytest.mark.row("B04")
def test_a_trailer_is_no_header(shared: Running) -> None:
    raw = body()
    chunked = request(b"", "Transfer-Encoding: chunked", length=False)
    chunked += b"%x\r\n%b\r\n0\r\n%b\r\n\r\n" % (len(raw), raw, signed(raw).encode())

    assert ask(shared.address, chunked).status == 401


@pytest.mark.row("B06")
def test_trailers_count_as_headers(shared: Running) -> None:
    head = request(b"", "Transfer-Encoding: chunked", length=False)

    _refused_and_closed(shared, head + b"0\r\n" + b"X-A: b\r\n" * 100 + b"\r\n", 431)


@pytest.mark.row("B05")
@pytest.mark.parametrize(
    "raw",
    [
        request(b"", host=""),
        request(b"", "Host: example.com"),
        request(b"", host="Host: "),
        request(b"", host="Host: exa mple.com"),
        request(b"", host="Host: example.com/evil"),
        request(b"", host="Host: user@example.com"),
        request(b"", target=f"http://example.com/webhooks/{SLOT}"),
        request(b"", target="@example.com/webhooks"),
        request(b"", target="example.com"),
        request(b"", target="*", method="OPTIONS"),
    ],
    ids=["none", "two", "empty", "space", "path", "user", "absolute", "at", "bare", "star"],
)
def test_host_and_target(shared: Running, raw: bytes) -> None:
    _refused_and_closed(shared, raw, 400)


@pytest.mark.row("B05")
def test_only_our_own_names(running: Run) -> None:
    with running(hosts=["Privacy.example.com", "127.0.0.1", "[::1]"]) as one:
        for host in ("privacy.example.com", "PRIVACY.example.com:443", "127.0.0.1:7300", "[::1]:7300"):
            assert ask(one.address, delivery(body(), host=f"Host: {host}")).status == 200
        for host in ("evil", "evil:443", "privacy.example.com.evil", "[::2]", "privacy.example.com:x"):
            _refused_and_closed(one, delivery(body(), host=f"Host: {host}"), 400)


@pytest.mark.row("B06")
@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ([f"X-{number}: 1" for number in range(10_000)], 431),
        ([f"X-{number}: 1" for number in range(70)], 431),
        (["X-Large: " + "x" * 1_000_000], 431),
        (["X-Large: " + "x" * 17_000], 431),
        (["X" * 17_000 + ": x"], 431),
        (["X Y: 1"], 400),
        (["X\x00: 1"], 400),
        (["X: 1\x00"], 400),
        (["X: 1", " folded"], 400),
        (["X: 1\rY: 2"], 400),
    ],
    ids=["10,000", "70", "1 MB", "17 kB", "long name", "space", "NUL", "NUL in value", "fold", "CR"],
)
def test_headers(shared: Running, headers: list[str], status: int) -> None:
    with Client(shared.address) as client:
        try:
            client.send(request(b"", *headers))
        except ConnectionError:
            return  # refused while it was sent
        reply = client.reply()
        assert reply is not None
        assert reply.status == status
        assert client.closed()


@pytest.mark.row("B06")
def test_a_long_target(shared: Running) -> None:
    _refused_and_closed(shared, request(b"", target="/webhooks/?" + "x" * 17_000), 431)


@pytest.mark.row("B06")
def test_a_header_that_grows_in_small_pieces(shared: Running) -> None:
    with Client(shared.address) as client:
        client.send(b"POST / HTTP/1.1\r\nX: ")
        for _ in range(20):
            client.send(b"x" * 1000)
            time.sleep(0.002)
        reply = client.reply()

    assert reply is not None
    assert reply.status == 431


@pytest.mark.row("B07")
@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"", None),
        (b"\r\n\r\n", None),
        (b"POST /webhooks/x HTTP/1.1\r\nHost: exam", 408),
        (request(b"", "Content-Length: 10", length=False), 408),
        (request(b"", "Content-Length: 10", length=False) + b"half", 408),
        (request(b"", "Transfer-Encoding: chunked", length=False) + b"5\r\nx", 408),
    ],
    ids=["nothing", "newlines", "headers", "no body", "half a body", "half a chunk"],
)
def test_silence(running: Run, sent: bytes, status: int | None) -> None:
    with running(limits=QUICK) as one, Client(one.address) as client:
        client.send(sent)
        began = time.monotonic()
        reply = client.reply()
        assert client.closed()
        assert time.monotonic() - began < 5

    assert (reply and reply.status) == status


@pytest.mark.row("B07")
@pytest.mark.parametrize(
    "head", [b"POST /webhooks/x HTTP/1.1\r\nX: ", request(b"", "Content-Length: 9999", length=False)]
)
def test_one_byte_at_a_time_does_not_move_a_deadline(running: Run, head: bytes) -> None:
    with running(limits=QUICK) as one, Client(one.address) as client:
        client.send(head)
        began = time.monotonic()
        try:
            while time.monotonic() - began < 5:
                client.send(b"x")
                time.sleep(0.05)
        except ConnectionError:
            pass
        assert time.monotonic() - began < 4


@pytest.mark.row("F15")
def test_many_who_dawdle_are_cut_off_and_delay_nobody(running: Run) -> None:
    """Half of them with their headers, half with their body; all are there while deliveries are answered."""
    heads = (b"POST /webhooks/x HTTP/1.1\r\nX: ", request(b"", "Content-Length: 9999", length=False))
    patient = replace(QUICK, header_seconds=2.0, body_seconds=2.0)
    with running(limits=patient) as one, ThreadPoolExecutor(1) as beside:
        slow = [Client(one.address) for _ in range(200)]
        for number, client in enumerate(slow):
            client.send(heads[number % 2])
        cut = beside.submit(_dawdle, slow)
        statuses = [ask(one.address, delivery(body())).status for _ in range(30)]
        assert statuses == [200] * 30
        assert cut.result(60) == len(slow)
        assert len(one.storage.inbox) == 30
        assert ask(one.address, delivery(body())).status == 200


def _dawdle(clients: list[Client]) -> int:
    """Send a byte now and then by each, until all are cut off or a minute is over; tell how many were."""
    began, left = time.monotonic(), list(clients)
    while left and time.monotonic() - began < 50:
        for client in list(left):
            try:
                client.send(b"x")
            except OSError:
                client.socket.close()
                left.remove(client)
        time.sleep(0.1)
    return len(clients) - len(left)


@pytest.mark.row("B07")
def test_a_kept_connection_that_asks_for_nothing_is_closed(running: Run) -> None:
    with running(limits=QUICK) as one, Client(one.address) as client:
        assert client.ask(delivery(body())).status == 200
        time.sleep(0.5)
        assert client.ask(delivery(body())).status == 200
        assert client.closed()


def test_an_answer_that_does_not_come_is_given_up(running: Run) -> None:
    with running(limits=QUICK) as one, Client(one.address) as client:
        one.storage.open.clear()
        client.send(delivery(body()))
        assert client.reply() is None


@pytest.mark.row("B08")
@pytest.mark.parametrize("length", ["Content-Length: 1000000000"])
def test_expect_with_too_much(shared: Running, length: str) -> None:
    _refused_and_closed(shared, request(b"", "Expect: 100-continue", length, length=False), 413)


@pytest.mark.row("B08")
def test_expect_within_the_limits(shared: Running) -> None:
    raw = body()
    whole = delivery(raw, "Expect: 100-continue")
    with Client(shared.address) as client:
        client.send(whole[: -len(raw)])
        interim = client.reply()
        assert interim is not None
        assert interim.status == 100
        assert client.ask(raw).status == 200


@pytest.mark.row("B09")
@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "identity"])
def test_an_encoded_body_is_never_inflated(running: Run, encoding: str) -> None:
    bomb = gzip.compress(b"0" * 10_000_000)
    with running() as one:
        assert ask(one.address, request(bomb, f"Content-Encoding: {encoding}")).status == 401
        assert ask(one.address, delivery(bomb, f"Content-Encoding: {encoding}")).status == 200
        assert list(one.storage.quarantine.values()) == ["bad_json"]


@pytest.mark.row("B11")
@pytest.mark.parametrize(
    "raw",
    [
        b"GET /\r\n\r\n",
        b"POST / HTTP/0.9\r\nHost: example.com\r\n\r\n",
        b"POST / HTTP/2.0\r\nHost: example.com\r\n\r\n",
        b"POST / HTTP/1.2\r\nHost: example.com\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"\x00" * 9,
        bytes.fromhex("16030100c8010000c40303") + b"\x00" * 200,
        b"\x00\x01\x02\x03\r\n\r\n",
        request(b"", version="HTTP/1.0", host=""),
    ],
    ids=["0.9", "0.9 named", "2.0", "1.2", "preface", "TLS", "binary", "1.0 without Host"],
)
def test_other_protocols(shared: Running, raw: bytes) -> None:
    _refused_and_closed(shared, raw, 400)


@pytest.mark.row("B11")
def test_an_old_proxy_is_answered_and_closed(shared: Running) -> None:
    with Client(shared.address) as client:
        assert client.ask(delivery(body(), version="HTTP/1.0")).status == 200
        assert client.closed()


@pytest.mark.row("B11")
@pytest.mark.parametrize("protocol", ["h2c", "websocket"])
def test_no_upgrade(shared: Running, protocol: str) -> None:
    _refused_and_closed(shared, delivery(body(), "Connection: Upgrade", f"Upgrade: {protocol}"), 400)


@pytest.mark.row("B12")
def test_a_thousand_pipelined_requests(running: Run) -> None:
    with running() as one:
        with Client(one.address) as client:
            signed_ones = b"".join(delivery(body()) for _ in range(1000))
            sender = threading.Thread(target=client.send, args=(signed_ones,))
            sender.start()
            assert [client.reply().status for _ in range(1000)] == [200] * 1000  # type: ignore[union-attr] # not closed
            sender.join()
        assert len(one.storage.inbox) == 1000
        with Client(one.address) as client:
            client.send(request(body()) * 1000)
            unsigned = [client.reply().status for _ in range(1000)]  # type: ignore[union-attr] # not closed
            assert set(unsigned) == {401, 429}
            assert unsigned[:200] == [401] * 200
            assert client.ask(delivery(body())).status == 200


@pytest.mark.row("B12")
def test_a_broken_request_does_not_take_earlier_answers_away(running: Run) -> None:
    with running(limits=SMALL) as one:
        one.storage.seconds = 0.05
        too_large = request(b"", "Transfer-Encoding: chunked", length=False) + b"2000\r\n" + b"x" * 0x2000
        for broken in (b"garbage\r\n\r\n", too_large):
            with Client(one.address) as client:
                client.send(delivery(body()) * 2 + broken)
                first, second = client.reply(), client.reply()
                assert first is not None
                assert second is not None
                assert (first.status, second.status) == (200, 200)
                assert client.closed()


@pytest.mark.row("B07", "B12")
@pytest.mark.parametrize(
    "rest", [b"POST /half", request(b"", "Content-Length: 9", length=False)], ids=["headers", "body"]
)
def test_a_slow_request_behind_others_is_refused_once(
    running: Run, capsys: pytest.CaptureFixture[str], rest: bytes
) -> None:
    with running(limits=replace(QUICK, answer_seconds=9)) as one:
        one.storage.seconds = 2
        with Client(one.address) as client:
            client.send(delivery(body()) + rest)
            reply = client.reply()
            assert reply is not None
            assert reply.status == 200
            assert client.closed()
    assert capsys.readouterr().out.count("too_slow") == 1


@pytest.mark.row("B12")
def test_connections_of_one_address(running: Run) -> None:
    with running(limits=Limits(connections_per_address=5)) as one:
        idle = [Client(one.address) for _ in range(5)]
        time.sleep(0.1)
        crowd = [Client(one.address) for _ in range(20)]
        assert crowd[-1].ask(delivery(body())).status == 200
        assert idle[0].closed()
        for client in (*idle, *crowd):
            client.socket.close()


@pytest.mark.row("B12")
def test_who_is_being_answered_gives_no_way(running: Run) -> None:
    with running(limits=Limits(connections_per_address=2)) as one:
        one.storage.open.clear()
        busy = [Client(one.address) for _ in range(2)]
        for client in busy:
            client.send(delivery(body()))
        time.sleep(0.2)
        with Client(one.address) as late:
            assert late.closed()
        one.storage.open.set()
        for client in busy:
            reply = client.reply()
            assert reply is not None
            assert reply.status == 200
            client.socket.close()


@pytest.mark.row("B13")
def test_the_query_is_ignored_and_never_logged(running: Run, capsys: pytest.CaptureFixture[str]) -> None:
    with running() as one:
        target = f"/webhooks/{SLOT}?secret=canary&tenant={OTHER_SLOT}"
        assert ask(one.address, delivery(body(), target=target)).status == 200
        assert ask(one.address, request(body(), target=target)).status == 401
        assert [tenant for tenant, _ in one.storage.inbox] == [1]
    output = capsys.readouterr()
    assert "canary" not in output.out + output.err


@pytest.mark.row("B14")
@pytest.mark.parametrize(
    "target",
    [
        f"//webhooks/{SLOT}",
        f"/webhooks//{SLOT}",
        f"/./webhooks/{SLOT}",
        f"/webhooks/./{SLOT}",
        f"/webhooks/%2e%2e/webhooks/{SLOT}",
        f"/webhooks/../webhooks/{SLOT}",
        f"/webhooks/{SLOT}%00",
        f"/webhooks/{SLOT};x",
        f"/webhooks/{SLOT}/",
        f"/webhooks/{SLOT}/x",
        f"/webhooks/{SLOT.upper()}",
        f"/Webhooks/{SLOT}",
        f"/%77ebhooks/{SLOT}",
        f"/webhooks/%30{SLOT[1:]}",
        f"/webhooks/{SLOT[:-1]}",
        f"/webhooks%2f{SLOT}",
        f"/webhooks/{SLOT}%0a",
        "/webhooks/" + "%EF%BC%90" * 32,
    ],
)
def test_one_writing_of_the_path(shared: Running, target: str) -> None:
    before = len(shared.storage.inbox)

    assert ask(shared.address, delivery(body(), target=target)).status == 404
    assert len(shared.storage.inbox) == before


@pytest.mark.row("B14")
def test_a_path_beyond_ascii(shared: Running) -> None:
    _refused_and_closed(shared, delivery(body(), target="/webhooks/" + "\xe9" * 32), 400)


@pytest.mark.row("B15")
@pytest.mark.parametrize(
    "header",
    [
        "X-Forwarded-For: 192.0.2.7",
        "X-Forwarded-Host: evil",
        "X-Forwarded-Proto: https",
        "X-Real-IP: 192.0.2.7",
    ],
)
def test_what_a_client_says_of_itself(running: Run, capsys: pytest.CaptureFixture[str], header: str) -> None:
    with running() as one:
        assert ask(one.address, delivery(body(), header)).status == 200
        with Client(one.address) as client:
            client.send(request(body(), header) * 500)
            refused = [client.reply() for _ in range(500)]
        assert {reply and reply.status for reply in refused} == {401, 429}
        with Client(one.address) as client:
            # Another claim is still the same address; it would have a burst of its own.
            client.send(request(body(), "X-Forwarded-For: 192.0.2.8") * 100)
            assert 429 in [reply and reply.status for reply in [client.reply() for _ in range(100)]]
    assert "192.0.2" not in capsys.readouterr().out


def test_an_answer_before_the_end_of_the_body(running: Run) -> None:
    head = request(b"", "Transfer-Encoding: chunked", target="/nowhere", length=False)
    with running(limits=replace(QUICK, body_bytes=100)) as one:
        with Client(one.address) as client:
            assert client.ask(head + b"5\r\nhello\r\n").status == 404
            client.send(b"0\r\n\r\n")
            assert client.ask(delivery(b"")).status == 200
        for rest in (b"", b"not a chunk\r\n", b"c8\r\n" + b"x" * 200):
            with Client(one.address) as client:
                assert client.ask(head + b"5\r\nhello\r\n").status == 404
                client.send(rest)
                assert client.closed()


def test_a_page_that_was_reading_when_the_client_went(running: Run, caplog: pytest.LogCaptureFixture) -> None:
    async def reads(page_request: Request) -> Response:
        return Response(await page_request.body())

    with running(routes=[Route("/reads", reads, methods=["POST"])], limits=QUICK) as one:
        for status in (408, None):
            with Client(one.address) as client:
                client.send(request(b"", "Content-Length: 10", target="/reads", length=False) + b"half")
                if status is None:
                    time.sleep(0.1)
                    continue
                reply = client.reply()
                assert reply is not None
                assert reply.status == status
        time.sleep(0.1)
    assert "Traceback" not in caplog.text


def test_a_connection_that_ends_within_a_body(shared: Running) -> None:
    before = len(shared.storage.inbox)
    raw = delivery(body())
    with Client(shared.address) as client:
        client.send(raw[:-10])
        client.socket.shutdown(socket.SHUT_WR)
        assert client.closed()

    assert ask(shared.address, delivery(body())).status == 200
    assert len(shared.storage.inbox) == before + 1
