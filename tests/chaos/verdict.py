"""What a soak has found: as JSON, and as a table for people."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rich.table import Table

from tests.chaos.plan import Plan

if TYPE_CHECKING:
    from tests.chaos.accounts import Findings

MUST_BE_NONE = {
    "refused": "deliveries that found nobody listening",
    "answered_gone": "answered 410, which ends a webhook at once",
    "acked_missing": "acknowledged and not stored",
    "in_two_classes": "stored in two classes",
    "unexplained": "accepted and ended without a reason that we know",
    "open_at_rest": "still open at rest",
    "forged_accepted": "forged and accepted",
    "cross_tenant": "one tenant's doing in another",
    "consent_mismatch": "consents that differ from the oracle's",
    "overwritten_silently": "a person's or human's word overwritten, and nobody told",
    "overwritten_late": "a person's or human's word overwritten long after",
    "written_after_withdrawal": "written after STORE was withdrawn",
    "repeated_writes": "written again what stood already",
    "recorded_but_not_done": "recorded as written, and never written",
    "too_much_left_to_humans": "too much left to humans",
    "mails_gt1_person": "persons told twice",
    "mails_gt1_address": "addresses told twice",
    "mails_missing_unexplained": "persons not told, and nobody knows why",
    "mails_unexpected": "persons told who must not be",
    "mails_in_a_wrong_language": "told in a wrong language",
    "mails_after_withdrawal": "told after STORE was withdrawn",
    "mails_sent_but_not_sent": "recorded as sent, and never sent",
    "mails_found_by_nobody": "sent, archived, and still unknown",
    "plugin_failed_unsaid": "persons of whom the plugin said nothing, and no journal says that it failed",
    "more_than_10_calls_a_second": "tenants called more than 10 times in a rolling second",
    "unexpected_ends": "processes that ended otherwise than killed",
    "operations_not_allowed": "operations off the list",
    "schema_violations": "envelopes that break the schema",
    "journal_broken": "journals whose chain does not hold",
    "replay_writes": "writes when everything was brought twice more",
    "replay_mails": "mails when everything was brought twice more",
}
"""Name → in words; each one is a breach."""
_LONG = 60.0
"""Seconds after which the plugin must have answered for some, and failed for some."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """One soak's findings and figures."""

    plan: Plan
    seed: int
    findings: Findings
    figures: Counter[str]
    timings: Mapping[str, float]

    @property
    def breaches(self) -> dict[str, int]:
        counts = self.findings.counts
        found = {name: counts[name] for name in MUST_BE_NONE if counts[name]}
        kills = self.figures["kills_web"] + self.figures["kills_worker"]
        if kills < self.plan.kills * 0.9:
            found["too_few_kills"] = kills
        if self.plan.with_plugin and self.plan.seconds >= _LONG:
            said = min(self.figures["persons_answered"], self.figures["persons_unanswered"])
            found |= {} if said else {"plugin_never_failed_or_never_spoke": 1}
        return found

    def as_json(self) -> dict[str, Any]:
        return {
            "plan": self.plan.name,
            "bug": self.plan.bug,
            "seed": self.seed,
            "right": not self.breaches,
            "must_be_none": {name: self.findings.counts[name] for name in MUST_BE_NONE},
            "breaches": self.breaches,
            "examples": {name: texts for name, texts in self.findings.examples.items() if texts},
            "figures": dict(sorted(self.figures.items())),
            "timings": dict(self.timings),
        }

    def tables(self) -> tuple[Table, Table]:
        """Give what must be none, and the figures."""
        must = Table("must be none", "found", box=None, pad_edge=False)
        for name, words in MUST_BE_NONE.items():
            found = self.findings.counts[name]
            must.add_row(words, f"[red]{found}[/red]" if found else "0")
        figures = Table("figure", "", box=None, pad_edge=False)
        for name, value in [*sorted(self.figures.items()), *self.timings.items()]:
            figures.add_row(name.replace("_", " "), str(value))
        return must, figures
