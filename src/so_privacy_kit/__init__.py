"""A testing kit for partners: the whole product on a whole SuperOffice tenant, in a test's own process.

Nothing is imported until a name is asked for, since pytest loads the plugin for everybody.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from so_privacy_ext.rules.findings import ManifestInvalid as ManifestInvalid
    from so_privacy_kit.clock import Clock as Clock
    from so_privacy_kit.delivering import Deliver as Deliver
    from so_privacy_kit.delivering import Rest as Rest
    from so_privacy_kit.mail_server import MailServer as MailServer
    from so_privacy_kit.mail_server import Received as Received
    from so_privacy_kit.outbox import Mail as Mail
    from so_privacy_kit.outbox import Outbox as Outbox
    from so_privacy_kit.person import Consent as Consent
    from so_privacy_kit.person import Person as Person
    from so_privacy_kit.scenario import Player as Player
    from so_privacy_kit.tenant import Tenant as Tenant

_ROOMS = {
    "Clock": "so_privacy_kit.clock",
    "Consent": "so_privacy_kit.person",
    "Deliver": "so_privacy_kit.delivering",
    "Mail": "so_privacy_kit.outbox",
    "MailServer": "so_privacy_kit.mail_server",
    "ManifestInvalid": "so_privacy_ext.rules.findings",
    "Outbox": "so_privacy_kit.outbox",
    "Person": "so_privacy_kit.person",
    "Player": "so_privacy_kit.scenario",
    "Received": "so_privacy_kit.mail_server",
    "Rest": "so_privacy_kit.delivering",
    "Tenant": "so_privacy_kit.tenant",
}
__all__ = [
    "Clock",
    "Consent",
    "Deliver",
    "Mail",
    "MailServer",
    "ManifestInvalid",
    "Outbox",
    "Person",
    "Player",
    "Received",
    "Rest",
    "Tenant",
]


def __getattr__(name: str) -> Any:
    if name not in _ROOMS:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_ROOMS[name]), name)
