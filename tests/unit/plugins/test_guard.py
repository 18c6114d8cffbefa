from __future__ import annotations

import os
import resource
import socket
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from so_privacy_ext.plugins.guard import REFUSALS, Guard, limit, readable
from so_privacy_ext.plugins.troubles import Kind

TRUNCATING = os.O_WRONLY | os.O_CREAT | os.O_TRUNC


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "packages"
    (root / "acme").mkdir(parents=True)
    (root / "acme" / "data.csv").write_text("a")
    (root / ".env").write_text("a")
    (root / ".git").mkdir()
    (root / ".git" / "config").write_text("a")
    (tmp_path / "other.txt").write_text("a")
    (root / "link").symlink_to(tmp_path / "other.txt")
    return root


@pytest.fixture
def guard(root: Path) -> Guard:
    return Guard([str(root), ""])


def refused(guard: Guard, event: str, *arguments: Any) -> list[str]:
    with suppress(PermissionError):
        guard.hook(event, arguments)
        assert not guard.refusals  # it is never noted and let pass
    return [one.name for one in guard.told()]


@pytest.mark.parametrize(
    ("path", "allowed"),
    [
        ("packages", True),
        ("packages/acme/data.csv", True),
        ("packages/acme/not_there.csv", True),
        ("packages/../packages/acme/data.csv", True),
        ("packages/.env", False),
        ("packages/.git/config", False),
        ("packages/link", False),
        ("packages2/data.csv", False),
        ("other.txt", False),
        ("", False),
    ],
)
def test_a_plugin_reads_its_own_packages_and_nothing_hidden_among_them(
    guard: Guard, tmp_path: Path, path: str, allowed: bool
) -> None:
    for one in (str(tmp_path / path), os.fsencode(tmp_path / path)):
        assert refused(guard, "open", one, "r", 0) == ([] if allowed else ["reads"])
        assert refused(guard, "open", one, None, os.O_RDONLY) == ([] if allowed else ["reads"])
    assert refused(guard, "os.listdir", str(tmp_path / path)) == ([] if allowed else ["reads"])


def test_an_open_file_is_no_path(guard: Guard) -> None:
    assert refused(guard, "open", 5, "w", 0) == []
    assert refused(guard, "os.listdir", 5) == []


def test_no_path_at_all_is_the_folder_that_it_runs_in(guard: Guard) -> None:
    assert refused(guard, "os.scandir", None) == ["reads"]


@pytest.mark.parametrize(("mode", "flags"), [("w", 0), ("r+", 0), ("a", 0), ("x", 0), (None, TRUNCATING)])
def test_a_plugin_writes_nowhere_but_to_nothing(
    guard: Guard, root: Path, mode: str | None, flags: int
) -> None:
    assert refused(guard, "open", str(root / "acme" / "data.csv"), mode, flags) == ["writes"]
    assert refused(guard, "open", root / "acme" / "data.csv", mode, flags) == ["writes"]
    assert refused(guard, "open", "/dev/null", mode, flags) == []
    assert refused(guard, "open", b"/dev/null", mode, flags) == []


@pytest.mark.parametrize(
    ("event", "name"),
    [
        ("os.remove", "writes"),
        ("shutil.rmtree", "writes"),
        ("tempfile.mkstemp", "writes"),
        ("sqlite3.connect", "writes"),
        ("syslog.syslog", "writes"),
        ("os.fork", "starts"),
        ("os.system", "starts"),
        ("subprocess.Popen", "starts"),
        ("os.posix_spawn", "starts"),
        ("os.kill", "starts"),
        ("ctypes.dlsym", "native"),
    ],
)
def test_what_no_plugin_needs_is_refused_whatever_it_is_for(guard: Guard, event: str, name: str) -> None:
    assert refused(guard, event, "x", "y", "z") == [name]


def test_a_port_of_its_own_choice_is_not_a_plugins(guard: Guard) -> None:
    assert refused(guard, "socket.bind", None, ("::1", 0, 0, 0)) == []
    assert refused(guard, "socket.bind", None, ("127.0.0.1", 8080)) == ["listens"]
    assert refused(guard, "socket.bind", None, "/run/plugin.sock") == ["listens"]


def test_ctypes_may_be_imported_but_opens_no_library(guard: Guard) -> None:
    assert refused(guard, "ctypes.dlopen", None) == []
    assert refused(guard, "ctypes.dlopen", "libc.so.6") == ["native"]


