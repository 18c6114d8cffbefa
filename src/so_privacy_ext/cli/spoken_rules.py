"""`manifest rules`: each rule as one sentence, in reading order."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from so_privacy_ext.cli.manifest_file import read_file
from so_privacy_ext.cli.output import AsJson, TenantName, print_json, say
from so_privacy_ext.cli.spoken import Language, Spoken
from so_privacy_ext.cli.wired import wired
from so_privacy_ext.rules.manifest import Manifest, parse
from so_privacy_ext.rules.sentences import rule_sentence
from so_privacy_ext.rules.wording import wording
from so_privacy_ext.storage import manifests


def rules(
    file: Annotated[
        Path | None, typer.Argument(metavar="[FILE]", help="A manifest; the active one if left out.")
    ] = None,
    language: Spoken = Language.EN,
    tenant: TenantName = None,
    as_json: AsJson = False,
) -> None:
    """Say each rule of a manifest as one sentence, in the order in which they are tried."""
    manifest = _active(tenant) if file is None else _named(file, tenant)
    said = [(one.id, rule_sentence(one, wording(language))) for one in manifest.content.rules]
    if as_json:
        sentences = [{"rule_id": rule_id, "sentence": sentence} for rule_id, sentence in said]
        print_json({"digest": manifest.digest, "rules": sentences})
        return
    for number, (_, sentence) in enumerate(said, 1):
        say(f"{number}. {sentence}")


def _named(file: Path, tenant: str | None) -> Manifest:
    content = read_file(file)
    if tenant is None:
        return parse(content, str(file))
    with wired() as app, app.session(app.tenant(tenant)) as session:
        return parse(content, str(file), app.words(session))


def _active(tenant: str | None) -> Manifest:
    with wired() as app, app.session(app.tenant(tenant)) as session:
        active, words = manifests.active(session), app.words(session)
    if active is None:
        raise manifests.none_decides("name a file")
    return parse(active[0], active[1][:12], words)
