"""Who calls an operation: the tenant asked, and the associate and app that ask."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from so_sandbox.world.tenant import Tenant
from so_sandbox.world.world import World


@dataclass(frozen=True, slots=True)
class Caller:
    world: World
    tenant: Tenant
    associate_id: int
    client_id: str
    half_done: bool = False
    """A mass operation is to write half of its rows and then fail."""


Arguments = Mapping[str, Any]
"""By their names on the wire; a number left out is 0, a text left out is empty, a carrier left out None."""
Agent = Mapping[str, Callable[[Caller, Arguments], Any]]
"""Operation name to what does it and gives the result."""
