"""`manifest test`: runs the rule tests beside manifests, without network and database."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from so_privacy_ext.cli import changes
from so_privacy_ext.cli.manifest_file import read_file
from so_privacy_ext.cli.output import AsJson, print_json, say
from so_privacy_ext.cli.terminal import visible
from so_privacy_ext.cli.trial_files import gather
from so_privacy_ext.cli.wired import wired
from so_privacy_ext.errors import Exit, Refused
from so_privacy_ext.processing.consulting import made_up
from so_privacy_ext.processing.work import Consult
from so_privacy_ext.rules.alone import resolve_alone
from so_privacy_ext.rules.conditions import Words
from so_privacy_ext.rules.manifest import Manifest, parse
from so_privacy_ext.rules.vocabulary import PRODUCT_WORDS
from so_privacy_ext.trial.linted import Linted, lint_mutants
from so_privacy_ext.trial.mutating import Mutated
from so_privacy_ext.trial.mutating import mutate as mutated
from so_privacy_ext.trial.offering import Offering, assumed, head
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


def try_rules(  # noqa: PLR0917  # typer makes options of them
    files: Annotated[
        list[Path],
        typer.Argument(metavar="FILE...", help="Manifests, or files of tests such as mine.test.yaml."),
    ],
    mutate: Annotated[
        bool, typer.Option("--mutate", help="Change the rules one at a time, and name what no test notices.")
    ] = False,
    lint: Annotated[
        bool, typer.Option("--lint", help="With --mutate: have the laws look at the changes, not the tests.")
    ] = False,
    least: Annotated[
        int, typer.Option("--least", min=0, max=100, help="With --mutate: percent that must be noticed.")
    ] = 95,
    missing: Annotated[
        bool, typer.Option("--missing", help="Print the tests that are missing, ready to paste.")
    ] = False,
    tenant: Annotated[
        str | None,
        typer.Option("--tenant", help="Ask the plugins of this tenant, whose words the manifests use."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Run the rule tests beside manifests; exit 1 if one comes out otherwise than it says."""
    if lint and not mutate:
        raise Refused("lint_alone", "--lint without --mutate", "say both, or manifest check", Exit.USAGE)
    if tenant is not None and (mutate or missing):
        how = "leave --tenant out where no plugin's word is asked, or run the tests alone"
        raise Refused("tests_of_tenant", "--tenant with --mutate or --missing", how, Exit.USAGE)
    found = gather(files, without_tests=missing or lint).items()
    if tenant is None:
        tested = [_test(file, tests) for file, tests in found]
    else:
        with wired() as app, app.turn(app.tenant(tenant)) as turn:
            words, consult = app.words(turn.session), app.extending.consult(turn)
            tested = [_test(file, tests, words, consult) for file, tests in found]
    changed = [_change(one, lint=lint) if mutate and not one.failed else None for one in tested]
    if as_json:
        pairs = zip(tested, changed, strict=True)
        print_json({"manifests": [_as_json(one, what, missing=missing) for one, what in pairs]})
    else:
        for one, what in zip(tested, changed, strict=True):
            _print(one)
            if what is not None:
                changes.tell(one.manifest, what)
            if missing:
                print("".join(_missing(one, what)), end="")
    if any(one.failed for one in tested) or any(what and what.share * 100 < least for what in changed):
        raise typer.Exit(Exit.NO)


def _change(tested: Tested, *, lint: bool) -> Mutated | Linted:
    if lint:
        return lint_mutants(tested.manifest, datetime.now(UTC).date())
    return mutated(tested.manifest, tested.trials)


def _missing(tested: Tested, changed: Mutated | Linted | None) -> Iterator[str]:
    """Give tests for what no test sees decided, and for each change that none notices."""
    tenant = tested.trials[0].tenant if tested.trials else assumed(tested.manifest)
    offering = Offering(tested.manifest, tenant)
    if not tested.trials:
        yield head(tenant)
    yield from (text for _, text in offering.of_branches(tested.coverage.missing_branches))
    if isinstance(changed, Mutated):
        for one in changed.unnoticed:
            text = one.person and offering.of_person(changes.name(one.mutant), one.person)
            if text:
                yield text


def _test(
    file: Path, tests: Sequence[Path], words: Words = PRODUCT_WORDS, consult: Consult | None = None
) -> Tested:
    manifest = parse(read_file(file), str(file), words)
    active = resolve_alone(manifest)
    trials = [one for path in tests for one in read_trials(read_file(path), str(path), manifest)]
    ran = run_all(trials, active, made_up(consult, active))
    return Tested(manifest, trials, ran, cover(ran, active))


def _as_json(tested: Tested, changed: Mutated | Linted | None, *, missing: bool) -> dict[str, Any]:
    answer: dict[str, Any] = {
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
    if changed is not None:
        answer["changes"] = changes.as_json(changed)
    if missing:
        answer["missing"] = list(_missing(tested, changed))
    return answer


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
