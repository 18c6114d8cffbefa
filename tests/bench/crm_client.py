"""CPU that our side of the web services takes: one consent written, one person read in a batch."""

from __future__ import annotations

import time
from collections.abc import Callable

from so_privacy_ext.app import SystemClock
from so_privacy_ext.model import ContextIdentifier, PersonId
from so_privacy_ext.superoffice.connection import TenantConnection
from so_privacy_ext.superoffice.crm import SuperOfficeCrm
from so_privacy_ext.superoffice.environments import load
from so_privacy_ext.superoffice.private_key import load_private_key
from so_privacy_ext.superoffice.system_user import Application
from tests.bench.figures import Figure
from tests.bench.stage import Stage

TENANT = "Cust99002"
PERSONS, READS, WRITES = 200, 15, 400


def measure(stage: Stage) -> list[Figure]:
    """Call the sandbox's process from this one, without pace; only this process's CPU is counted."""
    ids = [PersonId(one) for one in stage.tell("/seed", tenant=TENANT, persons=PERSONS)["persons"]]
    connection = _connection(stage)
    crm = SuperOfficeCrm(connection, lambda: None)
    try:
        crm.lists()
        crm.read_persons(ids)
        _write(crm, ids[0])
        reading = _cpu(lambda: crm.read_persons(ids), READS) / PERSONS
        written = iter(ids * (WRITES // PERSONS + 1))
        writing = _cpu(lambda: _write(crm, next(written)), WRITES)
    finally:
        connection.close()
    return [
        Figure("cpu_ms_per_set_consent", writing * 1000, "ms"),
        Figure("cpu_ms_per_person_read", reading * 1000, "ms"),
    ]


def _cpu(call: Callable[[], object], times: int) -> float:
    """Give this process's CPU seconds for one call, all its threads counted."""
    before = time.process_time()
    for _ in range(times):
        call()
    return (time.process_time() - before) / times


def _write(crm: SuperOfficeCrm, person_id: PersonId) -> None:
    crm.set_consent(person_id, purpose="STORE", basis="61F", source="API", comment="so-privacy bench")


def _connection(stage: Stage) -> TenantConnection:
    files = stage.credentials
    application = Application(
        application_token=(files / "application_token").read_text().strip(),
        private_key=load_private_key((files / "private_key.pem").read_bytes(), where="private_key.pem"),
    )
    return TenantConnection(
        load(files / "environments.json")["sandbox"],
        lambda: application,
        ContextIdentifier(TENANT),
        (files / f"system_user_token.{TENANT}").read_text().strip,
        SystemClock(),
    )
