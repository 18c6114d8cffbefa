"""Seeded bug: what a plugin did not answer counts as true."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from so_privacy_ext.plugins.asking import Asking, questions
from so_privacy_ext.rules.activation import ActiveManifest
from so_privacy_ext.sdk import Facts, Seen
from tests.chaos.product import Database


def prepare(database: Database) -> None:
    """Change nothing at rest."""
    del database


def apply() -> None:
    """Answer in its place."""
    answer = Asking.answer

    def trusting(self: Asking, persons: Sequence[Seen], manifest: ActiveManifest) -> tuple[Facts, ...]:
        yes = {one.key: (True, "") for one in questions(manifest)}
        return tuple(replace(one, answers={**yes, **one.answers}) for one in answer(self, persons, manifest))

    Asking.answer = trusting  # type: ignore[method-assign]  # the bug
