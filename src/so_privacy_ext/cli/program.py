"""Assembles the command line, and turns every failure into one clear line and an exit code."""

from __future__ import annotations

import sys
from collections.abc import Iterable

import typer

from so_privacy_ext.cli import (
    applying,
    doctor,
    events,
    explaining,
    failures,
    journal,
    keys,
    manifests,
    planning,
    provisioning,
    purging,
    quarantine,
    restored,
    retaining,
    review,
    running,
    runs,
    surveying,
    sweeping,
    tenants,
    terminal,
)
from so_privacy_ext.cli.terminal import visible
from so_privacy_ext.errors import Exit, PrivacyError
from so_privacy_ext.rules.findings import ManifestInvalid

_LONGEST = 4000
"""Characters of a line; what goes beyond is a value that was given to us, and the end says what to do."""
program = typer.Typer(
    name="so-privacy",
    help="Decide and prove why a company may hold each person in its SuperOffice CRM.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
running.register(program)
program.command("provision")(provisioning.provision)
program.add_typer(tenants.commands, name="tenant")
program.add_typer(manifests.commands, name="manifest")
program.add_typer(events.commands, name="events")
program.command("apply")(applying.apply)
program.command("undo")(applying.undo)
program.add_typer(runs.commands, name="run")
program.add_typer(quarantine.commands, name="quarantine")
program.add_typer(review.commands, name="review")
program.add_typer(journal.commands, name="journal")
program.add_typer(keys.commands, name="keys")
program.command("purge")(purging.purge)
program.command("restored")(restored.restored)
program.command("sweep")(sweeping.sweep)
program.command("explain")(explaining.explain)
program.command("survey")(surveying.survey)
program.command("retention")(retaining.retention)
program.add_typer(planning.commands, name="plan")
program.command("doctor")(doctor.doctor)


def run() -> None:
    """Run a command and leave with its exit code; no failure that we know shows a traceback."""
    terminal.prepare()
    try:
        try:
            code = program(prog_name="so-privacy", standalone_mode=False) or Exit.OK
        finally:
            terminal.finish()
    except typer.Abort:  # the input ended where an answer was wanted
        code = Exit.INTERRUPTED
    except typer.TyperException as error:
        code = Exit.USAGE
        _say([_usage(error)])
    except PrivacyError as error:
        text, code = failures.told(error)
        _say(text.splitlines() if isinstance(error, ManifestInvalid) else [text])
    sys.exit(code)


def _usage(error: typer.TyperException) -> str:
    """Say what is wrong in one line; without a command, its help was printed and there is nothing to say."""
    message = error.format_message().rstrip(".")
    context = getattr(error, "ctx", None)
    path = "so-privacy" if context is None else context.command_path
    return f"usage: {message}; see `{path} --help`" if message else ""


def _say(lines: Iterable[str]) -> None:
    for line in filter(None, lines):
        shown = visible(line)
        cut = shown if len(shown) <= _LONGEST else f"{shown[: _LONGEST // 2]} … {shown[-_LONGEST // 2 :]}"
        print(cut, file=sys.stderr)
