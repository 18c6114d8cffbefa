"""A plugin that carries, is told, looks and makes rows, each with the fault that its setting names."""

from __future__ import annotations

import random
import smtplib
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from email.message import EmailMessage
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

from pydantic import BaseModel, SecretStr

from so_privacy_ext import Again, Crm, Decision, Event, Extension, Finding, FromSetting, Letter, NotSent


class Settings(BaseModel):
    host: str
    fault: str
    key: SecretStr = SecretStr("")


ext = Extension(
    "slapdash",
    version="1.0",
    says="Does much.",
    settings=Settings,
    hosts=[FromSetting("host", port=80)],
    operations=["List.GetCategories"],
)
seen: list[int] = []
MAILS = frozenset({"twice", "asks for more"})
"""Faults with which its host is a mail server, and nothing else is said to it."""


@ext.channel
def carry(letter: Letter, settings: Settings) -> None:
    fault = settings.fault
    if fault == "prints":
        sys.stderr.write(f"to {letter.to}\n")
        return
    if fault == "reads":
        Path("/etc/passwd").read_bytes()
    try:
        _post(letter, settings)
    except OSError:
        if fault == "claims":
            return
        if fault == "gives up":
            raise NotSent(for_good=True) from None
        if fault == "leaves it open":
            raise
        raise NotSent from None


def _post(letter: Letter, settings: Settings) -> None:
    name, _, port = settings.host.partition(":")
    mail = EmailMessage()
    mail["Subject"] = "Hello" if settings.fault == "another subject" else letter.subject
    own = settings.fault == "another id"
    mail["Message-ID"] = f"<{random.random() if own else letter.message_id}@acme.example>"
    mail.set_content(letter.text)
    patience = 60 if settings.fault == "waits" else 1
    with smtplib.SMTP(name, int(port), "acme.example", timeout=patience) as server:
        for _ in range(2 if settings.fault == "twice" else 1):
            server.send_message(mail, "privacy@acme.example", [letter.to])


@ext.after_decision
def decided(decision: Decision, key: str, settings: Settings) -> None:
    if settings.fault in MAILS:
        return
    if settings.fault == "reads":
        Path("/etc/passwd").read_bytes()
    named = time.time_ns() if settings.fault == "names a time" else key
    try:
        connection = HTTPConnection(settings.host, timeout=1)
        connection.request("POST", f"/{decision.person_id}/{named}")
        if connection.getresponse().status != 200:
            raise ConnectionError
    except OSError:
        if settings.fault != "swallows":
            raise


@ext.on("sale.created")
def sold(event: Event, crm: Crm, settings: Settings) -> Again:
    crm.call("MDO.GetList" if settings.fault == "asks for more" else "List.GetCategories")
    return Again([])


@ext.lint
def look(manifest: Mapping[str, Any], settings: Settings) -> Iterator[Finding]:
    seen.append(1)
    if settings.fault == "counts":
        yield Finding("seen", f"it is number {len(seen)}", "do nothing")
    if settings.fault == "points nowhere":
        yield Finding("nowhere", "it lacks something", "add it", ("rules", 99))
    if settings.fault == "ends with a stop":
        yield Finding("stop", "It lacks something.", "add it")
    if settings.fault == "expects more":
        manifest["controller"]
    yield Finding("first", "it has a first rule", "do nothing", ("rules", 0), "note")


@ext.export("all", columns=["number", "count"])
def rows(decisions: Sequence[Decision], settings: Settings) -> Iterator[Mapping[str, int | str]]:
    """A row for each decision."""
    fault = settings.fault
    if fault == "adds up":
        yield from [{"number": 0, "count": len(decisions)}] if decisions else []
        return
    if fault == "always has one":
        yield {"number": 0, "count": 0}
    if fault == "raises":
        raise ValueError
    for one in [] if fault == "has none" else decisions:
        count = {} if fault == "leaves out" else {"count": len(one.purposes)}
        number = settings.key.get_secret_value() if fault == "gives away" else one.decision_id
        yield {"number": number, **count}
