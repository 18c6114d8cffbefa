"""A storage of deliveries in memory, by the promises of ports.Receiving; it can be slow or down."""

import threading
import time
from collections.abc import Sequence

from so_privacy_ext.errors import StorageUnavailable
from so_privacy_ext.model import ContextIdentifier, Delivery, EventId, Slot, SlotKeys, TenantId

SLOT = Slot("0123456789abcdef0123456789abcdef")
OTHER_SLOT = Slot("fedcba9876543210fedcba9876543210")
UNKNOWN_SLOT = Slot("00000000000000000000000000000001")
SECRET = b"current-secret-0123456789abcdef012345678="
OTHER_SECRET = b"another-tenants-secret-0123456789abcdef0="


def two_tenants() -> dict[Slot, SlotKeys]:
    return {
        SLOT: SlotKeys(TenantId(1), ContextIdentifier("Cust12345"), (SECRET,)),
        OTHER_SLOT: SlotKeys(TenantId(2), ContextIdentifier("Cust54321"), (OTHER_SECRET,)),
    }


class FakeReceiving:
    """Rows by (tenant, event id); what is signed but odd lies in quarantine by reason."""

    def __init__(self) -> None:
        self.slots = two_tenants()
        self.inbox: dict[tuple[TenantId, EventId], Delivery] = {}
        self.quarantine: dict[tuple[TenantId, bytes], str] = {}
        self.groups: list[int] = []
        self.asked: list[Slot] = []
        self.seconds = 0.0
        self.down = False
        self.unknown_outcomes = 0
        """That many commits are done and then reported as failed."""
        self.bug: Exception | None = None
        self.open = threading.Event()
        self.open.set()
        self._lock = threading.Lock()

    def look_up(self, slot: Slot) -> SlotKeys | None:
        self.asked.append(slot)
        self.open.wait()
        if self.down:
            raise StorageUnavailable("down")
        return self.slots.get(slot)

    def store(self, deliveries: Sequence[Delivery]) -> None:
        self.open.wait()
        time.sleep(self.seconds)
        if self.down:
            raise StorageUnavailable("down")
        if self.bug is not None:
            raise self.bug
        with self._lock:
            self.groups.append(len(deliveries))
            for one in deliveries:
                self._keep(one)
        if self.unknown_outcomes:
            self.unknown_outcomes -= 1
            raise StorageUnavailable("the reply was lost")

    def _keep(self, one: Delivery) -> None:
        if one.event is None:
            assert one.quarantine_reason is not None
            self.quarantine[one.tenant_id, one.body_sha256] = one.quarantine_reason
            return
        first = self.inbox.setdefault((one.tenant_id, one.event.event_id), one)
        if first.body_sha256 != one.body_sha256:
            self.quarantine[one.tenant_id, one.body_sha256] = "event_id_reused"
