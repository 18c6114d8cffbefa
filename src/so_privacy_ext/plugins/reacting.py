"""Tells a plugin of what was recorded, one errand at a time; one that goes wrong is tried again."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from so_privacy_ext.errands import DECISION, Done, Errand, Failed, Held, Outcome
from so_privacy_ext.errors import CrmFailure, Fault, Park
from so_privacy_ext.model import PersonId, TenantId
from so_privacy_ext.plugins.asking import Enabled
from so_privacy_ext.plugins.calls import Call, Calls
from so_privacy_ext.plugins.hosts import REACT, REST, Hosts
from so_privacy_ext.plugins.troubles import HOW, Kind, PluginFailed, Trouble
from so_privacy_ext.plugins.wire import MOST_AGAIN, is_person
from so_privacy_ext.ports import Clock

CRM_WAIT = 60.0
"""Seconds at least until a plugin is told anything while SuperOffice can't be asked."""

_WAITS_WHOLE = frozenset({Kind.RESTING, Kind.MISSING, Kind.CHANGED, Kind.NO_START})
"""Troubles of a plugin that no errand of its own could be the cause of."""
_SPACE = uuid.UUID("b6a9a734-74bf-52e2-9b0f-a20395a3adf5")


def consumer_of(plugin: str) -> str:
    """Name a plugin as a consumer of errands."""
    return f"plugin:{plugin}"


@dataclass(frozen=True, slots=True)
class PluginConsumer:
    """A plugin that a tenant has switched on, as it takes errands; implements `errands.Consumer`."""

    hosts: Hosts
    tenant_id: TenantId
    tenant: str
    """Its environment and name, so that no two tenants' keys are alike."""
    plugin: Enabled
    clock: Clock
    noted: Callable[[Trouble], None]
    """Is told of a trouble, once in an hour for each kind."""
    again: Callable[[Sequence[PersonId]], None]
    """Has persons decided on anew."""
    call: Call
    """Calls SuperOffice for the tenant."""

    @property
    def name(self) -> str:
        """Give what its errands are kept under."""
        return consumer_of(self.plugin.description.name)

    def wants(self, kind: str) -> bool:
        """Tell whether the tenant agreed that it is told of this."""
        description = self.plugin.description
        return description.after_decision if kind == DECISION else kind in description.events

    def take(self, errand: Errand) -> Outcome:
        """Tell the plugin, within its time."""
        description = self.plugin.description
        calls = Calls(description.operations, self.call)
        troubles: Sequence[Trouble] = ()
        answer = None
        try:
            reply = self.hosts.ask(
                self.tenant_id,
                description,
                self.plugin.settings,
                do=REACT,
                content={
                    "kind": errand.kind,
                    "content": errand.content,
                    "key": str(uuid.uuid5(_SPACE, f"{self.tenant}/{self.name}/{errand.key}")),
                    "now": self.clock.now().isoformat(),
                },
                persons=0,
                calls=calls,
            )
            troubles, answer = reply.troubles, reply.answer
        except PluginFailed as failed:
            troubles = failed.troubles
        if calls.failure is not None:
            return _crm_failed(calls.failure)  # whatever the plugin made of that
        if troubles:
            return self._failed(troubles)
        match answer:
            case None:
                return Done()
            case {"again": list(ids)} if len(ids) <= MOST_AGAIN and all(map(is_person, ids)):
                self.again(ids)
                return Done()
        what = "it gave something that is no answer"
        return self._failed([Trouble(description.name, Kind.JUNK, what, HOW[Kind.JUNK])])

    def _failed(self, troubles: Sequence[Trouble]) -> Outcome:
        for trouble in troubles:
            if self.hosts.is_news(self.tenant_id, trouble):
                self.noted(trouble)
        kind = troubles[0].kind
        return Held(kind, REST) if kind in _WAITS_WHOLE else Failed(kind)


def _crm_failed(failure: CrmFailure) -> Outcome:
    """Try again later; all of the plugin's where every call would fail, and then no try is counted."""
    why = f"crm_{failure.fault}"
    if isinstance(failure, Park) or failure.fault is Fault.THROTTLED:
        return Held(why, max(failure.wait or 0.0, CRM_WAIT))
    return Failed(why)
