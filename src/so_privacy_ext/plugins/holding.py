"""Asks a plugin for what it holds of a tenant's persons elsewhere: to show it, and to erase it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from so_privacy_ext.model import PersonId, TenantId
from so_privacy_ext.plugins.asking import Enabled
from so_privacy_ext.plugins.hosts import Hosts
from so_privacy_ext.plugins.troubles import HOW, Kind, PluginFailed, Trouble


class Holder:
    """A plugin that holds data of a tenant's, on or off. Every method raises `PluginFailed`."""

    def __init__(
        self, hosts: Hosts, tenant_id: TenantId, plugin: Enabled, noted: Callable[[Trouble], object]
    ) -> None:
        """Prepare to ask; `noted` is told of each trouble that is news, and what it raises goes up."""
        if plugin.description.holds is None:
            raise ValueError(f"`{plugin.description.name}` doesn't say what it holds")
        self.holds = plugin.description.holds
        """What it says of that."""
        self._hosts = hosts
        self._tenant_id = tenant_id
        self._plugin = plugin
        self._noted = noted

    @property
    def name(self) -> str:
        return self._plugin.description.name

    def access(self, person_id: PersonId) -> Mapping[str, Any]:
        """Give what it holds of a person, as plain JSON; to be shown to who asked, and to nobody else."""
        shown = self._ask("subject_access", {"person_id": person_id})
        if not isinstance(shown, dict):
            raise self._junk()
        return shown

    def erase(self, person_id: PersonId | None) -> int:
        """Have it erase what it holds of a person, or of all; gives its receipt, a number of records."""
        content = {} if person_id is None else {"person_id": person_id}
        records = self._ask("tenant_erase" if person_id is None else "subject_erase", content)
        if type(records) is not int or records < 0:
            raise self._junk()
        return records

    def _ask(self, seam: str, content: Mapping[str, Any]) -> Any:
        described = self._plugin.description
        try:
            reply = self._hosts.ask(
                self._tenant_id, described, self._plugin.settings, do=seam, content=content, persons=1
            )
        except PluginFailed as failed:
            self._note(failed.troubles)
            raise
        if reply.troubles:
            self._note(reply.troubles)
            raise PluginFailed(*reply.troubles)
        return reply.answer

    def _note(self, troubles: Sequence[Trouble]) -> None:
        for trouble in troubles:
            if self._hosts.is_news(self._tenant_id, trouble):
                self._noted(trouble)

    def _junk(self) -> PluginFailed:
        return PluginFailed(
            Trouble(self.name, Kind.JUNK, "it gave something that is no answer", HOW[Kind.JUNK])
        )
