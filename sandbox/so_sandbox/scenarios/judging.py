"""Judges what a scenario says by what the sandbox knows: events, faults, switches, states, names."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

from so_sandbox.control.tenants import STATES
from so_sandbox.scenarios.shape import Advance, Expect, Fault, Happens, Scenario, State, Step, Switch
from so_sandbox.triggering import EVENTS, is_event, unknown
from so_sandbox.wording import duration
from so_sandbox.world.faults import Fault as AskedFault
from so_sandbox.world.switches import Switches

PERSONS = ("person", "persons", "into")
"""Settings whose value may be a name."""


@dataclass(frozen=True, slots=True)
class Wrong:
    """One mistake, and the keys and numbers that lead to it."""

    path: tuple[int | str, ...]
    text: str


def judge(scenario: Scenario) -> Iterator[Wrong]:
    """Give all that could not be played."""
    named: set[str] = set()
    for number, step in enumerate(scenario.steps):
        if isinstance(step, str):
            continue
        for wrong in _of_step(step, named):
            yield Wrong(("steps", number, *wrong.path), wrong.text)
        if step.tenant is not None and step.tenant not in scenario.tenants:
            among = ", ".join(scenario.tenants) or "none"
            yield Wrong(("steps", number, "tenant"), f"`{step.tenant}` is not among `tenants`: {among}")
        if isinstance(step, Happens) and step.as_ is not None:
            if step.as_ in named:
                yield Wrong(("steps", number, "as"), f"`{step.as_}` is somebody already")
            named.add(step.as_)


def _of_step(step: Step, named: set[str]) -> Iterator[Wrong]:
    match step:
        case Happens():
            yield from _of_event(step, named)
        case Expect():
            strange = [name for name in step.expect if name not in named]
            yield from (Wrong(("expect", name), _nobody(name, named)) for name in strange)
        case Switch():
            for name, answer in step.switch.items():
                yield from _refused(("switch", name), partial(Switches().turn, name, answer))
        case State():
            strange = [one for one in step.state if one not in STATES]
            yield from (Wrong(("state",), unknown("state", one, list(STATES))) for one in strange)
        case Fault():
            yield from _refused(("fault",), partial(AskedFault, step.fault))
        case Advance():
            yield from _refused(("clock",), partial(duration, step.clock))


def _of_event(step: Happens, named: set[str]) -> Iterator[Wrong]:
    if not is_event(step.happens):
        yield Wrong(("happens",), unknown("event", step.happens, list(EVENTS)))
    for setting in PERSONS:
        value = step.set.get(setting)
        for name in value.split(",") if isinstance(value, str) else ():
            if not name.strip().isdigit() and name.strip() not in named:
                yield Wrong(("set", setting), _nobody(name.strip(), named))


def _refused(path: tuple[int | str, ...], attempt: Callable[[], object]) -> Iterator[Wrong]:
    try:
        attempt()
    except ValueError as error:
        yield Wrong(path, str(error))


def _nobody(name: str, named: set[str]) -> str:
    return f"nobody is called `{name}` yet; there are: {', '.join(sorted(named)) or 'none'}"
