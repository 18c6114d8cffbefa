"""The certificate of the public address, as SuperOffice meets it: every caller must be able to believe it."""

from __future__ import annotations

import socket
import ssl
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from so_privacy_ext.doctor.findings import Finding, error, right, warning

SOON = timedelta(days=14)
_SECONDS = 5.0
_WHAT = "certificate"
_MEANS = "SuperOffice posts to no address whose certificate it does not believe, and stops the webhook"
_REASONS = {
    10: ("it has expired", "renew it"),
    9: ("it is not valid yet", "see the date of this machine, or wait until it is"),
    62: ("it is for another host", "get one for the host of SO_PRIVACY_PUBLIC_URL"),
    64: ("it is for another host", "get one for the host of SO_PRIVACY_PUBLIC_URL"),
    18: ("it is self-signed", "get one from an authority that everybody knows"),
    19: ("it is from an authority that nobody knows", "get one from an authority that everybody knows"),
    20: (
        "its chain is incomplete",
        "have the server send the intermediate certificates too (often a file called fullchain)",
    ),
    21: (
        "its chain is incomplete",
        "have the server send the intermediate certificates too (often a file called fullchain)",
    ),
}
"""By OpenSSL's number of why a certificate is not believed."""


@dataclass(frozen=True, slots=True)
class Certificate:
    """What was seen; `refused` is OpenSSL's number, 0 if it was believed, -1 for another reason."""

    ends: datetime | None
    refused: int


def look(host: str, port: int, *, ca_file: Path | None) -> Certificate:
    """Shake hands as a caller does that trusts the system's authorities; `OSError` if nobody is there."""
    context = ssl.create_default_context()
    if ca_file is not None:
        context.load_verify_locations(ca_file)
    try:
        with (
            socket.create_connection((host, port), _SECONDS) as connection,
            context.wrap_socket(connection, server_hostname=host) as secured,
        ):
            return Certificate(_ends(secured), 0)
    except ssl.SSLCertVerificationError as refusal:
        return Certificate(None, refusal.verify_code or -1)
    except ssl.SSLError:
        return Certificate(None, -1)


def judge(seen: Certificate, now: datetime) -> Finding:
    """Say what a certificate means."""
    if seen.refused:
        found, do = _REASONS.get(
            seen.refused,
            (f"no caller believes it ({seen.refused})", "see what `openssl s_client` says of it"),
        )
        return error(_WHAT, found, do, means=_MEANS)
    if seen.ends is None:
        return warning(_WHAT, "it does not say how long it is valid", "renew it", means=_MEANS)
    left = seen.ends - now
    found = f"valid for {left.days} more days"
    if left < SOON:
        return warning(_WHAT, found, "renew it, and see why that did not happen by itself", means=_MEANS)
    return right(_WHAT, found)


def _ends(secured: ssl.SSLSocket) -> datetime | None:
    ends = (secured.getpeercert() or {}).get("notAfter")
    return datetime.fromtimestamp(ssl.cert_time_to_seconds(ends), UTC) if isinstance(ends, str) else None
