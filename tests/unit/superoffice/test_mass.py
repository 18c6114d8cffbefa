"""The port `MassWriter` against the sandbox: missing rows never over another's, changes by the table."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from so_privacy_ext.errors import Applied, CrmFailure, Fault, NeedsHuman, Park, Retry
from so_privacy_ext.model import PersonId
from so_privacy_ext.ports import EffectIntent
from so_privacy_ext.superoffice import mass
from so_privacy_ext.superoffice.client import SoapClient
from so_privacy_ext.superoffice.connection import TenantConnection
from so_privacy_ext.superoffice.crm import SuperOfficeCrm
from so_privacy_ext.superoffice.mass import SuperOfficeMass
from so_sandbox import server
from so_sandbox.server import RunningSandbox
from so_sandbox.world.faults import Fault as Broken
from so_sandbox.world.switches import Switches
from so_sandbox.world.tenant import Tenant
from tests.unit.superoffice.loopback import Loopback, answer, refusal
from tests.unit.superoffice.test_consents import LISTS
from tests.unit.superoffice.test_crm import NAME, connect

TAG = "so-privacy erp 0123456789ab"


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSandbox]:
    with server.start(directory=tmp_path_factory.mktemp("sandbox"), speed=100.0) as sandbox:
        yield sandbox


@pytest.fixture(scope="module")
def shared(running: RunningSandbox) -> Iterator[TenantConnection]:
    opened = connect(running)
    yield opened
    opened.close()


@pytest.fixture
def waits() -> list[float]:
    return []


@pytest.fixture
def writer(
    running: RunningSandbox, shared: TenantConnection, waits: list[float]
) -> Iterator[SuperOfficeMass]:
    running.world.calls.clear()
    client = SoapClient(shared, lambda: None, mass=True)
    yield SuperOfficeMass(client, SuperOfficeCrm(shared, lambda: None).lists, waits.append)
    assert running.world.schema_violations == []
    running.world.faults.clear()
    running.world.switches = Switches()
    shared.refuses_tables = False


@pytest.fixture
def tenant(running: RunningSandbox) -> Tenant:
    found = running.world.tenant(NAME)
    assert found is not None
    return found


@pytest.fixture
def persons(tenant: Tenant) -> list[PersonId]:
    return [PersonId(tenant.create_person(firstname="Ann").person_id) for _ in range(3)]


def intend(person_id: PersonId, purpose: str = "EMARKETING", **changes: Any) -> EffectIntent:
    given: dict[str, Any] = {
        "basis": "61F", "source": "API", "comment": TAG, "updated_count_before": None
    } | changes  # fmt: skip
    return EffectIntent(person_id, purpose, **given)


def asked(running: RunningSandbox) -> list[str]:
    return [
        one.operation
        for one in running.world.calls.of(NAME)
        if one.agent not in {"List", "MDO", "Archive", "Preference", "UserDefinedFieldInfo"}
    ]


def stand(
    tenant: Tenant, ids: list[PersonId], purpose: str = "EMARKETING"
) -> list[tuple[str, str, str] | None]:
    return [tenant.consent_keys(one).get(purpose) for one in ids]


def test_what_is_missing_is_inserted_and_what_changes_is_upserted(
    writer: SuperOfficeMass, running: RunningSandbox, tenant: Tenant, persons: list[PersonId]
) -> None:
    writer.write(
        [intend(one) for one in persons]
        + [
            intend(persons[0], "STORE", updated_count_before=0),
            intend(persons[1], "STORE", updated_count_before=0),
        ]
    )

    assert asked(running) == ["Insert", "Upsert"]
    assert stand(tenant, persons) == [("61F", "API", TAG)] * 3
    assert stand(tenant, persons[:2], "STORE") == [("61F", "API", TAG)] * 2
    others = tenant.consent_keys(persons[2])["STORE"]
    assert others[2] == ""  # whom the data did not name, nothing has happened to


def test_nothing_to_write_asks_for_nothing(writer: SuperOfficeMass, running: RunningSandbox) -> None:
    writer.write([])

    assert asked(running) == []


def test_a_choice_made_meanwhile_is_never_inserted_over(
    writer: SuperOfficeMass, tenant: Tenant, persons: list[PersonId]
) -> None:
    tenant.withdraw(persons[1], "EMARKETING")

    with pytest.raises(Retry) as seen:
        writer.write([intend(one) for one in persons])

    assert seen.value.fault is Fault.TRANSIENT
    assert stand(tenant, persons) == [None, ("WITHDRAWN", "CUSTOMERPORTAL", ""), None]


def test_rows_go_in_parts(
    writer: SuperOfficeMass,
    running: RunningSandbox,
    tenant: Tenant,
    persons: list[PersonId],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(mass, "MOST_ROWS", 2)

    writer.write([intend(one) for one in persons])

    assert asked(running) == ["Insert", "Insert"]
    assert None not in stand(tenant, persons)


def test_without_the_table_missing_rows_go_by_a_job_and_changes_not_at_all(
    writer: SuperOfficeMass,
    running: RunningSandbox,
    tenant: Tenant,
    persons: list[PersonId],
    waits: list[float],
) -> None:
    running.world.switches.turn("database_table", "restricted")
    other = intend(persons[2], comment="so-privacy fair 0123456789ab")

    writer.write(
        [intend(persons[0]), intend(persons[1]), other, intend(persons[0], "STORE", updated_count_before=0)]
    )

    job = ["GetAvailableFields", "ExecuteByEntityIds", *["GetBatchTaskInfo"] * 4]
    assert asked(running) == ["Insert", *job, *job]
    assert stand(tenant, persons) == [("61F", "API", TAG), ("61F", "API", TAG), ("61F", "API", other.comment)]
    assert tenant.consent_keys(persons[0])["STORE"][2] == ""
    assert waits == [0.25, 0.5, 1.0] * 2


def test_a_job_adds_nothing_where_somebody_has_chosen(
    writer: SuperOfficeMass, running: RunningSandbox, tenant: Tenant, persons: list[PersonId]
) -> None:
    running.world.switches.turn("database_table", "restricted")
    tenant.withdraw(persons[1], "EMARKETING")

    writer.write([intend(one) for one in persons])

    assert [one and one[0] for one in stand(tenant, persons)] == ["61F", "WITHDRAWN", "61F"]


def test_a_job_that_never_ends_is_left_to_itself(
    writer: SuperOfficeMass, running: RunningSandbox, persons: list[PersonId], waits: list[float]
) -> None:
    running.world.switches.turn("database_table", "restricted")
    running.world.faults.add(Broken("not_applied", "BulkUpdate.ExecuteByEntityIds"))  # gives a job 0

    with pytest.raises(CrmFailure):
        writer.write([intend(persons[0])])
    assert waits == []


def test_half_of_the_rows_is_a_failure_that_says_maybe(
    writer: SuperOfficeMass, running: RunningSandbox, tenant: Tenant, persons: list[PersonId]
) -> None:
    running.world.faults.add(Broken("half_done", "DatabaseTable.Upsert"))

    with pytest.raises(NeedsHuman) as seen:
        writer.write([intend(one, "STORE", updated_count_before=0) for one in persons])

    assert seen.value.applied is Applied.MAYBE
    assert [one and one[2] for one in stand(tenant, persons, "STORE")] == [TAG, "", ""]


def test_a_parked_tenant_is_no_reason_to_try_another_way(
    writer: SuperOfficeMass, running: RunningSandbox, persons: list[PersonId]
) -> None:
    running.world.faults.add(Broken("http_503", "DatabaseTable.Insert", times=0))

    with pytest.raises(CrmFailure):
        writer.write([intend(persons[0])])

    assert set(asked(running)) == {"Insert"}


@pytest.mark.parametrize(
    "wrong",
    [
        {"basis": "61X"},
        {"source": "NOWHERE"},
        {"purpose": "OLD"},
        {"person_id": PersonId(0)},
        {"twice": True},
    ],
)
def test_what_can_not_be_meant_never_leaves(
    client: SoapClient, loopback: Loopback, wrong: dict[str, Any]
) -> None:
    given: dict[str, Any] = {"person_id": PersonId(5), "purpose": "STORE", "basis": "61F"} | wrong
    twice = given.pop("twice", False)
    one = intend(given.pop("person_id"), given.pop("purpose"), **given)
    writer = SuperOfficeMass(client, lambda: LISTS)

    with pytest.raises(NeedsHuman) as seen:
        writer.write([one, intend(PersonId(5), "STORE", source="API", comment="b")] if twice else [one])

    assert seen.value.applied is Applied.NO
    assert loopback.calls == []


@pytest.mark.parametrize(
    "operation", ["Insert", "Upsert", "GetAvailableFields", "ExecuteByEntityIds", "GetBatchTaskInfo"]
)
def test_a_client_that_was_not_made_for_it_calls_no_mass_operation(
    client: SoapClient, loopback: Loopback, operation: str
) -> None:
    with pytest.raises(NeedsHuman) as seen:
        client.call(operation)

    assert seen.value.applied is Applied.NO
    assert loopback.calls == []


def scripted(connection: TenantConnection, waits: list[float]) -> SuperOfficeMass:
    return SuperOfficeMass(SoapClient(connection, lambda: None, mass=True), lambda: LISTS, waits.append)


def test_a_result_without_success_is_a_failure(
    connection: TenantConnection, loopback: Loopback, waits: list[float]
) -> None:
    loopback.standing["Insert"] = answer(
        "Insert", "<n:Success>false</n:Success><n:Message>CANARY</n:Message>"
    )

    with pytest.raises(NeedsHuman) as seen:
        scripted(connection, waits).write([intend(PersonId(5), "STORE")])

    assert (seen.value.fault, seen.value.applied) == (Fault.VALIDATION, Applied.MAYBE)
    assert "CANARY" not in str(seen.value)


def test_a_job_is_waited_for_and_then_not(
    connection: TenantConnection, loopback: Loopback, waits: list[float]
) -> None:
    connection.refuses_tables = True
    loopback.standing["GetAvailableFields"] = answer(
        "GetAvailableFields", "<n:FieldValueInfo><n:Key>legalBasis</n:Key></n:FieldValueInfo>"
    )
    loopback.standing["ExecuteByEntityIds"] = answer("ExecuteByEntityIds", "7")
    loopback.standing["GetBatchTaskInfo"] = answer(
        "GetBatchTaskInfo", "<n:Id>7</n:Id><n:State>Started</n:State>"
    )

    scripted(connection, waits).write([intend(PersonId(5), "STORE")])

    assert sum(waits) >= mass.LONGEST_JOB
    assert max(waits) == mass.LONGEST_WAIT


@pytest.mark.parametrize("fields", ["", "<n:FieldValueInfo><n:Key>category</n:Key></n:FieldValueInfo>"])
def test_a_tenant_without_the_field_is_not_written_to(
    connection: TenantConnection, loopback: Loopback, waits: list[float], fields: str
) -> None:
    connection.refuses_tables = True
    loopback.standing["GetAvailableFields"] = answer("GetAvailableFields", fields)

    with pytest.raises(Retry) as seen:
        scripted(connection, waits).write([intend(PersonId(5), "STORE")])

    assert seen.value.fault is Fault.PROTOCOL


def test_a_system_user_without_the_right_to_either_is_parked(
    connection: TenantConnection, loopback: Loopback, waits: list[float]
) -> None:
    for operation in ("Insert", "GetAvailableFields"):
        loopback.standing[operation] = refusal(operation, "SoSentryException")

    with pytest.raises(Park) as seen:
        scripted(connection, waits).write([intend(PersonId(5), "STORE")])

    assert seen.value.fault is Fault.ACCESS_DENIED
    assert connection.refuses_tables
