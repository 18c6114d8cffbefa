"""Processes of plugins: when they start, rest and end."""

from __future__ import annotations

import http.server
import os
import resource
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from so_privacy_ext.errors import Refused
from so_privacy_ext.model import TenantId
from so_privacy_ext.plugins.asking import Asking, Enabled
from so_privacy_ext.plugins.found import Found
from so_privacy_ext.plugins.hosts import IDLE, REST, Hosts
from so_privacy_ext.plugins.process import Process
from so_privacy_ext.plugins.troubles import Kind, Trouble
from so_privacy_ext.sdk import Facts, Seen
from tests.unit.plugins.conftest import ACME, TENANT, Installed, Still, described, faulty, manifest

ALWAYS = manifest("always", [])
ODD, EVEN = Seen(1, 1, Facts()), Seen(2, 2, Facts())


class Hands:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.at = 1000.0

    def __call__(self) -> float:
        return self.at


@pytest.fixture
def hands() -> Hands:
    return Hands()


Make = Callable[..., Asking]


@pytest.fixture
def own_hosts(hands: Hands, installed: Installed) -> Iterator[Hosts]:
    with Hosts(most=2, clock=hands, plugins=installed) as hosts:
        yield hosts


@pytest.fixture
def make(own_hosts: Hosts, installed: Installed, troubles: list[Trouble]) -> Make:
    """Switch a plugin on for a tenant."""

    def make(plugin: Found, tenant: int = TENANT, **settings: object) -> Asking:
        installed.put(plugin)
        enabled = Enabled(described(own_hosts, plugin), settings)
        return Asking(own_hosts, TenantId(tenant), [enabled], clock=Still(), noted=troubles.append)

    return make


def pid(asking: Asking, seen: Seen = ODD) -> int | None:
    (facts,) = asking.answer([seen], ALWAYS)
    found = facts.further.get("faulty.pid")
    return found if isinstance(found, int) else None


def hosting() -> list[psutil.Process]:
    """Give this process's children in which plugins run; other tests may have left children of their own."""
    return [
        one
        for one in psutil.Process().children()
        if one.status() != psutil.STATUS_ZOMBIE
        and any("so_privacy_ext.plugins.host" in word for word in one.cmdline())
    ]


def is_alive(number: int | None) -> bool:
    assert number is not None
    return psutil.pid_exists(number)


def test_one_process_serves_a_tenant_as_long_as_it_is_asked(make: Make, hands: Hands) -> None:
    asking = make(faulty("fails_often"))
    first = pid(asking)
    for _ in range(3):
        hands.at += IDLE

        assert pid(asking) == first
    assert pid(make(faulty("fails_often"), tenant=2)) != first


def test_one_that_nobody_asks_ends_and_comes_back(make: Make, hands: Hands) -> None:
    one, other = make(faulty("fails_often"), tenant=1), make(faulty("fails_often"), tenant=2)
    first = pid(one)
    hands.at += IDLE + 1

    pid(other)

    assert not is_alive(first)
    assert pid(one) not in {None, first}


def test_its_own_tenant_too_gets_another_process_after_a_while(make: Make, hands: Hands) -> None:
    asking = make(faulty("fails_often"))
    first = pid(asking)
    hands.at += IDLE + 1

    assert pid(asking) not in {None, first}


def test_one_whom_nobody_asks_and_nobody_ends_does_so_itself() -> None:
    with Process(faulty("fails_often"), {}, idle=0.05) as process:
        assert process._process.wait(timeout=60) == 0


def test_one_too_many_ends_the_one_that_was_asked_longest_ago(make: Make, hands: Hands) -> None:
    every = [make(faulty("fails_often"), tenant=one) for one in (1, 2, 3)]
    numbers = []
    for one in every:
        hands.at += 1
        numbers.append(pid(one))

    assert [is_alive(one) for one in numbers] == [False, True, True]


def test_one_that_is_being_asked_is_not_ended_for_another(make: Make, own_hosts: Hosts, hands: Hands) -> None:
    one, other = make(faulty("fails_often"), tenant=1), make(faulty("fails_often"), tenant=2)
    first = pid(one)
    hands.at += IDLE + 1
    with own_hosts._seats[TenantId(1), "faulty"].lock:
        pid(other)

    assert is_alive(first)


