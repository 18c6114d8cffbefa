"""The OpenID Connect endpoints: authorize, with its approval page, and tokens."""

from __future__ import annotations

import base64
import binascii
import secrets
from collections.abc import Mapping
from urllib.parse import unquote_plus

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from so_sandbox.login import authorizing
from so_sandbox.login.authorizing import Asked, RefusedRequestError, UnsafeRequestError
from so_sandbox.login.grants import GrantError
from so_sandbox.login.noting import noted
from so_sandbox.login.service import Login
from so_sandbox.login.showing import show
from so_sandbox.world.applications import Application
from so_sandbox.world.rows import Associate
from so_sandbox.world.tenant import Tenant

_MOST_WAITING = 1000


def routes(login: Login) -> list[Route]:
    """Give both endpoints, with a tenant or `common` in their path, and where the page's form goes."""
    base = f"{login.site.prefix}/login"

    async def authorize(request: Request) -> Response:
        given = dict(await _given(request))
        context = request.path_params["context_identifier"]
        return await run_in_threadpool(_authorize, login, given, context, base)

    async def approve(request: Request) -> Response:
        given = await _given(request)
        return await run_in_threadpool(_approve, login, given, base)

    async def tokens(request: Request) -> Response:
        given = {**await _given(request), **_basic(request.headers.get("authorization", ""))}
        return await run_in_threadpool(_tokens, login, given)

    return [
        Route("/login/approve", approve, methods=["POST"]),
        Route(
            "/login/{context_identifier}/oauth/authorize",
            noted(login, "Login", "Authorize", authorize),
            methods=["GET", "POST"],
        ),
        Route(
            "/login/{context_identifier}/oauth/tokens",
            noted(login, "Login", "Tokens", tokens),
            methods=["POST"],
        ),
    ]


async def _given(request: Request) -> dict[str, str]:
    """Give the parameters of query, form or multipart in one, the body's before the query's."""
    found = dict(request.query_params)
    if request.method == "POST":
        async with request.form() as form:
            found |= {name: value for name, value in form.items() if isinstance(value, str)}
    return found


def _basic(header: str) -> dict[str, str]:
    """Give id and secret of a client that names itself by HTTP Basic."""
    kind, _, encoded = header.partition(" ")
    if kind.casefold() != "basic":
        return {}
    try:
        name, _, secret = base64.b64decode(encoded, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return {}
    return {"client_id": unquote_plus(name), "client_secret": unquote_plus(secret)}


def _authorize(login: Login, given: Mapping[str, str], context: str, base: str) -> Response:
    try:
        application, back = authorizing.back_to(login.world, given, base)
    except UnsafeRequestError as refused:
        return show("refused.html", status=400, base=base, reason=str(refused))
    try:
        asked = authorizing.read(login.world, application, back, given, context)
        return _unattended(login, asked) if application.unattended else _page(login, asked, base)
    except RefusedRequestError as refused:
        return back.answer(error=refused.code, error_description=str(refused))


def _unattended(login: Login, asked: Asked) -> Response:
    """Answer for a human, as it was set up."""
    answer = asked.application.unattended
    if answer is None or not answer.approve:
        raise RefusedRequestError("access_denied", "the user did not approve")
    role = "administrator" if answer.administrator else "user"
    fitting = [
        (tenant, one)
        for tenant, one in asked.associates()
        if one.role == role
        and (
            len(asked.tenants) == 1 or answer.tenant.casefold() in {"", tenant.context_identifier.casefold()}
        )
    ]
    if not fitting:
        raise RefusedRequestError("access_denied", f"no {role} can sign in there")
    return asked.back.answer(code=login.approve(asked, *fitting[0]))


def _page(login: Login, asked: Asked, base: str) -> Response:
    """Ask a human; the first who fits the hint is chosen already."""
    number = secrets.token_urlsafe(16)
    login.waiting[number] = asked
    while len(login.waiting) > _MOST_WAITING:
        del login.waiting[next(iter(login.waiting))]
    people = sorted(asked.associates(), key=lambda one: not _is_hinted(asked, *one))
    choices = [
        {
            "value": f"{tenant.context_identifier}/{one.associate_id}",
            "full_name": one.full_name,
            "role": one.role,
            "tenant": tenant.context_identifier,
            "company": tenant.company_name,
            "chosen": place == 0,
        }
        for place, (tenant, one) in enumerate(people)
    ]
    return show("approval.html", base=base, request=number, app=asked.application.name, choices=choices)


def _is_hinted(asked: Asked, tenant: Tenant, associate: Associate) -> bool:
    """Tell whether the client's hint names this one; without a hint an administrator comes first."""
    if not asked.hint:
        return associate.role == "administrator"
    context = tenant.context_identifier.casefold()
    return asked.hint.casefold() in {associate.name, f"{associate.name}@{context}.example.com"}


def _approve(login: Login, given: Mapping[str, str], base: str) -> Response:
    asked = login.waiting.pop(given.get("request", ""), None)
    if asked is None:
        reason = "This page was answered already, or is from before the sandbox was started. Begin again."
        return show("refused.html", status=400, base=base, reason=reason)
    chosen = [
        (tenant, one)
        for tenant, one in asked.associates()
        if given.get("who") == f"{tenant.context_identifier}/{one.associate_id}"
    ]
    if given.get("answer") != "approve" or not chosen:
        return asked.back.answer(error="access_denied", error_description="the user did not approve")
    try:
        return asked.back.answer(code=login.approve(asked, *chosen[0]))
    except RefusedRequestError as refused:
        return asked.back.answer(error=refused.code, error_description=str(refused))


def _tokens(login: Login, given: Mapping[str, str]) -> Response:
    application = _client(login, given)
    if application is None:
        return _error("invalid_client", "the client_id or client_secret is wrong", 401)
    try:
        if given.get("grant_type") == "authorization_code":
            grant = login.grants.redeem(
                given.get("code", ""),
                client_id=application.client_id,
                redirect_uri=given.get("redirect_uri", ""),
                verifier=given.get("code_verifier"),
                now=login.world.clock.now(),
            )
            answer = login.tokens(grant)
            answer["refresh_token"] = login.grants.remember(grant)
        elif given.get("grant_type") == "refresh_token":
            grant = login.grants.refreshing(given.get("refresh_token", ""), client_id=application.client_id)
            answer = login.tokens(grant)
        else:
            return _error("unsupported_grant_type", "it is authorization_code or refresh_token", 400)
    except GrantError as refused:
        return _error("invalid_grant", str(refused), 400)
    return JSONResponse(answer, headers={"Cache-Control": "no-store", "Pragma": "no-cache"})


def _client(login: Login, given: Mapping[str, str]) -> Application | None:
    application = login.world.applications.get(given.get("client_id", ""))
    secret = given.get("client_secret", "").encode()
    if application is None or not secrets.compare_digest(application.application_token.encode(), secret):
        return None
    return application


def _error(code: str, description: str, status: int) -> Response:
    content = {"error": code, "error_description": description}
    return JSONResponse(content, status, headers={"Cache-Control": "no-store"})
