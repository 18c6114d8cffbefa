"""`export`: a tenant's decisions as rows for a spreadsheet or a program."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Annotated

import typer

from so_privacy_ext import exporting, security_log
from so_privacy_ext.cli.applying import who
from so_privacy_ext.cli.moments import moment_of, refuse_backwards
from so_privacy_ext.cli.output import TenantName, print_table
from so_privacy_ext.cli.tabular import Form, lines
from so_privacy_ext.cli.wired import wired
from so_privacy_ext.errors import Exit, Refused
from so_privacy_ext.security_log import OPERATOR


def export(
    name: Annotated[
        str | None, typer.Argument(help="What to export; without it, all that may be is listed.")
    ] = None,
    *,
    tenant: TenantName = None,
    form: Annotated[Form, typer.Option("--as", help="How rows are written.")] = Form.CSV,
    since: Annotated[
        str | None, typer.Option("--from", metavar="DATE", help="Decisions from this day or time on.")
    ] = None,
    until: Annotated[
        str | None, typer.Option("--to", metavar="DATE", help="Decisions before this day or time.")
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", metavar="FILE", help="A new file, instead of the terminal."),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Write over a file that is there.")] = False,
) -> None:
    """Write decisions as rows of ids and keys, made by us or by a plugin; the journal says who did."""
    begins, ends = moment_of(since), moment_of(until)
    refuse_backwards(begins, ends)
    if name is None and (output is not None or force or begins or ends):
        how = "name it, such as `so-privacy export decisions`; without any option, all exports are listed"
        raise Refused("no_export", "it is not said what to export", how, Exit.USAGE)
    with wired() as app:
        summary = app.tenant(tenant)
        with app.session(summary) as session:
            if name is None:
                found = exporting.listed(app.extending, session)
                rows = [{"name": one.name, "says": one.says, "columns": list(one.columns)} for one in found]
                print_table(rows, {"name": "export", "says": "what", "columns": "columns"}, empty="")
                return
            chosen = exporting.chosen(app.extending, session, name)
            with _into(output, force=force) as target:
                with app.turn(summary) as turn:  # before anything is taken away
                    told = {"export": name, "as": form, "from": since, "to": until, "who": who()}
                    turn.ledgers.journal.append("exported", None, told)
                security_log.note("exported", user=OPERATOR, tenant_id=summary.tenant_id, export=name)
                for line in lines(
                    form, chosen.columns, exporting.rows(chosen, session, since=begins, until=ends)
                ):
                    target.write(line)


@contextmanager
def _into(file: Path | None, *, force: bool) -> Iterator[IO[str]]:
    """Give where to write: standard output, or a file that is there once it is whole, for its owner alone."""
    if file is None:
        yield sys.stdout
        return
    if file.exists() and not force:
        how = "name a new file, or write over it with --force"
        raise Refused("file_exists", "it is there already", how, Exit.CANT_CREATE, where=str(file))
    try:
        handle, name = tempfile.mkstemp(dir=file.resolve().parent, prefix=f".{file.name}.")
    except OSError as error:
        raise _unwritable(file, error) from None
    begun = Path(name)
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="") as target:
            yield target
            target.flush()
            os.fsync(target.fileno())
        if force:
            begun.replace(file)
        else:
            os.link(begun, file)  # refuses where somebody else was quicker
    except OSError as error:
        raise _unwritable(file, error) from None
    finally:
        begun.unlink(missing_ok=True)


def _unwritable(file: Path, error: OSError) -> Refused:
    what = error.strerror or "it can't be written"
    return Refused(
        "export_unwritable", what, "name a file that may be written", Exit.CANT_CREATE, where=str(file)
    )
