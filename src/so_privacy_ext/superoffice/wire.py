"""One HTTP exchange with SuperOffice: bounded in time and size, without redirects and cookies."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import requests

from so_privacy_ext.guarded_connections import CURRENT, WIRE_ERRORS, Attempt, guarded_session, is_public
from so_privacy_ext.superoffice import faults

LONGEST_EXCHANGE = 30.0
"""Seconds from the name look-up to the last byte."""
LARGEST_REPLY = 8 * 1024 * 1024
_CHUNK = 64 * 1024
_HEADERS = {"User-Agent": "so-privacy-ext", "Accept-Encoding": "gzip"}
_ENCODINGS = frozenset({"", "identity", "gzip"})


@dataclass(frozen=True, slots=True)
class HttpReply:
    """A reply, read to its end."""

    status: int
    media_type: str
    """Lower case, without parameters."""
    charset: str
    headers: Mapping[str, str] = field(repr=False)
    content: bytes = field(repr=False)


class Wire:
    """One tenant's session; may be used by many threads."""

    def __init__(self, *, private_addresses_allowed: bool, ca_file: Path | None = None) -> None:
        self._allowed = _anything if private_addresses_allowed else is_public
        self._session = guarded_session(ca_file)

    def exchange(
        self,
        operation: str,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str],
        body: bytes = b"",
        seconds: float = LONGEST_EXCHANGE,
        limit: int = LARGEST_REPLY,
    ) -> HttpReply:
        """Send and read; whatever goes wrong is a `CrmFailure` that says whether anything was sent."""
        attempt = Attempt(time.monotonic() + seconds, self._allowed)
        CURRENT.attempt = attempt
        request = requests.PreparedRequest()
        try:
            request.prepare(method, url, headers={**_HEADERS, **headers}, data=body)
            response = self._session.send(
                request, stream=True, allow_redirects=False, timeout=seconds, proxies={}
            )
            with response:
                return self._read(operation, response, limit)
        except WIRE_ERRORS as error:
            raise faults.of_wire_error(error, operation, sent=attempt.sent) from None

    def close(self) -> None:
        self._session.close()

    def _read(self, operation: str, response: requests.Response, limit: int) -> HttpReply:
        if response.headers.get("Content-Encoding", "").strip().lower() not in _ENCODINGS:
            raise faults.protocol(operation, "content encoding")
        content = bytearray()
        while chunk := response.raw.read(_CHUNK, decode_content=True):
            content += chunk
            if len(content) > limit:
                raise faults.protocol(operation, "reply too large")
        media_type, _, parameters = response.headers.get("Content-Type", "").partition(";")
        return HttpReply(
            status=response.status_code,
            media_type=media_type.strip().lower(),
            charset=_charset(parameters),
            headers=response.headers,
            content=bytes(content),
        )


def _anything(_address: str) -> bool:
    return True


def _charset(parameters: str) -> str:
    for parameter in parameters.split(";"):
        name, _, value = parameter.partition("=")
        if name.strip().lower() == "charset":
            return value.strip().strip('"').lower()
    return ""
