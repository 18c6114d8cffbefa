"""Reads what a browser posts: from one of our own pages, of a size we take, one value for each name."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol
from urllib.parse import urlsplit

from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import Message

from so_privacy_ext.errors import Rejected

TOKEN = "csrf"  # noqa: S105 - the name of a field
MOST_BYTES = 512 * 1024
"""Of a whole form, with a manifest of 256 KiB in it as an upload or in base64."""
_MOST_FIELDS = 50
_KINDS = {"application/x-www-form-urlencoded", "multipart/form-data"}
_OWN_SITE = {"same-origin", "none"}


class Holder(Protocol):
    """Who has a session, as far as a form must know."""

    @property
    def csrf(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Posted:
    """What was posted: texts by name, and files' bytes by name."""

    fields: Mapping[str, str]
    files: Mapping[str, bytes] = field(repr=False)


async def read(request: Request, signed: Holder | None) -> Mapping[str, str]:
    """Read a form's fields; raises `Rejected`. Whatever field nobody asks for has no effect."""
    return (await read_with_files(request, signed)).fields


async def read_with_files(request: Request, signed: Holder | None) -> Posted:
    """Read a form with what was uploaded in it.

    Only where nobody is signed in, as on the way in, is there no token; the page must be ours even so.
    """
    refuse_other_sites(request)
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind not in _KINDS:
        raise Rejected("wrong_type", 415)
    whole = await _read_whole(request)
    try:
        async with whole.form(max_files=1, max_fields=_MOST_FIELDS, max_part_size=MOST_BYTES) as form:
            posted = await _sorted(form)
    except (HTTPException, ValueError, LookupError):  # no form, too many fields, no known charset
        raise Rejected("bad_form", 422) from None
    if signed is not None and not _same(posted.fields.get(TOKEN, ""), signed.csrf):
        raise Rejected("forged", 403)
    return posted


def refuse_other_sites(request: Request) -> None:
    """Refuse what another site's page, or no page at all, has posted."""
    origin = request.headers.getlist("origin")
    site = request.headers.getlist("sec-fetch-site")
    if not origin and not site:
        raise Rejected("forged", 403)
    if origin and (len(origin) > 1 or _netloc(origin[0]) != request.headers.get("host", "").lower()):
        raise Rejected("forged", 403)
    if site and (len(site) > 1 or site[0] not in _OWN_SITE):
        raise Rejected("forged", 403)


def only_value(request: Request, name: str) -> str | None:
    """Give the one value of a query's name; `Rejected` where there are several."""
    values = request.query_params.getlist(name)
    if len(values) > 1:
        raise Rejected("name_twice", 400)
    return values[0] if values else None


async def _sorted(form: FormData) -> Posted:
    fields: dict[str, str] = {}
    uploads: dict[str, bytes] = {}
    for name, value in form.multi_items():
        if name in fields or name in uploads:
            raise Rejected("name_twice", 400)
        if isinstance(value, UploadFile):
            uploads[name] = await value.read()  # never on disk, which takes more than a form may hold
        else:
            fields[name] = value
    return Posted(fields, uploads)


def _netloc(origin: str) -> str | None:
    try:
        parts = urlsplit(origin)
    except ValueError:
        return None
    return parts.netloc.lower() if parts.scheme in {"http", "https"} else None


def _same(given: str, wanted: str) -> bool:
    return bool(wanted) and secrets.compare_digest(given.encode("utf-8", "replace"), wanted.encode())


async def _read_whole(request: Request) -> Request:
    """Take the whole body in, unless it is too large, and give the request to read it from again."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MOST_BYTES:
            raise Rejected("too_large", 413)

    async def again() -> Message:
        return {"type": "http.request", "body": bytes(body), "more_body": False}

    return Request(request.scope, again)
