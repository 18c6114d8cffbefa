"""What another manifest would have come to: the persons of the last month whose outcome differs."""

from __future__ import annotations

import base64
import binascii
from datetime import UTC, datetime, timedelta

from starlette.responses import Response

from so_privacy_ext.errors import Rejected
from so_privacy_ext.rules.findings import ManifestInvalid
from so_privacy_ext.storage import manifests
from so_privacy_ext.trial.consequences import MAIL
from so_privacy_ext.trial.shadow import Shadow
from so_privacy_ext.web.console.manifest_text import FILENAME
from so_privacy_ext.web.console.visit import Visit, number

DAYS = 30
EXAMPLES = 5
"""Persons of each change who are shown."""


def show(visit: Visit) -> Response:
    """Replay what was decided by two manifests.

    A text against the one that decides, or a version against the one before it. Nothing is written, and
    SuperOffice is asked for its lists alone.
    """
    with visit.session() as session:
        visit.summary(session)
        if "version" in visit.posted.fields:
            _, after, before = manifests.shown(session, number(visit.field("version")))
        else:
            after, active = _content(visit), manifests.active(session)
            before = None if active is None else active[0]
    found: Shadow | None = None
    fits = True
    if before is not None:
        since = datetime.now(UTC) - timedelta(days=DAYS)
        try:
            with visit.turn() as turn:
                old, new = (visit.manifest(turn.session, one, FILENAME) for one in (before, after))
                found = visit.tenancy.replaying(turn).compare(old, new, since)
        except ManifestInvalid:
            fits = False
    return visit.page("consequences.html", found=found, fits=fits, days=DAYS, examples=EXAMPLES, mail=MAIL)


def _content(visit: Visit) -> bytes:
    try:
        return base64.b64decode(visit.field("content"), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise Rejected("bad_content", 400) from None
