"""The public address, called as SuperOffice would."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from http import HTTPStatus
from pathlib import Path
from urllib.parse import urlsplit

from so_privacy_ext.doctor import certificate
from so_privacy_ext.doctor.findings import Finding, error, right, warning
from so_privacy_ext.lifecycle import self_test

_WHAT = "public address"
_START = "start `so-privacy web`; see that SO_PRIVACY_PUBLIC_URL leads to it with a valid certificate"
_MEANS = "deliveries are lost; after nine failed ones SuperOffice stops the webhook"


def examine_address(public_url: str, *, ca_file: Path | None, now: datetime) -> Iterator[Finding]:
    """Look at the certificate first, then ask whether we are behind the address."""
    parts = urlsplit(public_url)
    if parts.scheme == "https":
        try:
            seen = certificate.look(parts.hostname or "", parts.port or 443, ca_file=ca_file)
        except OSError as failure:
            yield error(_WHAT, f"{public_url} fails ({type(failure).__name__})", _START, means=_MEANS)
            return
        judged = certificate.judge(seen, now)
        yield judged
        if seen.refused:
            return
    else:
        found = "plain HTTP, to which only a sandbox posts"
        if parts.hostname not in {"localhost", "127.0.0.1", "::1"}:
            yield warning("certificate", found, "set SO_PRIVACY_PUBLIC_URL to an https:// address")
    yield _answer(public_url, ca_file)


def examine_callers(public_url: str, trusted_proxies: Sequence[str]) -> Iterator[Finding]:
    """Say by what callers are told apart; behind HTTPS there is a proxy, since we don't speak it."""
    if urlsplit(public_url).scheme != "https":
        return
    found = f"told apart by what {', '.join(trusted_proxies)} says of them"
    if not trusted_proxies:
        found = (
            "all count as one address, so a flood of one slows down the others: name in"
            " SO_PRIVACY_TRUSTED_PROXIES what speaks HTTPS for us, if it sends X-Forwarded-For"
        )
    yield right("callers", found)


def certificate_seconds(public_url: str, *, ca_file: Path | None, now: datetime) -> float | None:
    """Give for how many seconds the certificate is still believed, 0 if it is not; None if there is none."""
    parts = urlsplit(public_url)
    if parts.scheme != "https":
        return None
    try:
        seen = certificate.look(parts.hostname or "", parts.port or 443, ca_file=ca_file)
    except OSError:
        return None
    return max(0.0, (seen.ends - now).total_seconds()) if seen.ends is not None else 0.0


def _answer(public_url: str, ca_file: Path | None) -> Finding:
    answer = self_test.ask(public_url, ca_file)
    if answer.status is None:
        return error(_WHAT, f"{answer.address} fails ({answer.failure})", _START, means=_MEANS)
    if answer.status != HTTPStatus.OK:
        found = f"{answer.address} answers {answer.status}"
        return error(_WHAT, found, "see the log of `so-privacy web`", means=_MEANS)
    if not answer.ours:
        found = f"{answer.address} answers, but it is not us"
        return error(_WHAT, found, "see where SO_PRIVACY_PUBLIC_URL leads", means=_MEANS)
    return right(_WHAT, f"{answer.address} answers")
