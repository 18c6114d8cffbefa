import json
import socket
import threading
import time
from typing import Any

import pytest

from so_sandbox.law import FAILURES
from so_sandbox.server import RunningSandbox, start
from so_sandbox.world.rows import Webhook
from so_sandbox.world.tenant import Tenant
from tests.unit.sandbox_edge.target import Target, webhook

ACTIVE, STOPPED, TOO_MANY = 1, 2, 3


def tick(tenant: Tenant, key: Any = 1) -> None:
    tenant.signal("tick", key, {"n": key}, by=7)


def settle(running: RunningSandbox, seconds: float = 10) -> None:
    assert running.dispatcher.wait_idle(seconds)


def another(tenant: Tenant, url: str, events: list[str], number: int = 2) -> Any:
    row = webhook(url, webhook_id=number, events=events)
    tenant.tables.webhooks[number] = row
    return row


def closed_port() -> Any:
    with socket.socket() as line:
        line.bind(("127.0.0.1", 0))
        return line.getsockname()[1]


def test_an_event_is_brought_once_when_it_is_answered_200(
    running: RunningSandbox, tenant: Tenant, hook: Webhook, target: Target
) -> None:
    tick(tenant)
    settle(running)

    (delivery,) = running.dispatcher.log
    assert delivery.state == "delivered"
    assert [(a.status, a.retry) for a in delivery.attempts] == [(200, 0)]
    assert (hook.total_calls, hook.total_errors, hook.consecutive_errors) == (1, 0, 0)
    (got,) = target.received
    assert json.loads(got.body)["EventId"] == got.headers["X-SuperOffice-EventId"] == delivery.event_id
    assert got.headers["X-SuperOffice-Event"] == "tick"


@pytest.mark.usefixtures("hook")
def test_what_nobody_subscribed_is_brought_to_nobody(running: RunningSandbox, tenant: Tenant) -> None:
    tenant.signal("other", 1, {}, by=7)
    settle(running)

    assert not running.dispatcher.log


@pytest.mark.usefixtures("hook")
def test_a_failed_event_is_tried_after_one_and_four_seconds(
    running: RunningSandbox, tenant: Tenant, target: Target
) -> None:
    target.script = [500, 201, 200]
    tick(tenant)
    settle(running)

    first, second, third = target.received
    assert [r.headers["X-SuperOffice-Retry"] for r in target.received] == ["0", "1", "2"]
    assert len({r.headers["X-SuperOffice-EventId"] for r in target.received}) == 1
    assert len({r.body for r in target.received}) == 1
    assert 1 / 20 <= second.at - first.at < 0.2
    assert 4 / 20 <= third.at - second.at < 0.4
    assert running.dispatcher.log[0].state == "delivered"


@pytest.mark.parametrize("status", [202, 204, 302, 307, 400, 404, 503])
def test_only_200_is_success_and_a_redirect_is_not_followed(
    running: RunningSandbox, tenant: Tenant, hook: Webhook, target: Target, status: int
) -> None:
    target.script = [status] * 3
    tick(tenant)
    settle(running)

    (delivery,) = running.dispatcher.log
    assert delivery.state == "discarded"
    assert [a.status for a in delivery.attempts] == [status] * 3
    assert {r.path for r in target.received} == {"/webhooks/abc"}
    assert hook.state == ACTIVE
    assert hook.last_error.startswith(f"HTTP {status}\n")


@pytest.mark.usefixtures("hook")
def test_a_requeued_event_comes_again_under_a_new_id(
    running: RunningSandbox, tenant: Tenant, target: Target
) -> None:
    running.world.switches.turn("delivery", "requeue")
    target.script = [500] * 3
    tick(tenant)
    settle(running)

    old, new = running.dispatcher.log
    assert (old.state, new.state) == ("requeued", "delivered")
    assert old.event_id != new.event_id
    assert json.loads(new.body) == {**json.loads(old.body), "EventId": new.event_id}
    assert new.attempts[0].retry == 0


def test_nine_failed_attempts_stop_a_webhook(
    running: RunningSandbox, tenant: Tenant, hook: Webhook, target: Target
) -> None:
    target.script = [500] * 50
    for key in range(5):
        tick(tenant, key)
    settle(running)

    assert hook.state == TOO_MANY
    assert len(target.received) == hook.consecutive_errors == FAILURES
    assert [d.state for d in running.dispatcher.log] == ["discarded"] * 3 + ["dropped"] * 2
    tick(tenant)
    settle(running)
    assert len(running.dispatcher.log) == 5


def test_a_success_counts_the_failures_from_anew(
    running: RunningSandbox, tenant: Tenant, hook: Webhook, target: Target
) -> None:
    target.script = [500] * 8 + [200] + [500] * 8 + [200]
    for key in range(8):
        tick(tenant, key)
    settle(running)

    assert hook.state == ACTIVE
    assert hook.consecutive_errors == 0
    assert hook.total_errors == 16


