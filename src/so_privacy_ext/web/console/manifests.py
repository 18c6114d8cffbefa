"""The manifest: the one that decides, a new one checked with its errors in place, and then activated."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from starlette.responses import Response

from so_privacy_ext.errors import Rejected
from so_privacy_ext.rules.findings import Finding, ManifestInvalid
from so_privacy_ext.rules.manifest import parse
from so_privacy_ext.rules.not_acted_on import not_acted_on
from so_privacy_ext.storage import manifests
from so_privacy_ext.web.console.visit import HOME, Visit
from so_privacy_ext.web.security import PAGE_HEADERS
from so_privacy_ext.web.visible import visible

MANIFEST = f"{HOME}/manifest"
_FILENAME = "manifest.yaml"
_WHOLE = 400
"""Lines up to which a text is shown whole; of a longer one, what stands around its errors."""
_AROUND = 3
_HISTORY = 20


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a manifest with what is wrong in it; after a gap, lines have been left out before it."""

    number: int
    text: str
    findings: tuple[Finding, ...]
    gap: bool


def show(visit: Visit) -> Response:
    """Show the manifest that decides, those that did, and the way to a new one."""
    with visit.session() as session:
        visit.summary(session)
        listed, active = manifests.listed(session), manifests.active(session)
    text = None if active is None else visible(active[0].decode())
    return visit.page("manifest.html", history=listed[:_HISTORY], text=text)


def download(visit: Visit) -> Response:
    """Give the file that decides, byte by byte."""
    with visit.session() as session:
        active = manifests.active(session)
    if active is None:
        raise Rejected("not_found", 404)
    headers = {**PAGE_HEADERS, "content-disposition": f'attachment; filename="{_FILENAME}"'}
    return Response(active[0], 200, headers, "application/yaml")


def check(visit: Visit) -> Response:
    """Check an uploaded or a corrected text, in itself and against the tenant; nothing is changed."""
    content = _given(visit)
    try:
        manifest = parse(content, _FILENAME)
        with visit.turn() as turn:
            visit.tenancy.fit(turn, manifest)
            standing = manifests.active(turn.session)
    except ManifestInvalid as invalid:
        return _wrong(visit, content, invalid)
    return visit.page(
        "manifest_checked.html",
        manifest=manifest,
        same=standing is not None and standing[1] == manifest.digest,
        first=standing is None,
        content=base64.urlsafe_b64encode(content).decode(),
        idle=not_acted_on(manifest),
        wrong=None,
    )


def activate(visit: Visit) -> Response:
    """Let the very bytes that were checked decide, if the tenant still has all that they name."""
    try:
        content = base64.b64decode(visit.field("content"), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise Rejected("bad_content", 400) from None
    start = _start(visit.posted.fields.get("tell_from", ""))
    try:
        manifest = parse(content, _FILENAME)
        with visit.turn() as turn:
            who = f"associate {visit.signed.associate_id}"
            visit.tenancy.activate(turn, manifest, content, who=who, tell_from=start)
    except ManifestInvalid as invalid:
        return _wrong(visit, content, invalid)
    visit.note("manifest_activated", manifest=manifest.digest[:12])
    return visit.done(MANIFEST, "activated")


def lines(text: str, findings: tuple[Finding, ...]) -> Iterator[Line]:
    """Give the lines of a text, each with what is wrong in it."""
    everything = text.split("\n")
    by_line: dict[int, list[Finding]] = {}
    for one in findings:
        by_line.setdefault(min(max(one.line, 1), len(everything)), []).append(one)
    last = 0
    for number, line in enumerate(everything, 1):
        if len(everything) <= _WHOLE or any(abs(number - one) <= _AROUND for one in by_line):
            yield Line(number, visible(line), tuple(by_line.get(number, ())), gap=number > last + 1)
            last = number


def _given(visit: Visit) -> bytes:
    """Take the file, or the text of the form, whose lines a browser ends with CR LF."""
    upload = visit.posted.files.get("file", b"")
    text = visit.posted.fields.get("text", "")
    if bool(upload) == bool(text):
        raise Rejected("file_or_text", 422)
    return upload or text.replace("\r\n", "\n").encode("utf-8", "replace")


def _wrong(visit: Visit, content: bytes, invalid: ManifestInvalid) -> Response:
    text = content.decode("utf-8", "replace")
    values: Mapping[str, Any] = {
        "findings": invalid.findings,
        "left_out": invalid.left_out,
        "lines": list(lines(text, invalid.findings)),
        "text": text,
    }
    return visit.page("manifest_wrong.html", status=422, **values)


def _start(text: str) -> datetime | None:
    if not text:
        return None
    try:
        return datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError:
        raise Rejected("bad_date", 400) from None
