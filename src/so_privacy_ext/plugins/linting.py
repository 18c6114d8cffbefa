"""Asks a plugin what it says of a manifest, and says at which place of the file that is."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from so_privacy_ext.model import TenantId
from so_privacy_ext.plugins.asking import Enabled
from so_privacy_ext.plugins.host_linting import is_finding
from so_privacy_ext.plugins.hosts import Hosts
from so_privacy_ext.plugins.troubles import HOW, Kind, PluginFailed, Trouble
from so_privacy_ext.rules.lint.law import Level, LintFinding
from so_privacy_ext.rules.manifest import Manifest
from so_privacy_ext.rules.tree import Node

NOT_LOOKED_AT = "not_looked_at"
"""Code of what is said in place of a plugin that fails."""
_LEVELS = {"warning": Level.WARNING, "note": Level.NOTE}


def looked_at(
    hosts: Hosts, tenant_id: TenantId, plugin: Enabled, manifest: Manifest, noted: Callable[[Trouble], object]
) -> Sequence[LintFinding]:
    """Give what a plugin says of a manifest; of one that fails, that it did not look at it."""
    described = plugin.description
    space = described.namespace
    try:
        said = _asked(hosts, tenant_id, plugin, manifest)
    except PluginFailed as failed:
        for trouble in failed.troubles:
            if hosts.is_news(tenant_id, trouble):
                noted(trouble)
        first = failed.troubles[0]
        what = f"the plugin {described.name} did not look at it: {first.what}"
        code = f"{space}.{NOT_LOOKED_AT}"
        return [LintFinding(1, 1, code, what, first.how, level=Level.NOTE)]
    return list(dict.fromkeys(_found(space, one, manifest.root) for one in said))


def _asked(hosts: Hosts, tenant_id: TenantId, plugin: Enabled, manifest: Manifest) -> list[Any]:
    described = plugin.description
    content = {"manifest": manifest.root.plain()}
    reply = hosts.ask(tenant_id, described, plugin.settings, do="lint", content=content, persons=0)
    if reply.troubles:
        raise PluginFailed(*reply.troubles)
    said = reply.answer
    if not isinstance(said, list) or not all(is_finding(one) for one in said):
        what = "it gave something that is no finding"
        raise PluginFailed(Trouble(described.name, Kind.JUNK, what, HOW[Kind.JUNK]))
    return said


def _found(space: str, said: Sequence[Any], root: Node) -> LintFinding:
    code, what, how, path, level = said
    *_, at = _down(root, path)
    return LintFinding(at.line, at.column, f"{space}.{code}", at.of_origin(what), how, level=_LEVELS[level])


def _down(node: Node, path: Sequence[str | int]) -> Iterator[Node]:
    """Go down a path as far as it goes."""
    yield node
    for step in path:
        below = node.get(step)
        if below is None:
            return
        node = below
        yield node
