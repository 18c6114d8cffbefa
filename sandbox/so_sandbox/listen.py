"""`so-sandbox listen`."""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from so_sandbox import client
from so_sandbox.listening import Attempt, Listening
from so_sandbox.server import noted_signals
from so_sandbox.terminal import (
    HERE,
    INTERRUPTED,
    NO_INPUT,
    Folder,
    Json,
    Tenant,
    Url,
    fail,
    name_of,
)

_PAUSE = 0.2
"""Seconds between two looks."""


def listen(
    *,
    target: Annotated[str, typer.Argument(metavar="URL", help="Such as http://127.0.0.1:3000/webhooks.")],
    events: Annotated[
        str, typer.Option(help="Only these, with commas between them, such as person.created.")
    ] = "",
    secret_file: Annotated[
        Path | None, typer.Option(help="Holds the secret to sign with; default: one is made.")
    ] = None,
    tenant: Tenant = "",
    directory: Folder = HERE,
    url: Url = None,
    as_json: Json = False,
) -> None:
    """Forward a tenant's events to an address of yours, and show each attempt, until Ctrl-C."""
    address = client.find(url, directory)
    listening = Listening(
        lambda method, path, content: client.ask(address, method, path, content),
        name_of(url, directory, tenant),
        target,
        events,
        _secret(secret_file),
    )
    came = noted_signals(signal.SIGHUP)
    hook = listening.begin()
    try:
        _greet(listening, len(hook["events"]), as_json=as_json)
        while not came:
            for attempt in listening.news():
                _show(attempt, as_json=as_json)
            said = listening.revived()
            if said is not None and not as_json:
                print(said, flush=True)
            time.sleep(_PAUSE)
    except BrokenPipeError:
        came.append(signal.SIGTERM)  # nobody reads any more
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # or the interpreter complains
    finally:
        listening.end()
    if came[0] == signal.SIGINT:
        raise typer.Exit(INTERRUPTED)


def _secret(file: Path | None) -> str:
    if file is None:
        return ""
    try:
        return file.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is no text"
        fail(NO_INPUT, "no_file", f"{file}: {reason}", "name a readable file")


def _greet(listening: Listening, events: int, *, as_json: bool) -> None:
    if as_json:
        told = {"tenant": listening.tenant, "target_url": listening.target_url, "secret": listening.secret}
        print(json.dumps(told), flush=True)
        return
    print(f"{listening.tenant}: {events} events go to {listening.target_url}")
    print(f"signed with {listening.secret}; Ctrl-C ends it", flush=True)


def _show(attempt: Attempt, *, as_json: bool) -> None:
    if as_json:
        print(json.dumps(asdict(attempt)), flush=True)
        return
    at = datetime.fromtimestamp(attempt.at).astimezone().strftime("%H:%M:%S.%f")[:-3]
    outcome = attempt.error if attempt.status is None else str(attempt.status)
    retry = f", retry {attempt.retry}" if attempt.retry else ""
    took = f"{attempt.seconds * 1000:.0f} ms"
    print(f"{at}  {attempt.event:<20} {attempt.key:>8}  {outcome:<5} {took}{retry}", flush=True)
