"""Checks what a plugin declares to hold of persons elsewhere; runs in the plugin's own process."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from so_privacy_ext.extension import Extension, Holds

SEAMS = ("subject_access", "subject_erase", "tenant_erase")
"""What who holds data must be able to do."""
LONGEST = 36_500
"""Days; whoever says more has not thought about it."""


def described(holds: Holds | None) -> dict[str, Any] | None:
    """Give what is held in the form of a `Description`."""
    return None if holds is None else {"what": holds.what, "why": holds.why, "keep_days": holds.keep_days}


def mistakes(extension: Extension) -> Iterator[tuple[str, str]]:
    """Say what is wrong and what to do about it."""
    declared = [one.seam for one in extension.holdings]
    for seam in SEAMS:
        if declared.count(seam) > 1:
            yield f"it has two functions for `{seam}`", "make one of them, which does all"
    if extension.holds is None:
        if declared:
            what = f"it has {_listed(sorted(set(declared)))}, and doesn't say that it holds anything"
            yield what, "say it: `Extension(..., holds=Holds(what=…, why=…, keep_days=…))`"
        return
    missing = [seam for seam in SEAMS if seam not in declared]
    if missing:
        how = "add a function with each: whose data is held elsewhere must be shown and erased there too"
        yield f"it holds data and has no {_listed(missing)}", how
    if not extension.hosts:
        what = "it holds data and talks to no host"
        yield what, "name in `hosts` where it is: a plugin has no place on this machine"
    if not (extension.holds.what.strip() and extension.holds.why.strip()):
        yield "it doesn't say what it holds, or why", "give `what` and `why` in `Holds` a sentence each"
    days: Any = extension.holds.keep_days  # a plugin may have put anything there
    if type(days) is not int or not 0 < days <= LONGEST:
        what = f"it holds data for {str(days)[:20]} days"
        yield what, f"say in `keep_days` when it is gone at the latest, from 1 to {LONGEST}"


def _listed(seams: list[str]) -> str:
    return ", ".join(f"`@ext.{one}`" for one in seams)
