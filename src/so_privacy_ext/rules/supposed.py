"""A person who is not in any CRM, and why she would get no mail."""

from __future__ import annotations

from dataclasses import dataclass

from so_privacy_ext.model import STORE, EmailAddress, NoMail, Ruling, TenantLists
from so_privacy_ext.rules.activation import ActiveManifest
from so_privacy_ext.rules.silence import hindrance, silence
from so_privacy_ext.sdk import Facts

_SOME_ADDRESS = EmailAddress("", 1)


@dataclass(frozen=True, slots=True)
class MadeUpPerson:
    """A person who is not in any CRM, and the manifest that is asked about her."""

    facts: Facts
    manifest: ActiveManifest
    lists: TenantLists

    def silence(self, ruling: Ruling) -> NoMail | None:
        """Say why she would get no mail, were she registered now and never told."""
        silent = silence(ruling, store_withdrawn=STORE in ruling.withdrawn, before_start=False)
        if silent is not None or ruling.tell is None:
            return silent
        mailing = {one.key for one in self.lists.sources if one.mail_template_id}
        return hindrance(
            crm_mails=self.facts.source in mailing,
            address=_SOME_ADDRESS if self.facts.has_email else None,
            has_template=self.manifest.mails[ruling.tell].has_text,
        )
