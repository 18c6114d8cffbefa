"""The documents and REST calls of login and state, as HTTP answers."""

from __future__ import annotations

import json

from cryptography.hazmat.primitives import serialization
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from so_sandbox.login.noting import noted
from so_sandbox.login.service import UNKNOWN_APPLICATION, Login
from so_sandbox.login.soap import authenticate_by_soap
from so_sandbox.login.system_user import AdmissionError


def routes(login: Login) -> list[Route]:
    """Give all that login and state answer, below the site's prefix."""

    async def discovery(request: Request) -> Response:  # noqa: ARG001 - the document is the same for all
        return JSONResponse(_discovery(login))

    async def jwks(request: Request) -> Response:  # noqa: ARG001 - the document is the same for all
        return JSONResponse({"keys": [key.jwk() for key in login.keys]})

    async def certificate(request: Request) -> Response:  # noqa: ARG001 - the document is the same for all
        pem = login.keys[0].certificate.public_bytes(serialization.Encoding.PEM)
        disposition = 'attachment; filename="SandboxFederatedLogin.crt"'
        return Response(
            pem, media_type="application/x-x509-ca-cert", headers={"Content-Disposition": disposition}
        )

    async def authenticate(request: Request) -> Response:
        return await run_in_threadpool(_by_rest, login, _object(await request.body()))

    async def by_soap(request: Request) -> Response:
        body = await request.body()
        status, answer = await run_in_threadpool(authenticate_by_soap, login, body)
        return Response(answer, status, media_type="text/xml; charset=utf-8")

    async def state(request: Request) -> Response:
        return JSONResponse(login.state(request.path_params["context_identifier"]))

    async def versions(request: Request) -> Response:
        tenant = login.world.tenant(request.path_params["context_identifier"])
        if tenant is None:
            return PlainTextResponse("There is no such tenant", status_code=404)
        services = {"Services": "Services87", "ServicesCurrent": "Services88", "Version": "v1"}
        return JSONResponse({"NetServerVersion": "10.5.8700.1000", **services})

    user = "/login/api/PartnerSystemUser/Authenticate"
    return [
        Route("/login/.well-known/openid-configuration", discovery),
        Route("/login/.well-known/jwks", noted(login, "Login", "Jwks", jwks)),
        Route("/login/.well-known/certificate", certificate),
        Route(user, noted(login, "Login", "Authenticate", authenticate), methods=["POST"]),
        Route(
            "/login/services/PartnerSystemUserService.svc",
            noted(login, "Login", "AuthenticateSoap", by_soap),
            methods=["POST"],
        ),
        Route("/api/state/{context_identifier}", noted(login, "State", "Get", state)),
        Route("/{context_identifier}/api", versions),
        Route("/{context_identifier}/api/", versions),
    ]


def _discovery(login: Login) -> dict[str, object]:
    base = f"{login.site.url}/login"
    return {
        "issuer": login.site.issuer,
        "authorization_endpoint": f"{base}/common/oauth/authorize",
        "token_endpoint": f"{base}/common/oauth/tokens",
        "jwks_uri": f"{base}/.well-known/jwks",
        "scopes_supported": ["openid"],
        "response_types_supported": ["code", "id_token", "token"],
        "response_modes_supported": ["form_post", "fragment", "query"],
        "grant_types_supported": ["implicit", "authorization_code", "refresh_token"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "token_endpoint_auth_methods_supported": ["client_secret_post", "client_secret_basic"],
    }


def _object(body: bytes) -> dict[str, object]:
    try:
        parsed = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return parsed if isinstance(parsed, dict) else {}


def _by_rest(login: Login, asked: dict[str, object]) -> Response:
    answer = _authenticate(login, asked)
    bare = login.world.switches.wrong_secret == "http_401"
    if bare and answer["ErrorMessage"] == UNKNOWN_APPLICATION:
        return PlainTextResponse("Unauthorized", 401)
    return JSONResponse(answer)


def _authenticate(login: Login, asked: dict[str, object]) -> dict[str, object]:
    given = {name.casefold(): value for name, value in asked.items() if isinstance(value, str)}
    try:
        token = login.authenticate(
            application_token=given.get("applicationtoken"),
            context_identifier=given.get("contextidentifier"),
            signed_system_token=given.get("signedsystemtoken"),
            token_type=given.get("returntokentype"),
        )
    except AdmissionError as refused:
        return {"IsSuccessful": False, "Token": None, "ErrorMessage": str(refused)}
    return {"IsSuccessful": True, "Token": token, "ErrorMessage": None}
