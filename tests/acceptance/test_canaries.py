"""No name, address or secret ends anywhere it must not: planted, worked on, broken, and looked for."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import psycopg
import pytest
import requests

from tests.acceptance.canaries import CommandLines, files, rows
from tests.acceptance.scene import PRODUCT, SANDBOX, TENANT, Scene, wait
from tests.conftest import TestServer

ROOT = Path(__file__).parents[2]
ADD = ("tenant", "add", "--environment", "sandbox", "--system-user-token-file")
QUOTING_BUG = """
import os, sys
os.environ["SO_PRIVACY_METRICS_BIND"] = ""  # the web process beside it has that port
from so_privacy_ext.processing import consulting

def gather(person, *_):
    raise ValueError(f"no facts about {person.emails[0].address}")

consulting.gather = gather
sys.argv = ["so-privacy", "worker"]
from so_privacy_ext.cli import main
main()
"""
"""A worker with a defect of the worst kind: the exception quotes the person."""

pytestmark = [pytest.mark.row("F30", "B102"), pytest.mark.slow, pytest.mark.timeout(600)]


@pytest.fixture
def scene(tmp_path: Path, dsn: str) -> Iterator[Scene]:
    scene = Scene(tmp_path, dsn)
    scene.plant_credentials()
    address = scene.credentials / "address"

    def up() -> bool:
        return address.exists() and requests.get(f"{address.read_text().strip()}/_sandbox/about").ok

    with scene.running("so-sandbox", [*SANDBOX, "up", "--port", "0", "--dir", str(scene.credentials)], up):
        scene.sandbox = address.read_text().strip()
        for secret in scene.credentials.iterdir():
            assert secret.stat().st_mode & 0o077 == 0, secret
        yield scene


def answers(scene: Scene) -> Callable[[], bool]:
    def ready() -> bool:
        try:
            return requests.get(f"{scene.url}/healthz/ready", timeout=2).ok
        except requests.RequestException:
            return False

    return ready


def test_nothing_personal_and_no_secret_is_found(scene: Scene, postgres: TestServer) -> None:
    with CommandLines() as command_lines:
        with scene.running("so-privacy", [*PRODUCT, "up"], answers(scene)) as pid:
            install(scene)
            with ThreadPoolExecutor(1) as beside:
                mistakes = beside.submit(make_mistakes, scene)
                person = work_through_faults(scene)
                crash_in_a_write(scene, pid)
                mistakes.result()
            look_at_everything(scene, person)
            knock_at_the_pages(scene)
            change_the_keys(scene)
            watched = look_at_the_metrics(scene)
        with (
            scene.running("web", [*PRODUCT, "web"], answers(scene)),
            scene.running("worker", [sys.executable, "-c", QUOTING_BUG], lambda: True),
        ):
            scene.enter(7)
            failed = "SELECT 1 FROM so_privacy.inbox WHERE reason = 'ValueError'"
            wait(lambda: bool(scene.rows(failed)), "the defect was met")
            scene.command("events", "list")
    log = (scene.folder / "worker.log").read_bytes()
    assert b"ValueError" in log

    with psycopg.connect(postgres.admin, autocommit=True) as administrator:
        administrator.execute("CHECKPOINT")
    found = scene.canaries.search(scene.said)
    found += scene.canaries.search(watched)
    logs = list(files(scene.folder / "logs"))
    assert b"manifest_activated" in logs[0][1]
    found += scene.canaries.search(logs)
    found += scene.canaries.search(("a process", one) for one in command_lines.seen)
    found += scene.canaries.search(rows(scene.dsn))
    found += scene.canaries.search(files(scene.folder / "data", but={"data.key"}))
    found += scene.canaries.search((path.name, path.read_bytes()) for path in scene.folder.glob("*.log"))
    found += scene.canaries.search(files(postgres.folder))
    assert found == []
    assert any(b"so_privacy_ext" in one for one in command_lines.seen)
    assert not list(scene.folder.glob("core*"))
    prove_the_search(scene)


def install(scene: Scene) -> None:
    token = scene.credentials / f"system_user_token.{TENANT}"
    scene.command(*ADD, str(token), TENANT)
    scene.command("manifest", "activate", str(ROOT / "manifests/rules/nordic-b2b.yaml"))
    slot = scene.plant_what_it_made()
    stranger = scene.canaries.plant("stranger's body", "canary-body-of-a-stranger-64")
    for where in (slot, "0" * 32, stranger):
        scene.post(where, stranger.encode(), **{"X-SuperOffice-Signature": stranger, "X-Other": stranger})
    scene.post(slot, stranger.encode() * 20_000)


def work_through_faults(scene: Scene) -> int:
    """Have every kind of refusal quote a person, while real persons are worked on; give one of them."""
    text = scene.canaries.plant("what the CRM quotes", "Kari Canary-65 kari@canary-65.example.com")
    archive = "Archive.GetArchiveListByColumns2"
    for kind, operation, nth in (
        (f"succeeded_false:SuperOffice.Exceptions.SoServerException:{text}", archive, 1),
        ("truncated", archive, 3),
        (f"soap_fault:{text}", archive, 5),
        (f"succeeded_false:SuperOffice.Exceptions.SoInvalidArgumentException:{text}", "Person.SetConsent", 1),
        ("apply_then_drop", "Person.SendConsentConfirmationEmail", 1),
    ):
        scene.tell("/faults", kind=kind, operation=operation, tenant=TENANT, nth=nth)
    people = [scene.enter(number) for number in (1, 2, 3)]
    wait(scene.at_rest, "all is at rest")
    scene.tell("/tickets/expire", tenant=TENANT)
    person = people[0][0]
    scene.tell(
        "/trigger", tenant=TENANT, event="person.consented",
        set={"person": str(person), "purpose": "EMARKETING", "basis": "61A", "source": "PHONE",
             "comment": scene.canaries.plant("a human's comment", "canary-said-yes-by-phone-66")},
    )  # fmt: skip
    wait(scene.at_rest, "all is at rest")
    assert {fault["hits"] for fault in scene.ask("/faults")["faults"]} == {1}
    told = {mail["to"] for mail in scene.ask("/outbox")["mails"]}
    assert {address for _, address in people} & told, "nobody was told, so no address was ever in play"
    for kind in (f"succeeded_false:Canary.{text}:{text}", f"soap_fault:{text}"):
        scene.tell("/faults", kind=kind, operation=archive, tenant=TENANT, times=4)
        scene.command("explain", "--person", str(person), fails=True)
        scene.clear_faults()
    return person


def crash_in_a_write(scene: Scene, pid: int) -> None:
    """Kill the worker while it waits for the CRM's answer; the supervisor starts another."""
    scene.tell("/faults", kind="delay:2", operation="Person.SetConsent", tenant=TENANT)
    scene.enter(4)
    wait(lambda: bool(scene.ask("/faults")["faults"][-1]["hits"]), "the worker writes")
    (worker,) = (one for one in psutil.Process(pid).children() if "worker" in one.cmdline())
    worker.kill()
    wait(scene.at_rest, "all is at rest")


