import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from so_sandbox import cli, terminal
from so_sandbox.server import RunningSandbox
from so_sandbox.world.tenant import Tenant
from tests.unit.sandbox_edge.target import Target

COMMAND = [sys.executable, "-c", "from so_sandbox.cli import main; main()"]


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Any:
    """Run a command in this process and give exit code, output and errors."""
    monkeypatch.delenv("SO_SANDBOX_URL", raising=False)
    monkeypatch.chdir(tmp_path)

    def run(*words: Any) -> Any:
        monkeypatch.setattr(sys, "argv", ["so-sandbox", *words])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        out, err = capsys.readouterr()
        assert "Traceback" not in err
        return ended.value.code or 0, out, err

    return run


@pytest.fixture
def at(running: RunningSandbox, command: Any) -> Any:
    def run(*words: Any) -> Any:
        return command(*words, "--url", running.url)

    return run


def test_signing_in_is_answered_by_a_page_or_by_nobody(at: Any) -> None:
    words = ("--tenant", "Cust54321", "--redirect-uri", "http://127.0.0.1:7300/callback")
    code, out, _ = at("sign-in", "approve", "--who", "user", *words)
    assert code == 0
    assert out == ("unattended: approve, as user of Cust54321\ngoes back to http://127.0.0.1:7300/callback\n")
    _, out, _ = at("sign-in", "ask")
    assert out.startswith("who signs in is asked by a page\n")
    _, out, _ = at("sign-in", "--json")
    assert json.loads(out)["answer"] == "ask"
    code, _, err = at("sign-in", "yes")

    assert code == 65
    assert "there are: ask, approve, deny" in err


def test_a_person_is_made_to_enter(at: Any, tenant: Tenant) -> None:
    code, out, _ = at(
        "trigger",
        "person.created",
        "--set",
        "country=NO",
        "--set",
        "source=CHAT",
        "--set",
        "email=b@example.com",
    )

    assert code == 0
    assert out == f"Cust12345: person.created, id {tenant.persons()[0].person_id}\n"
    code, out, _ = at("trigger", "person.created", "--tenant", "Cust54321", "--json")
    assert json.loads(out)["tenant"] == "Cust54321"
    code, out, _ = at("outbox")
    assert "b@example.com" in out
    assert "chat-welcome" in out


def test_lists_that_are_empty_say_so(at: Any) -> None:
    assert "the outbox is empty" in at("outbox")[1]
    assert "nothing fails" in at("fault")[1]
    assert "nothing was brought" in at("deliveries")[1]


@pytest.mark.usefixtures("hook")
def test_deliveries_are_listed(at: Any, running: RunningSandbox) -> None:
    at("trigger", "person.created")
    running.dispatcher.wait_idle(5)

    out = at("deliveries")[1]
    assert "person.created" in out
    assert "delivered" in out


def test_faults_are_asked_for(at: Any, running: RunningSandbox) -> None:
    out = at("fault", "http_503", "--operation", "State.Get", "--times", "0", "--header", "Retry-After=5")[1]
    assert "http_503" in out
    assert "all" in out
    (fault,) = running.world.faults.asked
    assert (fault.times, fault.headers) == (0, {"Retry-After": "5"})
    assert at("fault", "--clear")[0] == 0
    assert not running.world.faults.asked


def test_the_clock_moves(at: Any) -> None:
    assert "3600 s ahead" in at("clock", "--advance", "1h")[1]
    assert "3600 s ahead" in at("clock")[1]


def test_switches_turn(at: Any, running: RunningSandbox) -> None:
    assert "requeue" in at("switch", "delivery=requeue")[1]
    assert running.world.switches.delivery == "requeue"
    assert at("switch", "--all", "default")[0] == 0
    assert running.world.switches.delivery == "discard"
    assert "discard" in at("switch")[1]


def test_seed_snapshot_restore_reset(at: Any, tenant: Tenant, running: RunningSandbox) -> None:
    assert at("seed", "--persons", "3")[1] == "Cust12345: 3 persons added\n"
    assert at("snapshot", "one")[1] == "kept as one\n"
    assert at("reset")[1] == "begun anew: Cust12345, Cust54321\n"
    assert at("restore", "one")[1] == "restored one\n"
    assert len(running.world.tenants["Cust12345"].persons()) == 3


