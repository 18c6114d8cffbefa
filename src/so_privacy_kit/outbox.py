"""The mails that have left a tenant; they never leave the machine."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import overload

from so_sandbox.world.rows import Mail as Row
from so_sandbox.world.tenant import Tenant


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail to a person."""

    to: str
    person_id: int
    template: str
    """The name of the CRM's template, such as `privacy-notice-13`."""
    language: str
    """Such as `da` or `nb`."""
    subject: str
    html: str
    ours: bool
    """False where the CRM has mailed by itself."""
    sent: datetime


class Outbox(Sequence[Mail]):
    """All mails so far, oldest first; asked anew at each look."""

    def __init__(self, crm: Tenant, person_id: int | None = None) -> None:
        self._crm = crm
        self._person_id = person_id

    @overload
    def __getitem__(self, index: int) -> Mail: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Mail]: ...
    def __getitem__(self, index: int | slice) -> Mail | Sequence[Mail]:
        return self._mails()[index]

    def __len__(self) -> int:
        return len(self._mails())

    def __eq__(self, other: object) -> bool:
        return self._mails() == (other._mails() if isinstance(other, Outbox) else other)

    __hash__ = None  # type: ignore[assignment]  # it changes

    def __repr__(self) -> str:
        return repr(self._mails())

    def to(self, address: str) -> list[Mail]:
        """Give the mails to an address, in any case."""
        return [one for one in self._mails() if one.to.casefold() == address.casefold()]

    def _mails(self) -> list[Mail]:
        sent = tuple(self._crm.tables.outbox)
        return [_mail(one) for one in sent if self._person_id in {None, one.person_id}]


def _mail(row: Row) -> Mail:
    return Mail(
        to=row.to,
        person_id=row.person_id,
        template=row.template_name,
        language=row.language,
        subject=row.subject,
        html=row.html,
        ours=row.by == "api",
        sent=row.sent,
    )
