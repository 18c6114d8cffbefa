"""The fixtures of the kit, as its pytest plugin brings them to whoever has installed it."""

from so_privacy_kit.plugin import (
    clock,
    deliver,
    mail_server,
    outbox,
    person,
    scenario,
    so_privacy_ground,
    so_privacy_stage,
    tenant,
    tenants,
)

__all__ = [
    "clock",
    "deliver",
    "mail_server",
    "outbox",
    "person",
    "scenario",
    "so_privacy_ground",
    "so_privacy_stage",
    "tenant",
    "tenants",
]
