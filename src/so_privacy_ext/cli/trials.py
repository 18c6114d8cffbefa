"""`manifest test`: runs the rule tests beside manifests, without network and database."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

from so_privacy_ext.cli.manifest_file import read_file
from so_privacy_ext.cli.output import AsJson, print_json, say
from so_privacy_ext.cli.terminal import visible
from so_privacy_ext.cli.trial_files import gather
from so_privacy_ext.errors import Exit
from so_privacy_ext.rules.alone import resolve_alone
from so_privacy_ext.rules.manifest import Manifest, parse
from so_privacy_ext.trial.reading import Trial, read_trials
from so_privacy_ext.trial.running import Coverage, Ran, cover, run_all


@dataclass(frozen=True, slots=True)
class Tested:
    """A manifest, its tests and how they ended."""

    manifest: Manifest
    trials: Sequence[Trial]
    ran: Sequence[Ran]
    coverage: Coverage

    @property
    def failed(self) -> Sequence[Ran]:
        """Give the tests that came out otherwise."""
        return [one for one in self.ran if one.failed]


def try_rules(
    files: Annotated[
        list[Path],
        typer.Argument(metavar="FILE...", help="Manifests, or files of tests such as mine.test.yaml."),
    ],
    as_json: AsJson = False,
) -> None:
    """Run the rule tests beside manifests; exit 1 if one comes out otherwise than it says."""
    tested = [_test(manifest, tests) for manifest, tests in gather(files).items()]
    if as_json:
        print_json({"manifests": [_as_json(one) for one in tested]})
    else:
        for one in tested:
            _print(one)
    if any(one.failed for one in tested):
        raise typer.Exit(Exit.NO)


def _test(file: Path, tests: Sequence[Path]) -> Tested:
    manifest = parse(read_file(file), str(file))
    active = resolve_alone(manifest)
    trials = [one for path in tests for one in read_trials(read_file(path), str(path), manifest)]
    ran = run_all(trials, active)
    return Tested(manifest, trials, ran, cover(ran, active))


def _as_json(tested: Tested) -> dict[str, Any]:
    return {
        "manifest": tested.manifest.filename,
        "digest": tested.manifest.digest,
        "tests": [
            {
                "file": one.trial.filename,
                "line": one.trial.line,
                "name": one.trial.name,
                "holds": not one.failed,
                "failed": one.failed,
            }
            for one in tested.ran
        ],
        "coverage": tested.coverage,
    }


def _print(tested: Tested) -> None:
    for ran in tested.failed:
        for step in ran.failed:
            for one in step.differences:
                what = f"{one.what}: expected {one.expected}, found {one.found}"
                line = f"{ran.trial.filename}:{step.line}: {ran.trial.name}, at {step.at}: {what}"
                print(visible(line), file=sys.stderr)
    file, coverage = tested.manifest.filename, tested.coverage
    for rule in coverage.missing_rules:
        say(f"{file}: no test sees the rule {rule} decide")
    for rule, purpose in coverage.missing_branches:
        if rule not in coverage.missing_rules:
            say(f"{file}: no test sees the rule {rule} decide {purpose}")
    holds = f"{len(tested.ran) - len(tested.failed)} of {len(tested.ran)} tests come out as they say"
    say(f"{file}: {holds}; {covered(coverage)}")


def covered(coverage: Coverage) -> str:
    """Say how much the tests have seen."""
    rules, branches = len(coverage.rules), len(coverage.branches)
    seen_rules, seen = rules - len(coverage.missing_rules), branches - len(coverage.missing_branches)
    return f"they see {seen_rules} of {rules} rules and {seen} of {branches} of their purposes decide"
