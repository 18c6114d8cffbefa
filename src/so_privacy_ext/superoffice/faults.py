"""Sorts every way in which SuperOffice fails us into a `CrmFailure`, by what is done about it."""

from __future__ import annotations

import math
import random
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import lxml.etree
import zeep.exceptions

from so_privacy_ext.errors import Applied, CrmFailure, Fault, NeedsHuman, NoOp, Park, Retry

LONGEST_WAIT = 900.0
"""Whatever Retry-After says, in seconds."""

XML_ERRORS = (
    zeep.exceptions.Error,
    lxml.etree.Error,
    ValueError,
    TypeError,
    LookupError,
    AttributeError,
    ArithmeticError,
    RecursionError,
)
"""All that building and reading an envelope can raise; zeep leaks the built-in ones on odd replies."""


@dataclass(frozen=True, slots=True)
class Policy:
    """What is done about one kind of fault."""

    becomes: type[CrmFailure]
    repeats: int = 0
    """How often a read is repeated in place."""
    pause: float = 0.0
    """Seconds before the first repeat; doubled for each further one."""
    repeats_of_write: int = 0
    """Above 0 only where the fault proves that nothing ran."""
    wait: float | None = None
    """Seconds until whoever called should come back, when the CRM names none."""


POLICIES = {
    Fault.TRANSPORT: Policy(Retry, repeats=2, pause=0.2),
    Fault.PROTOCOL: Policy(Retry, repeats=1, pause=0.2),
    Fault.EXPIRED_TICKET: Policy(Retry, repeats=1),
    Fault.ACCESS_DENIED: Policy(Park, wait=LONGEST_WAIT),
    Fault.NOT_FOUND: Policy(NoOp),
    Fault.DUPLICATE: Policy(NoOp),
    Fault.VALIDATION: Policy(NeedsHuman),
    Fault.TRANSIENT: Policy(Retry, repeats=2, pause=0.5),
    Fault.THROTTLED: Policy(Retry, wait=10.0),
    Fault.MISDIRECTED: Policy(Park, repeats=1, repeats_of_write=1, wait=60.0),
    Fault.TENANT_STATE: Policy(Park, wait=60.0),
    Fault.AUTHORIZATION_LOST: Policy(Park, wait=LONGEST_WAIT),
    Fault.CLOCK_SKEW: Policy(Park, wait=LONGEST_WAIT),
    Fault.APP_KEY: Policy(Park, wait=LONGEST_WAIT),
    Fault.UNAVAILABLE: Policy(Park, wait=30.0),
    Fault.REISSUED: Policy(Park, wait=60.0),
    Fault.UNKNOWN: Policy(Retry),
}

_BY_EXCEPTION = {
    "SoSessionException": Fault.EXPIRED_TICKET,
    "SoAuthenticationException": Fault.EXPIRED_TICKET,
    "AuthenticationException": Fault.EXPIRED_TICKET,
    "InvalidCredentialException": Fault.EXPIRED_TICKET,
    "SecurityTokenExpiredException": Fault.EXPIRED_TICKET,
    "SoSentryException": Fault.ACCESS_DENIED,
    "SoLicenseException": Fault.ACCESS_DENIED,
    "SoAccessDeniedException": Fault.ACCESS_DENIED,
    "UnauthorizedAccessException": Fault.ACCESS_DENIED,
    "SoNotFoundException": Fault.NOT_FOUND,
    "SoDuplicateException": Fault.DUPLICATE,
    "SoInvalidArgumentException": Fault.VALIDATION,
    "SoValidationException": Fault.VALIDATION,
    "SoConsentException": Fault.VALIDATION,
    "SoIllegalOperationException": Fault.VALIDATION,
    "SoNotSupportedException": Fault.VALIDATION,
    "SoMassOperationException": Fault.VALIDATION,
    "ArgumentException": Fault.VALIDATION,
    "ArgumentNullException": Fault.VALIDATION,
    "ArgumentOutOfRangeException": Fault.VALIDATION,
    "FormatException": Fault.VALIDATION,
    "NotSupportedException": Fault.VALIDATION,
    "SoServerException": Fault.TRANSIENT,
    "SoDbAccessException": Fault.TRANSIENT,
    "SqlException": Fault.TRANSIENT,
    "TimeoutException": Fault.TRANSIENT,
    "SoInvalidSignatureException": Fault.APP_KEY,
}
"""By the last part of the .NET class name; whether the vendor sends it with its namespace is unknown."""

