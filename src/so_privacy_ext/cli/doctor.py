"""`doctor`: looks at everything that must hold, and says what to do about what doesn't."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

import typer

from so_privacy_ext.app import App
from so_privacy_ext.cli.output import AsJson, print_json, say
from so_privacy_ext.cli.wired import wired
from so_privacy_ext.doctor.erasures import examine_removed
from so_privacy_ext.doctor.examination import examine_installation, examine_tenant
from so_privacy_ext.doctor.findings import Finding, Health, Level, health
from so_privacy_ext.errors import Exit
from so_privacy_ext.storage import erasures, tenants
from so_privacy_ext.storage.database import connect


def doctor(
    tenant: Annotated[str | None, typer.Option("--tenant", help="Only this tenant.")] = None,
    as_json: AsJson = False,
) -> None:
    """Check database, keys, clock, reachability, certificate and each tenant; exit 1 if anything is wrong."""
    with wired(without_key=True) as app:
        findings = list(_look(app, tenant))
    found = health(findings)
    if as_json:
        print_json({"right": found is not Health.WRONG, "health": found, "findings": findings})
    else:
        for one in findings:
            _tell(one)
    if found is Health.WRONG:
        raise typer.Exit(Exit.NO)


def _look(app: App, name: str | None) -> Iterator[Finding]:
    with connect(app.dsn, application_name="so-privacy doctor") as connection:
        known, removed = tenants.listed(connection), erasures.of_removed(connection)
    chosen = known if name is None else [app.tenant(name)]
    practice = app.practice()
    environments = sorted({one.environment for one in chosen})
    yield from examine_installation(practice, app.settings, app.dsn, environments)
    if not chosen:
        yield Finding(None, "tenants", Level.WARNING, "none", "so-privacy tenant add")
    for one in chosen:
        yield from examine_tenant(practice, one)
    if name is None:
        yield from examine_removed(removed, practice.now())


def _tell(finding: Finding) -> None:
    place = f"{finding.tenant}: " if finding.tenant else ""
    means = f" ({finding.means})" if finding.means else ""
    do = f" → {finding.do}" if finding.do else ""
    say(f"{finding.level:8} {place}{finding.what}: {finding.found}{means}{do}")
