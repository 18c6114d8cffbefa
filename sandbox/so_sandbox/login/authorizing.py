"""A client's request that somebody sign in: read, refused, answered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from starlette.responses import RedirectResponse, Response

from so_sandbox.login.showing import post_back
from so_sandbox.world.applications import Application
from so_sandbox.world.rows import Associate
from so_sandbox.world.tenant import Tenant
from so_sandbox.world.world import World

COMMON = "common"
ROLES = ("administrator", "user")
"""Who of a tenant can sign in."""
_MODES = ("query", "fragment", "form_post")
_METHODS = ("S256", "plain")
_TENANT = "tenant:"


class UnsafeRequestError(Exception):
    """Nobody may be sent back: the client or the address is not known."""


class RefusedRequestError(Exception):
    """The client is told by an error code; the text is its description."""

    def __init__(self, code: str, description: str) -> None:
        super().__init__(description)
        self.code = code


@dataclass(frozen=True, slots=True)
class Return:
    """Where and how the browser is sent back."""

    redirect_uri: str
    mode: str
    state: str | None
    base: str
    """Path of the login service's own pages."""

    def answer(self, **answer: str) -> Response:
        """Send the browser back with a code or an error."""
        if self.state is not None:
            answer["state"] = self.state
        if self.mode == "form_post":
            return post_back(self.base, self.redirect_uri, answer)
        mark = "#" if self.mode == "fragment" else "&" if "?" in self.redirect_uri else "?"
        return RedirectResponse(f"{self.redirect_uri}{mark}{urlencode(answer)}", 302)


@dataclass(frozen=True, slots=True)
class Asked:
    """A request that is in order."""

    application: Application
    back: Return
    nonce: str | None
    challenge: str | None
    challenge_method: str
    tenants: tuple[Tenant, ...]
    """Of which somebody may sign in."""
    hint: str

    def associates(self) -> list[tuple[Tenant, Associate]]:
        """Give all who can sign in."""
        return [
            (tenant, one)
            for tenant in self.tenants
            for one in tenant.tables.associates.values()
            if one.role in ROLES and not one.deleted
        ]


def back_to(world: World, given: Mapping[str, str], base: str) -> tuple[Application, Return]:
    """Find the client and where its browser goes back to; without both there is nowhere to go."""
    application = world.applications.get(given.get("client_id", ""))
    if application is None:
        raise UnsafeRequestError("The client_id is not known")
    redirect_uri = given.get("redirect_uri", "")
    if redirect_uri not in application.redirect_uris:
        raise UnsafeRequestError("InvalidRedirectUrl (2): the redirect_uri is not registered for this client")
    mode = given.get("response_mode", "query")
    if mode not in _MODES:
        raise UnsafeRequestError(f"The response_mode is none of {', '.join(_MODES)}")
    return application, Return(redirect_uri, mode, given.get("state"), base)


def read(
    world: World, application: Application, back: Return, given: Mapping[str, str], context: str
) -> Asked:
    """Read the rest of a request; `context` is the part of the path that may name a tenant."""
    if given.get("response_type") != "code":
        raise RefusedRequestError("unsupported_response_type", "the sandbox knows response_type=code alone")
    if "openid" not in given.get("scope", "").split():
        raise RefusedRequestError("invalid_scope", "the scope must be openid")
    method = given.get("code_challenge_method", "plain")
    if method not in _METHODS:
        raise RefusedRequestError("invalid_request", "code_challenge_method is S256 or plain")
    return Asked(
        application=application,
        back=back,
        nonce=given.get("nonce"),
        challenge=given.get("code_challenge"),
        challenge_method=method,
        tenants=_tenants(world, given, context),
        hint=given.get("login_hint", ""),
    )


def _tenants(world: World, given: Mapping[str, str], context: str) -> tuple[Tenant, ...]:
    wanted = [
        one.removeprefix(_TENANT) for one in given.get("acr_values", "").split() if one.startswith(_TENANT)
    ]
    if context.casefold() != COMMON:
        wanted.insert(0, context)
    if not wanted:
        return tuple(world.tenants.values())
    tenant = world.tenant(wanted[0])
    if tenant is None:
        raise RefusedRequestError("invalid_request", "there is no such tenant")
    return (tenant,)
