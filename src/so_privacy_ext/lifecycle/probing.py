"""When our key, secret or clock is refused: nobody's tenant is at fault, so all wait and one probes."""

from __future__ import annotations

from typing import Protocol

import structlog

from so_privacy_ext.errors import CrmFailure, Fault

PROBE_SECONDS = 60.0
"""Between two probes of an environment."""
OURS = frozenset({Fault.APP_KEY, Fault.CLOCK_SKEW})
"""What is wrong with us and not with a tenant."""

_log = structlog.get_logger("so_privacy_ext.lifecycle")


class Pauses(Protocol):
    """An environment's pause."""

    def stands(self) -> bool: ...

    def claim_probe(self, seconds: float) -> bool: ...

    def pause(self, reason: str, detail: str, seconds: float) -> bool: ...

    def end(self) -> None: ...


class SignIn(Protocol):
    """One tenant's way in."""

    def authenticate(self) -> object:
        """Sign in anew; raises a `CrmFailure`."""


def let_in(pauses: Pauses, way_in: SignIn, environment: str) -> bool:
    """Tell whether the environment lets us in; while it is paused, one tenant at a time tries.

    Raises the failure of a try, which pauses the environment again if it is ours.
    """
    if not pauses.stands():
        return True
    if not pauses.claim_probe(PROBE_SECONDS):
        return False
    way_in.authenticate()
    pauses.end()
    _log.warning("environment_resumed", environment=environment)
    return True


def paused_for(pauses: Pauses, failure: CrmFailure, environment: str) -> bool:
    """Pause the environment if a failure is ours; False when it is the tenant's own affair."""
    if failure.fault not in OURS:
        return False
    if not pauses.pause(str(failure.fault), failure.detail, PROBE_SECONDS):
        return False
    _log.error("environment_paused", environment=environment, fault=failure.fault, detail=failure.detail)
    return True
