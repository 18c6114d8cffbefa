"""Renders pages from templates: what is filled in is text, and what is missing is an error."""

from __future__ import annotations

import hashlib
from functools import cache
from importlib.resources import files

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from so_privacy_ext.web import languages
from so_privacy_ext.web.security import PAGE_HEADERS

STATIC = "/static/"
_STYLE = "pages.css"
_YEAR = 365 * 24 * 60 * 60


class Pages:
    """Our pages in five languages."""

    def __init__(self) -> None:
        self._templates = _environment()

    def render(
        self,
        request: Request,
        template: str,
        *,
        status: int = 200,
        language: str | None = None,
        **values: object,
    ) -> Response:
        """Render a page in a language, or in the one that the request asks for; remember one chosen now."""
        spoken = language if language and language in languages.NAMES else languages.chosen(request)
        t = languages.texts(spoken)
        content = self._templates.get_template(template).render(
            t=t, language=spoken, languages=languages.NAMES, style=STATIC + _style()[0], **values
        )
        response = HTMLResponse(content, status, PAGE_HEADERS)
        if request.query_params.get(languages.QUERY) == spoken:
            response.set_cookie(
                languages.COOKIE,
                spoken,
                max_age=_YEAR,
                path="/",
                secure=True,
                httponly=True,
                samesite="lax",
            )
        return response


async def style(request: Request) -> Response:
    """Give the style sheet under the name that has its hash; no other file is served."""
    name, content = _style()
    if request.path_params["name"] != name:
        raise HTTPException(404)
    return Response(content, 200, {"cache-control": f"public, max-age={_YEAR}, immutable"}, "text/css")


@cache
def _style() -> tuple[str, bytes]:
    content = (files(__package__) / "static" / _STYLE).read_bytes()
    stem, _, suffix = _STYLE.partition(".")
    return f"{stem}-{hashlib.sha256(content).hexdigest()[:16]}.{suffix}", content


@cache
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader(__package__, "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
