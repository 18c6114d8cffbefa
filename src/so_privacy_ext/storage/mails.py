"""Mail claims, committed before the call, with their two unique keys."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from so_privacy_ext import metrics
from so_privacy_ext.model import CRM_MAIL, AddressHash, MailState, PersonId
from so_privacy_ext.ports import MailClaim
from so_privacy_ext.storage.database import Row
from so_privacy_ext.storage.duties import DutyBook
from so_privacy_ext.storage.statements import Statements

_sql = Statements("mails")


class MailBook(DutyBook):
    """One tenant's mail claims and duties under its turn."""

    def claim(
        self,
        person_id: PersonId,
        *,
        mail: str,
        version: int,
        address_hash: AddressHash,
        template_id: int,
        retell: bool,
        channel: str = CRM_MAIL,
    ) -> MailClaim | None:
        """Claim a mail and commit; None if this person or address was told already."""
        values = self._key(person_id, address_hash, mail, version)
        values |= {"template_id": template_id, "channel": channel}
        with self._session.committed():
            if self._told(values, retell=retell):
                return None
            row = self._session.row(_sql["claim"], values)
        return None if row is None else _claim(row)

    def told(
        self,
        person_id: PersonId,
        address_hash: AddressHash | None,
        *,
        mail: str,
        version: int,
        retell: bool,
    ) -> bool:
        """Tell whether `claim` would find this person or address told already."""
        return self._told(self._key(person_id, address_hash, mail, version), retell=retell)

    def claims_of(self, person_id: PersonId) -> Sequence[MailClaim]:
        """Give a person's claims that still hold, newest last."""
        values = {"epoch": self._epoch, "person_id": person_id}
        return [_claim(row) for row in self._session.rows(_sql["claims_of"], values)]

    def set_state(self, mail_id: int, state: MailState) -> None:
        """Note how a claim stands; `sent` closes the person's duty and what asks a human about it."""
        metrics.mail(state)
        with self._session.transaction():
            row = self._session.row(_sql["set_state"], {"mail_id": mail_id, "state": str(state)})
            if row is not None and state is MailState.SENT:
                self.close_duty(PersonId(row["person_id"]), row["mail"], "sent")
                self._session.run(_sql["settle_review"], {"mail_id": str(mail_id)})

    def claim_again(self, held: MailClaim, *, template_id: int, channel: str) -> MailClaim:
        """Have a held claim go by another channel from now on, as claimed."""
        values = {"mail_id": held.mail_id, "template_id": template_id, "channel": channel}
        with self._session.transaction():
            self._session.run(_sql["go_by"], values)
            self.set_state(held.mail_id, MailState.CLAIMED)
        return replace(held, template_id=template_id, channel=channel, state=MailState.CLAIMED)

    def look_up_later(self, mail_id: int, seconds: float) -> None:
        """Have an unknown claim looked up again after that many seconds."""
        self._session.run(_sql["look_up_later"], {"mail_id": mail_id, "seconds": seconds})

    def leave_to_human(self, mail_id: int) -> None:
        """Look an unknown claim up no more; a review item has been opened."""
        self._session.run(_sql["leave_to_human"], {"mail_id": mail_id})

    def due_look_ups(self) -> Sequence[MailClaim]:
        """Give unknown claims whose look-up is due; one that a dead turn left claimed is unknown too."""
        with self._session.transaction():
            self._session.run(_sql["forsaken"], {"epoch": self._epoch})
            found = self._session.rows(_sql["due_look_ups"], {"epoch": self._epoch})
        return [_claim(row) for row in found]

    def _told(self, values: dict[str, object], *, retell: bool) -> bool:
        return self._session.row(_sql["told"], values | {"retell": retell}) is not None

    def _key(
        self, person_id: PersonId, address_hash: AddressHash | None, mail: str, version: int
    ) -> dict[str, object]:
        return {
            "epoch": self._epoch,
            "person_id": person_id,
            "address_hash": address_hash,
            "mail": mail,
            "version": version,
        }


def _claim(row: Row) -> MailClaim:
    return MailClaim(**{**row, "state": MailState(row["state"])})
