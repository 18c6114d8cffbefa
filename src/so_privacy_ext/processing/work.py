"""All that one tenant's slice of work is given."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from so_privacy_ext.errands import Listener
from so_privacy_ext.model import Tenant
from so_privacy_ext.ports import Carrier, Clock, Crm, Ledgers, MassWriter
from so_privacy_ext.rules.activation import ActiveManifest
from so_privacy_ext.sdk import Facts, Seen

SLICE = 200
"""Events claimed at a time; as many persons as one batched read takes."""
CHUNK = 20
"""Persons whose consents are re-read, written and read back together."""

Consult = Callable[[Sequence[Seen], ActiveManifest], Sequence[Facts]]
"""Asks plugins: gives each person's facts with what they said, in the same order; only storage can fail."""


@dataclass(frozen=True, slots=True)
class Work:
    """A tenant under its turn, with the manifest that decides and the ports it may use."""

    tenant: Tenant
    manifest: ActiveManifest
    manifest_of: Callable[[str], ActiveManifest]
    """By digest: a kept ruling is carried out by the manifest that decided it."""
    crm: Crm
    ledgers: Ledgers
    clock: Clock
    must_yield: Callable[[], bool]
    """Asked between chunks: does another tenant wait for this worker?"""
    mass: MassWriter | None = None
    """For runs alone, and only where the tenant's administrator lets us write in bulk."""
    channels: Mapping[str, Carrier] = field(default_factory=dict)
    """What carries notices besides the CRM's own mail, by name."""
    consult: Consult | None = None
    """The tenant's plugins; None where it has switched none on."""
    consumers: Sequence[Listener] = ()
    """Who is told afterwards of what was recorded."""
