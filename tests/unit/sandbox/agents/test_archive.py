"""Archive queries: the closed list is answered as the vendor encodes it, all else is refused by name."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from datetime import timedelta

import pytest

from so_sandbox.agents import archive
from so_sandbox.agents.archive_restrictions import Restriction, Value, allows, read, shape
from so_sandbox.world.errors import InvalidArgument
from so_sandbox.world.rows import Person
from so_sandbox.world.tenant import Tenant
from so_sandbox.world.world import World
from tests.unit.sandbox.asking import Asker

PERSON = (
    "person_id,contact_id,country_id,category_idx,business_idx,position_idx,retired,registered,"
    "registered_associate_id,updated,updated_associate_id,updatedCount,created_by_form_id,supportLanguageId,"
    "year_of_birth,month_of_birth,day_of_birth,activeErpLinks,dbi_agent_id"
)
EMAIL = "email_id,person_id,email_address,type,rank,bounceCount,updated"
CONSENT = (
    "consentperson_id,person_id,consentPurpose_id,legalBase_id,consentSource_id,comment,registered,"
    "registered_associate_id,updated,updated_associate_id,updatedCount"
)
NO_TIME = "[DT:01/01/0001 00:00:00.0000000]"
TIME = re.compile(r"\[DT:\d\d/\d\d/\d{4} \d\d:\d\d:\d\d\.\d{7}\]")


def _columns(table: str, names: str) -> str:
    return ",".join(f"{table}.{name}" for name in names.split(","))


def _list(ids: list[int]) -> str:
    return f"({','.join(map(str, ids))})"


@pytest.fixture
def ids(tenant: Tenant) -> list[int]:
    return [
        tenant.create_person(
            channel="WEBFORM", form="contact", emails=[f"p{n}@example.com"], firstname=f"P{n}"
        ).person_id
        for n in range(3)
    ]


def test_persons_are_read_in_one_batch(asker: Asker, tenant: Tenant, ids: list[int]) -> None:
    tenant.soft_delete(ids[1])
    tenant.change_person(ids[2], title="x", year_of_birth=2000)
    rows = asker.query(
        _columns("person", PERSON),
        f"person.person_id in {_list([ids[2], ids[1], ids[0], 5])}",
        "person.person_id asc",
    ).rows()
    assert [row["person.person_id"] for row in rows] == [f"[I:{ids[0]}]", f"[I:{ids[2]}]"]
    first, second = rows
    assert TIME.fullmatch(first["person.registered"])
    assert first["person.updated"] == NO_TIME
    assert TIME.fullmatch(second["person.updated"])
    assert (first["person.updatedcount"], second["person.updatedcount"]) == ("[I:0]", "[I:1]")
    assert first["person.created_by_form_id"] == f"[I:{tenant.item_id('forms', 'contact')}]"
    assert "person.year_of_birth" not in first
    assert second["person.year_of_birth"] == "[I:2000]"


def test_the_persons_of_a_company_are_found(asker: Asker, tenant: Tenant, ids: list[int]) -> None:
    company = next(iter(tenant.tables.companies))
    for one in ids[1:]:
        tenant.change_person(one, contact_id=company)
    rows = asker.query("person.person_id", f"person.contact_id = {company}", "person.person_id asc").rows()
    assert [row["person.person_id"] for row in rows] == [f"[I:{one}]" for one in ids[1:]]


def test_addresses_and_consents_of_the_soft_deleted_are_still_answered(
    asker: Asker, tenant: Tenant, ids: list[int]
) -> None:
    tenant.soft_delete(ids[0])
    tenant.set_consent(ids[1], "STORE", "61F", "API", "[I:5]", by=7)
    mails = asker.query(
        _columns("email", EMAIL), f"email.person_id in {_list(ids)}", "email.email_id asc"
    ).rows()
    assert [row["email.email_address"] for row in mails] == [f"p{n}@example.com" for n in range(3)]
    assert "email.bouncecount" not in mails[0]
    consents = asker.query(
        _columns("consentperson", CONSENT),
        f"consentperson.person_id in {_list(ids)}",
        "consentperson.consentperson_id asc",
    ).rows()
    assert len(consents) == 3
    assert consents[1]["consentperson.comment"] == "[I:5]"
    assert consents[1]["consentperson.updatedcount"] == "[I:1]"
    assert "consentperson.comment" not in consents[0]
    assert consents[0]["consentperson.updated"] == NO_TIME
    tenant.hard_delete(ids[0])
    again = asker.query("email.email_id", f"email.person_id in {_list(ids)}", "email.email_id asc")
    assert len(again.rows()) == 2


def test_equality_stands_for_in(asker: Asker, ids: list[int]) -> None:
    many = f"(person.person_id = {ids[0]} or person.person_id = {ids[2]})"
    for restriction, count in ((many, 2), (f"person.person_id = {ids[0]}", 1)):
        reply = asker.query("person.person_id", restriction, "person.person_id asc")
        assert len(reply.rows()) == count


def test_in_may_not_be_understood(asker: Asker, world: World, ids: list[int]) -> None:
    world.switches.turn("archive_in", "refused")
    refused = asker.query("person.person_id", f"person.person_id in {_list(ids)}", "person.person_id asc")
    assert refused.exception == "SoInvalidArgumentException"
    spelt = " or ".join(f"person.person_id = {i}" for i in ids)
    assert len(asker.query("person.person_id", spelt, "person.person_id asc").rows()) == 3


def test_sweeps_page_by_key(asker: Asker, world: World, tenant: Tenant, ids: list[int]) -> None:
    def sweep(
        restriction: str, table: str = "person", key: str = "person_id", *, size: int = 1000, page: int = 0
    ) -> int:
        column = f"{table}.{key}"
        return len(asker.query(column, restriction, f"{column} asc", size=size, page=page).rows())

    assert sweep("person.person_id > 0") == 3
    assert sweep(f"person.person_id gt {ids[0]}") == 2
    assert sweep("person.person_id > 0", size=2) == 2
    assert sweep("person.person_id > 0", size=2, page=1) == 1
    later = (world.clock.advance(timedelta(hours=1)) - timedelta(minutes=1)).strftime("%Y-%m-%dT%H:%M:%S")
    since = f"(person.registered afterTime '{later}' or person.updated afterTime '{later}')"
    assert sweep(f"person.person_id > 0 and {since}") == 0
    tenant.change_person(ids[1], title="new")
    tenant.add_email(ids[0], "late@example.com")
    tenant.set_consent(ids[2], "STORE", "61F", "API", by=1)
    assert sweep(f"person.person_id > 0 and {since}") == 1
    assert sweep("email.email_id > 0 and email.person_id > 0", "email", "email_id") == 4
    assert sweep(f"email.email_id > 0 and email.updated afterTime '{later}.5'", "email", "email_id") == 2
    consents = f"consentperson.consentperson_id > 0 and consentperson.updated afterTime '{later}'"
    assert sweep(consents, "consentperson", "consentperson_id") == 1
    bound = asker.query("sequence.next_id", "sequence.tablename = 'person'", "sequence.next_id asc").rows()
    assert bound == [{"sequence.next_id": f"[I:{ids[2] + 1}]"}]


def test_new_consents_page_by_key_and_several_counters_come_in_one_answer(
    asker: Asker, tenant: Tenant, ids: list[int]
) -> None:
    kept = [row.consentperson_id for rows in tenant.tables.consents.values() for row in rows.values()]
    asked = asker.query(
        "consentperson.consentperson_id,consentperson.person_id",
        f"consentperson.consentperson_id > {min(kept)}",
        "consentperson.consentperson_id asc",
    ).rows()
    assert [row["consentperson.consentperson_id"] for row in asked] == [
        f"[I:{one}]" for one in sorted(kept)[1:]
    ]
    counters = asker.query(
        "sequence.next_id,sequence.tablename",
        "(sequence.tablename = 'person' or sequence.tablename = 'consentperson')",
        "sequence.next_id asc",
    ).rows()
    assert {row["sequence.tablename"]: row["sequence.next_id"] for row in counters} == {
        "person": f"[I:{ids[2] + 1}]",
        "consentperson": f"[I:{max(kept) + 1}]",
    }


def test_an_archived_mail_is_found(asker: Asker, tenant: Tenant, ids: list[int]) -> None:
    template = tenant.item_id("templates", "privacy-notice-13")
    tenant.send_privacy_mail(ids[0], address="p0@example.com", template_id=template, lcid=1030, by=9)
    since = (tenant.now() - timedelta(minutes=10)).strftime("%Y-%m-%dT%H:%M:%S")

    def ask(task: int) -> list[dict[str, str]]:
        return asker.query(
            "appointment.appointment_id,appointment.person_id,appointment.document_id,appointment.task_idx,"
            "appointment.type,appointment.registered,appointment.registered_associate_id,"
            "appointment.document_id.header",
            f"appointment.person_id in ({ids[0]}) and appointment.task_idx = {task}"
            f" and appointment.registered afterTime '{since}'",
            "appointment.appointment_id asc",
            size=50,
        ).rows()

    (row,) = ask(template)
    assert (row["appointment.type"], row["appointment.task_idx"]) == ("[I:4]", f"[I:{template}]")
    assert row["appointment.document_id.header"] == tenant.tables.outbox[0].subject
    assert ask(template + 1) == []


def test_who_created_whom_and_where_the_merged_went(asker: Asker, tenant: Tenant, ids: list[int]) -> None:
    imported = tenant.create_person(channel="IMPORT").person_id
    (row,) = asker.query(
        "traveltransactionlog.traveltransactionlog_id,traveltransactionlog.record_id,"
        "traveltransactionlog.associate_id,traveltransactionlog.flags,traveltransactionlog.application_id",
        "traveltransactionlog.tablenumber = 6 and traveltransactionlog.type = 4352"
        f" and traveltransactionlog.record_id in ({imported})",
        "traveltransactionlog.traveltransactionlog_id asc",
    ).rows()
    assert row["traveltransactionlog.flags"] == "[I:1]"
    tenant.merge(ids[0], ids[1])
    (moved,) = asker.query(
        "mergemovelog.mergemovelog_id,mergemovelog.sourceRecord,mergemovelog.destinationRecord",
        f"mergemovelog.tableNumber = 6 and mergemovelog.sourceRecord in {_list(ids)}",
        "mergemovelog.mergemovelog_id asc",
    ).rows()
    assert moved["mergemovelog.destinationrecord"] == f"[I:{ids[1]}]"


@pytest.mark.parametrize(
    ("columns", "restriction", "order", "some"),
    [
        (
            "associate.associate_id,associate.name,associate.type,associate.person_id,associate.deleted",
            "associate.associate_id > 0",
            "associate.associate_id asc",
            {"associate.name": "erp", "associate.type": "[I:13]"},
        ),
        (
            "cust_lang.id,cust_lang.lang_code,cust_lang.iso_code",
            "cust_lang.id > 0",
            "cust_lang.id asc",
            {"cust_lang.lang_code": "SV", "cust_lang.iso_code": "sv"},
        ),
        (
            "form.form_id,form.form_key",
            "form.form_id > 0",
            "form.form_id asc",
            {"form.form_key": "event-signup"},
        ),
        (
            "country.country_id,country.abbrev2,country.defaultLcid",
            "country.country_id > 0",
            "country.country_id asc",
            {"country.abbrev2": "DK", "country.defaultlcid": "[I:1030]"},
        ),
    ],
)
def test_cached_lists_are_read(
    asker: Asker, columns: str, restriction: str, order: str, some: dict[str, str]
) -> None:
    rows = asker.query(columns, restriction, order).rows()
    assert any(some.items() <= row.items() for row in rows)


def test_companies_and_their_owner(asker: Asker, tenant: Tenant) -> None:
    owner = next(c for c in tenant.tables.companies.values() if c.owner)
    (linked,) = asker.query(
        "ownercontactlink.contact_id", "ownercontactlink.contact_id > 0", "ownercontactlink.contact_id asc"
    ).rows()
    assert linked["ownercontactlink.contact_id"] == f"[I:{owner.contact_id}]"
    (row,) = asker.query(
        "contact.contact_id,contact.country_id,contact.associate_id",
        f"contact.contact_id in ({owner.contact_id})",
        "contact.contact_id asc",
    ).rows()
    assert row["contact.country_id"] == f"[I:{owner.country_id}]"


def test_a_caller_finds_herself(asker: Asker) -> None:
    columns, order = "associateDbId,assocName,assocType", "associateDbId asc"
    reply = asker.query(columns, "associateDbId currentAssociate", order, provider="AllUsers")
    assert reply.rows() == [
        {
            "associatedbid": f"[I:{asker.associate_id}]",
            "assocname": "Demo App-system",
            "assoctype": "[I:13]",
        }
    ]
    other = asker.query(
        "associateDbId,password", "associateDbId currentAssociate", order, provider="AllUsers"
    )
    assert other.exception == "SoNotSupportedException"


@pytest.mark.parametrize("table", ["email", "consentperson"])
def test_what_hangs_on_persons_is_read_in_their_order(
    asker: Asker, tenant: Tenant, ids: list[int], table: str
) -> None:
    tenant.set_emails(ids[0], ["a@example.com", "b@example.com"])  # which gives them the highest ids
    tenant.set_consent(ids[0], "EMARKETING", "61A", "WEBFORM", by=7)
    order = f"{table}.person_id asc"
    found = asker.query(f"{table}.person_id", f"{table}.person_id > 0", order).rows()
    persons = [row[f"{table}.person_id"] for row in found]
    assert persons[-4:] == [f"[I:{one}]" for one in (ids[0], *ids)]
    rest = asker.query(f"{table}.person_id", f"{table}.person_id > {ids[1]}", order).rows()
    assert rest == [{f"{table}.person_id": f"[I:{ids[2]}]"}]
    first = asker.query(f"{table}.person_id", f"{table}.person_id > {ids[0] - 1}", order, size=3).rows()
    assert [row[f"{table}.person_id"] for row in first] == persons[-4:-1]


def test_companies_are_read_by_key(asker: Asker, tenant: Tenant) -> None:
    last = max(tenant.tables.companies)
    new = tenant.add_company("New", country="NO").contact_id
    columns, order = "contact.contact_id,contact.country_id", "contact.contact_id asc"
    (row,) = asker.query(columns, f"contact.contact_id > {last}", order).rows()
    assert row["contact.contact_id"] == f"[I:{new}]"


def test_a_page_costs_no_look_at_every_person(
    asker: Asker, tenant: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    for person_id in range(1_000_000, 1_005_000):
        tenant.tables.persons[person_id] = Person(person_id, tenant.now(), 7)
    looked: list[str] = []

    def noting(restriction: Restriction, value_of: Callable[[str], Value]) -> bool:
        looked.append("")
        return allows(restriction, value_of)

    monkeypatch.setattr(archive, "allows", noting)
    order = "person.person_id asc"
    rows = asker.query("person.person_id", "person.person_id > 1002999", order).rows()
    assert rows[0] == {"person.person_id": "[I:1003000]"}
    assert len(rows) == len(looked) == 1000


@pytest.mark.parametrize(
    ("columns", "restriction", "order", "named"),
    [
        ("person.lastname", "person.person_id > 0", "person.person_id asc", "person.lastname"),
        ("person.person_id,email.email_id", "person.person_id > 0", "person.person_id asc", "email.email_id"),
        ("sale.sale_id", "sale.sale_id > 0", "sale.sale_id asc", "sale"),
        ("person.person_id", "person.retired = 1", "person.person_id asc", "person.retired in ?"),
        ("person.person_id", "person.person_id > 0", "person.person_id desc", "desc"),
        ("person.person_id", "person.person_id > 0", "", "orders person only"),
    ],
)
def test_any_other_query_is_refused_by_name(
    asker: Asker, columns: str, restriction: str, order: str, named: str
) -> None:
    reply = asker.query(columns, restriction, order)
    assert reply.exception == "SoNotSupportedException"
    assert named in (reply.text("Message") or "")


def test_another_provider_and_a_page_too_large_are_refused(asker: Asker) -> None:
    good = ("person.person_id", "person.person_id > 0", "person.person_id asc")
    assert asker.query(*good, provider="Person").exception == "SoNotSupportedException"
    assert asker.query(*good, size=1001).exception == "SoInvalidArgumentException"
    assert asker.query(*good, size=0).exception == "SoInvalidArgumentException"
    assert asker.query(*good, page=-1).exception == "SoInvalidArgumentException"
    assert asker.query("", good[1], good[2]).exception == "SoInvalidArgumentException"


@pytest.mark.parametrize(
    "restriction",
    [
        "",
        "person.person_id",
        "person.person_id >",
        "person.person_id > > 1",
        "person.person_id like 1",
        "person.person_id in ()",
        "person.person_id in (1",
        "person.person_id in (1 2)",
        "person.person_id > 1 or",
        "(person.person_id > 1",
        "person.person_id > 1)",
        "5 > 1",
        "person.registered afterTime 'yesterday'",
        "person.registered afterTime 5",
        "person.person_id > $1",
    ],
)
def test_a_restriction_that_can_not_be_read_is_refused(restriction: str) -> None:
    with pytest.raises(InvalidArgument):
        read(restriction)


def test_values_must_fit_their_column(asker: Asker, ids: list[int]) -> None:
    assert ids
    reply = asker.query("person.person_id", "person.person_id > 'a'", "person.person_id asc")
    assert reply.exception == "SoInvalidArgumentException"


def test_and_binds_tighter_than_or() -> None:
    text = "a.x = 1 or a.y > 2 and (a.z = 'it\\'s' or a.w eq 4)"
    found = read(text)
    assert shape(found) == "a.x in ? or (a.y > ? and (a.z in ? or a.w in ?))"


@pytest.mark.slow
def test_two_hundred_rows_are_answered_in_time(asker: Asker, tenant: Tenant) -> None:
    ids = [tenant.create_person(emails=["x@example.com"]).person_id for _ in range(200)]
    asked = (_columns("person", PERSON), f"person.person_id in {_list(ids)}", "person.person_id asc")
    asker.query(*asked)
    before = time.process_time()
    for _ in range(5):
        assert asker.query(*asked).status == 200
    assert (time.process_time() - before) / 5 < 0.2
    before = time.process_time()
    for _ in range(20):
        assert asker.set_consent(ids[0], "STORE", "API", "61F").status == 200
    assert (time.process_time() - before) / 20 < 0.03
