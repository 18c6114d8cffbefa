"""Changes rules one at a time, and names the changes that no test notices."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from so_privacy_ext.rules.activation import ActiveManifest, resolve_what_stands
from so_privacy_ext.rules.alone import lists_alone
from so_privacy_ext.rules.conditions import Words
from so_privacy_ext.rules.decide import decide
from so_privacy_ext.rules.manifest import Manifest
from so_privacy_ext.rules.vocabulary import PRODUCT_WORDS
from so_privacy_ext.sdk import Facts
from so_privacy_ext.trial.apart import Apart
from so_privacy_ext.trial.consequences import changes
from so_privacy_ext.trial.mutants import Mutant, mutants
from so_privacy_ext.trial.reading import Trial
from so_privacy_ext.trial.running import run
from so_privacy_ext.trial.scene import Ask
from so_privacy_ext.trial.words import plainest


@dataclass(frozen=True, slots=True)
class Unnoticed:
    """A change that no test notices."""

    mutant: Mutant
    person: Facts | None = field(repr=False)
    """Somebody for whom another thing comes out; None where none was found."""


@dataclass(frozen=True, slots=True)
class Mutated:
    """What became of all changes."""

    noticed: int
    refused: int
    """No manifest any more, or none that its own words allow; nobody could activate it."""
    equivalent: Sequence[Mutant]
    """Proven to decide the same for everybody, by the same rules."""
    unnoticed: Sequence[Unnoticed]

    @property
    def share(self) -> float:
        """Give the share of changes that are noticed, of those that can be."""
        all_of_them = self.noticed + len(self.unnoticed)
        return self.noticed / all_of_them if all_of_them else 1.0


def mutate(
    manifest: Manifest,
    trials: Sequence[Trial],
    words: Words = PRODUCT_WORDS,
    asking: Callable[[ActiveManifest], Ask | None] = lambda _: None,
) -> Mutated:
    """Run the tests, which hold, on each changed manifest until one notices.

    `words` are those of the manifest, and `asking` has plugins say what a changed one asks of them.
    """
    lists = lists_alone(manifest)
    original = resolve_what_stands(manifest, lists)
    noticed = refused = 0
    equivalent: list[Mutant] = []
    unnoticed: list[Unnoticed] = []
    for mutant in mutants(manifest):
        changed = mutant.manifest(manifest, words)
        if changed is None:
            refused += 1
            continue
        active = resolve_what_stands(changed, lists)
        ask = asking(active)
        if any(run(trial, active, ask).failed for trial in trials):
            noticed += 1
            continue
        apart = Apart(original, active)
        if apart.surely_alike():
            equivalent.append(mutant)
        else:
            unnoticed.append(Unnoticed(mutant, _plainly(apart.first(), original, active)))
    return Mutated(noticed, refused, equivalent, unnoticed)


def _plainly(person: Facts | None, before: ActiveManifest, after: ActiveManifest) -> Facts | None:
    def differs(one: Facts) -> bool:
        return any(True for _ in changes(decide(one, before), decide(one, after)))

    return None if person is None else plainest(person, differs)
