"""`sweep`: looks now for persons of whom no event told, and says what that proves."""

from __future__ import annotations

import time
from functools import partial
from typing import Annotated

import typer

from so_privacy_ext.app import App
from so_privacy_ext.cli.output import AsJson, TenantName, print_json, say
from so_privacy_ext.cli.wired import wired
from so_privacy_ext.errors import Exit
from so_privacy_ext.model import Statement, SweepKind
from so_privacy_ext.storage import manifests, sweeps
from so_privacy_ext.storage.tenants import TenantSummary

_SHARE = 5.0
"""Seconds for which the tenant is held; between two of them a worker may have it."""
_PAUSE = 0.5


def sweep(
    tenant: TenantName = None,
    wait: Annotated[
        float, typer.Option(min=0, help="Seconds to wait until all whom it found are handled.")
    ] = 60.0,
    as_json: AsJson = False,
) -> None:
    """Look for persons who changed and of whom no event told; exit 1 while one of them is not handled."""
    with wired() as app:
        summary = app.tenant(tenant)
        stated = _handled(app, summary, _swept(app, summary), wait)
    if as_json:
        print_json(stated)
    else:
        say(told(stated))
    if stated.handled < stated.found:
        raise typer.Exit(Exit.NO)


def told(stated: Statement) -> str:
    """Say in a line what a sweep can state."""
    since, until = (f"{one:%Y-%m-%d %H:%M:%S}" for one in (stated.since, stated.until))
    line = (
        f"between {since} and {until} UTC, {stated.found} persons changed, {stated.handled} were handled"
        f" ({stated.known} of them before this sweep)"
    )
    waiting = stated.found - stated.handled - stated.given_up
    if waiting:
        line += f", {waiting} wait"
    if stated.given_up:
        line += f", {stated.given_up} were given up: so-privacy events list --state dead"
    return line


def _swept(app: App, tenant: TenantSummary) -> int:
    """Sweep to the end, and give the sweep's id."""
    wanted = None
    while True:
        until = time.monotonic() + _SHARE
        with app.turn(tenant) as turn:
            if turn.manifest() is None:
                raise manifests.none_decides()
            if wanted is None:
                wanted = turn.sweeps.ask("asked")
            healing = app.healing(turn)
            done = healing.sweep(SweepKind.WHOLE, "asked", partial(_over, until))
            turn.wake()
        if done is not None and done.sweep_id >= wanted:
            return done.sweep_id


def _over(until: float) -> bool:
    return time.monotonic() > until


def _handled(app: App, tenant: TenantSummary, sweep_id: int, wait: float) -> Statement:
    """Wait until workers have handled all whom the sweep found, but not for ever."""
    until = time.monotonic() + wait
    while True:
        with app.session(tenant) as session:
            stated = sweeps.statement(session, sweep_id)
        if stated is None:
            raise RuntimeError("a sweep that is finished has no statement")
        if stated.handled + stated.given_up >= stated.found or time.monotonic() > until:
            return stated
        time.sleep(_PAUSE)
