"""Renders pages from templates: what is filled in is text, and what is missing is an error."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from so_privacy_ext.web import languages
from so_privacy_ext.web.security import PAGE_HEADERS

STATIC = "/static/"
_FILES = {"pages.css": "text/css", "icon.svg": "image/svg+xml"}
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
            t=t, language=spoken, languages=languages.NAMES, **_addresses(), **values
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


async def static(request: Request) -> Response:
    """Give a file of ours under the name that has its hash; no other file is served."""
    found = _static().get(request.path_params["name"])
    if found is None:
        raise HTTPException(404)
    content, kind = found
    return Response(content, 200, {"cache-control": f"public, max-age={_YEAR}, immutable"}, kind)


@cache
def _addresses() -> Mapping[str, str]:
    """Give the addresses of the files, by the first word of their names."""
    return {name.partition("-")[0]: STATIC + name for name in _static()}


@cache
def _static() -> Mapping[str, tuple[bytes, str]]:
    """Read what lies in static/: content and type by the name under which it is served."""
    found = {}
    for name, kind in _FILES.items():
        content = (files(__package__) / "static" / name).read_bytes()
        stem, _, suffix = name.partition(".")
        found[f"{stem}-{hashlib.sha256(content).hexdigest()[:16]}.{suffix}"] = content, kind
    return found


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
