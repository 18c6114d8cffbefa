"""Every failure, sorted by what is done about it.

PrivacyError
├── Rejected      the request is answered 4xx, nothing is stored
├── Quarantine    stored raw, never acted on, shown to a human
├── CrmFailure    a call to SuperOffice did not end well
│   ├── Retry         transient: done again after `wait`
│   ├── Park          tenant or app is paused with a reason, resumes alone
│   ├── NoOp          nothing to do, with a reason code
│   └── NeedsHuman    shown, never guessed
├── StorageUnavailable   the database can't say that it stored: the request is answered 503, a turn ends
└── Refused       what an administrator or operator gave us can't be used; says what, where and how to fix it
"""

from __future__ import annotations

from enum import IntEnum, StrEnum


class Applied(StrEnum):
    """Whether a failed call may have had its effect in the CRM."""

    NO = "no"
    MAYBE = "maybe"


class Fault(StrEnum):
    """The closed list of ways in which SuperOffice fails us."""

    TRANSPORT = "transport"
    PROTOCOL = "protocol"
    EXPIRED_TICKET = "expired_ticket"
    ACCESS_DENIED = "access_denied"
    NOT_FOUND = "not_found"
    DUPLICATE = "duplicate"
    VALIDATION = "validation"
    TRANSIENT = "transient"
    THROTTLED = "throttled"
    MISDIRECTED = "misdirected"
    TENANT_STATE = "tenant_state"
    AUTHORIZATION_LOST = "authorization_lost"
    CLOCK_SKEW = "clock_skew"
    APP_KEY = "app_key"
    UNAVAILABLE = "unavailable"
    """The operation has failed so often that it is left alone for a while; it was not called."""
    CHANNEL = "channel"
    """What carries a notice can't take it now: a mail server, a plugin; SuperOffice has no part in it."""
    CHANNEL_REFUSED = "channel_refused"
    """What carries a notice refuses this one for good."""
    REISSUED = "reissued"
    """A person's number is another's now: the CRM was set back to a backup."""
    UNKNOWN = "unknown"


class PrivacyError(Exception):
    """Anything this product raises on purpose."""


class Rejected(PrivacyError):
    """A request that is answered 4xx and leaves nothing behind."""

    def __init__(self, code: str, status: int) -> None:
        super().__init__(code)
        self.code = code
        self.status = status


class Quarantine(PrivacyError):
    """Something signed that we can't act on; kept raw for a human."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class CrmFailure(PrivacyError):
    """A call to SuperOffice that did not end well; the text never quotes what the CRM sent."""

    def __init__(
        self,
        fault: Fault,
        operation: str,
        *,
        applied: Applied = Applied.MAYBE,
        wait: float | None = None,
        detail: str = "",
    ) -> None:
        super().__init__(f"{operation}: {fault}" + (f" ({detail})" if detail else ""))
        self.fault = fault
        self.operation = operation
        self.applied = applied
        self.wait = wait
        self.detail = detail


class Retry(CrmFailure):
    """Transient; `wait` is the number of seconds the CRM asked for, if it did."""


class Park(CrmFailure):
    """The tenant (or the whole app, for APP_KEY and CLOCK_SKEW) is paused and resumes alone."""


class NoOp(CrmFailure):
    """There is nothing left to do: the person is gone, the row is there already."""


class NeedsHuman(CrmFailure):
    """The CRM refused in a way that no retry mends."""


class StorageUnavailable(PrivacyError):
    """The database did not confirm a commit; whoever asked must ask again."""


class Exit(IntEnum):
    """Exit codes of the command line (sysexits)."""

    OK = 0
    NO = 1
    USAGE = 2
    CHANGES = 3
    BAD_DATA = 65
    NO_INPUT = 66
    UNAVAILABLE = 69
    CANT_CREATE = 73
    IO = 74
    NO_PERMISSION = 77
    CONFIG = 78
    INTERRUPTED = 130


class Refused(PrivacyError):
    """An administrator's or operator's input that can't be used."""

    def __init__(self, code: str, what: str, how: str, exit_code: Exit, *, where: str = "") -> None:
        super().__init__(f"{where + ': ' if where else ''}{code}: {what}; {how}")
        self.code = code
        self.what = what
        self.how = how
        self.where = where
        self.exit_code = exit_code
