"""`python -m so_sandbox.demo`: runs the story and shows, row by row, whether it came out as written."""

from __future__ import annotations

import argparse
import shutil
import signal
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.table import Table

from so_sandbox.demo.commands import Commands, Failed, free_port
from so_sandbox.demo.outcome import Row, after_all, row_of
from so_sandbox.demo.persons import PERSONS
from so_sandbox.demo.story import TENANT, Story

_MANIFEST = Path("manifests/rules/nordic-b2b.yaml")
_SANDBOX_PORT, _PORT = 7400, 7300


def main() -> int:
    """Give 0 when everything came out as written, else 1."""
    parser = argparse.ArgumentParser(prog="demo", description=__doc__)
    parser.add_argument("--manifest", type=Path, default=_MANIFEST, help="the manifest that decides")
    parser.add_argument("--stay", action="store_true", help="leave everything running, on fixed ports")
    parser.add_argument("--turned", action="store_true", help="turn every switch of the sandbox")
    given = parser.parse_args()
    console = Console(soft_wrap=not sys.stdout.isatty())
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    if not given.manifest.is_file():
        console.print(
            f"{given.manifest} is not there; run this in the project's folder, or say --manifest FILE"
        )
        return 66
    try:
        with _folder(stay=given.stay) as folder:
            ports = (_SANDBOX_PORT, _PORT) if given.stay else (free_port(), free_port())
            commands = Commands(folder, sandbox_port=ports[0], port=ports[1])
            try:
                right = _run(commands, given.manifest.resolve(), console, turned=given.turned)
                if given.stay:
                    _stay(commands, console)
            finally:
                commands.stop()
    except Failed as failed:
        console.print(f"[red]{failed}[/red]", highlight=False)
        return 1
    except KeyboardInterrupt:
        console.print("stopped")
        return 130
    return 0 if right else 1


def _run(commands: Commands, manifest: Path, console: Console, *, turned: bool) -> bool:
    story = Story(commands, lambda line: console.print(f"· {line}", style="dim", highlight=False))
    story.install(manifest, turned=turned)
    story.enter_all()
    rows = [row_of(story, person) for person in PERSONS]
    console.print(_table(rows))
    checks = after_all(story)
    for check in checks:
        console.print(
            f"{'✓' if check.right else '✗'} {check.text}", style="" if check.right else "red", highlight=False
        )
    wrong = [f"{row.number} {row.who}: {row.fault}" for row in rows if row.fault]
    for line in wrong:
        console.print(f"✗ {line}", style="red", highlight=False)
    good = len(rows) - len(wrong)
    if wrong:
        console.print(f"{good} of {len(rows)} as the manifest says", style="red", highlight=False)
        return False
    if not all(check.right for check in checks):
        console.print("the twelve are right, but what came after is not", style="red")
        return False
    console.print(f"{good} of {len(rows)} as the manifest says", style="green bold", highlight=False)
    return True


def _table(rows: list[Row]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("#", "who", "enters", "the CRM held", "rule", "written by us", "mail", ""):
        table.add_column(heading, overflow="fold")
    for row in rows:
        mark = "[red]✗[/red]" if row.fault else "[green]✓[/green]"
        table.add_row(str(row.number), row.who, row.enters, row.held, row.rule, row.written, row.mail, mark)
    return table


def _stay(commands: Commands, console: Console) -> None:
    console.print(f"sandbox     {commands.sandbox_url}/_sandbox/page", highlight=False)
    console.print(f"so-privacy  {commands.url}", highlight=False)
    console.print(
        f"settings    {commands.settings} (source it, then: so-privacy explain --person ID --tenant {TENANT})",
        highlight=False,
    )
    console.print("Ctrl-C stops both; what they hold stays in .so-privacy and .so-sandbox")
    commands.wait()


@contextmanager
def _folder(*, stay: bool) -> Iterator[Path]:
    if stay:
        yield Path.cwd()
        return
    folder = Path(tempfile.mkdtemp(prefix="sop-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


sys.exit(main())
