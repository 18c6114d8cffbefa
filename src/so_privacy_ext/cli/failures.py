"""What a command says of a failure, what to do about it, and the exit code that it leaves with."""

from __future__ import annotations

from so_privacy_ext.errors import CrmFailure, Exit, Fault, PrivacyError, Refused, StorageUnavailable

_LATER = "try again in a while; `so-privacy doctor` looks at more", Exit.UNAVAILABLE
_ADVICE: dict[Fault, tuple[str, Exit]] = {
    Fault.TENANT_STATE: ("see the tenant's name, its environment and whether it runs", Exit.UNAVAILABLE),
    Fault.AUTHORIZATION_LOST: (
        "have the tenant's administrator approve the app, and use this tenant's system user token",
        Exit.NO_PERMISSION,
    ),
    Fault.ACCESS_DENIED: ("give the app's system user the right in SuperOffice", Exit.NO_PERMISSION),
    Fault.APP_KEY: (
        "see that client secret and private key are those of the app in this environment",
        Exit.CONFIG,
    ),
    Fault.CLOCK_SKEW: ("set this machine's clock", Exit.CONFIG),
}
_WEBHOOK = (
    "see that `so-privacy web` runs and that SO_PRIVACY_PUBLIC_URL leads to it, since SuperOffice tries it",
    Exit.UNAVAILABLE,
)
_SAVE = "Webhook.SaveWebhook"


def told(error: PrivacyError) -> tuple[str, Exit]:
    """Give the text and the exit code."""
    if isinstance(error, Refused):
        return str(error), error.exit_code
    if isinstance(error, CrmFailure):
        refused = error.operation == _SAVE and error.fault in {Fault.VALIDATION, Fault.UNKNOWN}
        how, code = _WEBHOOK if refused else _ADVICE.get(error.fault, _LATER)
        return f"superoffice: {error}; {how}", code
    if isinstance(error, StorageUnavailable):
        return f"storage_unavailable: {error}; see that PostgreSQL runs, and try again", Exit.UNAVAILABLE
    return f"failed: {error}; `so-privacy doctor` looks at more", Exit.UNAVAILABLE
