"""Reads all persons of a tenant, a page after the other, in the fewest calls.

Persons, addresses and consents are read side by side in the order of persons, a page of each when it is
needed; what a page of addresses or consents holds of later persons waits for them. So a thousand persons cost
a call, and what hangs on them a call for each thousand rows.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

from so_privacy_ext.model import Person, PersonId, TenantLists, UserField
from so_privacy_ext.superoffice import user_fields
from so_privacy_ext.superoffice.ahead import Ahead
from so_privacy_ext.superoffice.archive import (
    BATCH,
    PAGE,
    Column,
    Row,
    highest,
    integer,
    read,
    read_all,
)
from so_privacy_ext.superoffice.client import SoapClient
from so_privacy_ext.superoffice.consents import COLUMNS as CONSENT
from so_privacy_ext.superoffice.consents import by_person
from so_privacy_ext.superoffice.list_cache import Stranger
from so_privacy_ext.superoffice.mail import DOCUMENTS
from so_privacy_ext.superoffice.persons import (
    EMAIL,
    PERSON,
    companies_asked,
    company_columns,
    made,
    read_companies,
    strangers,
)

_KEY = "person_id"
_MAILED = (
    Column("appointment_id", integer),
    Column("person_id", integer, required=False),
    Column("type", integer),
)


class Everybody:
    """How far a reading has come; it outlives turns, and a page that failed is read again."""

    def __init__(
        self,
        last: PersonId,
        *,
        after: int = 0,
        page_size: int = PAGE,
        fields: Sequence[UserField] = (),
    ) -> None:
        self._page_size = page_size
        self.fields = fields
        """User-defined fields that are read of everybody."""
        self.after = PersonId(after)
        """Everybody up to this person has been given."""
        self._last = last
        self._emails = Ahead("email", EMAIL, page_size, after)
        self._consents = Ahead("consentperson", CONSENT, page_size, after)
        self._companies: dict[int, Row] = {}

    @property
    def ended(self) -> bool:
        """Tell whether nobody is left up to the last who is asked for."""
        return self.after >= self._last

    def page(
        self,
        client: SoapClient,
        lists: Callable[[], TenantLists],
        doubt: Callable[[Collection[Stranger]], None],
        refuse_moved: Callable[[Sequence[UserField]], None],
    ) -> Sequence[Person]:
        """Read the next page, which may be short; raises the `CrmFailure` that kept us from it."""
        columns = (*PERSON, *user_fields.columns(self.fields, "person"))
        read_rows = read(
            client, "person", columns, f"person.person_id > {self.after}", page_size=self._page_size
        )
        if not read_rows:
            self.after = self._last
            return []
        reached = highest(read_rows, _KEY, self.after)
        rows = {PersonId(row[_KEY]): row for row in read_rows if row[_KEY] <= self._last}
        for ahead in (self._emails, self._consents):
            ahead.reach(client, reached)
        self._learn_companies(client, companies_asked(rows.values(), self.fields))
        consents = by_person(self._consents.up_to(reached), rows, lists, doubt)
        found = made(rows, self._emails.up_to(reached), consents, self._companies, self.fields)
        refuse_moved(self.fields)
        unknown = set(strangers(found.values(), lists()))
        if unknown:
            doubt(unknown)
            lists()  # read now, so that whoever uses this page need not ask
        for ahead in (self._emails, self._consents):
            ahead.forget(reached)
        self.after = PersonId(reached)
        return list(found.values())

    def _learn_companies(self, client: SoapClient, companies: Sequence[int]) -> None:
        """Look companies up that were not met yet: all there are, once a page asks for many of them."""
        new = [one for one in companies if one not in self._companies]
        if len(new) > BATCH:
            everything = read_all(client, "contact", company_columns(self.fields))
            self._companies |= {row["contact_id"]: row for row in everything}
        elif new:
            self._companies |= read_companies(client, new, self.fields)
        for one in new:
            self._companies.setdefault(one, self._gone)  # it is not asked for again

    @property
    def _gone(self) -> Row:
        """Give what stands for a company that is not there any more."""
        return {"country_id": 0} | {one.column: None for one in self.fields if one.owner == "company"}


class Noticed:
    """How far a reading of all privacy mails that the CRM has archived has come."""

    def __init__(self, template_ids: Collection[int]) -> None:
        self._templates = sorted(template_ids)
        self._after = 0
        self.ended = not self._templates

    def page(self, client: SoapClient) -> Collection[PersonId]:
        """Read the next page; give who was mailed."""
        which = f"appointment.task_idx in ({','.join(map(str, self._templates))})"
        rows = read(client, "appointment", _MAILED, f"appointment.appointment_id > {self._after} and {which}")
        if not rows:
            self.ended = True
            return []
        self._after = highest(rows, _MAILED[0].name, self._after)
        return {PersonId(row[_KEY]) for row in rows if row[_KEY] > 0 and row["type"] in DOCUMENTS}
