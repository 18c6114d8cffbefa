"""Points at which a process of the product kills itself, put in from outside by wrapping what it calls."""

from __future__ import annotations

import functools
import importlib
import inspect
import itertools
import os
import signal
from collections.abc import Callable
from typing import Any

_STORAGE, _CRM = "so_privacy_ext.storage", "so_privacy_ext.superoffice"

WORKER: dict[str, str] = {
    "take": f"{_STORAGE}.turns:take",
    "claim": f"{_STORAGE}.inbox:InboxBook.claim",
    "ticket": f"{_CRM}.tickets:Tickets.renew",
    "read_persons": f"{_CRM}.crm:SuperOfficeCrm.read_persons",
    "consult": "so_privacy_ext.plugins.asking:Asking.answer",
    "keep": f"{_STORAGE}.decisions:DecisionBook.keep",
    "intend": f"{_STORAGE}.decisions:DecisionBook.intend",
    "pace": f"{_STORAGE}.turns:Turn.pace",
    "set_consent": f"{_CRM}.crm:SuperOfficeCrm.set_consent",
    "read_consents": f"{_CRM}.crm:SuperOfficeCrm.read_consents",
    "effected": f"{_STORAGE}.decisions:DecisionBook.effected",
    "best_language": f"{_CRM}.crm:SuperOfficeCrm.best_language",
    "mail_claim": f"{_STORAGE}.mails:MailBook.claim",
    "send_notice": f"{_CRM}.crm:SuperOfficeCrm.send_notice",
    "mail_state": f"{_STORAGE}.mails:MailBook.set_state",
    "journal": f"{_STORAGE}.journal:JournalBook.append",
    "finish": f"{_STORAGE}.decisions:DecisionBook.finish",
    "hand_over": f"{_STORAGE}.sweeps:SweepBook.hand_over",
    "finish_sweep": f"{_STORAGE}.sweeps:SweepBook.finish",
    "done": f"{_STORAGE}.inbox:InboxBook.done",
    "release": f"{_STORAGE}.turns:Turn.release",
}
"""Every step of a slice, in its order (faults.md 5.2, P6 to P16)."""

WEB: dict[str, str] = {
    "request": "so_privacy_ext.web.receiver:Receiver.__call__",
    "slot": "so_privacy_ext.web.slots:Slots.keys",
    "verify": "so_privacy_ext.webhooks.signature:matching",
    "parse": "so_privacy_ext.webhooks.payload:parse",
    "store": f"{_STORAGE}.receiving:ReceivingStore.store",
}
"""Every step of a delivery (P1 to P5)."""

INSTALL: dict[str, str] = {
    "enter": f"{_CRM}.door:TenantDoor.enter",
    "keep": f"{_STORAGE}.tenants:add",
    "hold": f"{_STORAGE}.turns:take",
    "lists": f"{_CRM}.door:TenantDoor.lists",
    "intend_item": f"{_STORAGE}.arrivals:ArrivingTenant.intend_item",
    "create_item": f"{_CRM}.door:TenantDoor.create_item",
    "created_item": f"{_STORAGE}.held:HeldTenant.created_item",
    "webhooks": f"{_CRM}.door:TenantDoor.webhooks",
    "slot": f"{_STORAGE}.tenants:subscribe",
    "subscribe": f"{_CRM}.door:TenantDoor.subscribe",
    "registered": f"{_STORAGE}.tenants:registered",
    "installed": f"{_STORAGE}.held:HeldTenant.journal",
}
"""Every step of an installation (P19)."""

UNINSTALL: dict[str, str] = {
    "leave": f"{_STORAGE}.tenants:leave",
    "hold": f"{_STORAGE}.turns:take",
    "abandon": f"{_STORAGE}.leaving:LeavingTenant.abandon",
    "enter": f"{_CRM}.door:TenantDoor.enter",
    "unsubscribe": f"{_CRM}.door:TenantDoor.unsubscribe",
    "used": f"{_CRM}.door:TenantDoor.used",
    "retire_item": f"{_CRM}.door:TenantDoor.retire_item",
    "retired": f"{_STORAGE}.held:HeldTenant.retired",
    "uninstalled": f"{_STORAGE}.held:HeldTenant.journal",
    "remove": f"{_STORAGE}.tenants:remove",
    "wipe": f"{_STORAGE}.leaving:LeavingTenant.wipe",
}
"""Every step of an uninstallation (P20)."""

RUN: dict[str, str] = {
    "checked": f"{_STORAGE}.runs:RunBook.checked",
    "next_wave": f"{_STORAGE}.runs:RunBook.next_wave",
    "keep_all": f"{_STORAGE}.decisions:DecisionBook.keep_all",
    "begun": f"{_STORAGE}.runs:RunBook.begun",
    "keep_before": f"{_STORAGE}.runs:RunBook.keep_before",
    "mass_write": f"{_CRM}.mass:SuperOfficeMass.write",
    "ended": f"{_STORAGE}.runs:RunBook.ended",
    "finish_run": f"{_STORAGE}.runs:RunBook.finish",
}
"""Every step of a run beside those that it shares with an event's."""

POINTS = WORKER | WEB | INSTALL | UNINSTALL | RUN


def names(points: dict[str, str]) -> list[str]:
    """Give each point before and after."""
    return [f"{name}:{when}" for name in points for when in ("before", "after")]


def arm(spoken: str) -> None:
    """Have this process kill itself at the nth passage of a point."""
    name, when, nth = spoken.split(":")
    owner, last = find(name)
    setattr(owner, last, _wrapped(getattr(owner, last), when, int(nth)))


def find(name: str) -> tuple[Any, str]:
    """Give what holds the function of a point, and the function's name there."""
    module, _, path = POINTS[name].partition(":")
    owner: Any = importlib.import_module(module)
    *classes, last = path.split(".")
    for one in classes:
        owner = getattr(owner, one)
    return owner, last


def _wrapped(original: Callable[..., Any], when: str, nth: int) -> Callable[..., Any]:
    passages = itertools.count(1)

    def passed() -> None:
        if next(passages) == nth:
            os.kill(os.getpid(), signal.SIGKILL)

    if inspect.iscoroutinefunction(original):

        @functools.wraps(original)
        async def awaited(*given: Any, **named: Any) -> Any:
            if when == "before":
                passed()
            result = await original(*given, **named)
            if when == "after":
                passed()
            return result

        return awaited

    @functools.wraps(original)
    def called(*given: Any, **named: Any) -> Any:
        if when == "before":
            passed()
        result = original(*given, **named)
        if when == "after":
            passed()
        return result

    return called