def test_nine_failed_events_may_be_what_counts(
    running: RunningSandbox, tenant: Tenant, hook: Webhook, target: Target
) -> None:
    running.world.switches.turn("errors_counted", "events")
    target.script = [500] * 30
    for key in range(4):
        tick(tenant, key)
    settle(running)

    assert (hook.state, hook.consecutive_errors, len(target.received)) == (ACTIVE, 4, 12)


def test_410_stops_a_webhook_at_once(
    running: RunningSandbox, tenant: Tenant, hook: Webhook, target: Target
) -> None:
    target.script = [410]
    running.dispatcher.pause()  # so that both are queued before the first is answered
    tick(tenant)
    tick(tenant)
    running.dispatcher.resume()
    settle(running)

    assert hook.state == TOO_MANY
    assert [d.state for d in running.dispatcher.log] == ["discarded", "dropped"]


@pytest.mark.usefixtures("hook")
def test_another_webhook_is_told_that_one_was_stopped(
    running: RunningSandbox, tenant: Tenant, target: Target
) -> None:
    watcher = another(tenant, target.url, ["webhook1.errors"])
    target.script = [410]
    tick(tenant)
    settle(running)

    told = target.received[-1]
    assert told.headers["X-SuperOffice-Event"] == "webhook1.errors"
    body = json.loads(told.body)
    assert (body["Event"], body["PrimaryKey"]) == ("webhook.errors", 1)
    assert watcher.state == ACTIVE


def test_a_target_that_is_not_there_fails(running: RunningSandbox, tenant: Tenant, hook: Webhook) -> None:
    hook.target_url = f"http://127.0.0.1:{closed_port()}/"
    tick(tenant)
    settle(running)

    (delivery,) = running.dispatcher.log
    assert delivery.state == "discarded"
    assert [a.status for a in delivery.attempts] == [None] * 3
    assert all(a.error for a in delivery.attempts)


def test_a_target_that_is_too_slow_fails(
    tenant: Tenant, hook: Webhook, target: Target, running: RunningSandbox
) -> None:
    target.wait = 1.3
    tick(tenant)
    settle(running, 15)

    (delivery,) = running.dispatcher.log
    assert delivery.attempts[0].error == "no answer within 1 s"
    assert 0.9 < delivery.attempts[0].seconds < 1.3


@pytest.mark.parametrize("said", [b"", b"HTTP/1.1 200 OK\r\nContent-Len", b"nonsense\r\n\r\n"])
def test_what_is_no_answer_fails(running: RunningSandbox, tenant: Tenant, hook: Webhook, said: bytes) -> None:
    listener = socket.create_server(("127.0.0.1", 0))

    def speak() -> None:
        for _ in range(3):
            line, _ = listener.accept()
            line.recv(65536)
            line.sendall(said)
            line.close()

    thread = threading.Thread(target=speak)
    thread.start()
    hook.target_url = f"http://127.0.0.1:{listener.getsockname()[1]}/"
    tick(tenant)
    settle(running)
    thread.join()
    listener.close()

    assert [a.status for a in running.dispatcher.log[0].attempts] == [None] * 3


def test_a_closed_kept_connection_is_not_used_again(
    running: RunningSandbox, tenant: Tenant, hook: Webhook
) -> None:
    listener = socket.create_server(("127.0.0.1", 0))
    closed = threading.Event()

    def speak() -> None:
        for _ in range(2):
            line, _ = listener.accept()
            line.recv(65536)
            line.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
            line.close()
            closed.set()

    thread = threading.Thread(target=speak)
    thread.start()
    hook.target_url = f"http://127.0.0.1:{listener.getsockname()[1]}/"
    tick(tenant)
    settle(running)
    assert closed.wait(20)
    tick(tenant)
    settle(running)
    thread.join()
    listener.close()

    assert [[a.status for a in d.attempts] for d in running.dispatcher.log] == [[200], [200]]


def test_thousands_are_brought_in_order_on_one_connection(
    running: RunningSandbox, tenant: Tenant, hook: Webhook, target: Target
) -> None:
    for key in range(1500):
        tick(tenant, key)
    settle(running, 60)

    assert [json.loads(r.body)["PrimaryKey"] for r in target.received] == list(range(1500))
    assert target.connections == 1
    assert hook.total_calls == 1500


def test_several_at_a_time_when_asked(target: Target) -> None:
    with start(concurrency=4, speed=20) as running:
        tenant = running.world.tenant("Cust12345")
        assert tenant is not None
        tenant.tables.webhooks[1] = webhook(target.url)
        target.wait = 0.1
        started = time.monotonic()
        for key in range(8):
            tick(tenant, key)
        settle(running)

        assert 0.2 <= time.monotonic() - started < 0.6
        assert target.connections == 4


@pytest.mark.usefixtures("hook")
def test_a_stopped_webhook_gets_nothing_and_a_deleted_one_loses_what_waits(
    running: RunningSandbox, tenant: Tenant, target: Target
) -> None:
    running.dispatcher.pause()
    tick(tenant)
    del tenant.tables.webhooks[1]
    running.dispatcher.resume()
    settle(running)

    assert running.dispatcher.log[0].state == "dropped"
    assert not target.received


