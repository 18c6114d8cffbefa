"""`manifest test`: runs the rule tests beside manifests, without network and database."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
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
from so_privacy_ext.plugins.troubles import Trouble
from so_privacy_ext.processing.consulting import made_up
from so_privacy_ext.processing.work import Consult
from so_privacy_ext.rules.activation import ActiveManifest
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
from so_privacy_ext.trial.scene import Ask


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
    found = gather(files, without_tests=missing or lint).items()
    with _partners(tenant) as partners:
        tested = [_test(file, tests, partners) for file, tests in found]
        changed = [_change(one, partners, lint=lint) if mutate and not one.failed else None for one in tested]
        pairs = list(zip(tested, changed, strict=True))
        offered = [list(_missing(one, what, partners)) if missing else None for one, what in pairs]
    if as_json:
        told = [_as_json(one, what, lacks) for (one, what), lacks in zip(pairs, offered, strict=True)]
        print_json({"manifests": told})
    else:
        for (one, what), lacks in zip(pairs, offered, strict=True):
            _print(one)
            if what is not None:
                changes.tell(one.manifest, what)
            print("".join(lacks or ()), end="")
    if any(one.failed for one in tested) or any(what and what.share * 100 < least for what in changed):
        raise typer.Exit(Exit.NO)


@dataclass(frozen=True, slots=True)
class _Partners:
    """The plugins whose words manifests use, and what asks them."""

    words: Words = PRODUCT_WORDS
    consult: Consult | None = None

    def asking(self, manifest: ActiveManifest) -> Ask:
        return made_up(self.consult, manifest)


@contextmanager
def _partners(tenant: str | None) -> Iterator[_Partners]:
    """Give a tenant's plugins, which its turn is not needed for; refused where one fails meanwhile.

    What a plugin didn't say is unknown, and so every test that needs it would notice every change.
    """
    if tenant is None:
        yield _Partners()
        return
    troubles: list[Trouble] = []
    with wired() as app:
        with app.session(app.tenant(tenant)) as session:
            partners = _Partners(app.words(session), app.extending.consult_aside(session, troubles.append))
        yield partners
    for one in troubles:
        raise Refused("plugin_failed", f"`{one.plugin}`: {one.what}", one.how, Exit.UNAVAILABLE)


def _change(tested: Tested, partners: _Partners, *, lint: bool) -> Mutated | Linted:
    if lint:
        return lint_mutants(tested.manifest, datetime.now(UTC).date(), words=partners.words)
    return mutated(tested.manifest, tested.trials, partners.words, partners.asking)


def _missing(tested: Tested, changed: Mutated | Linted | None, partners: _Partners) -> Iterator[str]:
    """Give tests for what no test sees decided, and for each change that none notices."""
    tenant = tested.trials[0].tenant if tested.trials else assumed(tested.manifest)
    ask = partners.asking(resolve_alone(tested.manifest))
    offering = Offering(tested.manifest, tenant, ask)
    if not tested.trials:
        yield head(tenant)
    yield from (text for _, text in offering.of_branches(tested.coverage.missing_branches))
    if isinstance(changed, Mutated):
        for one in changed.unnoticed:
            text = one.person and offering.of_person(changes.name(one.mutant), one.person)
            if text:
                yield text


def _test(file: Path, tests: Sequence[Path], partners: _Partners) -> Tested:
    manifest = parse(read_file(file), str(file), partners.words)
    active = resolve_alone(manifest)
    trials = [one for path in tests for one in read_trials(read_file(path), str(path), manifest)]
    ran = run_all(trials, active, partners.asking(active))
    return Tested(manifest, trials, ran, cover(ran, active))


def _as_json(
    tested: Tested, changed: Mutated | Linted | None, missing: Sequence[str] | None
) -> dict[str, Any]:
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
    if missing is not None:
        answer["missing"] = missing
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
