"""Asks a plugin for rows of decisions, some hundred decisions at a time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from so_privacy_ext.model import TenantId
from so_privacy_ext.plugins.asking import Enabled
from so_privacy_ext.plugins.described import DescribedExport
from so_privacy_ext.plugins.host_exporting import is_cell
from so_privacy_ext.plugins.hosts import Hosts
from so_privacy_ext.plugins.troubles import HOW, Kind, PluginFailed, Trouble


class Exporter:
    """One of a plugin's exports, for a tenant that has switched it on."""

    def __init__(self, hosts: Hosts, tenant_id: TenantId, plugin: Enabled, export: DescribedExport) -> None:
        self._hosts = hosts
        self._tenant_id = tenant_id
        self._plugin = plugin
        self.export = export

    @property
    def plugin(self) -> str:
        """Give its plugin's name."""
        return self._plugin.description.name

    def rows(self, decisions: Sequence[Mapping[str, Any]]) -> Sequence[Sequence[Any]]:
        """Give rows of these decisions, cells in the order of the columns; raises `PluginFailed`."""
        plugin = self._plugin
        reply = self._hosts.ask(
            self._tenant_id,
            plugin.description,
            plugin.settings,
            do="export",
            content={"name": self.export.name, "decisions": list(decisions)},
            persons=len(decisions),
        )
        if reply.troubles:
            raise PluginFailed(*reply.troubles)
        rows = reply.answer
        if not isinstance(rows, list) or not all(self._is_row(one) for one in rows):
            what = "it gave something that is no row"
            raise PluginFailed(Trouble(plugin.description.name, Kind.JUNK, what, HOW[Kind.JUNK]))
        return rows

    def _is_row(self, row: Any) -> bool:
        cells = len(self.export.columns)
        return isinstance(row, list) and len(row) == cells and all(is_cell(cell) for cell in row)
