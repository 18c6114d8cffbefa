"""What was asked of the control interface, and how an answer or a refusal is given as JSON."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from so_sandbox.sandbox import Sandbox
from so_sandbox.world.errors import CrmError
from so_sandbox.world.tenant import Tenant


class WrongError(ValueError):
    """A value of the wrong shape."""


@dataclass(frozen=True, slots=True)
class Asked:
    """Path, query and JSON body of a request in one, the body before the query."""

    sandbox: Sandbox
    given: Mapping[str, Any]

    def text(self, name: str, default: str = "") -> str:
        value = self.given.get(name, default)
        if not isinstance(value, str):
            raise WrongError(f"{name} is no text")
        return value

    def number(self, name: str, default: float) -> float:
        value = self.given.get(name, default)
        try:
            return float(value)
        except (TypeError, ValueError):
            raise ValueError(f"{name} is no number") from None

    def integer(self, name: str, default: int) -> int:
        number = self.number(name, default)
        if number != int(number):
            raise ValueError(f"{name} is no whole number")
        return int(number)

    def flag(self, name: str) -> bool:
        value = self.given.get(name, False)
        return value if isinstance(value, bool) else str(value).casefold() in {"1", "true", "yes"}

    def texts(self, name: str) -> dict[str, str]:
        """Give an object of texts; numbers count as texts."""
        value = self.given.get(name) or {}
        if not isinstance(value, dict):
            raise WrongError(f"{name} is no object")
        return {str(key): str(inner) for key, inner in value.items()}

    def tenant(self) -> Tenant:
        """Give the tenant that is named, or the first one."""
        name = self.text("tenant")
        world = self.sandbox.world
        found = world.tenant(name) if name else next(iter(world.tenants.values()), None)
        if found is None:
            raise ValueError(f"no tenant {name!r}; there are: {', '.join(world.tenants) or 'none'}")
        return found

    def tenants(self) -> list[Tenant]:
        """Give the tenant that is named, or all."""
        return [self.tenant()] if self.text("tenant") else list(self.sandbox.world.tenants.values())


Answer = Callable[[Asked], object]


def route(sandbox: Sandbox, method: str, path: str, answer: Answer) -> Route:
    """Answer a path by a plain function; a ValueError or a CRM's refusal is a 400 that says why."""

    async def endpoint(request: Request) -> Response:
        try:
            body = json.loads(await request.body() or b"{}")
        except ValueError:
            return JSONResponse({"error": "the request's body is not JSON"}, 400)
        if not isinstance(body, dict):
            return JSONResponse({"error": "the request's body is no JSON object"}, 400)
        asked = Asked(sandbox, {**request.query_params, **body, **request.path_params})
        try:
            return JSONResponse(await run_in_threadpool(answer, asked))
        except (ValueError, CrmError) as refused:
            return JSONResponse({"error": str(refused)}, 400)

    return Route(f"/_sandbox{path}", endpoint, methods=[method])
