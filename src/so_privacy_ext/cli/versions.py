"""`manifest activate|list`: which manifest decides, and which have decided."""

from __future__ import annotations

import getpass
import os
from typing import Annotated

import typer

from so_privacy_ext import security_log
from so_privacy_ext.activating import Activated
from so_privacy_ext.cli.findings import counted, tell_findings
from so_privacy_ext.cli.manifest_file import File, read_file
from so_privacy_ext.cli.moments import moment_of
from so_privacy_ext.cli.output import AsJson, TenantName, fields_of, print_json, print_table, say
from so_privacy_ext.cli.wired import wired
from so_privacy_ext.rules.manifest import Manifest, parse, refuse_unreadable
from so_privacy_ext.security_log import OPERATOR
from so_privacy_ext.storage import manifests
from so_privacy_ext.storage.manifests import Agreed


def activate(
    file: File,
    tenant: TenantName = None,
    *,
    tell_from: Annotated[
        str | None,
        typer.Option(
            metavar="DATE", help="Tell persons registered from this day on, such as 2026-11-01 (UTC)."
        ),
    ] = None,
    unprotect: Annotated[
        list[str] | None,
        typer.Option(
            metavar="KEY", help="Let this version drop or loosen a purpose that the one before it protects."
        ),
    ] = None,
    because: Annotated[str, typer.Option(metavar="TEXT", help="Why; kept with the version.")] = "",
    alone: Annotated[
        bool,
        typer.Option("--alone", help="Though the tenant demands that two agree; the journal notes it."),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Let a manifest decide from now on, if the tenant has all that it names and no law is broken."""
    content, start = read_file(file), moment_of(tell_from)
    refuse_unreadable(content, str(file))
    with wired() as app:
        summary = app.tenant(tenant)
        with app.turn(summary) as turn:
            manifest = parse(content, str(file), app.words(turn.session))
            activated = app.activating(turn).activate(
                manifest,
                content,
                who=_who(),
                tell_from=start,
                unprotect=unprotect or (),
                agreed=Agreed(because, alone=alone),
            )
        tenant_id, digest = summary.tenant_id, manifest.digest[:12]
        security_log.note("manifest_activated", user=OPERATOR, tenant_id=tenant_id, manifest=digest)
    if as_json:
        answer = {"tenant": summary.context_identifier, "digest": manifest.digest}
        print_json({**answer, "changed": activated.changed, "findings": activated.findings})
        return
    tell_findings(str(file), activated.findings)
    say(_said(manifest, summary.context_identifier, activated))


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
    columns = {"digest": "digest", "who": "by", "active_from": "from", "active_to": "to", "reason": "why"}
    print_table(rows, columns, empty="None yet: so-privacy manifest activate FILE")


def _said(manifest: Manifest, tenant: str, activated: Activated) -> str:
    name = f"{manifest.content.name} ({manifest.digest[:12]})"
    since = "from now on" if activated.changed else "already"
    besides = f"; {counted(activated.findings)}" if activated.findings else ""
    return f"{name} decides for {tenant} {since}{besides}"


def _who() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a user id without a name, as in some containers
        return f"uid {os.getuid()}"
