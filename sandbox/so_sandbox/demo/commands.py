"""Runs the installed commands as processes, and asks the sandbox over its control interface."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

import requests

from so_sandbox.demo import visiting
from so_sandbox.demo.visiting import LostError

_WAIT = 60.0


class Failed(Exception):
    """A command or a page did not do what the demo needs; the text says which."""


class Commands:
    """The product and the sandbox as an operator starts them, in a folder of their own."""

    def __init__(self, folder: Path, *, sandbox_port: int, port: int) -> None:
        self.folder = folder
        self.sandbox_url = f"http://127.0.0.1:{sandbox_port}"
        self.url = f"http://127.0.0.1:{port}"
        self._sandbox_port = sandbox_port
        self._port = port
        self._running: list[subprocess.Popen[bytes]] = []

    def start_sandbox(self, *, keep: bool = False) -> None:
        words = ["--port", str(self._sandbox_port), "--dir", str(self.credentials)]
        self._start("so-sandbox", "up", *words, *(["--keep"] if keep else []))
        self._await(f"{self.sandbox_url}/_sandbox/about", "so-sandbox up")

    def start_product(self) -> None:
        self._start("so-privacy", "up")
        self._await(f"{self.url}/healthz/ready", "so-privacy up")

    def stop(self) -> None:
        """Stop what was started; Ctrl-C has told them already, if it was that."""
        for process in self._running:
            process.terminate()
        for process in self._running:
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def wait(self) -> None:
        """Wait for Ctrl-C; a command that ends before is a failure."""
        while all(process.poll() is None for process in self._running):
            time.sleep(0.5)
        raise Failed(f"one of the commands has ended; see so-sandbox.log and so-privacy.log in {self.logs}")

    @property
    def logs(self) -> Path:
        return self.credentials

    @property
    def data(self) -> Path:
        return self.folder / ".so-privacy"

    @property
    def credentials(self) -> Path:
        return self.folder / ".so-sandbox"

    @property
    def settings(self) -> Path:
        return self.credentials / "settings.env"

    def product(self, *words: str, good: Collection[int] = (0,), seconds: float = _WAIT) -> Any:
        """Run a so-privacy command and give what it prints as JSON; `good` are the exit codes it may have."""
        try:
            done = subprocess.run(
                [_command("so-privacy"), *words, "--json"],
                env=self._environment(),
                cwd=self.folder,
                capture_output=True,
                check=False,
                timeout=seconds,
            )
        except subprocess.TimeoutExpired:
            raise Failed(f"so-privacy {' '.join(words)} did not end in {seconds:.0f} s") from None
        if done.returncode not in good:
            raise Failed(f"so-privacy {' '.join(words)} ended with {done.returncode}: {_last(done.stderr)}")
        return json.loads(done.stdout)

    def ask(self, path: str, **query: str | int) -> Any:
        """Read from the sandbox's control interface."""
        return _read(requests.get(f"{self.sandbox_url}/_sandbox{path}", params=query, timeout=_WAIT))

    def tell(self, path: str, **content: Any) -> Any:
        """Have the sandbox do something."""
        return _read(requests.post(f"{self.sandbox_url}/_sandbox{path}", json=content, timeout=_WAIT))

    def install(self, tenant: str) -> None:
        """Install the product as an administrator does from the store, who signs in and approves."""
        self.tell("/sign-in", answer="approve", tenant=tenant, redirect_uris=[f"{self.url}/callback"])
        try:
            visiting.install(self.url)
        except (LostError, requests.RequestException) as lost:
            raise Failed(f"the installation from the store did not come to its end: {lost}") from lost
        finally:
            self.tell("/sign-in", answer="ask")

    def _start(self, name: str, *words: str) -> None:
        self.logs.mkdir(mode=0o700, exist_ok=True)
        with (self.logs / f"{name}.log").open("ab") as log:
            self._running.append(
                subprocess.Popen(
                    [_command(name), *words], env=self._environment(), cwd=self.folder, stdout=log, stderr=log
                )
            )

    def _await(self, url: str, name: str) -> None:
        words = name.split()
        until = time.monotonic() + _WAIT
        while time.monotonic() < until:
            if self._running[-1].poll() is not None:
                break
            try:
                if requests.get(url, timeout=2).status_code == requests.codes.ok:
                    return
            except requests.RequestException:
                time.sleep(0.05)
        raise Failed(f"{name} did not come up: {self.last_word(words[0])}")

    def last_word(self, name: str) -> str:
        """Give the last line that a command has said."""
        return _last((self.logs / f"{name}.log").read_bytes())

    def _environment(self) -> Mapping[str, str]:
        given = dict(os.environ)
        if self.settings.exists():
            pairs = (line.split("=", 1) for line in self.settings.read_text().splitlines() if "=" in line)
            given |= {name: value.strip("'") for name, value in pairs}
        return given | {
            "DATABASE_URL": "",
            "SO_PRIVACY_DATA_DIR": str(self.data),
            "SO_PRIVACY_BIND": f"127.0.0.1:{self._port}",
            "SO_PRIVACY_PUBLIC_URL": self.url,
            "PYTHONUNBUFFERED": "1",
        }


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def _command(name: str) -> str:
    """Find a command beside this Python, else on the path."""
    beside = Path(sys.executable).with_name(name)
    found = str(beside) if beside.exists() else shutil.which(name)
    if found is None:
        raise Failed(f"the command {name} is not installed; run pip install so-privacy-ext[sandbox]")
    return found


def _read(reply: requests.Response) -> Any:
    if reply.status_code != requests.codes.ok:
        raise Failed(f"the sandbox answered {reply.status_code}: {reply.text[:300]}")
    return reply.json()


def _last(output: bytes) -> str:
    lines = [line for line in output.decode(errors="replace").splitlines() if line.strip()]
    return lines[-1] if lines else "no word"