@pytest.mark.usefixtures("hook")
def test_a_pause_holds_everything_back(running: RunningSandbox, tenant: Tenant, target: Target) -> None:
    running.dispatcher.pause()
    tick(tenant)
    assert not running.dispatcher.wait_idle(0.2)
    assert running.dispatcher.open == 1
    assert not target.received

    running.dispatcher.resume()
    settle(running)
    assert len(target.received) == 1


@pytest.mark.usefixtures("hook")
def test_what_is_cleared_is_not_brought(running: RunningSandbox, tenant: Tenant, target: Target) -> None:
    running.dispatcher.pause()
    tick(tenant)
    running.dispatcher.clear()
    settle(running)
    running.dispatcher.resume()

    assert not running.dispatcher.log
    assert not target.received


def test_once_more_is_the_same_bytes_and_fresh_is_not(
    running: RunningSandbox, tenant: Tenant, hook: Webhook, target: Target
) -> None:
    tick(tenant)
    settle(running)
    (first,) = running.dispatcher.log
    same, other = (
        *running.dispatcher.again([first], retry=2),
        *running.dispatcher.again([first], fresh=True),
    )
    assert running.dispatcher.wait_settled([same, other], 5)

    sent = {r.headers["X-SuperOffice-EventId"]: r for r in target.received}
    assert (same.event_id, same.body) == (first.event_id, first.body)
    assert [r.headers["X-SuperOffice-Retry"] for r in target.received if r.body == first.body] == ["0", "2"]
    assert json.loads(sent[other.event_id].body)["EventId"] == other.event_id != first.event_id
    assert hook.total_calls == 1


@pytest.mark.usefixtures("hook")
def test_what_is_sent_by_hand_fails_once_and_counts_for_nothing(
    running: RunningSandbox, tenant: Tenant, hook: Webhook, target: Target
) -> None:
    target.script = [500]
    forged = running.dispatcher.forge(tenant, 1, b"any", signature="wrong", event_id="mine")
    assert running.dispatcher.wait_settled([forged], 5)

    assert forged.state == "failed"
    assert hook.total_calls == 0
    assert target.received[0].headers["X-SuperOffice-Signature"] == "wrong"
    assert target.received[0].headers["X-SuperOffice-EventId"] == "mine"


def test_a_test_event_is_as_documented(
    running: RunningSandbox, tenant: Tenant, hook: Webhook, target: Target
) -> None:
    hook.consecutive_errors = 5
    target.answer = b"fine"
    good, message = running.dispatcher.test(tenant, hook)

    (got,) = target.received
    assert good
    assert message.endswith("fine")
    assert got.headers["X-Hook-Test"] == "true"
    assert json.loads(got.body)["EventId"] != got.headers["X-SuperOffice-EventId"]
    assert hook.consecutive_errors == 0
    assert running.dispatcher.log[0].state == "delivered"


def test_a_test_that_is_not_answered_200_fails(
    running: RunningSandbox, tenant: Tenant, hook: Webhook, target: Target
) -> None:
    target.script = [204]
    good, message = running.dispatcher.test(tenant, hook)

    assert not good
    assert message.startswith("HTTP 204")


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("http://example.com/x", "the target must use HTTPS"),
        ("http://10.0.0.1/x", "the target must use HTTPS"),
        ("ftp://127.0.0.1/", "not an absolute HTTPS address"),
        ("/webhooks/x", "not an absolute HTTPS address"),
        ("https:///x", "not an absolute HTTPS address"),
    ],
)
def test_plain_http_is_for_this_machine_alone(
    running: RunningSandbox, tenant: Tenant, hook: Webhook, url: str, reason: str
) -> None:
    hook.target_url = url

    assert running.dispatcher.test(tenant, hook) == (
        False,
        f"{reason}" if reason.startswith("the") else f"the target is {reason}",
    )


def test_a_certificate_nobody_vouches_for_fails(
    running: RunningSandbox, tenant: Tenant, hook: Webhook, target: Target
) -> None:
    hook.target_url = target.url.replace("http:", "https:")
    good, message = running.dispatcher.test(tenant, hook)

    assert not good
    assert message


def test_localhost_is_this_machine(
    running: RunningSandbox, tenant: Tenant, hook: Webhook, target: Target
) -> None:
    hook.target_url = target.url.replace("127.0.0.1", "localhost")

    assert running.dispatcher.test(tenant, hook)[0]


@pytest.mark.usefixtures("hook")
def test_silence_is_for_the_thread_that_asks_for_it(running: RunningSandbox, tenant: Tenant) -> None:
    with running.dispatcher.silence():
        tick(tenant)
    tick(tenant)
    settle(running)

    assert len(running.dispatcher.log) == 1


@pytest.mark.usefixtures("hook")
def test_after_a_reset_the_old_tenants_queue_is_forgotten(
    running: RunningSandbox, tenant: Tenant, target: Target
) -> None:
    tick(tenant)
    settle(running)
    kept = tenant.tables.webhooks[1]
    running.sandbox.reset()
    fresh = running.world.tenant("Cust12345")
    assert fresh is not None
    fresh.tables.webhooks[1] = kept
    tick(fresh)
    settle(running)

    assert len(target.received) == 2
    assert fresh is not tenant
