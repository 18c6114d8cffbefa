"""Asks a running sandbox over its control interface."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import requests

from so_sandbox.credentials import ADDRESS

DEFAULT = "http://127.0.0.1:7400"
_TIMEOUT = 330.0


class NotRunningError(Exception):
    """There is no sandbox at the address; the text names it."""


class RefusedError(Exception):
    """The sandbox won't; the text is its reason."""


def find(url: str | None, directory: Path) -> str:
    """Give the address: named, from the environment, left by `so-sandbox up`, or the usual one."""
    named = url or os.environ.get("SO_SANDBOX_URL")
    if named:
        return named.rstrip("/")
    try:
        return (directory / ADDRESS).read_text(encoding="utf-8").strip() or DEFAULT
    except OSError:
        return DEFAULT


def ask(url: str, method: str, path: str, content: dict[str, Any] | None = None) -> Any:
    """Send a control request and give its answer."""
    try:
        answer = requests.request(
            method,
            f"{url}/_sandbox{path}",
            json=content if method != "GET" else None,
            params=content if method == "GET" else None,
            timeout=_TIMEOUT,
            allow_redirects=False,
        )
        parsed = answer.json()
    except requests.exceptions.JSONDecodeError:
        raise NotRunningError(f"something else than a sandbox answers at {url}") from None
    except requests.RequestException:
        raise NotRunningError(f"no sandbox answers at {url}") from None
    if not isinstance(parsed, dict):
        raise NotRunningError(f"something else than a sandbox answers at {url}")
    if answer.status_code != requests.codes.ok:
        raise RefusedError(str(parsed.get("error", f"HTTP {answer.status_code}")))
    return parsed
