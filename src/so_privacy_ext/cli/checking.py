"""`manifest check`: reads a manifest, looks at it by every law, and mends what can be mended safely."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from so_privacy_ext.cli.findings import counted, tell_findings
from so_privacy_ext.cli.mail_folder import folder_named, keep_versions, read_mails
from so_privacy_ext.cli.manifest_file import File, read_file, write_file
from so_privacy_ext.cli.output import AsJson, print_json, say
from so_privacy_ext.cli.trial_files import beside
from so_privacy_ext.cli.wired import wired
from so_privacy_ext.errors import Exit, Refused
from so_privacy_ext.rules.conditions import Words
from so_privacy_ext.rules.findings import ManifestInvalid
from so_privacy_ext.rules.lint.fixing import fixed
from so_privacy_ext.rules.lint.law import Level, LintFinding
from so_privacy_ext.rules.lint.linting import lint
from so_privacy_ext.rules.lint.sarif import sarif
from so_privacy_ext.rules.lint.subject import MailTexts, Subject, TenantKnowledge
from so_privacy_ext.rules.manifest import Manifest, parse
from so_privacy_ext.rules.not_acted_on import NotActedOn, not_acted_on
from so_privacy_ext.rules.vocabulary import PRODUCT_WORDS
from so_privacy_ext.trial.reading import Trial, read_trials
from so_privacy_ext.trial.seen import seen


def check(
    file: File,
    *,
    tenant: Annotated[
        str | None, typer.Option("--tenant", help="Look also at what this tenant has, such as Cust12345.")
    ] = None,
    mails: Annotated[
        Path | None,
        typer.Option(
            "--mails",
            metavar="FOLDER",
            parser=folder_named,
            help="Look also at the texts of mails, in files such as privacy-notice-13.da.html.",
        ),
    ] = None,
    fix: Annotated[
        bool, typer.Option("--fix", help="Mend what can be mended without changing what it means.")
    ] = False,
    as_json: AsJson = False,
    as_sarif: Annotated[
        bool, typer.Option("--sarif", help="Print SARIF 2.1.0, for editors and code hosts.")
    ] = False,
) -> None:
    """Check a manifest by its form and by every law; exit 65 if anything must be mended."""
    if as_json and as_sarif:
        raise Refused("two_forms", "--json and --sarif", "choose one", Exit.USAGE)
    words = PRODUCT_WORDS if tenant is None else _words(tenant)
    try:
        manifest = parse(read_file(file), str(file), words)
        tests = [(path, read_file(path)) for path in beside(file, needed=False)]
        trials = [one for path, content in tests for one in read_trials(content, str(path), manifest)]
    except ManifestInvalid as invalid:
        _unreadable(invalid, as_json=as_json, as_sarif=as_sarif)
        raise typer.Exit(invalid.exit_code) from None
    texts = read_mails(mails) if mails is not None else None
    knowledge = _knowledge(tenant, manifest) if tenant is not None else None
    findings = [*_lint(manifest, knowledge, texts, trials), *_of_plugins(tenant, manifest)]
    mended: Sequence[LintFinding] = ()
    if fix:
        text, mended = fixed(file.read_text(encoding="utf-8"), findings)
        if mended:
            write_file(file, text)
            manifest = parse(text.encode(), str(file), words)
            findings = [*_lint(manifest, knowledge, texts, trials), *_of_plugins(tenant, manifest)]
    if fix and mails is not None and texts is not None:
        keep_versions(mails, manifest, texts)
    _tell(manifest, findings, mended, as_json=as_json, as_sarif=as_sarif)
    if any(one.level is Level.ERROR for one in findings):
        raise typer.Exit(Exit.BAD_DATA)


def _words(name: str) -> Words:
    with wired() as app, app.session(app.tenant(name)) as session:
        return app.words(session)


def _knowledge(name: str, manifest: Manifest) -> TenantKnowledge:
    with wired() as app, app.turn(app.tenant(name)) as turn:
        return app.activating(turn).knowledge(manifest)


def _of_plugins(name: str | None, manifest: Manifest) -> Sequence[LintFinding]:
    """Give what the plugins of a tenant say, if one is named."""
    if name is None:
        return ()
    with wired() as app, app.turn(app.tenant(name)) as turn:
        return app.extending.looked_at(turn, manifest)


def _lint(
    manifest: Manifest,
    knowledge: TenantKnowledge | None,
    texts: MailTexts | None,
    trials: Sequence[Trial],
) -> Sequence[LintFinding]:
    today = datetime.now(UTC).date()
    return lint(Subject(manifest, today, knowledge, texts, seen(manifest, trials)))


def _unreadable(invalid: ManifestInvalid, *, as_json: bool, as_sarif: bool) -> None:
    if as_sarif:
        print_json(sarif(invalid.filename, invalid.findings))
    elif as_json:
        print_json({"file": invalid.filename, "findings": invalid.findings, "left_out": invalid.left_out})
    else:
        tell_findings(invalid.filename, invalid.findings, left_out=invalid.left_out)


def _tell(
    manifest: Manifest,
    findings: Sequence[LintFinding],
    mended: Sequence[LintFinding],
    *,
    as_json: bool,
    as_sarif: bool,
) -> None:
    if as_sarif:
        print_json(sarif(manifest.filename, findings))
        return
    idle = not_acted_on(manifest)
    if as_json:
        answer = {"file": manifest.filename, "digest": manifest.digest, "findings": findings}
        print_json({**answer, "mended": mended, "not_acted_on": idle})
        return
    for one in mended:
        say(f"{manifest.filename}:{one.line}:{one.column}: {one.code} mended: {one.what}")
    tell_findings(manifest.filename, findings)
    _sum_up(manifest, findings, idle)


def _sum_up(manifest: Manifest, findings: Sequence[LintFinding], idle: Sequence[NotActedOn]) -> None:
    file = manifest.filename
    if all(one.level is not Level.ERROR for one in findings):
        rules, purposes = len(manifest.content.rules), len(manifest.content.purposes)
        holds = f"{rules} rules for {purposes} purposes, digest {manifest.digest[:12]}"
        besides = f", {counted(findings)}" if findings else ""
        say(f"{file}: right in itself: {holds}{besides}")
    for one in idle:
        times = f", {one.times} times" if one.times > 1 else ""
        say(f"{file}:{one.line}:{one.column}: not acted on yet: {one.key}{times}")
