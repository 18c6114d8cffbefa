"""Makes up a person from `--set FACT=VALUE`, for a manifest's file or for the one that decides."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from so_privacy_ext.cli.manifest_file import read_file
from so_privacy_ext.cli.wired import wired
from so_privacy_ext.errors import Exit, Refused
from so_privacy_ext.model import TenantLists
from so_privacy_ext.rules.activation import resolve, resolve_what_stands
from so_privacy_ext.rules.alone import lists_alone, resolve_alone
from so_privacy_ext.rules.made_up import facts_from
from so_privacy_ext.rules.manifest import Manifest, parse
from so_privacy_ext.rules.supposed import MadeUpPerson
from so_privacy_ext.storage import manifests


def made_up(words: Sequence[str], file: Path | None, tenant: str | None) -> MadeUpPerson:
    """Read the words; by the file alone if no tenant is named, else by what the tenant has."""
    said = _pairs(words)
    if file is not None:
        named = parse(read_file(file), str(file))
        if tenant is None:
            return MadeUpPerson(facts_from(said, named), resolve_alone(named), lists_alone(named))
        _, lists = _of_tenant(tenant)
        return MadeUpPerson(facts_from(said, named, lists), resolve(named, lists), lists)
    manifest, lists = _of_tenant(tenant)
    if manifest is None:
        raise manifests.none_decides("name a file by --manifest")
    return MadeUpPerson(facts_from(said, manifest, lists), resolve_what_stands(manifest, lists), lists)


def _of_tenant(tenant: str | None) -> tuple[Manifest | None, TenantLists]:
    with wired() as app, app.turn(app.tenant(tenant)) as turn:
        active = turn.manifest()
        manifest = None if active is None else parse(active[0], active[1][:12])
        return manifest, app.crm(turn).lists()


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
