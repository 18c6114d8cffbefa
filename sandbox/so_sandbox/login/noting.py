"""Each call of login and state is logged, and fails if somebody asked for that."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import Response

from so_sandbox.login.mishaps import mishap
from so_sandbox.login.service import Login

Endpoint = Callable[[Request], Awaitable[Response]]


def noted(login: Login, agent: str, operation: str, endpoint: Endpoint) -> Endpoint:
    """Log each call, and let it fail if somebody asked for that."""

    async def answer_and_note(request: Request) -> Response:
        at = time.time()
        tenant = request.path_params.get("context_identifier", "")
        fault = login.world.faults.take(tenant, agent, operation)
        if fault is None:
            answer = await endpoint(request)
            status = "ok" if answer.status_code == 200 else f"http_{answer.status_code}"
        else:
            answer = await mishap(fault, lambda: endpoint(request))
            status = f"fault:{fault.kind}"
        login.calls.add(at=at, tenant=tenant, agent=agent, operation=operation, status=status)
        return answer

    return answer_and_note
