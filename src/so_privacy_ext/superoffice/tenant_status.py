"""How a tenant is and where it lives, from the vendor's state API."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

from so_privacy_ext import metrics
from so_privacy_ext.errors import Applied, CrmFailure, Fault
from so_privacy_ext.model import ContextIdentifier
from so_privacy_ext.superoffice import faults
from so_privacy_ext.superoffice.environments import SANDBOX, Environment
from so_privacy_ext.superoffice.strict_json import read_object
from so_privacy_ext.superoffice.wire import Wire

RUNNING = frozenset({"Running", "OnlineMaintenance"})
NOT_RUNNING = frozenset({
    "Unknown", "Provisioning", "Deleted", "Suspended", "OfflineMaintenance", "ProvisioningFailed",
    "Deleting", "DeleteFailed", "MigrationPending",
})  # fmt: skip
"""As the vendor names them; a state in neither set counts as not running."""

_OPERATION = "State"
_LARGEST = 64 * 1024
_SHORTEST_VALIDITY, _LONGEST_VALIDITY = timedelta(minutes=1), timedelta(hours=24)
_GRACE = timedelta(minutes=15)
_CONTEXT = re.compile(r"[A-Za-z]{1,20}[0-9]{1,10}", re.ASCII)
_MOMENT = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.\d{1,9})?(Z|[+-]\d\d:\d\d)?", re.ASCII)


@dataclass(frozen=True, slots=True)
class TenantStatus:
    """One answer of the state API, checked."""

    state: str
    """A name that we know, else `unrecognized`."""
    is_running: bool
    endpoint: str | None
    """Without a slash at its end; None unless running."""
    valid_until: datetime
    context_identifier: ContextIdentifier
    """As the vendor spells it."""


def look_up(
    wire: Wire, environment: Environment, context_identifier: ContextIdentifier, now: datetime
) -> TenantStatus:
    """Ask how a tenant is; an answer that can't be trusted is a failure."""
    if not _CONTEXT.fullmatch(context_identifier):
        raise _no(Fault.TENANT_STATE, "not a context identifier")
    try:
        with metrics.crm_call(_OPERATION):
            reply = wire.exchange(
                _OPERATION,
                "GET",
                f"{environment.state}/{context_identifier}",
                headers={"Accept": "application/json"},
                limit=_LARGEST,
            )
    except CrmFailure as failure:
        failure.applied = Applied.NO
        raise
    if reply.status == 404:
        raise _no(Fault.TENANT_STATE, "no such tenant")
    if reply.status != 200:
        raise _no(Fault.TRANSIENT, f"status {reply.status}")
    return _read(reply.content, environment, context_identifier, now)


class StatusCache:
    """The last status of one tenant, asked for again when it is no longer valid."""

    def __init__(self, ask: Callable[[], TenantStatus], now: Callable[[], datetime]) -> None:
        self._ask = ask
        self._now = now
        self._lock = threading.Lock()
        self._status: TenantStatus | None = None
        self._ask_from: datetime | None = None

    def get(self) -> TenantStatus:
        """Give a valid status; while the state API is down, the last good one for 15 minutes more."""
        with self._lock:
            now = self._now()
            if self._status is not None and self._ask_from is not None and self._is_soon(now, self._ask_from):
                return self._status
            try:
                self._status = self._ask()
                self._ask_from = self._status.valid_until
            except CrmFailure as failure:
                if self._status is None or not self._status.is_running:
                    raise
                if now >= self._status.valid_until + _GRACE:
                    self._status = None
                    raise _no(Fault.TENANT_STATE, f"state API: {failure.fault}") from None
                self._ask_from = now + _SHORTEST_VALIDITY
            return self._status

    def renew(self) -> TenantStatus:
        """Ask anew, however good the last status still is; a failure leaves that one as it was."""
        with self._lock:
            self._status = self._ask()
            self._ask_from = self._status.valid_until
            return self._status

    @staticmethod
    def _is_soon(now: datetime, ask_from: datetime) -> bool:
        """Tell whether there is still time; a time further away than any answer holds is of a wrong clock."""
        return now < ask_from <= now + _LONGEST_VALIDITY

    def forget_endpoint(self) -> None:
        """Have the state asked for anew, since the tenant is not where it was said to be."""
        with self._lock:
            self._ask_from = None
            self._status = self._status and replace(self._status, is_running=False, endpoint=None)


def endpoint_of(status: TenantStatus, now: datetime) -> str:
    """Give where a running tenant is called; one that doesn't run is parked until its status may change."""
    if status.endpoint is None:
        wait = max(_SHORTEST_VALIDITY.total_seconds(), (status.valid_until - now).total_seconds())
        raise faults.failure(
            Fault.TENANT_STATE, _OPERATION, applied=Applied.NO, wait=wait, detail=status.state
        )
    return status.endpoint


def _read(
    content: bytes, environment: Environment, context_identifier: ContextIdentifier, now: datetime
) -> TenantStatus:
    try:
        answer = read_object(content)
    except ValueError:
        raise _no(Fault.PROTOCOL, "not JSON") from None
    spelt = str(answer.get("ContextIdentifier"))
    if spelt.casefold() != context_identifier.casefold():
        raise _no(Fault.PROTOCOL, "another tenant")
    state = answer.get("State")
    running = isinstance(state, str) and state in RUNNING and answer.get("IsRunning") is True
    endpoint = _endpoint(answer.get("Endpoint"), environment, context_identifier) if running else None
    return TenantStatus(
        state=state if isinstance(state, str) and state in RUNNING | NOT_RUNNING else "unrecognized",
        is_running=running,
        endpoint=endpoint,
        valid_until=_valid_until(answer.get("ValidUntil"), now),
        context_identifier=ContextIdentifier(spelt),
    )


def _endpoint(value: object, environment: Environment, context_identifier: ContextIdentifier) -> str:
    """Accept only the environment's own hosts, by HTTPS, with the tenant's name as the path."""
    text = value.rstrip("/") if isinstance(value, str) else ""
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        raise _no(Fault.PROTOCOL, "endpoint") from None
    local = environment.name == SANDBOX
    plain = parts.username is None and parts.password is None and not parts.query and not parts.fragment
    expected = (
        plain
        and text.isascii()
        and text.isprintable()
        and (local or (parts.scheme == "https" and port in (None, 443)))
        and parts.scheme in ("http", "https")
        and environment.allows_host(parts.hostname or "")
        and parts.path.casefold() == f"/{context_identifier}".casefold()
    )
    if not expected:
        raise _no(Fault.PROTOCOL, "endpoint")
    return text


def _valid_until(value: object, now: datetime) -> datetime:
    """Read a moment, no sooner than a minute and no later than a day from now; junk is a minute."""
    match = _MOMENT.fullmatch(value) if isinstance(value, str) else None
    try:
        moment = datetime.fromisoformat(match[1] + (match[2] or "+00:00")) if match else now
        moment = moment.astimezone(UTC)
    except (ValueError, OverflowError):
        moment = now
    return min(max(moment, now + _SHORTEST_VALIDITY), now + _LONGEST_VALIDITY)


def _no(fault: Fault, detail: str) -> CrmFailure:
    return faults.failure(fault, _OPERATION, applied=Applied.NO, detail=detail)
