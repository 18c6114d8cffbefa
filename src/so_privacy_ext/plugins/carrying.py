"""Has a plugin carry a letter, once; whatever it does not say for certain leaves the letter unknown."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass

from so_privacy_ext.errors import Applied, CrmFailure, Fault, NeedsHuman, Retry
from so_privacy_ext.model import TenantId
from so_privacy_ext.plugins.asking import Enabled
from so_privacy_ext.plugins.hosts import CARRY, Hosts
from so_privacy_ext.plugins.troubles import HOW, Kind, PluginFailed, Trouble
from so_privacy_ext.plugins.wire import NOT_SENT, REFUSED, SENT
from so_privacy_ext.ports import Clock, Letter


@dataclass(frozen=True, slots=True)
class PluginCarrier:
    """A plugin that a tenant has switched on, as it carries notices; implements `ports.Carrier`."""

    hosts: Hosts
    tenant_id: TenantId
    plugin: Enabled
    clock: Clock
    noted: Callable[[Trouble], None]
    """Is told of a trouble, once in an hour for each kind."""

    def carry(self, letter: Letter) -> None:
        """Have it carry a letter, within its time.

        Raises `NeedsHuman` where it refuses the letter for good, and `Retry` for all else; their `applied`
        is NO only where it was not asked, or said that nothing was sent.
        """
        described = self.plugin.description
        content = {"letter": asdict(letter), "now": self.clock.now().isoformat()}
        try:
            reply = self.hosts.ask(
                self.tenant_id, described, self.plugin.settings, do=CARRY, content=content, persons=0
            )
        except PluginFailed as failed:
            self._note(failed.troubles)
            applied = Applied.MAYBE if failed.asked else Applied.NO
            raise self._failed(str(failed.troubles[0].kind), applied) from None
        self._note(reply.troubles)
        if reply.answer == SENT:
            return
        if reply.answer == NOT_SENT:
            raise self._failed("it could not send", Applied.NO)
        if reply.answer == REFUSED:
            why = "it refuses the letter for good"
            raise NeedsHuman(Fault.CHANNEL_REFUSED, described.name, applied=Applied.NO, detail=why)
        if not reply.troubles:
            what = "it gave something that is no answer"
            self._note([Trouble(described.name, Kind.JUNK, what, HOW[Kind.JUNK])])
        raise self._failed("it didn't say whether it has sent", Applied.MAYBE)

    def _failed(self, why: str, applied: Applied) -> CrmFailure:
        return Retry(Fault.CHANNEL, self.plugin.description.name, applied=applied, detail=why)

    def _note(self, troubles: Iterable[Trouble]) -> None:
        for trouble in troubles:
            if self.hosts.is_news(self.tenant_id, trouble):
                self.noted(trouble)
