"""Says what the tests of a manifest see of it, for the laws."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from so_privacy_ext.rules.lint.reached import reached
from so_privacy_ext.rules.lint.subject import RuleTests
from so_privacy_ext.rules.manifest import Manifest
from so_privacy_ext.trial.offering import Offering
from so_privacy_ext.trial.reading import Trial
from so_privacy_ext.trial.running import Branch, cover, run_all

MOST_OFFERED = 20
"""For so many rules tests are written out; nobody pastes more by hand, and making one up takes its time."""


def seen(manifest: Manifest, trials: Sequence[Trial]) -> RuleTests:
    """Run the tests, whether or not they hold, and offer some for what none of them sees decided."""
    if not trials:
        return RuleTests(0, {})
    active = reached(manifest).active
    unseen = cover(run_all(trials, active), active).missing_branches
    offering = Offering(manifest, trials[0].tenant)
    offered: dict[Branch, str] = {}
    left_out: set[Branch] = set()
    rules = 0
    for _, branches in groupby(filter(offering.can_be_met, unseen), key=lambda branch: branch[0]):
        if rules == MOST_OFFERED:
            left_out |= set(branches)
        elif found := dict(offering.of_branches(branches, on_one_line=True)):
            rules += 1
            offered |= found
    return RuleTests(len(trials), {branch: offered.get(branch, "") for branch in unseen}, frozenset(left_out))
