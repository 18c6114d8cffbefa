"""A plugin that does what well-behaved ones do: common libraries, time zones, threads, data of its own."""

from __future__ import annotations

import asyncio
import ctypes
import email.message
import importlib.metadata
import importlib.resources
import smtplib
import ssl
import uuid
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from zoneinfo import ZoneInfo

import cryptography.fernet
import jinja2
import lxml.etree
import requests

from so_privacy_ext import Extension, Seen

ext = Extension("libraries", version="1", says="Uses libraries.")
_USED = (ctypes, email.message, smtplib, cryptography.fernet, requests)


@ext.facts("zone", "package", "data", "thread", "loop", "template", "trust")
def found(persons: Sequence[Seen]) -> Mapping[int, Mapping[str, str | int]]:
    assert all(_USED)
    with ThreadPoolExecutor(1) as pool:
        thread = pool.submit(lambda: lxml.etree.fromstring("<a/>").tag).result()
    facts: Mapping[str, str | int] = {
        "zone": datetime(2026, 7, 1, tzinfo=ZoneInfo("Europe/Copenhagen")).isoformat(),
        "package": importlib.metadata.version("pydantic"),
        "data": len(importlib.resources.files("certifi").joinpath("cacert.pem").read_text("ascii")),
        "thread": thread,
        "loop": asyncio.run(asyncio.sleep(0, str(uuid.uuid4()))),
        "template": jinja2.Template("{{ 1 + 1 }}").render(),
        "trust": len(ssl.create_default_context().get_ca_certs()),
    }
    return {one.person_id: facts for one in persons}
