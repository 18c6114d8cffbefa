"""What is stored, and what is answered, for everything that may be posted at a slot."""

import json
import resource
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest

from so_privacy_ext import metrics
from so_privacy_ext.model import SlotKeys
from so_privacy_ext.web.floods import Floods
from so_privacy_ext.webhooks import signature
from tests.unit.web.client import Client, Reply, ask, body, delivery, request, signed
from tests.unit.web.conftest import Run, Running
from tests.unit.web.fake_receiving import (
    OTHER_SECRET,
    OTHER_SLOT,
    SECRET,
    SLOT,
    UNKNOWN_SLOT,
    FakeReceiving,
)

PREVIOUS = b"previous-secret-0123456789abcdef0123456"


@pytest.fixture
def one(running: Run) -> Iterator[Running]:
    with running() as found:
        yield found


def counted(outcome: str) -> float:
    return metrics.REGISTRY.get_sample_value("so_privacy_deliveries_total", {"outcome": outcome}) or 0.0


def _without_date(reply: Reply) -> bytes:
    return b"\r\n".join(line for line in reply.raw.split(b"\r\n") if not line.startswith(b"date:"))


def _effects(storage: FakeReceiving) -> tuple[int, int]:
    return len(storage.inbox), len(storage.quarantine)


def test_exactly_200_after_the_commit(one: Running) -> None:
    one.storage.open.clear()
    with Client(one.address) as client:
        client.send(delivery(body()))
        time.sleep(0.2)
        assert _effects(one.storage) == (0, 0)
        one.storage.open.set()
        reply = client.reply()

    assert reply is not None
    assert (reply.status, reply.body) == (200, b'{"stored":true}')
    assert _effects(one.storage) == (1, 0)


def test_the_raw_bytes_are_stored(one: Running) -> None:
    raw = b"\xef\xbb\xbf" + body(WebhookName="\ud800\x00T\u00f8") + b"\r\n"

    assert ask(one.address, delivery(raw)).status == 200
    assert [kept.body for kept in one.storage.inbox.values()] == [raw]


@pytest.mark.row("B10")
@pytest.mark.parametrize("kind", ["", "text/plain", "application/xml", "application/json; charset=utf-16"])
def test_the_content_type_says_nothing(one: Running, kind: str) -> None:
    for raw in (body(), b"<xml/>"):
        line = f"Content-Type: {kind}\r\n".encode() if kind else b""
        for whole, status in ((delivery(raw), 200), (request(raw), 401)):
            typed = whole.replace(b"Content-Type: application/json; charset=utf-8\r\n", line)
            assert ask(one.address, typed).status == status

    assert _effects(one.storage) == (1, 1)


def _near(raw: bytes) -> dict[str, list[str]]:
    good = signature.sign(raw, SECRET).decode()
    name = "X-SuperOffice-Signature: "
    return {
        "missing": [],
        "empty": [name],
        "spaces": [name + "    "],
        "two good": [name + good] * 2,
        "good and bad": [name + good, name + "A" * 44],
        "bad and good": [name + "A" * 44, name + good],
        "joined": [name + good + "," + good],
        "beyond ascii": [name + "\xe9" * 44],
        "no padding": [name + good[:-1]],
        "prefixed": [name + "sha256=" + good],
        "lower": [name + good.lower()],
        "inside": [name + good[:9] + " " + good[9:]],
        "wrong": [name + "A" * 43 + "="],
        "another tenant's": [signed(raw, OTHER_SECRET)],
        "over a trimmed body": [signed(raw.strip())],
        "in a test header": ["X-Hook-Test: true"],
    }


@pytest.mark.row("B16", "B17", "B18", "B19", "B20", "B21", "B25")
@pytest.mark.parametrize("event", ["person.changed", "test"])
def test_every_refusal_is_the_same_answer(one: Running, event: str) -> None:
    raw = body(Event=event, PrimaryKey=0 if event == "test" else 18) + b"\n"
    replies = [
        ask(one.address, request(raw, *headers, target=f"/webhooks/{slot}"))
        for slot in (SLOT, UNKNOWN_SLOT)
        for headers in _near(raw).values()
    ]
    replies.append(ask(one.address, delivery(raw, target=f"/webhooks/{UNKNOWN_SLOT}")))

    assert {reply.status for reply in replies} == {401}
    assert len({_without_date(reply) for reply in replies}) == 1
    assert len(replies[0].body) <= 200
    assert _effects(one.storage) == (0, 0)


