"""The shapes of this room's fixtures."""

from __future__ import annotations

import subprocess
from collections.abc import Callable

from so_privacy_ext.model import AddressHash, Delivery, PersonId, TenantId
from so_privacy_ext.ports import MailClaim, Mails
from so_privacy_ext.storage.arrivals import ArrivingTenant
from so_privacy_ext.storage.tenants import AddedTenant
from so_privacy_ext.storage.turns import Turn

ANNA = PersonId(1)

Add = Callable[[str], AddedTenant]
Arriving = Callable[..., ArrivingTenant]
Taking = Callable[[TenantId], Turn]
Delivering = Callable[..., Delivery]
Processes = Callable[..., subprocess.Popen[str]]


def sent(process: subprocess.Popen[str], text: str) -> None:
    """Write to a process."""
    assert process.stdin is not None
    process.stdin.write(text)
    process.stdin.flush()


def said(process: subprocess.Popen[str]) -> str:
    """Read the next line that a process writes."""
    assert process.stdout is not None
    return process.stdout.readline()


def claimed(mails: Mails, *, mail: str = "notice13") -> MailClaim:
    """Claim a mail to Anna that nobody has claimed yet."""
    claim = mails.claim(
        ANNA, mail=mail, version=1, address_hash=AddressHash("a"), template_id=1, retell=False
    )
    assert claim is not None
    return claim


def taken(turn: Turn | None) -> Turn:
    """Have a turn for certain."""
    assert turn is not None
    return turn
