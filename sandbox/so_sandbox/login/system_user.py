"""Whether a signed system user token lets an application into a tenant."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from so_sandbox.login.applications import Application, Refusal, Registry

CLOCK_WINDOW = timedelta(minutes=5)
"""Ours: the vendor names an error for it, but no figure."""
_STAMP = "%Y%m%d%H%M"
_STAMP_LENGTH = 12


class AdmissionError(Exception):
    """The text is the answer's ErrorMessage."""


def admit(
    registry: Registry,
    *,
    application_token: str | None,
    context_identifier: str | None,
    signed_system_token: str | None,
    now: datetime,
    window: timedelta = CLOCK_WINDOW,
) -> Application:
    """Check application, approval, signature and time stamp of `token.stamp.signature`, in that order."""
    application = registry.by_application_token(application_token)
    if application is None:
        raise AdmissionError("The application token is not known")
    if not context_identifier:
        raise AdmissionError("The context identifier is missing")
    approval = registry.approval(application.client_id, context_identifier)
    parts = (signed_system_token or "").rsplit(".", 2)
    if len(parts) != 3:  # a system user token may itself hold dots and blanks
        raise AdmissionError("The signed system token is not of the form token.time.signature")
    token, stamp, signature = parts
    if approval is None or approval.system_user_token != token:
        raise _refused(Refusal.DENIED, "the tenant has not approved this system user")
    if not application.signed(f"{token}.{stamp}".encode(), signature):
        raise _refused(Refusal.INVALID_SIGNATURE, "the signature does not match the application's key")
    signed_at = _signed_at(stamp)
    if signed_at is None or abs(now - signed_at) > window:
        raise _refused(Refusal.INVALID_TIMESTAMP, "the token was signed too long ago or in the future")
    if approval.refusal is not Refusal.NONE:
        raise _refused(approval.refusal, "the tenant's administrator has to approve the application")
    return application


def _refused(refusal: Refusal, text: str) -> AdmissionError:
    return AdmissionError(f"{refusal.spelling} ({int(refusal)}): {text}")


def _signed_at(stamp: str) -> datetime | None:
    if len(stamp) != _STAMP_LENGTH or not (stamp.isascii() and stamp.isdigit()):
        return None
    try:
        return datetime.strptime(stamp, _STAMP).replace(tzinfo=UTC)
    except ValueError:
        return None