@pytest.mark.row("B17")
def test_the_log_knows_why(one: Running, capsys: pytest.CaptureFixture[str]) -> None:
    raw = body()
    ask(one.address, request(raw))
    ask(one.address, request(raw, signed(raw), signed(raw)))
    ask(one.address, request(raw, signed(raw, OTHER_SECRET)))
    ask(one.address, delivery(raw, target=f"/webhooks/{UNKNOWN_SLOT}"))

    logged = [line.partition("why=")[2] for line in capsys.readouterr().out.splitlines() if "why=" in line]
    assert logged == ["missing_signature", "ambiguous_signature", "bad_signature", "unknown_slot"]


@pytest.mark.row("B22")
def test_the_previous_secret_within_its_window(one: Running) -> None:
    mine = one.storage.slots[SLOT]
    one.storage.slots[SLOT] = replace(mine, secrets=(SECRET, PREVIOUS))

    before = counted("previous_secret")
    assert ask(one.address, delivery(body(), secret=PREVIOUS)).status == 200
    assert ask(one.address, delivery(body())).status == 200
    assert counted("previous_secret") - before == 1


@pytest.mark.row("B22")
def test_a_revoked_secret_is_dead_within_five_seconds(one: Running) -> None:
    mine = one.storage.slots[SLOT]
    one.storage.slots[SLOT] = replace(mine, secrets=(SECRET, PREVIOUS))
    assert ask(one.address, delivery(body(), secret=PREVIOUS)).status == 200

    one.storage.slots[SLOT] = mine
    revoked = time.monotonic()
    while ask(one.address, delivery(body(), secret=PREVIOUS)).status == 200:
        assert time.monotonic() - revoked < 5
        time.sleep(0.1)
    assert ask(one.address, delivery(body())).status == 200