def test_state_news_and_the_restore_of_one_tenant(at: Any, running: RunningSandbox, target: Target) -> None:
    assert at("state", "Suspended", "Running")[1] == "Cust12345 will be Suspended, Running\n"
    assert at("news", "Move", "--tenant", "Cust54321", "--to", target.url)[1] == f"{target.url}: 200\n"
    assert len(target.received) == 1
    at("news", "Move", "--to", "http://127.0.0.1:9/")
    running.world.applications[running.credentials.client_id].state_change_url = ""
    assert at("news", "Move")[1] == "nobody is told: give the address by --to\n"
    at("snapshot", "one")
    at("seed", "--persons", "2")
    assert at("restore", "one", "--tenant", "Cust12345")[1] == "restored one\n"
    assert running.world.tenants["Cust12345"].persons() == []


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (("fault", "bogus"), 65, "no fault 'bogus'; there are: http_<status>"),
        (("trigger", "person.creatd"), 65, "did you mean person.created?"),
        (("trigger", "person.created", "--set", "country"), 2, "write name=value"),
        (("trigger", "person.created", "--tenant", "Cust1"), 65, "no tenant 'Cust1'"),
        (("clock", "--advance", "5y"), 65, "no duration"),
        (("switch", "delivery=never"), 65, "discard, requeue"),
        (("restore", "nothing"), 65, "no snapshot 'nothing'"),
        (("snapshot", "a/b"), 2, "bad_name"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(at: Any, words: tuple[str, ...], code: int, message: str) -> None:
    ended, out, err = at(*words)

    assert ended == code
    assert message in err
    assert err.startswith("so-sandbox: ")
    assert err.count("\n") == 1
    assert out == ""


def test_without_a_sandbox_it_says_how_to_start_one(command: Any) -> None:
    code, _, err = command("outbox", "--url", "http://127.0.0.1:1")

    assert code == 69
    assert "start one with `so-sandbox up`" in err


def test_a_taken_port_is_named(command: Any) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        code, _, err = command("up", "--port", port)

    assert code == 73
    assert f"port_in_use: 127.0.0.1:{port} is taken" in err
    assert not Path(".so-sandbox").exists()


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (("up", "--prefix", "crm"), 2, "begin with a slash"),
        (("up", "--host", "203.0.113.1"), 73, "can't listen on 203.0.113.1:7400"),
        (("up", "--port", "0", "--dir", "file/below"), 73, "bad_folder"),
    ],
)
def test_what_it_cant_start_with_is_said(
    command: Any, words: tuple[str, ...], code: int, message: str
) -> None:
    Path("file").write_text("")
    ended, _, err = command(*words)

    assert ended == code
    assert message in err


@pytest.mark.parametrize(
    ("script", "code", "says"),
    [
        ('"$@" > /dev/full', 74, b"output: standard output can't be written (No space left on device)"),
        ('"$@" --json > /dev/full', 74, b"output: standard output can't be written"),
        ('"$@" >&-', 0, b""),
        ('"$@" >&- 2>&- <&-', 0, b""),
    ],
)
def test_outputs_that_take_nothing(running: RunningSandbox, script: str, code: int, says: bytes) -> None:
    words = [*COMMAND, "clock", "--url", running.url]
    done = subprocess.run(["/bin/bash", "-c", script, "sh", *words], capture_output=True, check=False)

    assert done.returncode == code
    assert says in done.stderr
    assert done.stderr.count(b"\n") == (1 if says else 0)


def test_what_cant_be_kept_is_said(tmp_path: Path, command: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "kept" / ".world").mkdir(parents=True)
    monkeypatch.setattr(cli, "wait_for_signal", lambda: signal.SIGTERM)
    code, _, err = command("up", "--port", "0", "--dir", "kept", "--keep")

    assert code == 73
    assert "kept: what happened in it can't be kept (Is a directory)" in err


def test_an_unknown_command_is_a_usage_error(command: Any) -> None:
    assert command("dance")[0] == 2


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 0)])
def test_it_runs_until_it_is_stopped(tmp_path: Path, number: int, code: int) -> None:
    environment = {k: v for k, v in os.environ.items() if k != "SO_SANDBOX_URL"}
    process = subprocess.Popen(
        [*COMMAND, "up", "--port", "0"], cwd=tmp_path, env=environment, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    try:
        lines = [process.stdout.readline() for _ in range(8)]
        assert lines[0].startswith("SuperOffice sandbox at http://127.0.0.1:")
        assert lines[-1] == "Ctrl-C stops it.\n"
        told = subprocess.run(
            [*COMMAND, "trigger", "person.created"],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            check=False,
            text=True,
        )
        assert told.returncode == 0, told.stderr
        assert (tmp_path / ".so-sandbox" / "system_user_token.Cust12345").exists()
        started = time.monotonic()
        process.send_signal(number)
        assert process.wait(10) == code
        assert time.monotonic() - started < 5
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


@pytest.mark.usefixtures("hook")
def test_a_webhook_is_stopped_and_edited_and_deliveries_are_lost(
    at: Any, running: RunningSandbox, tenant: Tenant, tmp_path: Path
) -> None:
    (tmp_path / "secret").write_text("other\n")
    code, out, _ = at("webhook", "1", "--state", "Stopped", "--secret-file", str(tmp_path / "secret"))
    assert (code, out) == (0, "Cust12345: webhook 1 is Stopped, 7 events\n")
    assert tenant.tables.webhooks[1].secret == "other"
    assert at("lose", "0.1")[:2] == (0, "10% of what comes is lost\n")
    running.dispatcher.lose(0.0)


def test_what_has_changed_since_a_snapshot(at: Any) -> None:
    at("seed", "--tenant", "Cust40003", "--bare")
    at("snapshot", "before")
    assert at("difference", "before", "--tenant", "Cust40003")[1] == "no difference\n"
    at("trigger", "person.created", "--tenant", "Cust40003")

    code, out, _ = at("difference", "before", "--tenant", "Cust40003")
    assert (code, out.splitlines()[0].split()) == (0, ["table", "row", "what", "before", "after"])
    assert {"persons", "consents"} <= {line.split()[0] for line in out.splitlines()}
    at("snapshot", "after")
    told = json.loads(at("difference", "before", "after", "--tenant", "Cust40003", "--json")[1])
    assert {one["table"] for one in told["difference"]} >= {"persons", "consents"}
    assert at("difference", "never")[0] == terminal.BAD_DATA
