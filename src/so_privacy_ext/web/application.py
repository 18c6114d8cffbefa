"""Puts the routes together: the receiver first, then two words about our health, then pages."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Sequence

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route
from starlette.types import Receive, Scope, Send

from so_privacy_ext.errors import StorageUnavailable
from so_privacy_ext.model import Slot
from so_privacy_ext.ports import Receiving
from so_privacy_ext.web import answers
from so_privacy_ext.web.floods import Floods
from so_privacy_ext.web.group_commit import GroupCommit
from so_privacy_ext.web.receiver import PREFIX, Receiver
from so_privacy_ext.web.slots import Slots

_NOBODYS_SLOT = Slot("0" * 32)
_CODES = {404: "not_found", 405: "method_not_allowed"}


class Application:
    """The ASGI application; webhooks go straight to the receiver, all else through Starlette."""

    def __init__(self, receiver: Receiver, pages: Starlette) -> None:
        self.receiver = receiver
        self._pages = pages

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["raw_path"].startswith(PREFIX):
            await self.receiver(scope, receive, send)
        else:
            await self._pages(scope, receive, send)


def create_application(
    receiving: Receiving,
    *,
    routes: Sequence[BaseRoute] = (),
    store_seconds: float = 4.0,
    stuck_seconds: float = 30.0,
) -> Application:
    """Make the application; the caller opened `receiving` and closes it after the server has ended."""
    slots = Slots(receiving.look_up)
    commits = GroupCommit(receiving.store, wait_seconds=store_seconds)
    receiver = Receiver(slots, commits, Floods())

    @contextlib.asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        yield
        slots.close()
        commits.close()

    async def live(_request: Request) -> Response:
        """Fail when only a restart helps: the loop answers, but a commit does not come back."""
        return _word("stuck", 503) if commits.stuck_for() > stuck_seconds else _word("live")

    async def ready(_request: Request) -> Response:
        """Fail while the database can't be asked."""
        try:
            await slots.keys(_NOBODYS_SLOT)
        except StorageUnavailable:
            return _word("unready", 503)
        return _word("ready")

    pages = Starlette(
        routes=[Route("/healthz/live", live), Route("/healthz/ready", ready), *routes],
        exception_handlers={
            HTTPException: _http_error,
            ClientDisconnect: _client_gone,
            Exception: _server_error,
        },
        lifespan=lifespan,
    )
    pages.router.redirect_slashes = False
    return Application(receiver, pages)


def _word(text: str, status: int = 200) -> Response:
    return Response(text, status, {"cache-control": "no-store"}, "text/plain; charset=utf-8")


async def _http_error(_request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    headers = dict((isinstance(error, HTTPException) and error.headers) or {})
    return _error(status, _CODES.get(status, "refused"), headers)


async def _client_gone(_request: Request, _error_raised: Exception) -> Response:
    return _error(400, "bad_request", {})  # nobody is there to read it


async def _server_error(_request: Request, _error_raised: Exception) -> Response:
    return _error(500, "internal", {})


def _error(status: int, code: str, headers: dict[str, str]) -> Response:
    answer = answers.error(status, code, answers.new_request_id())
    own = {name.decode(): value.decode() for name, value in answer.headers}
    return Response(answer.body, status, {**own, **headers})
