"""The port `Crm` over SOAP: one tenant for one turn."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime

from so_privacy_ext.model import Consent, Glance, Person, PersonId, TenantLists, UserField
from so_privacy_ext.ports import SharedLists
from so_privacy_ext.superoffice import activities, consents, lists, mail, persons, user_fields
from so_privacy_ext.superoffice.client import SoapClient
from so_privacy_ext.superoffice.connection import TenantConnection
from so_privacy_ext.superoffice.everybody import Everybody, Noticed


class SuperOfficeCrm:
    """Implements `ports.Crm`; cheap to make, since all that is kept is the connection's."""

    def __init__(
        self, connection: TenantConnection, pace: Callable[[], None], shared: SharedLists | None = None
    ) -> None:
        """With `shared`, lists are read once for all processes."""
        self._client = SoapClient(connection, pace)
        self._kept = connection.lists
        self._shared = shared

    def lists(self) -> TenantLists:
        return self._kept.get(lambda: lists.read_lists(self._client), self._shared)

    def forget_lists(self) -> None:
        self._kept.forget()
        if self._shared is not None:
            self._shared.forget()

    def read_persons(
        self, ids: Sequence[PersonId], fields: Sequence[UserField] = ()
    ) -> Mapping[PersonId, Person]:
        found = persons.read_persons(self._client, ids, self.read_consents, fields)
        if found:
            self._refuse_moved(fields)
        strangers = set(persons.strangers(found.values(), self.lists()))
        if strangers:
            self._kept.doubt(strangers)
        return found

    def glance(self, ids: Sequence[PersonId]) -> Mapping[PersonId, Glance]:
        return persons.glance(self._client, ids, self.read_consents)

    def read_next(self, reading: Everybody) -> Sequence[Person]:
        """Read the next page of all persons."""
        return reading.page(self._client, self.lists, self._kept.doubt, self._refuse_moved)

    def read_noticed(self, reading: Noticed) -> Collection[PersonId]:
        """Read the next page of all whom the CRM has sent a privacy mail."""
        return reading.page(self._client)

    def active_since(self, ids: Sequence[PersonId], since: datetime) -> Collection[PersonId]:
        """Tell who of these persons has an activity since then that is no privacy mail."""
        notices = {one.item_id for one in self.lists().templates if one.is_privacy}
        return activities.active_since(self._client, ids, since, notices)

    def read_consents(self, ids: Sequence[PersonId]) -> Mapping[PersonId, Mapping[str, Consent]]:
        return consents.read_consents(self._client, ids, self.lists, self._kept.doubt)

    def next_person_id(self) -> int:
        return persons.next_person_id(self._client)

    def merged_into(self, ids: Sequence[PersonId]) -> Mapping[PersonId, PersonId]:
        return persons.merged_into(self._client, ids)

    def set_consent(
        self, person_id: PersonId, *, purpose: str, basis: str, source: str, comment: str
    ) -> None:
        consents.set_consent(
            self._client,
            self.lists(),
            person_id,
            purpose=purpose,
            basis=basis,
            source=source,
            comment=comment,
        )

    def best_language(self, person_id: PersonId, template_id: int) -> str:
        return mail.best_language(self._client, person_id, template_id)

    def place(self) -> AbstractContextManager[None]:
        return self._client.place()

    def send_notice(self, person_id: PersonId, *, address: str, template_id: int, lcid: int) -> None:
        mail.send_notice(self._client, person_id, address=address, template_id=template_id, lcid=lcid)

    def notice_archived(self, person_id: PersonId, template_id: int, since: datetime) -> bool:
        return mail.notice_archived(self._client, person_id, template_id, since)

    def _refuse_moved(self, fields: Sequence[UserField]) -> None:
        """Believe no value of a field that was moved while it was read."""
        if fields and user_fields.moved(self._client, fields):
            self.forget_lists()
            raise user_fields.refusal()
