"""Plays a scenario step by step."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import singledispatchmethod

from so_sandbox.scenarios import looking
from so_sandbox.scenarios.judging import PERSONS
from so_sandbox.scenarios.reading import Read
from so_sandbox.scenarios.shape import (
    Advance,
    Again,
    Count,
    Crowd,
    Expect,
    Fault,
    Happens,
    Lose,
    State,
    Step,
    Switch,
)
from so_sandbox.scenarios.stage import Part, Stage

_PAUSE = 0.2
"""Seconds between two looks whether an expectation holds by now."""


@dataclass(frozen=True, slots=True)
class Played:
    """How a scenario ended."""

    cast: Mapping[str, Sequence[Part]]
    wrong: Sequence[str]
    """Expectations that did not hold, each with its file and line."""


def play(
    read: Read, stage: Stage, *, say: Callable[[str], object] = lambda _: None, first: str | None = None
) -> Played:
    """Do all steps; `first` is the tenant where the scenario names none.

    Raises ValueError with the step's line for what the sandbox refuses.
    """
    playing = _Playing(read, stage, first)
    wrong = []
    for line, step in zip(read.lines, read.scenario.steps, strict=True):
        where = f"{read.filename}:{line}"
        try:
            if isinstance(step, Expect | Count):
                found = playing.look(step)
                wrong += [f"{where}: {one}" for one in found]
                say("\n".join(f"✗ {one}" for one in found) or "✓ as expected")
            else:
                say(playing.word(step) if isinstance(step, str) else playing.act(step))
        except ValueError as error:
            raise ValueError(f"{where}: {error}") from error
    return Played(playing.cast, wrong)


class _Playing:
    """How far it has come."""

    def __init__(self, read: Read, stage: Stage, first: str | None) -> None:
        self.cast: dict[str, Sequence[Part]] = {}
        self._stage = stage
        names: Sequence[str | None] = read.scenario.tenants or [first]
        self._tenants = [stage.enter(one) for one in names]
        self._before = {one: looking.count(stage, one) for one in self._tenants}
        newest = stage.ask("GET", "/deliveries", {"limit": 1})["deliveries"]
        now = datetime.fromisoformat(stage.ask("GET", "/about")["now"])
        self._play = f"{now:%y%m%d%H%M%S}"
        """Says when it was played, so that a sandbox may see it twice."""
        self._delivered = newest[0]["delivery_id"] if newest else 0

    def word(self, word: str) -> str:
        if word == "settle":
            self._stage.settle()
            return "everything has settled"
        self._stage.ask("DELETE", "/faults")
        return "nothing fails any more"

    def look(self, step: Expect | Count) -> Sequence[str]:
        """Look again until nothing is wrong, or for as long as the stage is patient."""
        until = time.monotonic() + self._stage.patience
        while wrong := list(self._wrong(step)):
            if time.monotonic() >= until:
                return wrong
            time.sleep(_PAUSE)
        return []

    def _wrong(self, step: Expect | Count) -> Iterable[str]:
        if isinstance(step, Expect):
            return looking.wrong_standing(self._stage, step, self.cast)
        tenant = self._tenant(step)
        now = looking.count(self._stage, tenant)
        return (f"{tenant}: {one}" for one in looking.wrong_counts(self._before[tenant], now, step.count))

    @singledispatchmethod
    def act(self, step: Step) -> str:
        """Do what a step says, and say it."""
        raise NotImplementedError(type(step))

    @act.register
    def _happen(self, step: Happens) -> str:
        tenant, parts = self._tenant(step), []
        for number in range(1, step.repeat + 1):
            given = {name: self._text(name, value, number) for name, value in step.set.items()}
            content = {"tenant": tenant, "event": step.happens, "set": given}
            parts.append(Part(tenant, int(self._stage.ask("POST", "/trigger", content)["id"])))
        if step.as_ is not None:
            self.cast[step.as_] = parts
        whom = f": {step.as_}" if step.as_ else ""
        return f"{step.happens}{whom}{f', {step.repeat} times' if step.repeat > 1 else ''}"

    @act.register
    def _crowd(self, step: Crowd) -> str:
        told = {"existing": step.existing, "tell": not step.existing}
        self._stage.ask("POST", "/seed", {"tenant": self._tenant(step), "persons": step.crowd, **told})
        return f"{step.crowd} persons {'were there before' if step.existing else 'enter'}"

    @act.register
    def _advance(self, step: Advance) -> str:
        self._stage.advance(step.clock)
        return f"{step.clock} go by"

    @act.register
    def _fail(self, step: Fault) -> str:
        asked = {"kind": step.fault, "operation": step.operation, "nth": step.nth, "times": step.times}
        self._stage.ask("POST", "/faults", {**asked, "tenant": self._tenant(step)})
        return f"{step.fault} at {step.operation}"

    @act.register
    def _switch(self, step: Switch) -> str:
        self._stage.ask("POST", "/switches", {"set": dict(step.switch)})
        return ", ".join(f"{name} is {answer}" for name, answer in step.switch.items())

    @act.register
    def _state(self, step: State) -> str:
        tenant = self._tenant(step)
        self._stage.ask("POST", f"/tenants/{tenant}/states", {"states": step.state})
        return f"{tenant} will be {', '.join(step.state)}"

    @act.register
    def _lose(self, step: Lose) -> str:
        self._stage.ask("POST", "/deliveries/lose", {"share": step.lose})
        return f"{step.lose:.0%} of what comes is lost"

    @act.register
    def _again(self, step: Again) -> str:
        how = {"times": step.again, "fresh": step.fresh, "shuffle": step.shuffle}
        asked = {"tenant": self._tenant(step), "after": self._delivered, **how}
        told = self._stage.ask("POST", "/deliveries/again", asked)["deliveries"]
        return f"{len(told)} deliveries come again{' under new ids' if step.fresh else ''}"

    def _tenant(self, step: Step) -> str:
        return step.tenant or self._tenants[0]

    def _text(self, name: str, value: object, number: int) -> str:
        """Write a setting as `trigger` takes it: yes and no, what stands in braces, and names as numbers."""
        if isinstance(value, bool):
            return "yes" if value else "no"
        text = str(value).replace("{n}", str(number)).replace("{play}", self._play)
        return self._numbers(text) if name in PERSONS else text

    def _numbers(self, text: str) -> str:
        numbers: list[str] = []
        for one in text.split(","):
            known = self.cast.get(one.strip())
            numbers += [one] if known is None else [str(part.person_id) for part in known]
        return ",".join(numbers)
