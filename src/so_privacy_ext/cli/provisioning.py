"""`provision --list`: what an installation creates in a tenant, exactly."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from so_privacy_ext.cli.manifest_file import read_file
from so_privacy_ext.cli.output import AsJson, print_json, say
from so_privacy_ext.coming_and_going import default_items, provisions_for
from so_privacy_ext.errors import Exit, Refused
from so_privacy_ext.lifecycle.provisions import Provisions
from so_privacy_ext.rules.manifest import parse
from so_privacy_ext.rules.new_items import new_items
from so_privacy_ext.settings import read


def provision(
    list_: Annotated[bool, typer.Option("--list", help="Print what an installation creates.")] = False,
    manifest: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="For this manifest instead of the published one."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Say what an installation creates in a tenant and which rights it takes; nothing is changed."""
    if not list_:
        how = "add --list; an installation itself is `so-privacy tenant add`"
        raise Refused("usage", "what is created is only listed here", how, Exit.USAGE)
    items = default_items() if manifest is None else new_items(parse(read_file(manifest), str(manifest)))
    found = provisions_for(items, f"{read().public_url}/webhooks/")
    if as_json:
        print_json(found)
        return
    _print(found)


def _print(found: Provisions) -> None:
    say("List items, where the tenant has none with the key; an uninstallation marks them deleted:")
    for item in found.list_items:
        say(f"  {item.list:8} {item.key:12} {item.name}")
    say("Webhooks; an uninstallation deletes them:")
    for webhook in found.webhooks:
        say(f"  {webhook.name} → {webhook.target}")
        for event in webhook.events:
            say(f"    {event}")
    say("  and so-privacy asks for what the plugins that a tenant switches on are told of (plugin show)")
    say("Rights: a system user, which calls these operations and no other:")
    for right in found.rights:
        if right.reads:
            say(f"  {right.agent:10} reads  {', '.join(right.reads)}")
        if right.writes:
            say(f"  {right.agent:10} writes {', '.join(right.writes)}")