def look_at_everything(scene: Scene, person: int) -> None:
    """Ask by every command that shows anything of a person or a tenant."""
    for words in (
        ("tenant", "show", TENANT), ("journal", "--json"), ("explain", "--person", str(person), "--json"),
        ("doctor",), ("events", "show", "2"), ("review", "show", "1", "--json"),
    ):  # fmt: skip
        scene.command(*words)


def knock_at_the_pages(scene: Scene) -> None:
    """Come back from a sign-in that nobody began, with a code, a token and cookies that must not be kept."""
    plant = scene.canaries.plant
    code, state = plant("a code", "canary-authorization-code-72"), plant("a state", "canary-state-73")
    token, cookie = plant("an id_token", "canary.id-token.74"), plant("a cookie", "canary-cookie-75")
    given = {"code": code, "state": state, "id_token": token}
    headers = {"Cookie": f"__Host-session={cookie}; {cookie}={cookie}", "User-Agent": cookie}
    for path in ("/callback", "/configure", "/install", f"/state-changes/sandbox/{code}", f"/{code}"):
        url = f"{scene.url}{path}"
        for reply in (
            requests.get(url, params=given, headers=headers, timeout=10, allow_redirects=False),
            requests.post(url, data=given, headers=headers, timeout=10, allow_redirects=False),
        ):
            scene.said.append((f"{path} {reply.status_code}", reply.content + repr(reply.headers).encode()))


