"""Imports a command when it is called: most need neither the CRM's client nor the web server."""

from __future__ import annotations

import copy
import importlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_command


@dataclass(frozen=True, slots=True)
class Listed:
    """A command, or a group of them, as the help of its group lists it."""

    name: str
    at: str
    """`module.function` of this package, or `module.commands`."""
    says: str
    """The first line of its own help, which is there only once it is imported."""

    def load(self) -> Any:
        """Import it; typer has no public name for what it makes of a command."""
        module, _, attribute = self.at.rpartition(".")
        found = getattr(importlib.import_module(f"so_privacy_ext.cli.{module}"), attribute)
        around = typer.Typer(add_completion=False)
        around.callback()(_nothing)
        if isinstance(found, typer.Typer):
            around.add_typer(found, name=self.name)
        else:
            around.command(self.name)(found)
        made: Any = get_command(around)
        return made.commands[self.name]


class _Loaded(Mapping[str, Any]):
    """Commands by name in the order of the list, each imported when it is first asked for."""

    def __init__(self, listed: Mapping[str, Listed]) -> None:
        self._listed = listed
        self._loaded: dict[str, Any] = {}

    def __getitem__(self, name: str) -> Any:
        if name not in self._loaded:
            self._loaded[name] = self._listed[name].load()
        return self._loaded[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._listed)

    def __len__(self) -> int:
        return len(self._listed)


class _OnDemand(TyperGroup):
    """A group that knows its commands by what is listed."""

    listed: ClassVar[Mapping[str, Listed]]

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        self.commands = _Loaded(self.listed)  # type: ignore[assignment] # nobody adds to what is listed

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002 - typer asks so
        return list(self.listed)

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """List all commands by what is said of them here, so that help imports none."""
        shown = copy.copy(self)
        shown.commands = {one.name: TyperCommand(one.name, help=one.says) for one in self.listed.values()}
        super(_OnDemand, shown).format_help(ctx, formatter)


def group(*listed: Listed, **given: Any) -> typer.Typer:
    """Make a group of commands that are imported when they are called; `given` is what typer takes."""
    by_name = {one.name: one for one in listed}
    found = typer.Typer(cls=type("OnDemand", (_OnDemand,), {"listed": by_name}), **given)
    found.callback()(_nothing)  # by which typer takes it for a group
    return found


def _nothing() -> None:
    pass
