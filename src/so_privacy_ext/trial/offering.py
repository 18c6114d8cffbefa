"""Offers tests that are missing, as text that is ready to paste below `tests:`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from textwrap import indent
from typing import Any

from so_privacy_ext.model import EXPLICIT_CONSENT, STORE, WITHDRAWN, Outcome
from so_privacy_ext.rules.decide import decide
from so_privacy_ext.rules.findings import ManifestInvalid
from so_privacy_ext.rules.lint.reached import reached
from so_privacy_ext.rules.manifest import Manifest
from so_privacy_ext.rules.reach.reachability import Open
from so_privacy_ext.rules.shape import GiveBasis
from so_privacy_ext.rules.tree import read
from so_privacy_ext.sdk import Facts
from so_privacy_ext.trial.judging import ended
from so_privacy_ext.trial.reading import Trial, lists_of, read_trials
from so_privacy_ext.trial.running import Branch, first, run
from so_privacy_ext.trial.scene import Ask, Decided, Happened
from so_privacy_ext.trial.shape import TenantAssumed
from so_privacy_ext.trial.words import flow, person_words, plainest


def assumed(manifest: Manifest) -> TenantAssumed:
    """Assume for a file that has no tests yet a default that rules change, so that something is written."""
    given = {
        outcome.basis
        for rule in manifest.content.rules
        if isinstance(rule.give, dict) and isinstance(outcome := rule.give.get(STORE), GiveBasis)
    }
    bases = sorted({*manifest.content.legal_bases} - given - {WITHDRAWN, EXPLICIT_CONSENT})
    return TenantAssumed(default_basis=bases[0]) if bases else TenantAssumed()


def head(tenant: TenantAssumed) -> str:
    """Give what stands above the tests of a file."""
    return f"rule_tests: 1\ntenant: {flow(tenant.model_dump(exclude_unset=True))}\ntests:\n"


class Offering:
    """Tests for one manifest, with what comes of them by that manifest."""

    def __init__(self, manifest: Manifest, tenant: TenantAssumed, ask: Ask | None = None) -> None:
        """With `ask`, plugins say what they find of whoever is made up, which no test can say of her."""
        self._ask = ask
        self._manifest = manifest
        self._head = head(tenant)
        self._lists = lists_of(tenant, manifest)
        self._active = reached(manifest).active
        self._open = dict(self._witnesses())

    def of_branches(
        self, branches: Iterable[Branch], *, on_one_line: bool = False
    ) -> Iterator[tuple[Branch, str]]:
        """Give tests that see these purposes decided; none where an earlier one does, or nobody is known."""
        seen: set[Branch] = set()
        for branch in branches:
            text = None if branch in seen else self._of_branch(branch)
            trial = None if text is None else self._read(text)
            if text is not None and trial is not None:
                decided = run(trial, self._active, self._ask).branches
                seen |= decided
                if branch in decided:  # unless a plugin has found her to be another than she was made up
                    yield branch, one_line(text) if on_one_line else text

    def can_be_met(self, branch: Branch) -> bool:
        """Tell whether somebody is known of whom this rule decides this purpose."""
        return branch in self._open

    def of_person(self, name: str, person: Facts) -> str | None:
        """Give a test of a person; None where words can't tell of her."""
        words: dict[str, Any] = {"name": name}
        if said := person_words(person, self._lists):
            words["person"] = said
        if person.event != "created":
            words["event"] = person.event
        if person.changed:
            words["changed"] = sorted(person.changed)
        trial = self._read(_text({**words, "expect": {}}))
        if trial is None:
            return None
        return _text({**words, "expect": self._expected(first(trial, self._active, self._ask))})

    def _of_branch(self, branch: Branch) -> str | None:
        rule, purpose = branch

        def holds(person: Facts) -> bool:
            decisions = decide(person, self._active).decisions
            return branch in {(one.rule_id, one.purpose) for one in decisions}

        person = self._open.get(branch)
        return (
            None if person is None else self.of_person(f"{rule} decides {purpose}", plainest(person, holds))
        )

    def _read(self, text: str) -> Trial | None:
        try:
            (trial,) = read_trials((self._head + text).encode(), "offered", self._manifest, self._lists)
        except ManifestInvalid:
            return None
        return trial

    def _expected(self, happened: Happened) -> dict[str, Any]:
        expected: dict[str, Any] = {}
        outcomes = {purpose: _outcome(one) for purpose, one in happened.decided.items()}
        rules = {one.decision.rule_id for one in happened.decided.values()}
        words = {str(one.decision.outcome) for one in happened.decided.values()}
        if outcomes:
            same = len(words) == 1 and len(outcomes) == len(self._active.purposes)
            word = words.pop()
            expected["give"] = word if same and word != Outcome.GIVE else outcomes
            if len(rules) == 1:
                expected["rule"] = rules.pop()
        if happened.tell is not None:
            expected |= {"tell": happened.tell, "language": happened.language}
        else:
            expected["no_mail"] = str(happened.no_mail)
        return expected

    def _witnesses(self) -> Iterator[tuple[Branch, Facts]]:
        for rule in reached(self._manifest).reaches:
            for purpose, fate in rule.purposes.items():
                if isinstance(fate, Open) and fate.witness is not None:
                    yield (rule.rule_id, purpose), fate.witness


def one_line(text: str) -> str:
    """Write a test as a finding shows it."""
    (node,) = read(text)[0].elements()
    return f"`- {flow(node.plain())}`"


def _outcome(one: Decided) -> Any:
    decision = one.decision
    if decision.outcome is not Outcome.GIVE:
        return str(decision.outcome)
    if one.until is None and one.left is None:
        return f"{decision.basis}/{decision.source}"
    told = {"basis": decision.basis, "source": decision.source}
    if one.until is not None:
        told["until"] = ended(one.until)
    if one.left is not None:
        told["left"] = one.left
    return told


def _text(test: Mapping[str, Any]) -> str:
    lines = "".join(f"{key}: {flow(value)}\n" for key, value in test.items())
    return "  - " + indent(lines, "    ").lstrip()
