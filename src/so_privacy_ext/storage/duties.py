"""Duties to inform a person by a date, and the look-ups of the CRM's own mail for them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from so_privacy_ext.model import Epoch, PersonId
from so_privacy_ext.ports import Duty
from so_privacy_ext.storage.session import TenantSession
from so_privacy_ext.storage.statements import Statements

_sql = Statements("duties")


class DutyBook:
    """One tenant's duties under its turn."""

    def __init__(self, session: TenantSession, epoch: Epoch) -> None:
        self._session = session
        self._epoch = epoch

    def open_duty(
        self,
        person_id: PersonId,
        *,
        mail: str,
        article: int,
        due_at: datetime,
        reason: str,
        template_id: int | None = None,
        since: datetime | None = None,
    ) -> None:
        """Open the duty to inform a person, once per person and mail; again if she was gone or is told anew.

        With `template_id` and `since` the CRM's own mail is looked up: at once, after 2 and 10 minutes.
        """
        self._session.run(
            _sql["open"],
            {
                "epoch": self._epoch,
                "person_id": person_id,
                "mail": mail,
                "article": article,
                "due_at": due_at,
                "reason": reason,
                "template_id": template_id,
                "since": since,
            },
        )

    def close_duty(self, person_id: PersonId, mail: str, how: str) -> None:
        """Close a duty: `sent`, `activity`, `gone`."""
        values = {"epoch": self._epoch, "person_id": person_id, "mail": mail, "how": how}
        self._session.run(_sql["close"], values)

    def close_duties(self, person_id: PersonId, how: str) -> None:
        """Close all duties of a person who is gone."""
        values = {"epoch": self._epoch, "person_id": person_id, "how": how}
        self._session.run(_sql["close_all"], values)

    def awaits_crm_mail(self, person_id: PersonId) -> bool:
        """Tell whether a mail of the CRM's own to this person is still being looked for."""
        values = {"epoch": self._epoch, "person_id": person_id}
        return self._session.row(_sql["awaits_crm_mail"], values) is not None

    def due_duty_look_ups(self) -> Sequence[Duty]:
        """Give open duties whose look-up of the CRM's own mail is due."""
        return [Duty(**row) for row in self._session.rows(_sql["due_look_ups"], {"epoch": self._epoch})]

    def duty_looked_up(self, duty_id: int) -> None:
        """Note one look-up that found nothing, and set the time of the next, if there is one."""
        self._session.run(_sql["looked_up"], {"duty_id": duty_id})
