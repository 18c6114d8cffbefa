"""What may be taken away of a tenant's decisions: rows, made by us or by its plugins."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from so_privacy_ext.errors import Exit, Refused
from so_privacy_ext.extending import Extending
from so_privacy_ext.plugins.exporting import Exporter
from so_privacy_ext.plugins.told import decision
from so_privacy_ext.plugins.troubles import PluginFailed
from so_privacy_ext.reactions import Decision
from so_privacy_ext.storage import exports
from so_privacy_ext.storage.session import TenantSession

DECISIONS = "decisions"
Told = Sequence[Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Export:
    """One kind of rows."""

    name: str
    """Of a plugin's with the plugin's before it: `acme-vat.by-rule`."""
    says: str
    columns: tuple[str, ...]
    rows_of: Callable[[Told], Sequence[Sequence[Any]]]


def listed(extending: Extending, session: TenantSession) -> Sequence[Export]:
    """Give all that a tenant may export: ours, and those of the plugins that it has switched on."""
    own = Export(DECISIONS, "Each decision, a row for each purpose.", _COLUMNS, _of_decisions)
    return [own, *(_of_plugin(one) for one in extending.exporters(session))]


def chosen(extending: Extending, session: TenantSession, name: str) -> Export:
    """Give one of them; refused where there is none of that name."""
    known = {one.name: one for one in listed(extending, session)}
    if name not in known:
        how = f"name one of {', '.join(known)}; a plugin's is there once the plugin is on"
        raise Refused("export_unknown", f"there is no export {name!r}", how, Exit.USAGE)
    return known[name]


def rows(
    export: Export, session: TenantSession, *, since: datetime | None, until: datetime | None
) -> Iterator[Sequence[Any]]:
    """Give its rows as they are made; refused, somewhere on the way, where a plugin fails."""
    for told in exports.decisions(session, since=since, until=until):
        try:
            yield from export.rows_of(told)
        except PluginFailed as failed:
            first = failed.troubles[0]
            how = f"{first.how}; what was written until then is not all"
            raise Refused("export_failed", first.what, how, Exit.UNAVAILABLE, where=export.name) from None


def _of_plugin(exporter: Exporter) -> Export:
    described = exporter.export
    name = f"{exporter.plugin}.{described.name}"
    return Export(name, described.says, tuple(described.columns), exporter.rows)


def _of_decisions(told: Told) -> Sequence[Sequence[Any]]:
    return [[row[column] for column in _COLUMNS] for one in told for row in _purposes(decision(one))]


def _purposes(one: Decision) -> Iterator[Mapping[str, Any]]:
    """Make rows as a plugin's export does."""
    for purpose, decided in one.purposes.items():
        yield {
            "decision": one.decision_id,
            "at": one.decided_at.isoformat(),
            "person": one.person_id,
            "purpose": purpose,
            "outcome": decided.outcome,
            "basis": decided.basis,
            "source": decided.source,
            "expires": decided.expires,
            "written": decided.result,
            "withdrawn": purpose in one.withdrawn,
            "mail": one.mail,
            "rule": decided.rule,
            "because": decided.because,
            "manifest": one.manifest,
            "result": one.result,
        }


_COLUMNS = (
    "decision", "at", "person", "purpose", "outcome", "basis", "source", "expires", "written", "withdrawn",
    "mail", "rule", "because", "manifest", "result",
)  # fmt: skip
