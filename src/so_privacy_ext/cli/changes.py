"""Says what became of a manifest's rules changed one at a time."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from so_privacy_ext.cli.output import say
from so_privacy_ext.rules.manifest import Manifest
from so_privacy_ext.trial.linted import Linted
from so_privacy_ext.trial.mutants import Mutant
from so_privacy_ext.trial.mutating import Mutated


def name(mutant: Mutant) -> str:
    """Name a change in a line."""
    return f"{mutant.rule_id} {mutant.what}"


def tell(manifest: Manifest, changed: Mutated | Linted) -> None:
    """Print each change of which nobody says anything, and how many there were."""
    file = manifest.filename
    if isinstance(changed, Linted):
        for mutant in changed.silent:
            say(f"{file}: no law minds: {name(mutant)}")
        heard, silent = changed.refused + changed.found, len(changed.silent)
        say(
            f"{file}: of {heard + silent} changes laws mind {changed.found}, the form of a manifest refuses"
            f" {changed.refused}, and nobody minds {silent}"
        )
        return
    for one in changed.unnoticed:
        say(f"{file}: no test notices: {name(one.mutant)}")
    noticed, all_of_them = changed.noticed, changed.noticed + len(changed.unnoticed)
    say(
        f"{file}: tests notice {noticed} of {all_of_them} changes ({changed.share:.1%});"
        f" {len(changed.equivalent)} more change nothing for anybody, {changed.refused} can't be activated"
    )


def as_json(changed: Mutated | Linted) -> Mapping[str, Any]:
    """Give the same for a program."""
    if isinstance(changed, Linted):
        silent = [_plain(one) for one in changed.silent]
        return {"refused": changed.refused, "found": changed.found, "silent": silent, "share": changed.share}
    return {
        "noticed": changed.noticed,
        "refused": changed.refused,
        "equivalent": [_plain(one) for one in changed.equivalent],
        "unnoticed": [_plain(one.mutant) for one in changed.unnoticed],
        "share": changed.share,
    }


def _plain(mutant: Mutant) -> Mapping[str, str]:
    return {"kind": mutant.kind, "rule": mutant.rule_id, "what": mutant.what}
