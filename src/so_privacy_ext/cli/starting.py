"""`manifest init|export`: a manifest to start from, and the one that a tenant has."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from so_privacy_ext import published
from so_privacy_ext.cli.manifest_file import write_file
from so_privacy_ext.cli.output import TenantName, say
from so_privacy_ext.cli.progress import progress
from so_privacy_ext.cli.terminal import write_bytes
from so_privacy_ext.cli.wired import wired
from so_privacy_ext.errors import Exit, Refused
from so_privacy_ext.rules.schema import text
from so_privacy_ext.rules.starting import SCHEMA, Ground, from_preset, from_tenant
from so_privacy_ext.rules.vocabulary import PRODUCT_WORDS
from so_privacy_ext.storage import manifests
from so_privacy_ext.storage.tenants import TenantSummary

if TYPE_CHECKING:  # `init` without a tenant does without it
    from so_privacy_ext.app import App

_NAME = "my-rules"
_COMPANY = "Eksempel A/S"
_LONGEST_NAME = 200

Output = Annotated[
    Path | None, typer.Option("-o", "--output", metavar="FILE", help="Write it there, not on the screen.")
]
Home = Annotated[str, typer.Option(metavar="COUNTRY", help="Your company's country, ISO 3166, such as DK.")]
Company = Annotated[str, typer.Option(metavar="NAME", help="Your company's name.")]


def init(
    tenant: TenantName = None,
    output: Output = None,
    home: Home = "DK",
    company: Company = _COMPANY,
    survey: Annotated[
        bool, typer.Option(help="With --tenant: look at everybody, to have rules for the sources that occur.")
    ] = True,
) -> None:
    """Write a manifest to start from: on a preset, or with --tenant on what the tenant has."""
    _refuse_odd_words(home, company)
    if tenant is None:
        _give(from_preset(Ground(_NAME, company, home)).encode(), output)
        return
    with wired() as app:
        summary = app.tenant(tenant)
        seen = _sources_seen(app, summary) if survey else None
        with app.turn(summary) as turn:
            lists = app.crms.lists_now(turn)
    _give(from_tenant(Ground(_NAME, company, home, seen), lists).encode(), output)


def export(
    tenant: TenantName = None, output: Output = None, home: Home = "DK", company: Company = _COMPANY
) -> None:
    """Write the manifest that decides for a tenant, byte by byte; while none does, one of what it has."""
    _refuse_odd_words(home, company)
    with wired() as app:
        summary = app.tenant(tenant)
        with app.session(summary) as session:
            active = manifests.active(session)
        if active is not None:
            _give(active[0], output)
            return
        with app.turn(summary) as turn:
            lists = app.crms.lists_now(turn)
    _give(from_tenant(Ground(_NAME, company, home), lists).encode(), output)


def schema(
    tenant: Annotated[
        str | None, typer.Option("--tenant", help="With the words of this tenant's plugins too.")
    ] = None,
    output: Output = None,
) -> None:
    """Write the JSON Schema by which an editor completes and explains, with --tenant its plugins' words."""
    words = PRODUCT_WORDS
    if tenant is not None:
        with wired() as app, app.session(app.tenant(tenant)) as session:
            words = app.words(session)
    content = text(words).encode()
    if output is None:
        _give(content, None)
    else:
        write_file(output, content.decode())
        say(f"{output}: written")


def _sources_seen(app: App, summary: TenantSummary) -> Mapping[str, int]:
    with progress() as told:
        found = app.foresight(summary).survey(told)
    seen: Counter[str] = Counter()
    for origin, ids in found.origins.items():
        seen[origin.partition("/")[0]] += len(ids)
    return seen


def _refuse_odd_words(home: str, company: str) -> None:
    if not (len(home) == 2 and home.isascii() and home.isalpha() and home.isupper()):
        how = "write two capital letters, such as DK"
        raise Refused("bad_country", f"{home!r} is no country", how, Exit.USAGE)
    if not (company.strip() and len(company) <= _LONGEST_NAME and company.isprintable()):
        how = f"write a text of one line, of at most {_LONGEST_NAME} characters"
        raise Refused("bad_company", "this is no company's name", how, Exit.USAGE)


def _give(content: bytes, output: Path | None) -> None:
    """Write a manifest to a new file, with the schema beside it, or to the screen."""
    if output is None:
        write_bytes(content)
        return
    _write(output, content)
    schema = output.parent / SCHEMA
    if not schema.exists():
        try:
            _write(schema, (published.folder("manifests") / "rules" / SCHEMA).read_bytes())
        except Refused:
            output.unlink()  # both or none, so that it can be said again
            raise
    say(f"{output}: written; so-privacy manifest check {output}")


def _write(path: Path, content: bytes) -> None:
    """Make a file that is not there yet, whole or not at all."""
    unfinished = path.parent / f".{os.getpid()}.unfinished"
    try:
        try:
            unfinished.write_bytes(content)
            os.link(unfinished, path)  # which never takes the place of a file
        finally:
            unfinished.unlink(missing_ok=True)  # also what a full disk took of it
    except FileExistsError:
        what, how = "it is there already", "name another, or take it away"
        raise Refused("file_exists", what, how, Exit.CANT_CREATE, where=str(path)) from None
    except OSError as error:
        what, how = error.strerror or "it can't be written", "name a file that can be made"
        raise Refused("not_written", what, how, Exit.CANT_CREATE, where=str(path)) from None
