"""Posts a message to a tenant's own system: to a public address, by one deadline, without redirects."""

from __future__ import annotations

import ssl
import time
from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from ipaddress import ip_address, ip_network
from pathlib import Path
from urllib.parse import urlsplit

import requests

from so_privacy_ext.guarded_connections import (
    CURRENT,
    WIRE_ERRORS,
    Attempt,
    guarded_session,
    is_public,
    resolve,
)

LONGEST = 20.0
"""Seconds from the name look-up to the answer."""
LONGEST_WAIT, SHORTEST_WAIT = 86400.0, 1.0
"""Seconds; whatever Retry-After says."""
_LARGEST_ANSWER = 4096
"""Bytes that are read, so that who answers at length is not cut off in the middle; they are not looked at."""
_HEADERS = {"User-Agent": "so-privacy-ext", "Content-Type": "application/json", "Accept": "*/*"}
_TALK = 1.0
"""Seconds that are waited for them."""
_LOOK_UP = 5.0


@dataclass(frozen=True, slots=True)
class Posted:
    """What came of one attempt."""

    status: int | None
    """None where nobody answered."""
    why: str
    """`ok`, or a code: `status_503`, `redirect`, `timeout`, `no_connection`, `no_answer`,
    `tls`, `forbidden_address`."""
    wait: float | None = None
    """Seconds that we were asked to wait."""

    @property
    def taken(self) -> bool:
        """Tell whether the message was taken, which 2xx alone says."""
        return self.status is not None and 200 <= self.status < 300


class Poster:
    """Posts for all tenants; may be used by many threads."""

    def __init__(self, networks: Collection[str] = (), ca_file: Path | None = None) -> None:
        self._networks = [ip_network(one) for one in networks]
        self._session = guarded_session(ca_file)

    @property
    def loopback(self) -> bool:
        """Tell whether this machine itself may be posted to."""
        return self.allows("127.0.0.1")

    def allows(self, address: str) -> bool:
        """Tell whether an IP address may be posted to: a public one, or one that the operator lets us."""
        return is_public(address) or self._is_ours(address)

    def leads_inside(self, url: str) -> bool:
        """Tell whether an address leads where we may not post; False where its name does not resolve now."""
        parts = urlsplit(url)
        try:
            found = resolve(parts.hostname or "", parts.port or 443, _LOOK_UP)
        except OSError:
            return False  # it is looked up and looked at again before each attempt
        return not all(map(self.allows, found))

    def post(self, url: str, headers: Mapping[str, str], body: bytes, *, seconds: float = LONGEST) -> Posted:
        """Post once; whatever goes wrong is said and never raised."""
        allowed = self.allows if url.startswith("https:") else _is_loopback
        attempt = Attempt(time.monotonic() + seconds, allowed)
        CURRENT.attempt = attempt
        request = requests.PreparedRequest()
        try:
            request.prepare("POST", url, headers={**_HEADERS, **headers}, data=body)
            answer = self._session.send(
                request, stream=True, allow_redirects=False, timeout=seconds, proxies={}
            )
            with answer:
                return self._read(answer)
        except (*WIRE_ERRORS, ValueError) as error:
            return Posted(None, _why(error, attempt))

    def close(self) -> None:
        self._session.close()

    def _is_ours(self, address: str) -> bool:
        parsed = ip_address(address.partition("%")[0])
        return any(parsed in network for network in self._networks)

    def _read(self, answer: requests.Response) -> Posted:
        status = answer.status_code
        CURRENT.attempt.deadline = min(CURRENT.attempt.deadline, time.monotonic() + _TALK)
        with suppress(*WIRE_ERRORS):  # the status has said it
            answer.raw.read(_LARGEST_ANSWER, decode_content=False)
        why = "ok" if 200 <= status < 300 else "redirect" if 300 <= status < 400 else f"status_{status}"
        return Posted(status, why, _asked_to_wait(answer.headers.get("Retry-After", "")))


def _is_loopback(address: str) -> bool:
    return ip_address(address.partition("%")[0]).is_loopback


def _asked_to_wait(said: str) -> float | None:
    """Read Retry-After, which is seconds or a date; None where it is neither."""
    said = said.strip()
    if said.isascii() and said.isdigit():
        seconds = float(said[:9])
    else:
        try:
            seconds = parsedate_to_datetime(said).timestamp() - time.time()
        except (ValueError, OverflowError):
            return None
    return min(max(seconds, SHORTEST_WAIT), LONGEST_WAIT)


def _why(error: Exception, attempt: Attempt) -> str:
    if attempt.forbidden:
        return "forbidden_address"
    if time.monotonic() >= attempt.deadline or isinstance(error, (requests.Timeout, TimeoutError)):
        return "timeout"
    if isinstance(error, (requests.exceptions.SSLError, ssl.SSLError)):
        return "tls"
    return "no_answer" if attempt.sent else "no_connection"
