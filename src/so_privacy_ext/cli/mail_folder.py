"""A folder with the texts of mail templates, as `manifest check --mails` reads it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import typer

from so_privacy_ext.cli.manifest_file import write_file
from so_privacy_ext.errors import Exit, Refused
from so_privacy_ext.rules.lint.mail_text import MailText, mail_text
from so_privacy_ext.rules.lint.subject import MailTexts, kept_as
from so_privacy_ext.rules.manifest import Manifest

VERSIONS = "versions.json"
"""What was kept of each version: `template version language` → the hash of its text."""
MOST_BYTES = 1024 * 1024
_NAME = re.compile(r"(.+)\.([a-z]{2})\.(html|txt)")


def folder_named(text: str) -> Path:
    """Take a folder's name; a name of no letters is a slip, and no name for the folder one is in."""
    if not text:
        raise typer.BadParameter("this names no folder")
    return Path(text)


def read_mails(folder: Path) -> MailTexts:
    """Read `<template>.<language>.html` and `.txt`, and what was kept of earlier versions."""
    try:
        names = sorted(one.name for one in folder.iterdir())
        found = [match for match in map(_NAME.fullmatch, names) if match]
        texts = {(one[1], one[2]): _text(folder / one[0], html=one[3] == "html") for one in found}
        return MailTexts(texts, _kept(folder / VERSIONS))
    except OSError as error:
        what = error.strerror or "it can't be read"
        how = "name a folder with files such as privacy-notice-13.da.html"
        raise Refused("mails_unreadable", what, how, Exit.NO_INPUT, where=str(folder)) from None


def keep_versions(folder: Path, manifest: Manifest, mails: MailTexts) -> int:
    """Keep the hash of each version's text that nothing was kept of; tell how many there were."""
    new = {name: text.digest for name, text in _versions(manifest, mails) if name not in mails.kept}
    if new:
        content = json.dumps({**mails.kept, **new}, indent=2, ensure_ascii=False, sort_keys=True) + "\n"
        write_file(folder / VERSIONS, content)
    return len(new)


def _versions(manifest: Manifest, mails: MailTexts) -> Iterator[tuple[str, MailText]]:
    for mail in manifest.content.mails.values():
        for (template, language), text in mails.texts.items():
            if template == mail.template:
                yield kept_as(template, mail.version, language), text


def _text(file: Path, *, html: bool) -> MailText:
    with file.open("rb") as content:
        read = content.read(MOST_BYTES + 1)
    if len(read) > MOST_BYTES:
        how = "a template is a mail's text, without its pictures"
        raise Refused("mail_too_large", f"more than {MOST_BYTES} bytes", how, Exit.BAD_DATA, where=str(file))
    try:
        return mail_text(read.decode("utf-8-sig"), html=html)
    except UnicodeDecodeError:
        raise Refused(
            "not_utf8", "this is not UTF-8", "save it as UTF-8", Exit.BAD_DATA, where=str(file)
        ) from None


def _kept(file: Path) -> Mapping[str, str]:
    if not file.exists():
        return {}
    try:
        kept = json.loads(file.read_text(encoding="utf-8"))
    except ValueError:
        kept = None
    if not isinstance(kept, dict) or not all(isinstance(one, str) for one in kept.values()):
        how = "bring it back as `--mails --fix` wrote it, or delete it and begin anew"
        raise Refused(
            "versions_unreadable", "this is no list of versions", how, Exit.BAD_DATA, where=str(file)
        )
    return kept