def test_after_three_failures_in_a_row_it_rests_and_then_goes_on(
    make: Make, hands: Hands, troubles: list[Trouble]
) -> None:
    asking = make(faulty("fails_often"))
    for _ in range(2):
        pid(asking, EVEN)
    assert pid(asking) is not None  # two are not three
    for _ in range(3):
        pid(asking, EVEN)

    assert pid(asking) is None
    assert [one.kind for one in troubles] == [Kind.ENDED, Kind.RESTING]
    assert pid(make(faulty("fails_often"), tenant=2)) is not None  # of another tenant it is another
    hands.at += REST + 1
    assert pid(asking) is not None


def test_failures_of_some_persons_count_too(
    make: Make, own_hosts: Hosts, installed: Installed, troubles: list[Trouble]
) -> None:
    installed.put(faulty("raises"))
    enabled = [Enabled(own_hosts.describe("faulty"))]
    asking = Asking(own_hosts, TENANT, enabled, clock=Still(), noted=troubles.append)
    asked = manifest("{faulty.asked: true}", enabled)
    persons = [Seen(1, 0, Facts(category_id=7)), Seen(2, 0, Facts())]

    answered = [asking.answer(persons, asked)[1].answers != {} for _ in range(4)]

    assert answered == [True, True, True, False]
    assert [one.kind for one in troubles] == [Kind.RAISED, Kind.RESTING]


def test_a_trouble_of_a_kind_is_told_once_in_an_hour(
    make: Make, hands: Hands, troubles: list[Trouble]
) -> None:
    asking = make(faulty("fails_often"))
    for _ in range(2):
        pid(asking, EVEN)
    assert len(troubles) == 1

    hands.at += 3601
    pid(asking, EVEN)

    assert len(troubles) == 2


def test_other_settings_are_another_process(make: Make, own_hosts: Hosts, installed: Installed) -> None:
    def turnover(least: int) -> object:
        (facts,) = make(ACME, least=least).answer([Seen(1, 50, Facts())], ALWAYS)
        return facts.further.get("acme_vat.turnover")

    assert [turnover(10), turnover(90), turnover(10)] == [50, None, 50]


def test_settings_are_tried_by_the_plugins_own_model(own_hosts: Hosts, installed: Installed) -> None:
    installed.put(ACME)
    description = own_hosts.describe("acme-vat")

    own_hosts.try_settings(description, {"least": 5})
    with pytest.raises(Refused, match="settings that it can't use: least"):
        own_hosts.try_settings(description, {"least": "many"})


def test_a_version_that_asks_for_more_is_not_asked(
    own_hosts: Hosts, installed: Installed, troubles: list[Trouble]
) -> None:
    installed.put(faulty("fails_often"))
    agreed = own_hosts.describe("faulty").model_copy(update={"hosts": []})

    asking = Asking(own_hosts, TENANT, [Enabled(agreed)], clock=Still(), noted=troubles.append)

    assert pid(asking) is None
    (trouble,) = troubles
    assert trouble.kind is Kind.CHANGED
    assert trouble.what == "version 1 asks for more than was agreed to: talks to `api.example.com:443`"
    assert "so-privacy plugin enable" in trouble.how
    assert hosting() == []


def test_a_version_that_does_not_start_is_told_of(
    own_hosts: Hosts, installed: Installed, troubles: list[Trouble]
) -> None:
    installed.put(faulty("fails_often"))
    agreed = own_hosts.describe("faulty")
    installed.put(faulty("breaks_on_import"))

    asking = Asking(own_hosts, TENANT, [Enabled(agreed)], clock=Still(), noted=troubles.append)

    assert pid(asking) is None
    assert [one.kind for one in troubles] == [Kind.NO_START]
    assert "importing it fails: SystemExit" in troubles[0].what


@pytest.mark.parametrize(
    ("value", "code", "what"),
    [
        ("tests.unit.plugins.acme_vat:ext", "plugin_name", "the plugin calls itself `acme-vat`"),
        ("tests.unit.plugins.faulty.talks_at_once:ext", "plugin_refused_host", "it talks to a host where"),
        ("tests.unit.plugins.faulty.ends_at_once:ext", "plugin_ended", "its process ended when it says what"),
    ],
)
def test_what_goes_wrong_at_the_start_is_refused_by_name(
    own_hosts: Hosts, installed: Installed, value: str, code: str, what: str
) -> None:
    installed.put(Found("faulty", "faulty", "1", value))

    with pytest.raises(Refused) as refused:
        own_hosts.describe("faulty")

    assert (refused.value.code, refused.value.where) == (code, "faulty")
    assert what in refused.value.what
    assert hosting() == []


