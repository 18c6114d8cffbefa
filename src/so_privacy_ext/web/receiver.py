"""Takes webhooks: verifies the raw bytes, stores them, and only then answers 200."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence

import structlog
from starlette.types import Receive, Scope, Send

from so_privacy_ext import metrics
from so_privacy_ext.errors import StorageUnavailable
from so_privacy_ext.model import Delivery, Event, Slot, SlotKeys
from so_privacy_ext.web import answers
from so_privacy_ext.web.floods import Floods
from so_privacy_ext.web.group_commit import GroupCommit
from so_privacy_ext.web.noting import caller, note
from so_privacy_ext.web.slots import Slots
from so_privacy_ext.webhooks import payload, signature

PREFIX = b"/webhooks/"
RETRY_AFTER = (b"retry-after", b"2")

_SLOT = re.compile(rb"/webhooks/([0-9a-f]{32})")
_log = structlog.get_logger()


class Receiver:
    """The ASGI application behind `/webhooks/`, with nothing between it and the server."""

    def __init__(self, slots: Slots, commits: GroupCommit, floods: Floods) -> None:
        self._slots = slots
        self._commits = commits
        self._floods = floods

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        # The bytes of the path as sent: no other writing of a path leads here.
        found = _SLOT.fullmatch(scope["raw_path"])
        if found is None:
            await self._refuse(send, 404, "not_found")
        elif scope["method"] != "POST":
            await self._refuse(send, 405, "method_not_allowed", (b"allow", b"POST"))
        else:
            await self._take(Slot(found[1].decode("ascii")), scope, receive, send)

    async def _take(self, slot: Slot, scope: Scope, receive: Receive, send: Send) -> None:
        body = await _read(receive)
        if body is None:
            return
        try:
            keys = await self._slots.keys(slot)
        except StorageUnavailable:
            await self._refuse(send, 503, "unavailable", RETRY_AFTER)
            return
        if keys is not None and not keys.secrets:
            _log.error("webhook_secret_unusable", tenant_id=keys.tenant_id)
            await self._refuse(send, 503, "not_ready", RETRY_AFTER)
            return
        signatures, header_event_id = _headers(scope)
        place = signature.matching(body, signatures, () if keys is None else keys.secrets)
        if keys is None or place is None:
            await self._unauthorized(send, scope, keys, signatures)
            return
        if place:
            metrics.delivery("previous_secret")
        try:
            await self._commits.store(self._delivery(keys, body, header_event_id))
        except StorageUnavailable:
            await self._refuse(send, 503, "unavailable", RETRY_AFTER)
            return
        metrics.delivery("stored")
        await answers.STORED(send)

    def _delivery(self, keys: SlotKeys, body: bytes, header_event_id: bytes | None) -> Delivery:
        parsed = payload.parse(body, keys.context_identifier, header_event_id=header_event_id)
        digest = hashlib.sha256(body).digest()
        if isinstance(parsed, Event):
            return Delivery(keys.tenant_id, body, digest, parsed)
        metrics.delivery("quarantined")
        _log.warning("quarantined", tenant_id=keys.tenant_id, reason=parsed.reason, bytes=len(body))
        return Delivery(keys.tenant_id, body, digest, None, parsed.reason)

    async def _unauthorized(
        self, send: Send, scope: Scope, keys: SlotKeys | None, signatures: Sequence[bytes]
    ) -> None:
        """Refuse in the same bytes whatever was wrong; only the log tells."""
        if self._floods.refused(caller(scope)):
            metrics.delivery("too_many_requests")
            await answers.TOO_MANY(send)
            return
        why = "unknown_slot" if keys is None else _WHY.get(len(signatures), "ambiguous_signature")
        metrics.delivery("unauthorized")
        tenant_id = None if keys is None else keys.tenant_id
        note(scope, "delivery_refused", tenant_id=tenant_id, refused=True, code="unauthorized", why=why)
        await answers.UNAUTHORIZED(send)

    async def _refuse(self, send: Send, status: int, code: str, *headers: tuple[bytes, bytes]) -> None:
        request_id = answers.new_request_id()
        metrics.delivery(code)
        _log.warning("refused", code=code, request_id=request_id)
        await answers.error(status, code, request_id, *headers)(send)


_WHY = {0: "missing_signature", 1: "bad_signature"}


async def _read(receive: Receive) -> bytes | None:
    """Read the raw body, which the wire keeps within its size; none when the client has gone."""
    message = await receive()
    if message["type"] == "http.request" and not message.get("more_body"):
        whole: bytes = message.get("body", b"")
        return whole
    parts = []
    while message["type"] == "http.request":
        parts.append(message.get("body", b""))
        if not message.get("more_body"):
            return b"".join(parts)
        message = await receive()
    return None


def _headers(scope: Scope) -> tuple[list[bytes], bytes | None]:
    """Give every signature header, and the event id if there is one."""
    signatures: list[bytes] = []
    event_id = None
    for name, value in scope["headers"]:
        if name == b"x-superoffice-signature":
            signatures.append(value)
        elif name == b"x-superoffice-eventid":
            event_id = value
    return signatures, event_id
