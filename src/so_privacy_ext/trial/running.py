"""Runs rule tests, and counts which rules they have seen at work."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from so_privacy_ext.rules.activation import ActiveManifest
from so_privacy_ext.trial.judging import Difference, differences
from so_privacy_ext.trial.reading import Trial, TrialStep
from so_privacy_ext.trial.scene import Ask, Happened, Scene
from so_privacy_ext.trial.shape import moment

Branch = tuple[str, str]
"""A rule and a purpose that it decides."""


@dataclass(frozen=True, slots=True)
class StepFailed:
    """A step that came out otherwise."""

    line: int
    at: str
    differences: tuple[Difference, ...]


@dataclass(frozen=True, slots=True)
class Ran:
    """How one test ended."""

    trial: Trial
    failed: tuple[StepFailed, ...]
    branches: frozenset[Branch]
    """What decided in it."""


@dataclass(frozen=True, slots=True)
class Coverage:
    """Which rules, and which of their purposes, some test has seen decide."""

    rules: Sequence[str]
    branches: Sequence[Branch]
    missing_rules: Sequence[str]
    missing_branches: Sequence[Branch]
    """Of rules that are covered otherwise, too."""


def run(trial: Trial, manifest: ActiveManifest, ask: Ask | None = None) -> Ran:
    """Play a test to its end, whatever comes of its steps; without `ask`, plugins' words are unknown."""
    purposes = tuple(manifest.purposes)
    scene = _scene(trial, manifest, ask)
    failed: list[StepFailed] = []
    branches: set[Branch] = set()
    for step in trial.steps:
        happened = _play(scene, step)
        branches |= {(one.rule_id, one.purpose) for one in happened.ruling.decisions}
        found = differences(step.shape.expect, happened, purposes)
        if found:
            failed.append(StepFailed(step.line, step.at, tuple(found)))
    return Ran(trial, tuple(failed), frozenset(branches))


def first(trial: Trial, manifest: ActiveManifest, ask: Ask | None = None) -> Happened:
    """Tell what comes of a test's first step."""
    return _play(_scene(trial, manifest, ask), trial.steps[0])


def _scene(trial: Trial, manifest: ActiveManifest, ask: Ask | None = None) -> Scene:
    tell_from = moment(trial.tenant.tell_from) if trial.tenant.tell_from else None
    return Scene(manifest, trial.lists, tell_from, trial.registered, ask)


def _play(scene: Scene, step: TrialStep) -> Happened:
    scene.change(step.shape.person)
    return scene.play(step.shape.event, frozenset(step.shape.changed), step.now)


def run_all(trials: Iterable[Trial], manifest: ActiveManifest, ask: Ask | None = None) -> list[Ran]:
    """Run tests one after the other; each begins with a person of its own."""
    return [run(one, manifest, ask) for one in trials]


def cover(ran: Iterable[Ran], manifest: ActiveManifest) -> Coverage:
    """Say what the tests have seen at work."""
    seen = frozenset().union(*(one.branches for one in ran))
    rules = [rule.rule_id for rule in manifest.rules]
    branches = [(rule.rule_id, one.decision.purpose) for rule in manifest.rules for one in rule.ruled]
    seen_rules = {rule_id for rule_id, _ in seen}
    return Coverage(
        rules,
        branches,
        [one for one in rules if one not in seen_rules],
        [one for one in branches if one not in seen],
    )
