"""A person as the CRM holds her now, and what the product has decided about her."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from so_privacy_kit.outbox import Outbox

if TYPE_CHECKING:
    from so_privacy_kit.tenant import Tenant


@dataclass(frozen=True, slots=True)
class Consent:
    """What stands for one purpose, by keys."""

    basis: str
    """Such as `61F`, or `WITHDRAWN`."""
    source: str
    """Such as `CARD`."""
    comment: str = ""
    """Of what we wrote: our tag, with rule and manifest."""

    @property
    def ours(self) -> bool:
        """Tell whether the product wrote it."""
        return self.comment.startswith("so-privacy ")


class Person:
    """Each look reads the CRM anew; each act is one that somebody does in the CRM, and tells of itself."""

    def __init__(self, tenant: Tenant, person_id: int) -> None:
        self._tenant = tenant
        self.id = person_id

    def __repr__(self) -> str:
        return f"<person {self.id}: {self.held}>"

    @property
    def consents(self) -> Mapping[str, Consent]:
        """Give what stands, by purpose."""
        held = self._tenant.crm.consent_keys(self.id)
        return {purpose: Consent(*row) for purpose, row in held.items()}

    @property
    def held(self) -> Mapping[str, str]:
        """Give what stands in short, by purpose, such as `{"STORE": "61F/CARD"}`."""
        return {purpose: f"{one.basis}/{one.source}" for purpose, one in self.consents.items()}

    @property
    def mails(self) -> Outbox:
        """Give the mails to her, oldest first."""
        return Outbox(self._tenant.crm, self.id)

    @property
    def decisions(self) -> Sequence[Mapping[str, Any]]:
        """Give each decision so far, oldest first: what was seen, decided and done, as journalled."""
        return [one.content for one in self._tenant.journal("decision", self)]

    @property
    def rules(self) -> Mapping[str, str | None]:
        """Give by purpose the rule that decided it when she was decided last; None: no rule applied."""
        last = self.decisions[-1:]
        return {one["purpose"]: one["rule"] for content in last for one in content["decisions"]}

    def change(self, **settings: object) -> None:
        """Have a user change her, such as `title="Director"`; left empty, some title."""
        self._tenant.trigger("person.changed", person=self.id, **settings)

    def consent(self, purpose: str, basis: str = "61A", source: str = "WEBFORM", **settings: object) -> None:
        """Have her give a consent herself, or with `by="user"` a user write one."""
        self._tenant.trigger(
            "person.consented", person=self.id, purpose=purpose, basis=basis, source=source, **settings
        )

    def withdraw(self, purpose: str = "EMARKETING", source: str = "CUSTOMERPORTAL") -> None:
        """Have her take a consent back."""
        self._tenant.trigger("person.unconsented", person=self.id, purpose=purpose, source=source)

    def add_email(self, *addresses: str) -> None:
        """Have a user add addresses, of which no event tells."""
        self._tenant.trigger("email.added", person=self.id, email=",".join(addresses))

    def merge_into(self, other: Person) -> None:
        """Have a user make her and another one person, which is the other."""
        self._tenant.trigger("person.merged", person=self.id, into=other.id)

    def delete(self) -> None:
        """Have a user delete her for good."""
        self._tenant.trigger("person.deleted", person=self.id)
