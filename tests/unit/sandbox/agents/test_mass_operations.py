"""Consents by the thousand: DatabaseTable, BulkUpdate and the job behind it, each judged by the schema."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta

import pytest

from so_sandbox.world.faults import Fault
from so_sandbox.world.tenant import Tenant
from so_sandbox.world.world import World
from tests.unit.sandbox.asking import Asker, Reply

COLUMNS = ("person_id", "consentPurpose_id", "legalBase_id", "consentSource_id", "comment")


@pytest.fixture(autouse=True)
def _no_violations(world: World) -> Iterator[None]:
    yield
    assert world.schema_violations == []


@pytest.fixture
def told(tenant: Tenant) -> list[tuple[str, int]]:
    heard: list[tuple[str, int]] = []
    tenant.listeners.append(lambda _, event: heard.append((event.name, event.primary_key)))
    return heard


@pytest.fixture
def persons(tenant: Tenant, told: list[tuple[str, int]]) -> list[int]:
    ids = [tenant.create_person(firstname="Ann").person_id for _ in range(4)]
    told.clear()
    return ids


def strings(name: str, values: Iterable[str]) -> str:
    return f"<n:{name}>" + "".join(f"<a:string>{one}</a:string>" for one in values) + f"</n:{name}>"


def data(rows: Iterable[Sequence[str]]) -> str:
    inner = "".join(
        "<a:ArrayOfstring>" + "".join(f"<a:string>{c}</a:string>" for c in row) + "</a:ArrayOfstring>"
        for row in rows
    )
    return f"<n:Data>{inner}</n:Data>"


def row(
    tenant: Tenant, person_id: int, purpose: str = "EMARKETING", basis: str = "61F", comment: str = "c"
) -> tuple[str, ...]:
    ids = (
        person_id,
        tenant.item_id("purposes", purpose),
        tenant.item_id("legal_bases", basis),
        tenant.item_id("sources", "API"),
    )
    return (*(f"[I:{one}]" for one in ids), comment)


def insert(
    asker: Asker,
    rows: Iterable[Sequence[str]],
    table: str = "consentperson",
    columns: Sequence[str] = COLUMNS,
) -> Reply:
    content = f"<n:TableName>{table}</n:TableName>{strings('Columns', columns)}{data(rows)}"
    return asker.ask("DatabaseTable", "Insert", content)


def upsert(
    asker: Asker,
    rows: Iterable[Sequence[str]],
    *,
    unmatched: str = "NoChange",
    keys: Sequence[str] = COLUMNS[:2],
    status: str = "true",
) -> Reply:
    return asker.ask(
        "DatabaseTable",
        "Upsert",
        f"<n:TableName>consentperson</n:TableName>{strings('Columns', COLUMNS)}{strings('Keys', keys)}"
        f"{data(rows)}<n:NomatchAction>{unmatched}</n:NomatchAction>"
        f"<n:ReturnRowStatus>{status}</n:ReturnRowStatus>",
    )


def bases(tenant: Tenant, ids: Iterable[int], purpose: str = "EMARKETING") -> list[str | None]:
    return [tenant.consent_keys(one).get(purpose, (None,))[0] for one in ids]


def test_an_insert_writes_each_row_logs_it_and_tells_of_it(
    asker: Asker, tenant: Tenant, persons: list[int], told: list[tuple[str, int]]
) -> None:
    reply = insert(asker, [row(tenant, one) for one in persons])

    assert (reply.succeeded, reply.text("Success"), reply.text("Inserts")) == (True, "true", "4")
    assert bases(tenant, persons) == ["61F"] * 4
    assert told == [("person.consented", one) for one in persons]
    written = [tenant.consents(one)[-1] for one in persons]
    assert {one.registered_associate_id for one in written} == {asker.associate_id}
    ids = ",".join(str(one.consentperson_id) for one in written)
    logged = asker.query(
        "traveltransactionlog.traveltransactionlog_id,traveltransactionlog.flags",
        f"traveltransactionlog.tablenumber = 471 and traveltransactionlog.type = 4352"
        f" and traveltransactionlog.record_id in ({ids})",
        "traveltransactionlog.traveltransactionlog_id asc",
    ).rows()
    assert [one["traveltransactionlog.flags"] for one in logged] == ["[I:2]"] * 4


@pytest.mark.parametrize(("switch", "written"), [("nothing_written", 0), ("half_written", 2)])
def test_a_row_that_is_there_fails_the_whole_insert(
    asker: Asker, tenant: Tenant, persons: list[int], switch: str, written: int
) -> None:
    asker.world.switches.turn("failed_insert", switch)
    tenant.set_consent(persons[2], "EMARKETING", "61A", "WEBFORM", by=1)

    reply = insert(asker, [row(tenant, one) for one in persons])

    assert reply.exception == "SoDbAccessException"
    assert bases(tenant, persons)[2:] == ["61A", None]
    assert bases(tenant, persons).count("61F") == written


def test_the_same_row_twice_fails_the_insert(asker: Asker, tenant: Tenant, persons: list[int]) -> None:
    assert insert(asker, [row(tenant, persons[0])] * 2).exception == "SoDbAccessException"


def test_an_upsert_writes_over_anybodys_row(
    asker: Asker, tenant: Tenant, persons: list[int], told: list[tuple[str, int]]
) -> None:
    for person_id, basis in zip(persons, ("WITHDRAWN", "61F"), strict=False):
        tenant.set_consent(person_id, "EMARKETING", basis, "API", comment="c", by=1)
    told.clear()

    reply = upsert(asker, [row(tenant, one) for one in persons])

    assert reply.texts("Action") == ["Updated", "NoUpdateNeeded", "Inserted", "Inserted"]
    assert (reply.text("Inserts"), reply.text("Updates"), reply.text("Deletes")) == ("2", "1", "0")
    assert bases(tenant, persons) == ["61F"] * 4
    assert told == [("person.consented", persons[n]) for n in (0, 2, 3)]
    first = tenant.consents(persons[0])[-1]
    assert (first.updated_count, first.updated_associate_id) == (1, asker.associate_id)


def test_row_status_comes_only_where_it_is_asked_for(
    asker: Asker, tenant: Tenant, persons: list[int]
) -> None:
    assert upsert(asker, [row(tenant, persons[0])], status="false").texts("Action") == []


@pytest.mark.parametrize(
    ("unmatched", "store", "counted"),
    [("DeleteRow", None, "Deletes"), ("ZeroColumns", "", "Updates"), ("NoChange", "61B", "Inserts")],
)
def test_what_no_data_names_is_hit_by_two_of_three_actions(
    asker: Asker, persons: list[int], unmatched: str, store: str | None, counted: str
) -> None:
    reply = upsert(asker, [row(asker.tenant, persons[0])], unmatched=unmatched)

    assert bases(asker.tenant, persons, "STORE") == [store] * 4
    assert int(reply.text(counted) or 0) >= 1


def test_a_withdrawal_by_mass_operation_is_told_as_one(
    asker: Asker, tenant: Tenant, persons: list[int], told: list[tuple[str, int]]
) -> None:
    upsert(asker, [row(tenant, persons[0], basis="WITHDRAWN")])

    assert told == [("person.unconsented", persons[0])]


def test_mass_operations_may_be_silent(
    asker: Asker, tenant: Tenant, persons: list[int], told: list[tuple[str, int]]
) -> None:
    asker.world.switches.turn("mass_events", "silent")

    upsert(asker, [row(tenant, persons[0])])

    assert (bases(tenant, persons[:1]), told) == (["61F"], [])


@pytest.mark.parametrize(
    ("table", "columns", "cells", "exception"),
    [
        ("associate", COLUMNS, None, "SoDbAccessException"),
        ("erpsync", COLUMNS, None, "SoDbAccessException"),
        ("person", COLUMNS, None, "SoNotSupportedException"),
        ("consentperson", (*COLUMNS[:4], "updated"), None, "SoMassOperationException"),
        ("consentperson", (*COLUMNS[:4], "person_id"), None, "SoMassOperationException"),
        ("consentperson", COLUMNS[1:], None, "SoMassOperationException"),
        ("consentperson", COLUMNS, ("[I:1]",), "SoMassOperationException"),
        ("consentperson", COLUMNS, ("one", "[I:1]", "2", "3", ""), "SoMassOperationException"),
        ("consentperson", COLUMNS, ("[I:1]", "[I:1]", "2", "3", "x" * 256), "SoMassOperationException"),
    ],
)
def test_what_is_wrong_is_refused_as_a_whole(
    asker: Asker, table: str, columns: Sequence[str], cells: Sequence[str] | None, exception: str
) -> None:
    person_id = asker.tenant.create_person(firstname="Ann").person_id
    good = row(asker.tenant, person_id)

    reply = insert(asker, [good, cells] if cells else [good], table, columns)

    assert reply.exception == exception
    assert bases(asker.tenant, [person_id]) == [None]


def test_a_key_of_0_has_the_database_give_one(asker: Asker, tenant: Tenant, persons: list[int]) -> None:
    assert insert(
        asker, [("[I:0]", *row(tenant, persons[0]))], columns=("consentperson_id", *COLUMNS)
    ).succeeded
    assert bases(tenant, persons[:1]) == ["61F"]
    named = insert(asker, [("[I:7]", *row(tenant, persons[1]))], columns=("consentperson_id", *COLUMNS))
    assert named.exception == "SoNotSupportedException"


def test_keys_must_name_one_row_each(asker: Asker, tenant: Tenant, persons: list[int]) -> None:
    rows = [row(tenant, persons[0])]

    assert upsert(asker, rows * 2).exception == "SoMassOperationException"
    assert upsert(asker, rows, keys=("person_id",)).exception == "SoNotSupportedException"


def test_mass_operations_are_for_system_users_and_may_be_restricted(
    asker: Asker, tenant: Tenant, persons: list[int]
) -> None:
    rows = [row(tenant, persons[0])]
    asker.world.switches.turn("database_table", "restricted")
    assert insert(asker, rows).exception == "SoSentryException"

    asker.world.switches.turn("database_table", "open")
    tenant.tables.authorizations.clear()
    ticket = next(one for one in asker.world.tickets.out.values())
    ticket.associate_id = tenant.associate("user").associate_id
    tenant.authorize("demo-app", "Demo")
    assert insert(asker, rows).exception == "SoSentryException"


@pytest.mark.parametrize("call", [insert, upsert])
def test_a_mass_operation_can_be_stopped_midway(
    asker: Asker, tenant: Tenant, persons: list[int], call: object
) -> None:
    asker.world.faults.add(Fault("half_done", "DatabaseTable.*"))
    assert callable(call)

    reply = call(asker, [row(tenant, one) for one in persons])

    assert reply.exception == "SoMassOperationException"
    assert bases(tenant, persons) == ["61F", "61F", None, None]


def bulk(
    asker: Asker,
    tenant: Tenant,
    ids: Iterable[int],
    *,
    operation: str = "add",
    values: Sequence[str] | None = None,
    context: str = "one",
    table: str = "person",
    wanted: str | None = None,
    field: str = "legalBasis",
) -> Reply:
    given = list(row(tenant, 0)[1:]) if values is None else values
    return asker.ask(
        "BulkUpdate",
        "ExecuteByEntityIds",
        f"<n:FieldValueInfos><n:FieldValueInfo><n:IsActive>true</n:IsActive><n:Key>{field}</n:Key>"
        f"<n:CurrentOperationType>{operation}</n:CurrentOperationType>{strings('Values', given)}"
        f"</n:FieldValueInfo></n:FieldValueInfos><n:TableName>{table}</n:TableName>"
        f"<n:Context>{context}</n:Context><n:Ids>{wanted or ','.join(map(str, ids))}</n:Ids>",
    )


def look(asker: Asker, job_id: str | None) -> Reply:
    return asker.ask("Batch", "GetBatchTaskInfo", f"<n:Id>{job_id}</n:Id>")


def watch(asker: Asker, job_id: str | None) -> list[tuple[str | None, str | None]]:
    """Look at a job until it has ended."""
    seen: list[tuple[str | None, str | None]] = []
    while not seen or seen[-1][0] not in {"Succeeded", "Failed"}:
        reply = look(asker, job_id)
        seen.append((reply.text("State"), reply.text("ProgressPercent")))
    return seen


def test_what_can_be_written_in_bulk_is_named(asker: Asker) -> None:
    reply = asker.ask("BulkUpdate", "GetAvailableFields", "<n:Tablename>person</n:Tablename>")

    assert reply.texts("Key") == ["legalBasis", "add", "remove"]


def test_a_job_goes_from_state_to_state_and_adds_where_nothing_stands(
    asker: Asker, tenant: Tenant, persons: list[int], told: list[tuple[str, int]]
) -> None:
    tenant.set_consent(persons[1], "EMARKETING", "61A", "WEBFORM", by=1)
    tenant.soft_delete(persons[3])
    told.clear()
    reply = bulk(asker, tenant, persons)
    assert bases(tenant, persons) == [None, "61A", None, None]

    assert watch(asker, reply.text("Response")) == [
        ("New", "0"), ("Aquired", "0"), ("Started", "0"), ("Succeeded", "100"),
    ]  # fmt: skip
    assert bases(tenant, persons) == ["61F", "61A", "61F", None]
    assert told == [("person.consented", persons[0]), ("person.consented", persons[2])]


def test_another_basis_may_be_no_reason_to_leave_a_value_alone(
    asker: Asker, tenant: Tenant, persons: list[int]
) -> None:
    asker.world.switches.turn("bulk_add", "not_the_same_value")
    tenant.set_consent(persons[0], "EMARKETING", "61A", "WEBFORM", by=1)
    tenant.set_consent(persons[1], "EMARKETING", "61F", "WEBFORM", comment="theirs", by=1)

    watch(asker, bulk(asker, tenant, persons[:2]).text("Response"))

    assert tenant.consent_keys(persons[0])["EMARKETING"] == ("61F", "API", "c")
    assert tenant.consent_keys(persons[1])["EMARKETING"] == ("61F", "WEBFORM", "theirs")


def test_a_job_ends_by_the_clock_though_nobody_looks(
    asker: Asker, tenant: Tenant, persons: list[int]
) -> None:
    job_id = bulk(asker, tenant, persons).text("Response")

    asker.world.clock.advance(timedelta(minutes=2))

    assert look(asker, job_id).text("State") == "Succeeded"
    assert bases(tenant, persons) == ["61F"] * 4


def test_a_job_can_be_stopped_midway(asker: Asker, tenant: Tenant, persons: list[int]) -> None:
    asker.world.faults.add(Fault("half_done", "BulkUpdate.ExecuteByEntityIds"))

    seen = watch(asker, bulk(asker, tenant, persons).text("Response"))

    assert seen[-1] == ("Failed", "50")
    assert bases(tenant, persons) == ["61F", "61F", None, None]


def test_removing_takes_the_purpose_back(asker: Asker, tenant: Tenant, persons: list[int]) -> None:
    store = str(tenant.item_id("purposes", "STORE"))

    watch(
        asker,
        bulk(asker, tenant, persons, operation="remove", values=["", "", "", "", store]).text("Response"),
    )
    watch(
        asker,
        bulk(asker, tenant, persons, operation="remove", values=["", "", "", "", "999"]).text("Response"),
    )

    assert bases(tenant, persons, "STORE") == ["WITHDRAWN"] * 4


@pytest.mark.parametrize(
    ("wrong", "exception"),
    [
        ({"context": ""}, "SoInvalidArgumentException"),
        ({"wanted": "1;2"}, "SoInvalidArgumentException"),
        ({"values": ["x", "1"]}, "SoInvalidArgumentException"),
        ({"operation": "remove"}, "SoInvalidArgumentException"),
        ({"operation": "set"}, "SoNotSupportedException"),
        ({"field": "category"}, "SoNotSupportedException"),
        ({"table": "contact"}, "SoNotSupportedException"),
    ],
)
def test_a_bulk_update_that_is_wrong_is_refused(
    asker: Asker, tenant: Tenant, wrong: dict[str, str], exception: str
) -> None:
    assert bulk(asker, tenant, [10_001], **wrong).exception == exception


def test_two_running_jobs_need_two_contexts(asker: Asker, tenant: Tenant, persons: list[int]) -> None:
    first = bulk(asker, tenant, persons).text("Response")
    assert bulk(asker, tenant, persons).exception == "SoInvalidArgumentException"

    watch(asker, first)

    assert bulk(asker, tenant, persons).succeeded


def test_the_right_to_bulk_updates_may_be_missing(asker: Asker, tenant: Tenant) -> None:
    asker.world.switches.turn("bulk_right", "refused")

    assert bulk(asker, tenant, [10_001]).exception == "SoSentryException"


def test_a_job_that_nobody_began_is_not_found(asker: Asker) -> None:
    assert look(asker, "99").exception == "SoNotFoundException"
