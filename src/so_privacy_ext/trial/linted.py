"""Changes rules one at a time, and names the changes against which no law says anything new."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from so_privacy_ext.rules.conditions import Words
from so_privacy_ext.rules.lint.linting import lint
from so_privacy_ext.rules.lint.subject import Subject
from so_privacy_ext.rules.manifest import Manifest
from so_privacy_ext.rules.vocabulary import PRODUCT_WORDS
from so_privacy_ext.trial.mutants import Mutant, mutants, unchanged


@dataclass(frozen=True, slots=True)
class Linted:
    """What the linter makes of all changes."""

    refused: int
    """By the form of a manifest: a basis that a purpose doesn't allow, for one."""
    found: int
    """Of which a law says something that it does not say of the manifest as it is."""
    silent: Sequence[Mutant]
    """Of which none does."""

    @property
    def share(self) -> float:
        """Give the share of changes of which somebody says something."""
        heard = self.refused + self.found
        return heard / (heard + len(self.silent)) if heard + len(self.silent) else 1.0


def lint_mutants(
    manifest: Manifest,
    today: date,
    kinds: frozenset[str] | None = None,
    words: Words = PRODUCT_WORDS,
) -> Linted:
    """Look by every law at each changed manifest, of these kinds of changes or all."""
    standing = _said(unchanged(manifest, words), today)
    refused = found = 0
    silent: list[Mutant] = []
    for mutant in mutants(manifest):
        if kinds is not None and mutant.kind not in kinds:
            continue
        changed = mutant.manifest(manifest, words)
        if changed is None:
            refused += 1
        elif _said(changed, today) - standing:
            found += 1
        else:
            silent.append(mutant)
    return Linted(refused, found, silent)


def _said(manifest: Manifest, today: date) -> frozenset[tuple[str, str]]:
    """Give what the laws say, wherever in the file."""
    return frozenset((one.code, one.what) for one in lint(Subject(manifest, today)))
