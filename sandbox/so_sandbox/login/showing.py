"""What a human sees of the login service: the page that asks for approval, and two smaller ones."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, PlainTextResponse, Response
from starlette.routing import Route

_HERE = Path(__file__).parent / "pages"
_FILES = {"login.css": "text/css", "post.js": "text/javascript"}
# No form-action: browsers hold the redirect after a form to it too, and that leads to the client.
_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src data:; base-uri 'none'; "
        "frame-ancestors 'none'"
    ),
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
_TEMPLATES = Environment(
    loader=FileSystemLoader(_HERE), autoescape=True, undefined=StrictUndefined, trim_blocks=True
)


def show(name: str, *, status: int = 200, **values: object) -> Response:
    """Render one of the pages."""
    return HTMLResponse(_TEMPLATES.get_template(name).render(values), status, headers=_HEADERS)


def post_back(base: str, address: str, answer: Mapping[str, str]) -> Response:
    """Have the browser post the answer to the client: by itself, or by a button where there is no script."""
    return show("post.html", base=base, address=address, answer=answer)


def files() -> list[Route]:
    """Serve what the pages load."""

    async def file(request: Request) -> Response:
        name = request.path_params["name"]
        if name not in _FILES:
            return PlainTextResponse("There is no such file", 404, headers=_HEADERS)
        return FileResponse(_HERE / name, media_type=_FILES[name], headers=_HEADERS)

    return [Route("/login/pages/{name}", file)]
