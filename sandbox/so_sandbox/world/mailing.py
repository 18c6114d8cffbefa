"""Mails of a tenant: which language, what was sent, and the activity that each leaves behind."""

from __future__ import annotations

from html import escape

from so_sandbox.world.errors import InvalidArgument, NotFound
from so_sandbox.world.lists import CULTURES, Template, solang
from so_sandbox.world.rows import Activity, Mail, Person
from so_sandbox.world.tenant_state import TenantState

SPOKEN = {"no": "nb"}
"""What people call a language whose ISO culture the vendor writes otherwise."""
DOCUMENT = 4
"""The appointment type of a document."""


class Mailing(TenantState):
    """Sends privacy mails into the outbox."""

    def best_solang(self, person_id: int, template_id: int) -> str:
        """Return the vendor's language code that suits the person among the template's, or nothing."""
        person = self.person(person_id)
        offered = {solang(culture) for culture in self._template(template_id).languages}
        for culture in (*self._own_languages(person), "en"):
            code = solang(culture)
            if code and code in offered:
                return code
        return ""

    def send_privacy_mail(
        self, person_id: int, *, address: str, template_id: int, lcid: int, subject: str = "", by: int
    ) -> Mail:
        """Send as SendConsentConfirmationEmail does, refusing what it would refuse."""
        with self.change():
            person = self.person(person_id)
            template = self._template(template_id)
            if not template.privacy:
                raise InvalidArgument(f"template {template_id} is no privacy template")
            if not address:
                raise InvalidArgument("the e-mail address is empty")
            if lcid not in CULTURES:
                raise InvalidArgument(f"no culture has the LCID {lcid}")
            return self._send(person, address, template, lcid, subject=subject, by=by, sender="api")

    def send_by_source(self, person_id: int, source_id: int, *, by: int) -> Mail | None:
        """Mail by itself if the source has a template and the person an address, as the CRM does."""
        with self.change():
            source = self.tables.lists.sources.get(source_id)
            emails = self.emails(person_id)
            if source is None or not source.mail_template_id or not emails:
                return None
            code = self.best_solang(person_id, source.mail_template_id)
            lcid = next((number for number, culture in CULTURES.items() if solang(culture) == code), 1033)
            template = self._template(source.mail_template_id)
            person = self.person(person_id)
            return self._send(
                person, emails[0].email_address, template, lcid, subject="", by=by, sender="crm"
            )

    def add_bounce(self, address: str, count: int = 1) -> None:
        """Raise the bounce counter of every row with this address."""
        with self.change():
            for rows in self.tables.emails.values():
                for row in rows:
                    if row.email_address.casefold() == address.casefold():
                        row.bounce_count += count
                        row.updated = self.now()

    def activities(self, person_id: int) -> list[Activity]:
        return self.tables.activities.get(person_id, [])

    def _template(self, template_id: int) -> Template:
        template = self.tables.lists.templates.get(template_id)
        if template is None or template.deleted:
            raise NotFound(f"there is no template {template_id}")
        return template

    def _own_languages(self, person: Person) -> tuple[str, ...]:
        lists = self.tables.lists
        preferred = lists.languages.get(person.support_language_id)
        company = self.tables.companies.get(person.contact_id)
        country = lists.countries.get(person.country_id or (company.country_id if company else 0))
        return (
            preferred.iso if preferred else "",
            CULTURES.get(country.default_lcid, "") if country else "",
        )

    def _send(
        self,
        person: Person,
        address: str,
        template: Template,
        lcid: int,
        *,
        subject: str,
        by: int,
        sender: str,
    ) -> Mail:
        language, (template_subject, html) = _wording(template, CULTURES[lcid])
        activity = Activity(
            appointment_id=self.tables.next_id("appointment"),
            person_id=person.person_id,
            document_id=self.tables.next_id("document"),
            task_idx=template.item_id,
            type=DOCUMENT,
            registered=self.now(),
            registered_associate_id=by,
            header=subject or template_subject,
        )
        self.tables.activities.setdefault(person.person_id, []).append(activity)
        mail = Mail(
            mail_id=len(self.tables.outbox) + 1,
            person_id=person.person_id,
            to=address,
            template_id=template.item_id,
            template_name=template.name,
            language=SPOKEN.get(language, language.partition("-")[0]),
            lcid=lcid,
            subject=subject or template_subject,
            html=html.replace("{name}", escape(f"{person.firstname} {person.lastname}".strip())),
            sent=activity.registered,
            by_associate_id=by,
            by=sender,
            appointment_id=activity.appointment_id,
        )
        self.tables.outbox.append(mail)
        if address.casefold() in self.tables.bouncing:
            self.add_bounce(address)
        self.announce(
            "document.created", activity.document_id, entity="document", changes=("document_id",), by=by
        )
        return mail


def _wording(template: Template, culture: str) -> tuple[str, tuple[str, str]]:
    for candidate in (culture, culture.partition("-")[0], "en-US", *template.languages):
        if candidate in template.wording:
            return candidate, template.wording[candidate]
    return culture, (template.name, "<p>{name}</p>")