_BY_STATUS = {
    401: Fault.EXPIRED_TICKET,
    403: Fault.ACCESS_DENIED,
    408: Fault.TRANSIENT,
    421: Fault.MISDIRECTED,
    429: Fault.THROTTLED,
}
_NOTHING_RAN = frozenset({400, 401, 403, 404, 405, 406, 410, 411, 413, 414, 415, 421, 426, 429, 431})
"""Statuses with which a server says that it did not even begin."""
_SESSION_WORDS = ("session", "ticket", "authenticat", "credential", "not logged in")


def failure(
    fault: Fault,
    operation: str,
    *,
    applied: Applied = Applied.MAYBE,
    wait: float | None = None,
    detail: str = "",
) -> CrmFailure:
    """Make the failure that the policy table names for a fault."""
    policy = POLICIES[fault]
    return policy.becomes(
        fault, operation, applied=applied, wait=policy.wait if wait is None else wait, detail=detail
    )


def again(seen: CrmFailure) -> CrmFailure:
    """Copy a failure for another thread, so that tracebacks don't pile up on one object."""
    return type(seen)(seen.fault, seen.operation, applied=seen.applied, wait=seen.wait, detail=seen.detail)


def of_status(status: int, retry_after: str | None, operation: str, now: datetime) -> CrmFailure:
    """Classify a status that is not the answer."""
    wait = asked_wait(retry_after, now)
    fault = _BY_STATUS.get(status)
    if fault is None:
        fault = Fault.TRANSIENT if status >= 500 else Fault.PROTOCOL
        if status == 503 and wait is not None:
            fault = Fault.THROTTLED
    applied = Applied.NO if status in _NOTHING_RAN else Applied.MAYBE
    return failure(
        fault,
        operation,
        applied=applied,
        wait=wait if fault in (Fault.THROTTLED, Fault.TRANSIENT) else None,
        detail=f"status {status}",
    )


def of_exception_types(names: Iterable[str], operation: str) -> CrmFailure:
    """Classify `Succeeded=false` by its exception types, outermost first; the first known one counts."""
    for name in names:
        fault = _BY_EXCEPTION.get(name.strip().rpartition(".")[2])
        if fault is not None:
            return failure(fault, operation, detail=name.strip().rpartition(".")[2])
    return failure(Fault.UNKNOWN, operation, detail="succeeded=false")


def of_soap_fault(texts: Iterable[str], operation: str) -> CrmFailure:
    """Classify a SOAP fault by class names in its texts, else by words that speak of the session.

    The vendor declares no faults, so that any shape may come; the texts go no further than this.
    """
    words = " ".join(texts)
    for name, fault in _BY_EXCEPTION.items():
        if name in words:
            return failure(fault, operation, detail=f"soap fault, {name}")
    if any(word in words.casefold() for word in _SESSION_WORDS):
        return failure(Fault.EXPIRED_TICKET, operation, detail="soap fault")
    return failure(Fault.TRANSIENT, operation, detail="soap fault")


def of_wire_error(error: BaseException, operation: str, *, sent: bool) -> CrmFailure:
    """Classify what sending or reading raised; only an exchange that sent nothing surely did nothing."""
    return failure(
        Fault.TRANSPORT,
        operation,
        applied=Applied.MAYBE if sent else Applied.NO,
        detail=type(error).__name__,
    )


def protocol(operation: str, detail: str) -> CrmFailure:
    """Name a reply that is not what the contract says."""
    return failure(Fault.PROTOCOL, operation, detail=detail)


def asked_wait(header: str | None, now: datetime) -> float | None:
    """Read a Retry-After in seconds or as a date: at most 15 minutes, with up to a tenth of jitter.

    None when it is absent, negative, in the past or junk.
    """
    text = (header or "").strip()
    if text.isascii() and text.isdigit():
        seconds = float(text) if len(text) < 10 else math.inf
    else:
        try:
            moment = parsedate_to_datetime(text)
        except (ValueError, TypeError, IndexError):
            return None
        seconds = ((moment if moment.tzinfo else moment.replace(tzinfo=UTC)) - now).total_seconds()
    if seconds < 0:
        return None
    jitter = 1 + random.random() / 10  # noqa: S311 - spreads callers, guards nothing
    return min(LONGEST_WAIT, seconds * jitter)
