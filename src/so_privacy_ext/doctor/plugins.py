"""A tenant's plugins: whether each can be asked, failed lately, or asks for more than was agreed to."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from so_privacy_ext.doctor.erasures import examine_erasures
from so_privacy_ext.doctor.findings import Finding, error, right, warning
from so_privacy_ext.errors import Refused
from so_privacy_ext.extending import Extending, TenantPlugin
from so_privacy_ext.storage.turns import Turn

LATELY = timedelta(days=1)
_UNKNOWN = "what it would say is unknown, and rules that ask it don't apply"


def examine_plugins(turn: Turn, extending: Extending, now: datetime) -> Iterator[Finding]:
    """Look at all plugins that a tenant has switched on, and at what its manifest asks of others."""
    if not turn.tenant.plugins:
        return
    name = turn.tenant.context_identifier
    for plugin in extending.listed(turn.session):
        if plugin.is_on:
            yield from _examine(name, plugin, extending, now)
    for plugin_name, words in extending.unanswered(turn).items():
        found = f"the manifest asks {', '.join(words)}, and {plugin_name} is off"
        do = f"so-privacy plugin enable {plugin_name}, or a manifest without it"
        yield warning(f"plugin {plugin_name}", found, do, means=_UNKNOWN, tenant=name)
    yield from examine_erasures(turn, extending, now)


def _examine(tenant: str, plugin: TenantPlugin, extending: Extending, now: datetime) -> Iterator[Finding]:
    what, name = f"plugin {plugin.name}", plugin.name
    if plugin.installed is None:
        do = f"install its package again, or so-privacy plugin disable {name}"
        yield error(what, "its package is not installed", do, means=_UNKNOWN, tenant=tenant)
        return
    try:
        more = plugin.asks_for_more(extending.describe(name))
    except Refused as refused:
        yield error(what, refused.what, refused.how, means=_UNKNOWN, tenant=tenant)
        return
    if more:
        do = f"so-privacy plugin show {name}; agree by so-privacy plugin enable {name}"
        found = f"it asks for more than was agreed to: {', '.join(more)}"
        yield error(what, found, do, means=_UNKNOWN, tenant=tenant)
        return
    troubles = [one for one in plugin.troubles if now - one.at < LATELY]
    for one in troubles:
        found = f"{one.what}, last noted at {one.at:%Y-%m-%d %H:%M:%S} UTC"
        yield warning(what, found, one.how, means=_UNKNOWN, tenant=tenant)
    if not troubles:
        yield right(what, f"version {plugin.installed.version} is on", tenant=tenant)
