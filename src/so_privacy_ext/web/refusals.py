"""What a request is told that comes to nothing: a page for people, JSON for programs, no innards."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import structlog
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from so_privacy_ext.errors import CrmFailure, Exit, PrivacyError, Refused, Rejected, StorageUnavailable
from so_privacy_ext.web import answers, languages
from so_privacy_ext.web.floods import Floods
from so_privacy_ext.web.noting import caller
from so_privacy_ext.web.rendering import Pages

_FOR_PROGRAMS = ("/webhooks/", "/state-changes/", "/healthz/", "/metrics")
_CODES = {404: "not_found", 405: "method_not_allowed"}
_STATUS = {Exit.UNAVAILABLE: 503, Exit.NO_INPUT: 404}
_SAID = frozenset({400, 403, 404, 405, 413, 415, 429, 500, 502, 503})
"""Statuses with a text of their own; the others are told as 400."""
_BEGIN_AGAIN = frozenset(
    {
        "bad_state",
        "bad_code",
        "bad_token",
        "sign_in_denied",
        "sign_in_failed",
        "admin_required",
        "not_installed",
    }
)
"""Codes after which somebody else, or the same another time, may sign in."""
_RETRY_AFTER = {429: {"retry-after": "60"}, 503: {"retry-after": "5"}}

Answering = Callable[[Request, Exception], Awaitable[Response]]

_log = structlog.get_logger()


class Refusals:
    """Answers by fixed texts; an address that is refused too often is told to wait, whatever it asked."""

    def __init__(self, pages: Pages, floods: Floods) -> None:
        self._pages = pages
        self._floods = floods

    async def http_error(self, request: Request, error: Exception) -> Response:
        """Answer what no route takes."""
        status = error.status_code if isinstance(error, HTTPException) else 500
        headers = dict((isinstance(error, HTTPException) and error.headers) or {})
        return self.answer(request, status, _CODES.get(status, "refused"), headers)

    async def failure(self, request: Request, error: Exception) -> Response:
        """Answer what we raised on purpose."""
        match error:
            case Rejected():
                return self.answer(request, error.status, error.code)
            case Refused():
                return self.answer(request, _STATUS.get(error.exit_code, 422), error.code)
            case StorageUnavailable():
                return self.answer(request, 503, "unavailable")
            case CrmFailure():
                return self.answer(request, 502, f"superoffice_{error.fault}")
            case _:
                return self.answer(request, 500, "internal")

    async def client_gone(self, _request: Request, _error: Exception) -> Response:
        """Answer nobody."""
        return _as_json(400, "bad_request", answers.new_request_id(), {})

    async def server_error(self, request: Request, error: Exception) -> Response:
        """Answer a bug of ours; the server logs where it was raised."""
        request_id = answers.new_request_id()
        _log.error("failed", request_id=request_id, error=type(error).__name__)
        return self._told(request, 500, "internal", request_id, {})

    def answer(
        self, request: Request, status: int, code: str, headers: dict[str, str] | None = None
    ) -> Response:
        """Answer by status and code."""
        request_id = answers.new_request_id()
        address = caller(request.scope)
        if status < 500 and self._floods.refused(address):
            return self._told(request, 429, "too_many_requests", request_id, {})
        _log.warning("refused", code=code, status=status, request_id=request_id, client=address)
        return self._told(request, status, code, request_id, headers or {})

    def _told(
        self, request: Request, status: int, code: str, request_id: str, headers: dict[str, str]
    ) -> Response:
        headers = {**_RETRY_AFTER.get(status, {}), **headers}
        if not _wants_page(request):
            return _as_json(status, code, request_id, headers)
        known = f"refusal.{code}.title" in languages.texts(languages.chosen(request))
        page = self._pages.render(
            request,
            "refusal.html",
            status=status,
            said=code if known else str(status if status in _SAID else 400),
            again=code in _BEGIN_AGAIN,
            request_id=request_id,
            method=request.method,
        )
        page.headers.update(headers)
        return page


def handlers(refusals: Refusals) -> Mapping[Any, Answering]:
    """Name who answers which failure."""
    return {
        HTTPException: refusals.http_error,
        ClientDisconnect: refusals.client_gone,
        PrivacyError: refusals.failure,
        Exception: refusals.server_error,
    }


def _wants_page(request: Request) -> bool:
    return "text/html" in request.headers.get("accept", "") and not request.url.path.startswith(_FOR_PROGRAMS)


def _as_json(status: int, code: str, request_id: str, headers: dict[str, str]) -> Response:
    answer = answers.error(status, code, request_id)
    own = {name.decode(): value.decode() for name, value in answer.headers}
    return Response(answer.body, status, {**own, **headers})
