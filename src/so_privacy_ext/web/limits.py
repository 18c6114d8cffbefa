"""How much, how large and how slow a client may be before it is refused."""

from __future__ import annotations

import resource
from dataclasses import dataclass, replace

_OTHER_FILES = 100
_FORMS = b"/configure"
_PATIENT = (b"/configure", b"/install", b"/callback")


@dataclass(frozen=True, slots=True)
class Limits:
    """Bytes, counts and seconds; a deadline is looked at twice a second, so half a second before its time."""

    body_bytes: int = 256 * 1024
    form_bytes: int = 512 * 1024
    """Where a manifest is uploaded."""
    header_bytes: int = 16 * 1024
    headers: int = 64
    header_seconds: float = 4.5
    body_seconds: float = 9.5
    idle_seconds: int = 30
    """Between two requests on one connection."""
    answer_seconds: float = 20.0
    """From the end of a request until the client has taken its answer."""
    page_seconds: float = 60.0
    """The same of a page for which we may have to ask SuperOffice."""
    linger_seconds: float = 1.0
    """For a refusal to be read before the connection is cut."""
    connections: int = 4096
    connections_per_address: int = 1024

    def answer_seconds_of(self, target: bytes) -> float:
        """Give how long our answer to it may take; some wait for a turn and for the CRM."""
        return self.page_seconds if target.startswith(_PATIENT) else self.answer_seconds

    def body_bytes_of(self, target: bytes) -> int:
        """Give how large a body may be that is posted there."""
        return self.form_bytes if target.startswith(_FORMS) else self.body_bytes

    def within_open_files(self) -> Limits:
        """Lower the number of connections to what this process may open."""
        soft = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
        if soft == resource.RLIM_INFINITY:
            return self
        most = min(self.connections, max(soft - _OTHER_FILES, soft // 4))
        return replace(
            self, connections=most, connections_per_address=min(self.connections_per_address, most * 3 // 4)
        )
