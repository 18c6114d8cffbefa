"""Makes up a person from `--set FACT=VALUE`, for a manifest's file or for the one that decides."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from so_privacy_ext.cli.manifest_file import read_file
from so_privacy_ext.cli.wired import wired
from so_privacy_ext.errors import Exit, Refused
from so_privacy_ext.processing.consulting import made_up as supposed
from so_privacy_ext.rules.activation import resolve, resolve_what_stands
from so_privacy_ext.rules.alone import lists_alone, resolve_alone
from so_privacy_ext.rules.conditions import Words
from so_privacy_ext.rules.made_up import facts_from
from so_privacy_ext.rules.manifest import Manifest, parse
from so_privacy_ext.rules.supposed import MadeUpPerson
from so_privacy_ext.storage import manifests
from so_privacy_ext.storage.turns import Turn


def made_up(words: Sequence[str], file: Path | None, tenant: str | None) -> MadeUpPerson:
    """Read the words; by the file alone, or by what the tenant that is named has, plugins included."""
    said = _pairs(words)
    if file is not None and tenant is None:
        named = parse(read_file(file), str(file))
        return MadeUpPerson(facts_from(said, named), resolve_alone(named), lists_alone(named))
    with wired() as app, app.turn(app.tenant(tenant)) as turn:
        lists = app.crm(turn).lists()
        if file is not None:
            manifest = parse(read_file(file), str(file), app.words(turn.session))
            ready = resolve(manifest, lists)
        else:
            manifest = _active(turn, app.words(turn.session))
            ready = resolve_what_stands(manifest, lists)
        ask = supposed(app.extending.consult(turn), ready)
        return MadeUpPerson(ask(facts_from(said, manifest, lists)), ready, lists)


def _active(turn: Turn, words: Words) -> Manifest:
    active = turn.manifest()
    if active is None:
        raise manifests.none_decides("name a file by --manifest")
    return parse(active[0], active[1][:12], words)


def _pairs(words: Sequence[str]) -> dict[str, str]:
    said: dict[str, str] = {}
    for one in words:
        name, equals, value = one.partition("=")
        if not equals or not name:
            raise Refused("bad_fact", f"{one!r} sets nothing", "write --set country=DE", Exit.USAGE)
        if name in said:
            raise Refused("fact_twice", f"{name!r} is set twice", "set it once", Exit.USAGE)
        said[name] = value
    return said
