"""A laptop's address gets a tenant's events while somebody looks, and nothing of it is left afterwards."""

import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from so_sandbox import cli, client
from so_sandbox.deliveries import signature
from so_sandbox.listening import NAME, Attempt, Listening
from so_sandbox.server import RunningSandbox
from so_sandbox.triggering import trigger
from so_sandbox.world.rows import Webhook
from so_sandbox.world.tenant import EVERY_EVENT, Tenant
from tests.unit.sandbox_edge.target import Target

_AS_FROM_A_TERMINAL = """
import signal
signal.signal(signal.SIGHUP, signal.SIG_DFL)
from so_sandbox.cli import main
main()
"""


@pytest.fixture
def listening(running: RunningSandbox, target: Target) -> Iterator[Listening]:
    one = Listening(lambda *asked: client.ask(running.url, *asked), "Cust12345", target.url)
    yield one
    one.end()


def mine(tenant: Tenant) -> list[Webhook]:
    return [one for one in tenant.webhooks() if one.name == NAME]


def seen(listening: Listening, running: RunningSandbox) -> list[Attempt]:
    assert running.dispatcher.wait_idle(20)
    return list(listening.news())


def test_every_event_is_forwarded_signed_and_told(
    listening: Listening, running: RunningSandbox, tenant: Tenant, target: Target
) -> None:
    hook = listening.begin()
    assert hook["events"] == list(EVERY_EVENT)
    anna = trigger(tenant, "person.created", {"source": "CARD", "country": "DK"})
    trigger(tenant, "list.category.changed", {"item": "1"})

    told = seen(listening, running)
    assert [(one.event, one.key, one.status, one.retry, one.error) for one in told] == [
        ("person.created", anna, 200, 0, ""),
        ("list.category.changed", 1, 200, 0, ""),
    ]
    assert all(0 <= one.seconds < 20 and abs(time.time() - one.at) < 60 for one in told)
    for one in target.received:
        assert one.headers["X-SuperOffice-Signature"] == signature(listening.secret, one.body)
    assert list(listening.news()) == []

    listening.end()
    assert mine(tenant) == []
    trigger(tenant, "person.changed", {"person": str(anna)})
    assert running.dispatcher.wait_idle(20)
    assert len(target.received) == 2
    listening.end()  # once more does nothing


def test_every_attempt_is_told_once(
    listening: Listening, running: RunningSandbox, tenant: Tenant, target: Target
) -> None:
    listening.begin()
    target.script[:] = [503, 500]
    trigger(tenant, "person.created", {})
    told = list(listening.news())  # however far it has come
    told += seen(listening, running)
    trigger(tenant, "person.created", {})
    told += seen(listening, running)

    assert [(one.status, one.retry) for one in told] == [(503, 0), (500, 1), (200, 2), (200, 0)]


def test_only_what_is_asked_for_is_forwarded(running: RunningSandbox, tenant: Tenant, target: Target) -> None:
    def ask(*asked: Any) -> Any:
        return client.ask(running.url, *asked)

    listening = Listening(ask, "Cust12345", target.url, "person.changed, my.event", "a secret")
    assert listening.begin()["secret"] == "a secret"
    anna = trigger(tenant, "person.created", {})
    trigger(tenant, "person.changed", {"person": str(anna)})
    assert [one.event for one in seen(listening, running)] == ["person.changed"]
    listening.end()

    for other, why in (
        (Listening(ask, "Cust12345", target.url, "person.create"), "did you mean person.created"),
        (Listening(ask, "Cust12345", "http://example.com/"), "the target must use HTTPS"),
        (Listening(ask, "Cust12345", "nowhere"), "not an absolute HTTPS address"),
    ):
        with pytest.raises(client.RefusedError, match=why):
            other.begin()
    assert mine(tenant) == []


def test_what_a_killed_one_left_behind_is_taken_away(
    listening: Listening, running: RunningSandbox, tenant: Tenant, target: Target
) -> None:
    killed = Listening(listening.ask, "Cust12345", target.url)
    killed.begin()
    elsewhere = Listening(listening.ask, "Cust12345", target.url + "/other")
    elsewhere.begin()
    listening.begin()

    assert [one.target_url for one in mine(tenant)] == [elsewhere.target_url, target.url]
    trigger(tenant, "person.created", {})
    assert len(seen(listening, running)) == 1


def test_it_is_revived_when_it_was_stopped_or_is_gone(
    listening: Listening, running: RunningSandbox, tenant: Tenant, target: Target
) -> None:
    listening.begin()
    assert listening.revived() is None
    target.script[:] = [410]
    trigger(tenant, "person.created", {})
    assert [one.status for one in seen(listening, running)] == [410]
    assert "was TooManyErrors" in str(listening.revived())
    assert listening.revived() is None
    trigger(tenant, "person.created", {})
    assert [one.status for one in seen(listening, running)] == [200]

    running.sandbox.reset()
    assert "was gone" in str(listening.revived())
    afresh = running.world.tenants["Cust12345"]
    trigger(afresh, "person.created", {})
    assert [one.status for one in seen(listening, running)] == [200]
    assert len(mine(afresh)) == 1


def test_the_command_shows_what_comes_until_ctrl_c(
    running: RunningSandbox, tenant: Tenant, target: Target, tmp_path: Path
) -> None:
    (tmp_path / "secret").write_text("kept in a file\n")
    words = ["listen", target.url, "--url", running.url, "--secret-file", str(tmp_path / "secret")]
    command = [sys.executable, "-c", "from so_sandbox.cli import main; main()", *words]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert f"Cust12345: {len(EVERY_EVENT)} events go to {target.url}" in process.stdout.readline()
        assert "signed with kept in a file; Ctrl-C ends it" in process.stdout.readline()
        asked = {"tenant": "Cust12345", "event": "person.created", "set": {}}
        assert requests.post(f"{running.url}/_sandbox/trigger", json=asked, timeout=10).ok
        line = process.stdout.readline().split()
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == 130

    assert (line[1], line[2], line[3]) == ("person.created", str(tenant.persons()[0].person_id), "200")
    assert mine(tenant) == []


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGHUP, None])
def test_the_command_tells_programs_and_ends_quietly_when_told_to(
    running: RunningSandbox, tenant: Tenant, target: Target, how: signal.Signals | None
) -> None:
    """Also with its terminal, and when nobody reads it any more."""
    words = ["listen", target.url, "--url", running.url, "--events", "person.created", "--json"]
    command = [sys.executable, "-c", _AS_FROM_A_TERMINAL, *words]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert json.loads(process.stdout.readline())["tenant"] == "Cust12345"
        trigger(tenant, "person.created", {})
        assert json.loads(process.stdout.readline())["status"] == 200
        if how is None:
            process.stdout.close()
            trigger(tenant, "person.created", {})
        else:
            process.send_signal(how)
        assert process.wait(20) == 0
        assert process.stderr is not None
        assert process.stderr.read() == ""

    assert mine(tenant) == []


def test_a_secret_that_is_not_there_is_refused(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], running: RunningSandbox
) -> None:
    words = ["listen", "http://127.0.0.1:9/", "--url", running.url, "--secret-file", "nowhere"]
    monkeypatch.setattr(sys, "argv", ["so-sandbox", *words])
    with pytest.raises(SystemExit) as ended:
        cli.main()

    assert ended.value.code == 66
    assert "nowhere: No such file or directory" in capsys.readouterr().err
