"""What plugins, and whoever else is told afterwards, could not be told."""

from __future__ import annotations

from collections.abc import Iterator

from so_privacy_ext.doctor.findings import Finding, warning
from so_privacy_ext.storage import errands
from so_privacy_ext.storage.turns import Turn


def examine_errands(turn: Turn) -> Iterator[Finding]:
    """Look at what was given up, by whom it was for."""
    name = turn.tenant.context_identifier
    for one in errands.given_up(turn.session):
        found = f"{one.errands} errands were given up, the last at {one.at:%Y-%m-%d %H:%M} UTC"
        do = (
            f"so-privacy errands list --state dead --consumer {one.consumer}; then so-privacy errands redrive"
        )
        yield warning(one.consumer, found, do, means="it does not know of what happened", tenant=name)
