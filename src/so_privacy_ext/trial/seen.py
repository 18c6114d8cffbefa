"""Says what the tests of a manifest see of it, for the laws."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from so_privacy_ext.rules.alone import resolve_alone
from so_privacy_ext.rules.lint.subject import RuleTests
from so_privacy_ext.rules.manifest import Manifest
from so_privacy_ext.trial.offering import Offering
from so_privacy_ext.trial.reading import Trial
from so_privacy_ext.trial.running import Branch, cover, run_all


def seen(manifest: Manifest, trials: Sequence[Trial]) -> RuleTests:
    """Run the tests, whether or not they hold, and offer one for whatever none of them sees decided."""
    if not trials:
        return RuleTests(0, {})
    active = resolve_alone(manifest)
    unseen = cover(run_all(trials, active), active).missing_branches
    offering = Offering(manifest, trials[0].tenant)
    offered: dict[Branch, str] = {}
    for _, branches in groupby(unseen, key=lambda branch: branch[0]):  # a test for each rule
        offered |= offering.of_branches(branches, on_one_line=True)
    return RuleTests(len(trials), {branch: offered.get(branch, "") for branch in unseen})
