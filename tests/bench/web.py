"""`python -m tests.bench.web`: the product's web process with one bare route more, to compare with."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from so_privacy_ext import settings as configuration
from so_privacy_ext.app import App, find_database
from so_privacy_ext.cli.logs import log_as_json
from so_privacy_ext.web.application import create_application
from so_privacy_ext.web.server import listen, serve

BARE = "/bare"


async def bare(request: Request) -> Response:
    """Read the body and do nothing with it."""
    await request.body()
    return Response(b'{"stored":true}', media_type="application/json")


if __name__ == "__main__":
    settings = configuration.read()
    log_as_json("bench")
    app = App(settings, find_database(settings))
    application = create_application(app.receiving(), routes=[Route(BARE, bare, methods=["POST"])])
    serve(application, sockets=[listen(*settings.address)])
