"""`so-sandbox scenario list|play|schema`."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from so_sandbox import client
from so_sandbox.scenarios.playing import Played, play
from so_sandbox.scenarios.reading import Read, ScenarioError, find, published
from so_sandbox.scenarios.shape import json_schema
from so_sandbox.scenarios.stage import Remote
from so_sandbox.terminal import BAD_DATA, HERE, NO, NO_INPUT, USAGE, Folder, Json, Url, fail, print_json, show

commands = typer.Typer(help="Stories that happen in a tenant: list, play, schema.", no_args_is_help=True)


@commands.command("list")
def list_(as_json: Json = False) -> None:
    """List the scenarios that come with the sandbox."""
    found = [find(name).scenario for name in published()]
    table = Table("name", "says", box=None)
    for one in found:
        table.add_row(one.name, escape(one.says))
    show([{"name": one.name, "says": one.says} for one in found], as_json, lambda: [table])


@commands.command("play")
def play_(
    *,
    name: Annotated[str, typer.Argument(help="One of `scenario list`, or a file such as mine.yaml.")],
    within: Annotated[
        float, typer.Option(min=0, help="Seconds for which whoever listens may take to do what is expected.")
    ] = 60.0,
    tenant: Annotated[
        str | None, typer.Option("--tenant", help="Where it happens, if the scenario names none.")
    ] = None,
    directory: Folder = HERE,
    url: Url = None,
    as_json: Json = False,
) -> None:
    """Have a story happen in the sandbox that runs, and see whether it comes out as it says; 1 if not."""
    read = _read(name)
    address = client.find(url, directory)
    try:
        played = play(read, Remote(address, patience=within), say=_silent if as_json else print, first=tenant)
    except ValueError as error:
        fail(BAD_DATA, "not_played", str(error), "correct the scenario")
    if as_json:
        print_json(_shown(read, played))
    else:
        how = f"{len(played.wrong)} not as it says" if played.wrong else "everything as it says"
        print(f"{read.scenario.name}: {how}")
    if played.wrong:
        raise typer.Exit(NO)


@commands.command()
def schema() -> None:
    """Print the JSON schema of a scenario, for an editor."""
    print_json(json_schema())


def _read(name: str) -> Read:
    try:
        return find(name)
    except ScenarioError as error:
        fail(BAD_DATA, "scenario_invalid", str(error), "correct the file")
    except OSError as error:
        fail(NO_INPUT, "no_file", f"{name}: {error.strerror}", "name a readable file")
    except ValueError as error:
        fail(USAGE, "no_scenario", str(error), "choose one")


def _shown(read: Read, played: Played) -> dict[str, object]:
    cast = {name: [asdict(one) for one in parts] for name, parts in played.cast.items()}
    return {"scenario": read.scenario.name, "right": not played.wrong, "wrong": played.wrong, "cast": cast}


def _silent(_line: str) -> None:
    """Say nothing, so that the output is JSON alone."""
