"""Says why a person gets no mail of ours: the reasons in their order, wherever they come from."""

from __future__ import annotations

from so_privacy_ext.model import STORE, EmailAddress, NoMail, Outcome, Ruling


def silence(ruling: Ruling, *, store_withdrawn: bool, before_start: bool) -> NoMail | None:
    """Say why nobody is to be told at all; no duty follows from these."""
    if store_withdrawn:
        return NoMail.STORE_WITHDRAWN
    if before_start:
        return NoMail.BEFORE_START
    if any(one.purpose == STORE and one.outcome is Outcome.REVIEW for one in ruling.decisions):
        return NoMail.REVIEW
    if ruling.gives_none:
        return NoMail.RULE_GIVES_NONE
    return NoMail.NO_TELL if ruling.tell is None else None


def hindrance(*, crm_mails: bool, address: EmailAddress | None, has_template: bool) -> NoMail | None:
    """Say what keeps a mail from going out although the person must be told."""
    if crm_mails:
        return NoMail.CRM_MAILS
    if address is None:
        return NoMail.NO_ADDRESS
    if address.bounce_count > 0:
        return NoMail.BOUNCED
    return None if has_template else NoMail.BLOCKED_TEMPLATE