@pytest.mark.row("B23", "B24")
@pytest.mark.parametrize("secrets", [(), (b"",), (b"short",), (b" " * 40,)])
def test_a_tenant_without_a_usable_secret(
    one: Running, secrets: tuple[bytes, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    one.storage.slots[SLOT] = replace(one.storage.slots[SLOT], secrets=secrets)
    for key in (*secrets, b"", SECRET):
        reply = ask(one.address, delivery(body(), secret=key))
        assert (reply.status, reply.code) == (503, "not_ready")
        assert reply.header("retry-after")

    theirs = body(ContextIdentifier="Cust54321")
    reply = ask(one.address, delivery(theirs, secret=OTHER_SECRET, target=f"/webhooks/{OTHER_SLOT}"))
    assert reply.status == 200
    assert _effects(one.storage) == (1, 0)
    assert "webhook_secret_unusable" in capsys.readouterr().out


@pytest.mark.row("B26")
def test_the_test_delivery(one: Running) -> None:
    raw = body(Event="test", Entity="test", PrimaryKey=0, ContextIdentifier="Default", Changes=[])
    began = time.monotonic()
    reply = ask(
        one.address,
        delivery(raw, "X-Hook-Test: true", "X-SuperOffice-EventId: f0a473ae-6194-4701-8fd1-49caf355067a"),
    )

    assert reply.status == 200
    assert time.monotonic() - began < 1
    (kept,) = one.storage.inbox.values()
    assert kept.event is not None
    assert (kept.event.name, kept.event.notes) == ("test", ("event_id_differs_from_header",))


@pytest.mark.row("B28")
def test_a_captured_body_again_and_at_another_slot(one: Running) -> None:
    captured = body()

    assert [ask(one.address, delivery(captured)).status for _ in range(3)] == [200] * 3
    assert ask(one.address, delivery(captured, target=f"/webhooks/{OTHER_SLOT}")).status == 401
    assert _effects(one.storage) == (1, 0)


def _bare(**fields: Any) -> bytes:
    return json.dumps(fields).encode()


HOSTILE = [
    "<script>alert(1)</script>",
    "{{7*7}}",
    "${jndi:ldap://example.com}",
    "'; DROP TABLE inbox",
    "=cmd|' /C calc'!A0",
]


def _cases(row: str, raws: Sequence[bytes], *more: Any) -> list[Any]:
    return [
        pytest.param(raw, *more, marks=pytest.mark.row(row), id=f"{row} {number}")
        for number, raw in enumerate(raws)
    ]


def _with(name: str, *values: Any) -> list[bytes]:
    return [body(**{name: value}) for value in values]


SIGNED_BUT_ODD = [
    *_cases("B29", [b"", b"nope", body()[:-1], body() + b"x", body() + body()], "bad_json"),
    *_cases("B30", [b"[" * 100_000, b'{"a":' * 40_000], "bad_json"),
    *_cases("B30", [b"{" + b",".join(b'"%d":1' % number for number in range(20_000)) + b"}"], "bad_shape"),
    *_cases("B31", [b'{"Event":"test",' + body()[1:], b'{"PrimaryKey":18,' + body()[1:]], "duplicate_key"),
    *_cases(
        "B32",
        [body().replace(b": 18", b": " + number) for number in (b"NaN", b"Infinity", b"1e400", b"9" * 5000)],
        "bad_json",
    ),
    *_cases(
        "B33",
        [
            body().decode().encode("utf-16"),
            body().decode().encode("utf-32"),
            b"\xef\xbb\xbf" * 2 + body(),
            body().replace(b"so-privacy", b"\xff\xfe"),
            body().replace(b"so-privacy", b"\xc0\xaf"),
        ],
        "bad_json",
    ),
    *_cases("B35", [b"[]", b'"x"', b"7", b"null", b'{"PrimaryKey":1}'], "bad_shape"),
    *_cases("B35", [*_with("Changes", "title", {}), *_with("FieldValues", [], 1)], "bad_shape"),
    *_cases(
        "B36",
        _with("PrimaryKey", "18", 18.0, True, -1, 0, 2**31, 2**63, None, "\uff11\uff18"),
        "bad_primary_key",
    ),
    *_cases(
        "B40",
        _with("ContextIdentifier", "Cust54321", "\u0421ust12345", "Cust12345\n", None, "Default"),
        "context_mismatch",
    ),
]


@pytest.mark.parametrize(("raw", "reason"), SIGNED_BUT_ODD)
def test_signed_but_odd_is_kept_and_answered_200(shared: Running, raw: bytes, reason: str) -> None:
    events, odd = len(shared.storage.inbox), dict(shared.storage.quarantine)

    assert ask(shared.address, request(raw)).status in (401, 429)
    assert ask(shared.address, delivery(raw)).status == 200
    assert len(shared.storage.inbox) == events
    assert [shared.storage.quarantine[key] for key in shared.storage.quarantine.keys() - odd] == [reason]


SIGNED_AND_STRANGE = [
    *_cases("B34", _with("WebhookName", "\ud800", "\x00", "\u202e", "e" + "\u0301" * 40_000)),
    *_cases("B37", _with("EventId", None, "x", "x" * 10_000, 7)),
    *_cases(
        "B38", _with("Event", "person.teleported", "Person.Changed", "contact.created", "webhook999.errors")
    ),
    *_cases("B39", [body(Entity="contact", FieldValues={"person_id": 7})]),
    *_cases(
        "B41",
        _with("Timestamp", None, "junk", "0001-01-01T00:00:00", "9999-12-31T23:59:59-14:00", "2099-01-01"),
    ),
    *_cases("B42", _with("ChangedByAssociateId", -1, None, "5")),
    *_cases("B43", [body(WebhookName=text, Entity=text, Injected=text) for text in HOSTILE]),
    *_cases("B44", [body(Changes=[f"c{number}" for number in range(10_000)])]),
]


@pytest.mark.parametrize("raw", SIGNED_AND_STRANGE)
def test_signed_and_strange_is_stored_as_an_event(shared: Running, raw: bytes) -> None:
    before = _effects(shared.storage)

    assert ask(shared.address, request(raw)).status in (401, 429)
    assert ask(shared.address, delivery(raw)).status == 200
    assert _effects(shared.storage) == (before[0] + 1, before[1])


@pytest.mark.row("B34", "B43")
def test_nothing_of_a_payload_is_logged_or_answered(one: Running, capsys: pytest.CaptureFixture[str]) -> None:
    for text in HOSTILE:
        for raw in (body(WebhookName=text), body(PrimaryKey=text), body(EventId=text), text.encode()):
            for whole in (delivery(raw), request(raw), request(raw, f"X-SuperOffice-Event: {text}")):
                assert text.encode() not in ask(one.address, whole).raw

    logged = capsys.readouterr()
    assert not [text for text in HOSTILE if text in logged.out + logged.err]


@pytest.mark.row("F11")
def test_an_unknown_outcome_is_asked_again(one: Running) -> None:
    one.storage.unknown_outcomes = 3

    assert ask(one.address, delivery(body())).status == 200
    assert one.storage.unknown_outcomes == 0
    assert _effects(one.storage) == (1, 0)


@pytest.mark.row("F12")
def test_503_when_it_can_not_be_stored(running: Run) -> None:
    with running(store_seconds=0.5) as one:
        assert ask(one.address, delivery(body())).status == 200
        one.storage.down = True
        began = time.monotonic()
        reply = ask(one.address, delivery(body()))
        assert 0.4 < time.monotonic() - began < 3
        assert (reply.status, reply.code) == (503, "unavailable")
        assert reply.header("retry-after")
        assert ask(one.address, request(b"", target="/healthz/live", method="GET")).body == b"live"
        one.storage.down = False
        assert ask(one.address, delivery(body())).status == 200
    assert len(one.storage.inbox) == 2


@pytest.mark.row("F12")
def test_503_when_a_slot_can_not_be_looked_up(one: Running) -> None:
    one.storage.down = True

    for slot in (SLOT, UNKNOWN_SLOT):
        for whole in (delivery, request):
            assert ask(one.address, whole(body(), target=f"/webhooks/{slot}")).status == 503
    assert ask(one.address, request(b"", target="/healthz/ready", method="GET")).body == b"unready"


def test_a_bug_in_storage_is_no_200_and_blocks_nobody(one: Running) -> None:
    one.storage.bug = KeyError("canary")
    assert ask(one.address, delivery(body())).status == 503
    one.storage.bug = None

    assert ask(one.address, delivery(body())).status == 200


@pytest.mark.row("F17")
def test_one_delivery_a_hundred_times_at_once(one: Running) -> None:
    raw = delivery(body())
    with ThreadPoolExecutor(100) as pool:
        statuses = [reply.status for reply in pool.map(lambda _: ask(one.address, raw), range(100))]

    assert statuses == [200] * 100
    assert _effects(one.storage) == (1, 0)


@pytest.mark.row("F18")
def test_one_event_id_with_two_bodies(one: Running) -> None:
    first = body()
    second = body(EventId=json.loads(first)["EventId"], PrimaryKey=19)

    assert ask(one.address, delivery(first)).status == 200
    assert ask(one.address, delivery(second)).status == 200
    assert [kept.body for kept in one.storage.inbox.values()] == [first]
    assert list(one.storage.quarantine.values()) == ["event_id_reused"]


@pytest.mark.row("F22")
def test_a_client_that_does_not_wait_and_asks_again(one: Running) -> None:
    raw = delivery(body())
    one.storage.seconds = 0.4
    with Client(one.address, seconds=0.1) as impatient:
        impatient.send(raw)
        with pytest.raises(TimeoutError):
            impatient.reply()
    one.storage.seconds = 0

    assert ask(one.address, raw).status == 200
    assert _effects(one.storage) == (1, 0)


@pytest.mark.row("F14")
def test_a_burst(one: Running) -> None:
    """The figures of 50,000 are the soak's; here: all 200, in few commits, in bounded memory."""
    one.storage.seconds = 0.002
    bodies = [delivery(body(WebhookName="x" * 1500)) for _ in range(3000)]
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    def burst(mine: Sequence[bytes]) -> set[int]:
        with Client(one.address) as client:
            return {client.ask(raw).status for raw in mine}

    with ThreadPoolExecutor(50) as pool:
        statuses = set().union(*pool.map(burst, [bodies[start::50] for start in range(50)]))

    assert statuses == {200}
    assert _effects(one.storage) == (3000, 0)
    assert len(one.storage.groups) < 1500
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 150 * 1024


def test_signed_requests_pass_a_flood_of_forged_ones(one: Running) -> None:
    forged = request(body(), signed(body(), OTHER_SECRET))
    stop = threading.Event()

    def flood() -> set[int]:
        seen = set()
        with Client(one.address) as client:
            while not stop.is_set():
                seen.add(client.ask(forged).status)
        return seen

    with ThreadPoolExecutor(4) as pool:
        floods = [pool.submit(flood) for _ in range(4)]
        genuine = [ask(one.address, delivery(body())).status for _ in range(100)]
        stop.set()
        seen = set().union(*(found.result() for found in floods))

    assert genuine == [200] * 100
    assert seen == {401, 429}


def test_every_answer_has_the_security_headers_and_no_server(one: Running) -> None:
    raws = [
        delivery(body()),
        request(body()),
        request(b"", method="GET"),
        request(b"", method="GET", target="/healthz/live"),
        request(b"", method="GET", target="/nowhere"),
        request(b"", method="POST", target="/healthz/live"),
        b"garbage\r\n\r\n",
        request(b"", "Content-Length: 99999999", length=False),
    ]
    for raw in raws:
        reply = ask(one.address, raw)
        assert reply.header("x-content-type-options") == "nosniff"
        assert reply.header("strict-transport-security") == "max-age=31536000"
        assert reply.header("cache-control") == "no-store"
        assert reply.header("server") is None
        assert b"uvicorn" not in reply.raw.lower()


@pytest.mark.parametrize(("target", "text"), [("/healthz/live", b"live"), ("/healthz/ready", b"ready")])
def test_health_is_one_word(one: Running, target: str, text: bytes) -> None:
    reply = ask(one.address, request(b"", method="GET", target=target))

    assert (reply.status, reply.body) == (200, text)


def test_a_page_that_breaks_tells_nothing(running: Run) -> None:
    from starlette.exceptions import HTTPException
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.routing import Route

    async def breaks(_request: Request) -> Response:
        raise KeyError("canary")

    async def refuses(_request: Request) -> Response:
        raise HTTPException(403, headers={"x-why": "test"})

    with running(routes=[Route("/breaks", breaks), Route("/refuses", refuses)]) as one:
        broken = ask(one.address, request(b"", method="GET", target="/breaks"))
        refused = ask(one.address, request(b"", method="GET", target="/refuses"))

    assert (broken.status, broken.code) == (500, "internal")
    assert b"canary" not in broken.raw
    assert (refused.status, refused.code, refused.header("x-why")) == (403, "refused", "test")


@pytest.mark.parametrize("code", ["410", "422", "400"])
def test_the_receiver_has_no_such_answer(code: str) -> None:
    from pathlib import Path

    from so_privacy_ext.web import receiver

    assert code not in Path(receiver.__file__).read_text()


def test_slots_show_no_secret() -> None:
    assert SECRET.decode() not in repr(SlotKeys(*(1, "Cust12345", (SECRET,))))  # type: ignore[arg-type] # repr only


@pytest.mark.row("B111")
@pytest.mark.parametrize(
    "path", ["/metrics", "/healthz", "/healthz/", "/", "/docs", "/openapi.json", "/.git/config"]
)
def test_the_public_address_knows_no_metrics(shared: Running, path: str) -> None:
    reply = ask(shared.address, request(b"", method="GET", target=path))

    assert reply.status == 404
    assert b"so_privacy" not in reply.raw


@pytest.mark.row("B111")
def test_public_health_is_one_word(shared: Running) -> None:
    words = [
        ask(shared.address, request(b"", method="GET", target=f"/healthz/{one}")).body
        for one in ("live", "ready")
    ]

    assert words == [b"live", b"ready"]


@pytest.mark.parametrize(("trusted", "another"), [(("127.0.0.0/8",), 401), ((), 429)])
def test_behind_a_proxy_each_caller_pays_for_herself(
    running: Run, trusted: tuple[str, ...], another: int
) -> None:
    """Only if the proxy is named, since anybody can say for whom she asks."""

    def forged(caller: str) -> int:
        headers = ("X-SuperOffice-Signature: bm8=", f"X-Forwarded-For: 203.0.113.9, {caller}")
        return client.ask(request(body(), *headers)).status

    few = Floods(burst=2, now=lambda: 0.0)
    with running(trusted_proxies=trusted, floods=lambda: few) as one, Client(one.address) as client:
        assert [forged("192.0.2.1") for _ in range(3)] == [401, 401, 429]
        assert [forged("192.0.2.2"), forged("unknown")] == [another, another]