def change_the_keys(scene: Scene) -> None:
    """Rotate the data key under everything that runs; the new one is a secret like the old one."""
    scene.command("keys", "rotate")
    scene.command("keys", "show", "--json")
    scene.canaries.plant("new data key", (scene.data / "data.key").read_text().strip())


def look_at_the_metrics(scene: Scene) -> list[tuple[str, bytes]]:
    """Ask web and worker as Prometheus does."""
    found = []
    for port in (scene.metrics, scene.metrics + 1):
        reply = requests.get(f"http://127.0.0.1:{port}/metrics", timeout=10)
        assert b"so_privacy_database_up 1.0" in reply.content
        found.append((f"metrics at {port}", reply.content))
    assert b'so_privacy_deliveries_total{outcome="stored"}' in found[0][1]
    assert b"so_privacy_crm_calls_total{" in found[1][1]
    return found


def make_mistakes(scene: Scene) -> None:
    """Make every mistake in which a secret could be quoted."""
    plant = scene.canaries.plant
    files = {
        "two lines": plant("token of two lines", "canary-first-line-67") + "\nsecond",
        "no key": "-----BEGIN PRIVATE KEY-----\n" + plant("wrong key", "canaryNoKeyAtAll68") + "\n",
        "no data key": plant("wrong data key", "canary-no-data-key-69"),
    }
    for name, text in files.items():
        (scene.credentials / name).write_text(text)
        (scene.credentials / name).chmod(0o600)
    wrong = plant("another's token", "canary-of-another-tenant-70")
    no_key, no_data_key = (str(scene.credentials / name) for name in ("no key", "no data key"))
    scene.command(*ADD, str(scene.credentials / "two lines"), "Cust54321", fails=True)
    scene.command(*ADD, "-", "Cust54321", given=wrong, fails=True)
    scene.command(*ADD, "-", "Cust54321", given=wrong, fails=True, SO_PRIVACY_PRIVATE_KEY_FILE=no_key)
    scene.command("tenant", "list", fails=True, SO_PRIVACY_DATA_KEY_FILE=no_data_key)
    password = plant("another password", "canary-password-71")
    for url in (
        f"postgresql://app:{password}@127.0.0.1:1/x",
        f"postgresql://app:x@{password}@127.0.0.1:1/x",
        f"host=127.0.0.1 port=1 password='{password}",
    ):
        scene.command("tenant", "list", fails=True, DATABASE_URL=url)


def prove_the_search(scene: Scene) -> None:
    """Plant one of each where it must not be, and find it."""
    address, secret = (scene.canaries.planted[name] for name in ("address 1", "webhook secret"))
    with psycopg.connect(scene.dsn) as connection:
        connection.execute("UPDATE so_privacy.inbox SET body = %s WHERE inbox_id = 1", [address.encode()])
        connection.execute("UPDATE so_privacy.manifest SET who = %s", [secret])
    assert {one.partition(" in ")[0] for one in scene.canaries.search(rows(scene.dsn))} == {
        "address 1",
        "webhook secret",
    }
    assert scene.canaries.found(f"7T:{'a' * 40}".encode()) == ["a ticket"]
