"""How the demo shows what came out, on a terminal of 80 columns or more."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable
from typing import Self

from rich.console import Console
from rich.table import Table
from rich.text import Text

from so_sandbox.demo.outcome import Check, Row

_PIPE = 100
"""Columns when nobody's terminal tells."""


def console() -> Console:
    return Console(width=None if sys.stdout.isatty() else _PIPE, highlight=False)


def table(rows: Iterable[Row]) -> Table:
    """Lay out a person in two lines or three: who and how she enters, each consent, the rule, the mail."""
    laid = Table(box=None, padding=(0, 1, 0, 0), pad_edge=False, header_style="bold")
    for heading in ("#", "who", "held → written by us", "rule", "mail", ""):
        laid.add_column(heading, overflow="fold", no_wrap=heading != "who")
    for row in rows:
        who = Text.assemble((row.who, "bold"), "\n", (row.enters, "dim"))
        mark = Text("✗", "red") if row.fault else Text("✓", "green")
        laid.add_row(f"{row.number:2}", who, "\n".join(row.consents), row.rule, row.mail, mark)
    return laid


class Screen:
    """Says what happens, with the seconds gone by; on a terminal a last line moves while it waits."""

    def __init__(self) -> None:
        self.console = console()
        self._begun = time.monotonic()
        self._status = self.console.status("")

    def __enter__(self) -> Self:
        if self.console.is_terminal:
            self._status.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._status.stop()

    def say(self, line: str) -> None:
        self._status.update("")
        self.console.print(f"{time.monotonic() - self._begun:3.0f} s  {line}", style="dim", soft_wrap=True)

    def progress(self, line: str) -> None:
        self._status.update(Text(line, "dim"))

    def check(self, check: Check) -> None:
        self.console.print(
            Text(f"{'✓' if check.right else '✗'} {check.text}", "" if check.right else "red"), soft_wrap=True
        )

    def good(self, line: str) -> None:
        self.console.print(Text(line, "green bold"), soft_wrap=True)

    def bad(self, line: str) -> None:
        self.console.print(Text(line, "red"), soft_wrap=True)
