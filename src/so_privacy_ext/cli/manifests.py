"""`manifest check|activate|list`."""

from __future__ import annotations

import getpass
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from so_privacy_ext import security_log
from so_privacy_ext.cli.output import AsJson, TenantName, fields_of, print_json, print_table, say
from so_privacy_ext.cli.wired import wired
from so_privacy_ext.errors import Exit, Refused
from so_privacy_ext.rules.characters import MOST_BYTES
from so_privacy_ext.rules.findings import ManifestInvalid
from so_privacy_ext.rules.manifest import Manifest, parse
from so_privacy_ext.rules.not_acted_on import not_acted_on
from so_privacy_ext.security_log import OPERATOR
from so_privacy_ext.storage import manifests

commands = typer.Typer(help="Manifests: check, activate, list.", no_args_is_help=True)

File = Annotated[
    Path, typer.Argument(metavar="FILE", help="A manifest, such as manifests/rules/nordic-b2b.yaml.")
]


@commands.command()
def check(file: File, as_json: AsJson = False) -> None:
    """Check a manifest's form; nothing is asked of a tenant and nothing is changed."""
    content = read_file(file)
    try:
        manifest = parse(content, str(file))
    except ManifestInvalid as invalid:
        if not as_json:
            raise
        print_json({"file": str(file), "findings": invalid.findings, "left_out": invalid.left_out})
        raise typer.Exit(invalid.exit_code) from None
    idle = not_acted_on(manifest)
    if as_json:
        print_json({"file": str(file), "digest": manifest.digest, "findings": [], "not_acted_on": idle})
        return
    rules, purposes = len(manifest.content.rules), len(manifest.content.purposes)
    say(f"{file}: right in itself: {rules} rules for {purposes} purposes, digest {manifest.digest[:12]}")
    for one in idle:
        times = f", {one.times} times" if one.times > 1 else ""
        say(f"{file}:{one.line}:{one.column}: not acted on yet: {one.key}{times}")


@commands.command()
def activate(
    file: File,
    tenant: TenantName = None,
    tell_from: Annotated[
        str | None,
        typer.Option(
            metavar="DATE", help="Tell persons registered from this day on, such as 2026-11-01 (UTC)."
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Let a manifest decide from now on, if the tenant has all that it names."""
    content, start = read_file(file), _moment(tell_from)
    manifest = parse(content, str(file))
    with wired() as app:
        summary = app.tenant(tenant)
        with app.turn(summary) as turn:
            changed = app.activate(turn, manifest, content, who=_who(), tell_from=start)
        tenant_id, digest = summary.tenant_id, manifest.digest[:12]
        security_log.note("manifest_activated", user=OPERATOR, tenant_id=tenant_id, manifest=digest)
    if as_json:
        print_json({"tenant": summary.context_identifier, "digest": manifest.digest, "changed": changed})
        return
    say(_said(manifest, summary.context_identifier, changed=changed))


@commands.command("list")
def list_(tenant: TenantName = None, as_json: AsJson = False) -> None:
    """List the manifests that decide or decided, newest first."""
    with wired() as app:
        summary = app.tenant(tenant)
        with app.session(summary) as session:
            found = manifests.listed(session)
    if as_json:
        print_json({"manifests": found})
        return
    rows = [{**fields_of(one), "digest": one.digest[:12]} for one in found]
    columns = {"digest": "digest", "who": "by", "active_from": "from", "active_to": "to"}
    print_table(rows, columns, empty="None yet: so-privacy manifest activate FILE")


def _said(manifest: Manifest, tenant: str, *, changed: bool) -> str:
    name = f"{manifest.content.name} ({manifest.digest[:12]})"
    return f"{name} decides for {tenant} from now on" if changed else f"{name} decides for {tenant} already"


def _who() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a user id without a name, as in some containers
        return f"uid {os.getuid()}"


def read_file(file: Path) -> bytes:
    """Read a manifest that somebody names."""
    try:
        with file.open("rb") as content:
            return content.read(MOST_BYTES + 1)  # which is refused as too large, be it endless
    except OSError as error:
        raise Refused(
            "manifest_unreadable",
            error.strerror or "it can't be read",
            "name a readable file",
            Exit.NO_INPUT,
            where=str(file),
        ) from None


def _moment(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise Refused("bad_date", f"{text!r} is no date", "write 2026-11-01", Exit.USAGE) from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
