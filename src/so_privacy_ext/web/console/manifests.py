"""The manifest: the one that decides, those that did, a new one checked, and then activated or proposed."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from starlette.responses import Response

from so_privacy_ext.errors import Rejected
from so_privacy_ext.rules.findings import ManifestInvalid
from so_privacy_ext.rules.not_acted_on import not_acted_on
from so_privacy_ext.storage import manifests, proposals
from so_privacy_ext.storage.manifests import Agreed
from so_privacy_ext.storage.proposals import LONGEST_REASON
from so_privacy_ext.web.console.manifest_text import FILENAME, editor, given, level, lines
from so_privacy_ext.web.console.text_diff import changes
from so_privacy_ext.web.console.visit import APPROVALS, HOME, Visit, number
from so_privacy_ext.web.security import PAGE_HEADERS
from so_privacy_ext.web.visible import visible

MANIFEST = f"{HOME}/manifest"
_HISTORY = 20


def show(visit: Visit) -> Response:
    """Show the manifest that decides, those that did, and the way to a new one."""
    with visit.session() as session:
        visit.summary(session)
        listed, active = manifests.listed(session), manifests.active(session)
        two_pairs = proposals.demanded(session)
    text = None if active is None else visible(active[0].decode())
    return visit.page("manifest.html", history=listed[:_HISTORY], text=text, two_pairs=two_pairs)


def download(visit: Visit) -> Response:
    """Give the file that decides, byte by byte."""
    with visit.session() as session:
        active = manifests.active(session)
    if active is None:
        raise Rejected("not_found", 404)
    headers = {**PAGE_HEADERS, "content-disposition": f'attachment; filename="{FILENAME}"'}
    return Response(active[0], 200, headers, "application/yaml")


def edit(visit: Visit) -> Response:
    """Offer the text that decides to be changed on the page; nothing is changed before it was checked."""
    with visit.session() as session:
        visit.summary(session)
        active = manifests.active(session)
    if active is None:
        raise Rejected("not_found", 404)
    return visit.page("manifest_edit.html", editor=editor(active[0].decode()))


def version(visit: Visit) -> Response:
    """Show a version that decides or decided: who, when, why, and what differs from the one before."""
    with visit.session() as session:
        visit.summary(session)
        activation, content, before = manifests.shown(session, number(visit.request.path_params["number"]))
    differs = [] if before is None else list(changes(before.decode(), content.decode()))
    return visit.page(
        "manifest_version.html",
        one=activation,
        text=visible(content.decode()),
        first=before is None,
        changes=differs,
    )


def check(visit: Visit) -> Response:
    """Check an uploaded or a corrected text, in itself and against the tenant; nothing is changed."""
    return _checked(visit, given(visit))


def activate(visit: Visit) -> Response:
    """Let the very bytes that were checked decide, or propose that, with a reason that is kept."""
    try:
        content = base64.b64decode(visit.field("content"), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise Rejected("bad_content", 400) from None
    begin = visit.posted.fields.get("tell_from", "")
    start, reason = _start(begin), visit.posted.fields.get("reason", "").strip()
    if not 0 < len(reason) <= LONGEST_REASON:
        return _checked(visit, content, wrong="reason", reason=reason, begin=begin)
    who = f"associate {visit.signed.associate_id}"
    try:
        with visit.turn() as turn:
            manifest = visit.manifest(turn.session, content, FILENAME)
            two_pairs = proposals.demanded(turn.session)
            if two_pairs:
                visit.tenancy.approving(turn).propose(
                    manifest, content, who=who, reason=reason, tell_from=start
                )
            else:
                agreed = Agreed(reason)
                visit.tenancy.activate(turn, manifest, content, who=who, tell_from=start, agreed=agreed)
    except ManifestInvalid as invalid:
        return _wrong(visit, content, invalid)
    visit.note("manifest_proposed" if two_pairs else "manifest_activated", manifest=manifest.digest[:12])
    return visit.done(APPROVALS, "proposed") if two_pairs else visit.done(MANIFEST, "activated")


def _checked(
    visit: Visit, content: bytes, *, wrong: str | None = None, reason: str = "", begin: str = ""
) -> Response:
    try:
        with visit.turn() as turn:
            manifest = visit.manifest(turn.session, content, FILENAME)
            findings = visit.tenancy.fit(turn, manifest)
            standing, two_pairs = manifests.active(turn.session), proposals.demanded(turn.session)
    except ManifestInvalid as invalid:
        return _wrong(visit, content, invalid)
    text = content.decode()
    return visit.page(
        "manifest_checked.html",
        status=422 if wrong else 200,
        manifest=manifest,
        same=standing is not None and standing[1] == manifest.digest,
        first=standing is None,
        content=base64.urlsafe_b64encode(content).decode(),
        idle=not_acted_on(manifest),
        findings=findings,
        level=level,
        lines=[one for one in lines(text, findings) if one.findings],
        changes=[] if standing is None else list(changes(standing[0].decode(), text)),
        two_pairs=two_pairs,
        editor=editor(text),
        wrong=wrong,
        reason=reason,
        longest=LONGEST_REASON,
        tell_from=begin,
    )


def _wrong(visit: Visit, content: bytes, invalid: ManifestInvalid) -> Response:
    text = content.decode("utf-8", "replace")
    values: Mapping[str, Any] = {
        "findings": invalid.findings,
        "left_out": invalid.left_out,
        "lines": list(lines(text, invalid.findings)),
        "editor": editor(text),
        "level": level,
    }
    return visit.page("manifest_wrong.html", status=422, **values)


def _start(text: str) -> datetime | None:
    if not text:
        return None
    try:
        return datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError:
        raise Rejected("bad_date", 400) from None
