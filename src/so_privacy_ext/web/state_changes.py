"""Takes news of tenants from SuperOffice: authenticated, then believed to be no more than a hint."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import structlog
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from so_privacy_ext.errors import CrmFailure, Refused, StorageUnavailable
from so_privacy_ext.model import TenantId
from so_privacy_ext.superoffice.state_change import StateChange
from so_privacy_ext.web import answers
from so_privacy_ext.web.answers import Answer
from so_privacy_ext.web.floods import Floods
from so_privacy_ext.web.noting import caller, note

PATH = "/state-changes/{environment}"
LARGEST = 32 * 1024
"""Bytes of a body: a token and six short fields."""
_RETRY_AFTER = (b"retry-after", b"60")

Read = Callable[[str, bytes], StateChange]
"""Read a notification to an environment. Raises a ValueError for one that SuperOffice has not sent about this
tenant, a `CrmFailure` when its keys can't be had, `Refused` for an environment that is none."""
Tell = Callable[[str, StateChange], TenantId | None]
"""Tell whoever works for the tenant; None when there is no such tenant."""

_log = structlog.get_logger("so_privacy_ext.web.state_changes")


class StateChanges:
    """The endpoint of the application's state-change URL, one for each environment."""

    def __init__(self, read: Read, tell: Tell, floods: Floods | None = None) -> None:
        self._read = read
        self._tell = tell
        self._floods = floods or Floods()
        self.outcomes: Counter[str] = Counter()
        """How often each outcome was seen since the start."""

    def route(self) -> Route:
        return Route(PATH, self.take, methods=["POST"])

    async def take(self, request: Request) -> Response:
        environment = request.path_params["environment"]
        body = await _read_body(request)
        if body is None:
            return self._end("too_large", answers.error(413, "too_large", answers.new_request_id()))
        try:
            change = await run_in_threadpool(self._read, environment, body)
        except Refused:
            return self._end("not_found", answers.error(404, "not_found", answers.new_request_id()))
        except CrmFailure as failure:
            _log.warning("state_change_unverified", environment=environment, fault=failure.fault)
            return self._end("unavailable", _unavailable())
        except ValueError as error:
            return self._unauthorized(request, environment, str(error))
        try:
            return await run_in_threadpool(self._hint, environment, change)
        except StorageUnavailable:
            return self._end("unavailable", _unavailable())

    def _hint(self, environment: str, change: StateChange) -> Response:
        """Have the tenant's state asked for; what can't be acted on is answered 200 all the same."""
        if change.kind is None:
            _log.warning("state_change_ignored", environment=environment, why="unknown_type")
            return self._end("ignored", answers.STORED)
        tenant_id = self._tell(environment, change)
        if tenant_id is None:
            _log.warning("state_change_ignored", environment=environment, why="unknown_tenant")
            return self._end("ignored", answers.STORED)
        _log.info("state_change", environment=environment, tenant_id=tenant_id, change=change.kind)
        return self._end("taken", answers.STORED)

    def _unauthorized(self, request: Request, environment: str, why: str) -> Response:
        """Refuse in the same bytes whatever was wrong; only the log tells."""
        if self._floods.refused(caller(request.scope)):
            return self._end("too_many_requests", answers.TOO_MANY)
        note(
            request.scope,
            "state_change_refused",
            refused=True,
            code="unauthorized",
            environment=environment,
            why=why,
        )
        return self._end("unauthorized", answers.UNAUTHORIZED)

    def _end(self, outcome: str, answer: Answer) -> Response:
        self.outcomes[outcome] += 1
        headers = {name.decode(): value.decode() for name, value in answer.headers}
        return Response(answer.body, answer.status, headers)


def _unavailable() -> Answer:
    return answers.error(503, "unavailable", answers.new_request_id(), _RETRY_AFTER)


async def _read_body(request: Request) -> bytes | None:
    """Read the body; none when it is too large."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > LARGEST:
            return None
    return bytes(body)
