"""Assembles the command line, and turns every failure into one clear line and an exit code."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable
from importlib.metadata import version
from typing import Annotated

import typer

from so_privacy_ext.cli import failures, terminal
from so_privacy_ext.cli.on_demand import Listed, group
from so_privacy_ext.cli.terminal import visible
from so_privacy_ext.errors import Exit, PrivacyError
from so_privacy_ext.rules.findings import ManifestInvalid

_LONGEST = 4000
"""Characters of a line; what goes beyond is a value that was given to us, and the end says what to do."""
_WORDINGS = [
    (re.compile(pattern), words)
    for pattern, words in (
        (r"\. Choose from:\s*", "; choose one of "),
        (r",\s+", ", "),
        (r"\bValue error, ", ""),
        (r"\bInput should be a valid integer, .*", "it should be a whole number"),
        (r"\bInput should be a valid number, .*", "it should be a number"),
        (r"\bInput should be greater than or equal to (\S+)", r"it should be \1 or more"),
        (r"\bInput should be less than or equal to (\S+)", r"it should be \1 or less"),
    )
]
"""How our words for what is wrong with an option's value follow from those of the library that reads it."""
program = group(
    Listed(
        "up",
        "running.up",
        "Run everything on this machine: PostgreSQL (unless DATABASE_URL is set), web and worker.",
    ),
    Listed("web", "running.web", "Receive webhooks and serve pages."),
    Listed("worker", "running.worker", "Take tenants' turns: read, decide, write, tell."),
    Listed(
        "provision",
        "provisioning.provision",
        "Say what an installation creates in a tenant and which rights it takes; nothing is changed.",
    ),
    Listed(
        "apply",
        "applying.apply",
        "Carry a plan out in waves; refused if manifest, lists or a person have changed since it was made.",
    ),
    Listed(
        "undo",
        "applying.undo",
        "Take back what a run wrote, but of nobody whom others have touched since;"
        " mails can't be taken back.",
    ),
    Listed(
        "purge",
        "purging.purge",
        "Take away what need not be kept any more: old contents of events, quarantine, facts and sessions.",
    ),
    Listed(
        "restored",
        "restored.restored",
        "Say that this database is a backup's: mails since then are looked up in SuperOffice, runs stop.",
    ),
    Listed(
        "export",
        "export.export",
        "Write decisions as rows of ids and keys, made by us or by a plugin; the journal says who did.",
    ),
    Listed(
        "sweep",
        "sweeping.sweep",
        "Look for persons who changed and of whom no event told; exit 1 while one of them is not handled.",
    ),
    Listed(
        "explain",
        "explaining.explain",
        "Explain what a manifest decides for a person as she stands now, or for one made up by `--set`.",
    ),
    Listed(
        "survey",
        "surveying.survey",
        "Read everybody from SuperOffice, and say where persons come from and what is missing or doubtful.",
    ),
    Listed(
        "retention",
        "retaining.retention",
        "Propose whom to delete or look at, since nobody has dealt with them for long; exit 3 if anybody.",
    ),
    Listed(
        "doctor",
        "doctor.doctor",
        "Check database, keys, clock, reachability, certificate and each tenant;"
        " exit 1 if anything is wrong.",
    ),
    Listed("tenant", "tenants.commands", "Tenants: add, list, show, pause, resume, mass, remove."),
    Listed(
        "plugin",
        "plugins.commands",
        "Partners' plugins: list, show, check, enable, disable, settings, new.",
    ),
    Listed("channel", "channels.commands", "What carries notices: list, set, test, remove."),
    Listed(
        "manifest",
        "manifests.commands",
        "Manifests: init, check, schema, rules, test, shadow, diff, activate, list, export.",
    ),
    Listed("erasures", "erasures.commands", "What plugins owe to have erased elsewhere: list, ask, settle."),
    Listed("events", "events.commands", "Accepted events: list, show, drive again."),
    Listed(
        "outward",
        "outward.commands",
        "A tenant's own systems that are told: list, show, add, test, rotate, on, off, remove, schema.",
    ),
    Listed(
        "errands", "errands.commands", "What plugins and endpoints are told of afterwards: list, drive again."
    ),
    Listed("person", "person.commands", "What is held of a person: show."),
    Listed("run", "runs.commands", "Runs of plans: list, show, persons, stop, resume."),
    Listed("quarantine", "quarantine.commands", "Signed deliveries that are never acted on."),
    Listed("duties", "duties.commands", "Who must still be informed: list."),
    Listed("review", "review.commands", "What waits for a human: list, show, settle."),
    Listed("journal", "journal.commands", "What was seen, decided and done, and why."),
    Listed("keys", "keys.commands", "Keys and secrets: show, rotate, webhook."),
    Listed(
        "plan",
        "planning.commands",
        "Read everybody from SuperOffice, and plan what a manifest would do; exit 3 if there is anything.",
    ),
    name="so-privacy",
    help="Decide and prove why a company may hold each person in its SuperOffice CRM.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


def _tell_version(wanted: bool) -> None:
    if wanted:
        print(f"so-privacy {version('so-privacy-ext')}")
        raise typer.Exit


@program.callback()
def _whole(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_tell_version, is_eager=True, help="Show the version and exit."),
    ] = False,
) -> None:
    pass


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
    message = _plainly(error.format_message()).rstrip(".")
    context = getattr(error, "ctx", None)
    path = "so-privacy" if context is None else context.command_path
    return f"usage: {message}; see `{path} --help`" if message else ""


def _plainly(message: str) -> str:
    """Say what the library means in the words of somebody who doesn't know it."""
    for pattern, words in _WORDINGS:
        message = pattern.sub(words, message)
    return message


def _say(lines: Iterable[str]) -> None:
    for line in filter(None, lines):
        shown = visible(line)
        cut = shown if len(shown) <= _LONGEST else f"{shown[: _LONGEST // 2]} … {shown[-_LONGEST // 2 :]}"
        print(cut, file=sys.stderr)
