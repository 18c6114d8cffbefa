"""Looks from outside whether we can be reached, as SuperOffice would before it posts to us."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import requests

from so_privacy_ext.guarded_connections import BelievingAdapter

_READY = b"ready"


@dataclass(frozen=True, slots=True)
class Answer:
    """What our public address said when it was asked whether it is ready."""

    address: str
    status: int | None = None
    """None: no answer came."""
    ours: bool = False
    """That it is we who answer, and can store."""
    failure: str = ""
    """The kind of error that came instead of an answer."""


def ask(public_url: str, ca_file: Path | None) -> Answer:
    """Ask our public address by the way that SuperOffice comes, which knows no proxy."""
    address = f"{public_url}/healthz/ready"
    try:
        with requests.Session() as session:
            session.trust_env = False  # neither a proxy nor .netrc
            session.mount("https://", BelievingAdapter(ca_file=ca_file))
            with session.get(address, timeout=5, allow_redirects=False, stream=True) as reply:
                word = next(reply.iter_content(16), b"")
                ours = reply.status_code == requests.codes.ok and word == _READY
                return Answer(address, reply.status_code, ours)
    except requests.RequestException as error:
        return Answer(address, failure=type(error).__name__)


def unreachable(public_url: str, ca_file: Path | None) -> str | None:
    """Say why our own public address does not answer; None when it does, and can store."""
    answer = ask(public_url, ca_file)
    if answer.ours:
        return None
    if answer.status in {None, requests.codes.ok}:
        return answer.failure or "answered by somebody else"
    return f"status {answer.status}"
