"""Plays the sandbox's scenarios on a test's stage, where it is known when everything has settled."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from so_privacy_kit.person import Person
from so_sandbox.scenarios.playing import play
from so_sandbox.scenarios.reading import find
from so_sandbox.scenarios.stage import Remote
from so_sandbox.wording import duration

if TYPE_CHECKING:
    from so_privacy_kit.stage import Stage


class Player:
    """Call it: `scenario("merge")`, or `scenario(Path("mine.yaml"))`."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage

    def __call__(self, name: str | Path) -> Mapping[str, Any]:
        """Play it, and give its persons by name, where a name is of several a list of them.

        Raises `ScenarioError` with all that is wrong with the file, and `AssertionError` with all
        expectations that did not hold.
        """
        played = play(find(name), _InProcess(self._stage), say=print)
        if played.wrong:
            raise AssertionError("\n".join(played.wrong))
        cast = {
            who: [Person(self._stage.tenant(one.tenant), one.person_id) for one in parts]
            for who, parts in played.cast.items()
        }
        return {who: persons[0] if len(persons) == 1 else persons for who, persons in cast.items()}


class _InProcess(Remote):
    """The sandbox is asked as from outside; time and rest are the stage's."""

    def __init__(self, stage: Stage) -> None:
        super().__init__(stage.sandbox.url, patience=0.0)
        self._stage = stage

    def enter(self, tenant: str | None) -> str:
        return self._stage.tenant(tenant).name

    def advance(self, period: str) -> None:
        self._stage.clock.advance(duration(period))

    def settle(self) -> None:
        self._stage.deliver()