def test_a_process_has_no_environment_no_streams_and_no_more_of_us_than_it_needs(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SO_PRIVACY_DATABASE_URL", "postgresql://secret")
    monkeypatch.setenv("SSL_CERT_DIR", "/etc/ssl/certs")
    monkeypatch.delenv("SSL_CERT_FILE", raising=False)

    (facts,) = make(faulty("looks_around")).answer([ODD], ALWAYS)
    further = {name.partition(".")[2]: value for name, value in facts.further.items()}

    names = {one for one in str(further["environment"]).split(",") if not one.startswith("LC_")}
    assert names == {
        *("PYTHONPATH", "PYTHONDONTWRITEBYTECODE", "PYTHONHASHSEED", "PYTHONUTF8", "SSL_CERT_DIR", "TZ")
    }
    assert further["stdin"] == "/dev/null" * 3
    rooms = {one.split(".")[1] for one in str(further["modules"]).split(",") if "." in one}
    assert rooms == {"errors", "extension", "errands", "model", "plugins", "reactions", "sdk"}
    limits = psutil.Process(int(str(further["pid"])))
    assert limits.rlimit(resource.RLIMIT_FSIZE) == (0, 0)


def test_one_that_remembers_has_nothing_to_tell_of_another_tenant(make: Make) -> None:
    mine, yours = make(faulty("remembers"), tenant=1), make(faulty("remembers"), tenant=2)

    def told(asking: Asking, company: int) -> object:
        (facts,) = asking.answer([Seen(1, company, Facts())], ALWAYS)
        return facts.further["faulty.others"]

    assert [told(mine, 11), told(yours, 21), told(mine, 12), told(yours, 22)] == ["", "", "11", "21"]


def test_closing_ends_them_all(make: Make, own_hosts: Hosts) -> None:
    number = pid(make(faulty("fails_often")))

    own_hosts.close()

    assert not is_alive(number)


def test_no_process_stays_behind_when_ours_is_killed_in_the_middle_of_a_call() -> None:
    code = f"""
import threading, time
from so_privacy_ext.plugins.process import Process
from so_privacy_ext.plugins.found import Found
process = Process(Found("faulty", "faulty", "1", {faulty("sleeps").value!r}), {{}})
print(process._process.pid, flush=True)
process.ask("conditions", {{"questions": [["faulty.asked", True]], "persons": [{{}}]}}, 10000)
"""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    command = [sys.executable, "-c", code]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, start_new_session=True, env=environment
    ) as parent:
        assert parent.stdout is not None
        child = psutil.Process(int(parent.stdout.readline()))
        assert child.is_running()

        parent.send_signal(signal.SIGKILL)

    deadline = time.monotonic() + 60
    while child.is_running() and child.status() != psutil.STATUS_ZOMBIE:
        assert time.monotonic() < deadline
        time.sleep(0.01)


PLUGIN = """
from __future__ import annotations

import http.client

from pydantic import BaseModel

from so_privacy_ext import Extension, FromSetting


class Settings(BaseModel):
    register: str


ext = Extension(
    "caller", version="1", says="Calls.", settings=Settings, hosts=[FromSetting("register", port=PORT)]
)


@ext.facts("said")
def said(persons, settings):
    connection = http.client.HTTPConnection(settings.register, PORT, timeout=5)
    connection.request("GET", "/")
    text = connection.getresponse().read().decode()
    connection.close()
    return {one.person_id: {"said": text} for one in persons}
"""


class _Register(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"listed")

    def log_message(self, *_arguments: object) -> None:
        """Say nothing."""


def test_a_declared_host_is_called(
    make: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, troubles: list[Trouble]
) -> None:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Register) as server:
        threading.Thread(target=server.serve_forever).start()
        (tmp_path / "caller_plugin.py").write_text(PLUGIN.replace("PORT", str(server.server_port)))
        monkeypatch.syspath_prepend(tmp_path)
        plugin = Found("caller", "caller", "1", "caller_plugin:ext")

        by_address = make(plugin, register="127.0.0.1").answer([ODD], ALWAYS)
        by_name = make(plugin, register="localhost").answer([ODD], ALWAYS)
        server.shutdown()

    assert [facts.further for (facts,) in (by_address, by_name)] == [{"caller.said": "listed"}] * 2
    assert troubles == []
