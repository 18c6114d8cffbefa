"""Puts the routes together: the receiver first, then two words about our health, then pages."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Callable, Sequence

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route
from starlette.types import Receive, Scope, Send

from so_privacy_ext.errors import StorageUnavailable
from so_privacy_ext.model import Slot
from so_privacy_ext.ports import Receiving
from so_privacy_ext.web import refusals
from so_privacy_ext.web.floods import Floods
from so_privacy_ext.web.group_commit import GroupCommit
from so_privacy_ext.web.receiver import PREFIX, Receiver
from so_privacy_ext.web.refusals import Refusals
from so_privacy_ext.web.rendering import STATIC, Pages, static
from so_privacy_ext.web.slots import Slots

_NOBODYS_SLOT = Slot("0" * 32)


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
    floods: Callable[[], Floods] = Floods,
    store_seconds: float = 4.0,
    stuck_seconds: float = 30.0,
) -> Application:
    """Make the application; the caller opened `receiving` and closes it after the server has ended.

    `floods` makes what counts refusals, of deliveries and of pages each by itself.
    """
    slots = Slots(receiving.look_up)
    commits = GroupCommit(receiving.store, wait_seconds=store_seconds)
    receiver = Receiver(slots, commits, floods())

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

    own = [
        Route("/healthz/live", live),
        Route("/healthz/ready", ready),
        Route(f"{STATIC}{{name}}", static),
    ]
    pages = Starlette(
        routes=[*own, *routes],
        exception_handlers=refusals.handlers(Refusals(Pages(), floods())),
        lifespan=lifespan,
    )
    pages.router.redirect_slashes = False
    return Application(receiver, pages)


def _word(text: str, status: int = 200) -> Response:
    return Response(text, status, {"cache-control": "no-store"}, "text/plain; charset=utf-8")