@pytest.mark.parametrize(
    ("imported", "allowed"),
    [
        ("so_privacy_ext", True),
        ("so_privacy_ext.sdk", True),
        ("so_privacy_ext.settings", False),
        ("so_privacy_ext.storage.tenants", False),
        ("psycopg", False),
        ("psycopg.sql", False),
        ("acme_vat", True),
        ("ssl", True),
    ],
)
def test_of_the_product_a_plugin_imports_the_sdk(guard: Guard, imported: str, allowed: bool) -> None:
    assert refused(guard, "import", imported, None, [], [], []) == ([] if allowed else ["inside"])


def test_what_is_not_judged_passes(guard: Guard) -> None:
    assert refused(guard, "compile", "x = 1", "<string>") == []


def test_no_host_is_talked_to_unless_it_is_time_for_it(guard: Guard) -> None:
    guard.hosts = frozenset({("api.example.com", 443)})

    assert refused(guard, "socket.getaddrinfo", "api.example.com", 443, 0, 0, 0) == ["talks_now"]
    assert refused(guard, "socket.connect", None, ("10.0.0.1", 443)) == ["talks_now"]


@pytest.mark.parametrize(
    ("host", "port", "allowed"),
    [
        ("api.example.com", 443, True),
        ("API.example.com", "443", True),
        (b"api.example.com", 443, True),
        ("api.example.com", 80, False),
        ("api.example.com", None, False),
        ("api.example.com", "https", False),
        ("evil.example.com", 443, False),
        (None, 443, False),
    ],
)
def test_only_declared_hosts_are_looked_up(
    guard: Guard, host: str | bytes | None, port: object, allowed: bool
) -> None:
    guard.hosts, guard.may_talk = frozenset({("api.example.com", 443)}), True

    assert refused(guard, "socket.getaddrinfo", host, port, 0, 0, 0) == ([] if allowed else ["undeclared"])


def test_only_what_a_declared_host_resolved_to_is_connected(guard: Guard) -> None:
    guard.hosts, guard.may_talk = frozenset({("127.0.0.2", 25)}), True
    resolve = guard.resolving(socket.getaddrinfo)

    assert resolve("127.0.0.3", 443, type=socket.SOCK_STREAM)

    assert refused(guard, "socket.connect", None, ("127.0.0.3", 443)) == []
    assert refused(guard, "socket.connect", None, ("127.0.0.2", 25)) == []
    assert refused(guard, "socket.connect", None, ("127.0.0.3", 80)) == ["undeclared"]
    assert refused(guard, "socket.sendto", None, ("127.0.0.4", 53)) == ["undeclared"]
    assert refused(guard, "socket.connect", None, "/run/postgresql/.s.PGSQL.5432") == ["undeclared"]


def test_this_machine_may_be_asked_for_its_name_by_a_mail_client(guard: Guard) -> None:
    own = os.uname().nodename
    assert refused(guard, "socket.gethostbyaddr", own) == ["undeclared"]
    guard.may_talk = True
    assert refused(guard, "socket.gethostbyaddr", own) == []
    assert refused(guard, "socket.gethostbyname", "evil.example.com") == ["undeclared"]


def test_a_fork_below_python_is_refused_too(guard: Guard) -> None:
    with pytest.raises(PermissionError, match="starts or signals a process"):
        guard.forks([], [])

    assert [one.name for one in guard.told()] == ["starts"]


def test_what_was_refused_is_told_once_and_then_forgotten(guard: Guard) -> None:
    for _ in range(3):
        with pytest.raises(PermissionError, match="it starts or signals a process; do it in Python"):
            guard.hook("os.fork", ())

    assert [one.name for one in guard.told()] == ["starts"]
    assert guard.told() == []


def test_every_refusal_says_what_to_do() -> None:
    assert all(one.how for one in REFUSALS.values())
    assert {one.kind for one in REFUSALS.values()} == {one for one in Kind if one.startswith("refused_")}


def test_python_itself_and_all_packages_can_be_read() -> None:
    guard = Guard(readable())

    assert refused(guard, "open", os.__file__, "r", 0) == []
    assert refused(guard, "open", pytest.__file__, "r", 0) == []
    assert "/" not in guard._readable
    assert {sys.prefix, *sys.path} <= set(readable())


def test_limits_are_set_and_never_raised(monkeypatch: pytest.MonkeyPatch) -> None:
    set_to: dict[int, tuple[int, int]] = {}
    hard = {resource.RLIMIT_NOFILE: 10}
    monkeypatch.setattr(resource, "setrlimit", set_to.__setitem__)
    monkeypatch.setattr(resource, "getrlimit", lambda what: (0, hard.get(what, resource.RLIM_INFINITY)))

    limit()

    assert set_to[resource.RLIMIT_FSIZE] == (0, 0)
    assert set_to[resource.RLIMIT_NOFILE] == (10, 10)
