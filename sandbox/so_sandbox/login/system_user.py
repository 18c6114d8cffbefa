"""Whether a signed system user token lets an application into a tenant."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from so_sandbox.world.applications import Application, Authorization

CLOCK_WINDOW = timedelta(minutes=5)
"""Ours: the vendor names an error for it, but no figure."""
CODES = {
    "Revoked": 1,
    "InvalidRedirectUrl": 2,
    "Expired": 3,
    "Denied": 4,
    "NeedsReapproval": 5,
    "InvalidTimestamp": 6,
    "InvalidSignature": 7,
}
"""The vendor's names and numbers of what can be wrong."""
_STAMP = "%Y%m%d%H%M"
_STAMP_LENGTH = 12


class AdmissionError(Exception):
    """The text is the answer's ErrorMessage."""


def admit(
    application: Application,
    authorization: Authorization | None,
    signed_system_token: str | None,
    *,
    now: datetime,
    window: timedelta | None = CLOCK_WINDOW,
) -> Authorization:
    """Check approval, signature and time stamp of `token.stamp.signature`; no window, no check of time."""
    parts = (signed_system_token or "").rsplit(".", 2)
    if len(parts) != 3:  # a system user token may itself hold dots and blanks
        raise AdmissionError("The signed system token is not of the form token.time.signature")
    token, stamp, signature = parts
    if authorization is None or authorization.system_user_token != token:
        raise _refused("Denied", "the tenant has not approved this system user")
    if not _signed(application, f"{token}.{stamp}".encode(), signature):
        raise _refused("InvalidSignature", "the signature does not match the application's key")
    signed_at = _signed_at(stamp)
    if signed_at is None or (window is not None and abs(now - signed_at) > window):
        raise _refused("InvalidTimestamp", "the token was signed too long ago or in the future")
    if authorization.state != "Active":
        raise _refused(authorization.state, "the tenant's administrator has to approve the application")
    return authorization


def _refused(code: str, text: str) -> AdmissionError:
    return AdmissionError(f"{code} ({CODES[code]}): {text}" if code in CODES else f"{code}: {text}")


def _signed(application: Application, data: bytes, signature: str) -> bool:
    """Tell whether the app's private key signed `data` (RSASSA-PKCS1-v1_5, SHA-256)."""
    key = load_pem_public_key(application.public_key_pem.encode())
    try:
        raw = base64.b64decode(signature, validate=True)
        if isinstance(key, rsa.RSAPublicKey):
            key.verify(raw, data, padding.PKCS1v15(), hashes.SHA256())
            return True
    except (InvalidSignature, ValueError):
        return False
    return False


def _signed_at(stamp: str) -> datetime | None:
    if len(stamp) != _STAMP_LENGTH or not (stamp.isascii() and stamp.isdigit()):
        return None
    try:
        return datetime.strptime(stamp, _STAMP).replace(tzinfo=UTC)
    except ValueError:
        return None
