"""Tells a failure that is about one person from one that would hit the next person as well."""

from __future__ import annotations

from so_privacy_ext.errors import CrmFailure, Fault, NeedsHuman, NoOp


def of_one_person(failure: CrmFailure) -> bool:
    """Tell whether others may go on: the CRM refused this request, or answered it with nonsense.

    So they may where a mail server or a plugin can't take a notice, which keeps nobody's consents.
    """
    return isinstance(failure, NoOp | NeedsHuman) or failure.fault in {Fault.PROTOCOL, Fault.CHANNEL}
