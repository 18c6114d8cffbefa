"""Assembles the command line, and turns every failure into one clear line and an exit code."""

from __future__ import annotations

import sys

import typer

from so_privacy_ext.cli import (
    doctor,
    events,
    explaining,
    journal,
    manifests,
    quarantine,
    review,
    running,
    tenants,
    terminal,
)
from so_privacy_ext.cli.terminal import visible
from so_privacy_ext.errors import Exit, PrivacyError, Refused, StorageUnavailable

program = typer.Typer(
    name="so-privacy",
    help="Decide and prove why a company may hold each person in its SuperOffice CRM.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
running.register(program)
program.add_typer(tenants.commands, name="tenant")
program.add_typer(manifests.commands, name="manifest")
program.add_typer(events.commands, name="events")
program.add_typer(quarantine.commands, name="quarantine")
program.add_typer(review.commands, name="review")
program.add_typer(journal.commands, name="journal")
program.command("explain")(explaining.explain)
program.command("doctor")(doctor.doctor)


def run() -> None:
    """Run a command and leave with its exit code; no failure that we know shows a traceback."""
    terminal.prepare()
    try:
        try:
            program(prog_name="so-privacy")
        finally:
            terminal.finish()
    except PrivacyError as error:
        text, code = _told(error)
        print("\n".join(visible(line) for line in text.splitlines()), file=sys.stderr)
        sys.exit(code)


def _told(error: PrivacyError) -> tuple[str, Exit]:
    if isinstance(error, Refused):
        return str(error), error.exit_code
    if isinstance(error, StorageUnavailable):
        return f"storage_unavailable: {error}; see that PostgreSQL runs, and try again", Exit.UNAVAILABLE
    return f"superoffice: {error}; see `so-privacy doctor`, and try again", Exit.UNAVAILABLE
