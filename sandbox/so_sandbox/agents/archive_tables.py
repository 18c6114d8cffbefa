"""The database tables that archive queries may ask, with the closed list of what may be asked of each."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from operator import attrgetter
from typing import Any

from so_sandbox.agents.archive_restrictions import Restriction, Value, after, values
from so_sandbox.world.rows import Consent, Email, Person
from so_sandbox.world.tenant import Tenant

PERSON_TABLE = 6
INSERT = 4352


@dataclass(frozen=True, slots=True)
class Table:
    """One table: its key, its columns (lower-case name to attribute or constant), its shapes, its rows."""

    key: str
    columns: Mapping[str, str | int | Callable[[Any], Value]]
    """A text names the row's attribute, a number is the value itself, a function finds it in the row."""
    shapes: frozenset[str]
    rows: Callable[[Tenant, Restriction], Iterable[Any]]
    by: str = ""
    """The column in whose order the rows come, and by which they may be asked for besides the key."""

    def value(self, row: Any, column: str) -> Value:
        return self.reader(column)(row)

    def reader(self, column: str) -> Callable[[Any], Value]:
        """Give what finds a column's value in a row."""
        source = self.columns[column.rpartition(".")[2] if column.count(".") == 1 else column]
        if isinstance(source, str):
            return attrgetter(source)
        return source if callable(source) else lambda _: source


def _ids(restriction: Restriction, column: str) -> list[int] | None:
    found = values(restriction, column)
    return None if found is None else [v for v in dict.fromkeys(found) if isinstance(v, int)]


def _in_order(kept: Mapping[int, Any], restriction: Restriction, column: str) -> list[int]:
    """Return the ids that may be meant, ascending: an index, so that a page costs no look at every row."""
    ids = _ids(restriction, column)
    found = sorted(kept if ids is None else (i for i in ids if i in kept))
    limit = after(restriction, column)
    return found if limit is None else found[bisect_right(found, limit) :]


def _persons(tenant: Tenant, restriction: Restriction) -> Iterable[Person]:
    kept = tenant.tables.persons
    rows = (kept[i] for i in _in_order(kept, restriction, "person.person_id"))
    return (row for row in rows if row.deleted_date is None)


def _emails(tenant: Tenant, restriction: Restriction) -> Iterable[Email]:
    kept = tenant.tables.emails
    return (row for i in _in_order(kept, restriction, "email.person_id") for row in kept[i])


def _consents(tenant: Tenant, restriction: Restriction) -> Iterable[Consent]:
    kept = tenant.tables.consents
    return (row for i in _in_order(kept, restriction, "consentperson.person_id") for row in kept[i].values())


def _activities(tenant: Tenant, restriction: Restriction) -> Iterable[Any]:
    kept = tenant.tables.activities
    return (row for i in _in_order(kept, restriction, "appointment.person_id") for row in kept[i])


def _insertions(tenant: Tenant, restriction: Restriction) -> Iterable[Any]:
    kept = (tenant.tables.insertions, tenant.tables.mass_insertions)
    ids = _ids(restriction, "traveltransactionlog.record_id") or ()
    return (rows[i] for i in ids for rows in kept if i in rows)


def _moves(tenant: Tenant, restriction: Restriction) -> Iterable[Any]:
    kept = tenant.tables.moves
    return (kept[i] for i in _ids(restriction, "mergemovelog.sourcerecord") or () if i in kept)


@dataclass(frozen=True, slots=True)
class _Counter:
    tablename: str
    next_id: int


def _counters(tenant: Tenant, restriction: Restriction) -> Iterable[_Counter]:
    del restriction
    return [_Counter(name, last + 1) for name, last in tenant.tables.last_ids.items()]


def _owners(tenant: Tenant, restriction: Restriction) -> Iterable[Any]:
    del restriction
    return [row for row in tenant.tables.companies.values() if row.owner]


def _companies(tenant: Tenant, restriction: Restriction) -> Iterable[Any]:
    kept = tenant.tables.companies
    return (kept[i] for i in _in_order(kept, restriction, "contact.contact_id"))


def _associates(tenant: Tenant, restriction: Restriction) -> Iterable[Any]:
    del restriction
    return tenant.tables.associates.values()


def _list(name: str) -> Callable[[Tenant, Restriction], Iterable[Any]]:
    def rows(tenant: Tenant, restriction: Restriction) -> Iterable[Any]:
        del restriction
        items: Mapping[int, Any] = getattr(tenant.tables.lists, name)
        return items.values()

    return rows


def _filled(name: str) -> Callable[[Any], Value]:
    def value(row: Any) -> Value:
        found: Value = row.filled.get(name)
        return found

    return value


FILLED = (
    *(
        f"userdef_id.{name}{at:02}"
        for name, most in (("long", 60), ("string", 40), ("double", 10))
        for at in range(1, most + 1)
    ),
    *(f"userdef2_id.string{at}" for at in range(41, 50)),
)
"""Columns of the tables that hold user-defined fields, reached from their owner."""
AUDIT = {name: name for name in ("registered", "registered_associate_id", "updated", "updated_associate_id")}
TABLES: Mapping[str, Table] = {
    "person": Table(
        "person_id",
        {
            name: name
            for name in (
                "person_id", "contact_id", "country_id", "category_idx", "business_idx", "position_idx",
                "retired", "created_by_form_id", "year_of_birth", "month_of_birth", "day_of_birth",
                "dbi_agent_id", "associate_id", "group_id", "source", "nomailing",
            )
        }
        | AUDIT
        | {
            "updatedcount": "updated_count",
            "supportlanguageid": "support_language_id",
            "activeerplinks": "active_erp_links",
        }
        | {f"person.{name}": _filled(name) for name in FILLED},
        frozenset(
            {
                "person.person_id in ?",
                "person.person_id > ?",
                "person.contact_id in ?",
                "person.person_id > ? and (person.registered aftertime ? or person.updated aftertime ?)",
            }
        ),
        _persons,
        by="person.person_id",
    ),
    "email": Table(
        "email_id",
        {
            "email_id": "email_id",
            "person_id": "person_id",
            "email_address": "email_address",
            "type": "type",
            "rank": "rank",
            "bouncecount": "bounce_count",
            "updated": "updated",
        },
        frozenset(
            {
                "email.person_id in ?",
                "email.person_id > ?",
                "email.email_id > ? and email.person_id > ?",
                "email.email_id > ? and email.updated aftertime ?",
            }
        ),
        _emails,
        by="email.person_id",
    ),
    "consentperson": Table(
        "consentperson_id",
        {
            "consentperson_id": "consentperson_id",
            "person_id": "person_id",
            "consentpurpose_id": "purpose_id",
            "legalbase_id": "legal_base_id",
            "consentsource_id": "source_id",
            "comment": "comment",
            "updatedcount": "updated_count",
        }
        | AUDIT,
        frozenset(
            {
                "consentperson.person_id in ?",
                "consentperson.person_id > ?",
                "consentperson.consentperson_id > ?",
                "consentperson.consentpurpose_id in ?",
                "consentperson.consentsource_id in ?",
                "consentperson.consentperson_id > ? and consentperson.updated aftertime ?",
            }
        ),
        _consents,
        by="consentperson.person_id",
    ),
    "contact": Table(
        "contact_id",
        {name: name for name in ("contact_id", "country_id", "associate_id")}
        | {f"contact.{name}": _filled(name) for name in FILLED},
        frozenset({"contact.contact_id in ?", "contact.contact_id > ?"}),
        _companies,
        by="contact.contact_id",
    ),
    "appointment": Table(
        "appointment_id",
        {
            name: name
            for name in (
                "appointment_id", "person_id", "document_id", "task_idx", "type", "registered",
                "registered_associate_id",
            )
        }
        | {"appointment.document_id.header": "header"},
        frozenset(
            {
                (
                    "appointment.person_id in ? and appointment.task_idx in ?"
                    " and appointment.registered aftertime ?"
                ),
                "appointment.appointment_id > ? and appointment.task_idx in ?",
                (
                    "appointment.appointment_id > ? and appointment.registered aftertime ?"
                    " and appointment.person_id in ?"
                ),
            }
        ),
        _activities,
    ),
    "traveltransactionlog": Table(
        "traveltransactionlog_id",
        {
            "traveltransactionlog_id": "log_id",
            "record_id": "record_id",
            "associate_id": "associate_id",
            "flags": "flags",
            "application_id": "application_id",
            "tablenumber": "table",
            "type": INSERT,
        },
        frozenset(
            {
                (
                    "traveltransactionlog.tablenumber in ? and traveltransactionlog.type in ?"
                    " and traveltransactionlog.record_id in ?"
                )
            }
        ),
        _insertions,
    ),
    "mergemovelog": Table(
        "mergemovelog_id",
        {
            "mergemovelog_id": "log_id",
            "sourcerecord": "source_record",
            "destinationrecord": "destination_record",
            "tablenumber": PERSON_TABLE,
        },
        frozenset({"mergemovelog.tablenumber in ? and mergemovelog.sourcerecord in ?"}),
        _moves,
    ),
    "associate": Table(
        "associate_id",
        {name: name for name in ("associate_id", "name", "type", "person_id", "deleted")},
        frozenset({"associate.associate_id > ?"}),
        _associates,
    ),
    "sequence": Table(
        "next_id",
        {"next_id": "next_id", "tablename": "tablename"},
        frozenset({"sequence.tablename in ?"}),
        _counters,
    ),
    "cust_lang": Table(
        "id",
        {"id": "item_id", "lang_code": "code", "iso_code": "iso"},
        frozenset({"cust_lang.id > ?"}),
        _list("languages"),
    ),
    "form": Table(
        "form_id",
        {"form_id": "item_id", "form_key": "key"},
        frozenset({"form.form_id > ?"}),
        _list("forms"),
    ),
    "country": Table(
        "country_id",
        {"country_id": "item_id", "abbrev2": "iso", "defaultlcid": "default_lcid"},
        frozenset({"country.country_id > ?"}),
        _list("countries"),
    ),
    "udlist": Table(
        "udlist_id",
        {"udlist_id": "item_id", "udlistdefinition_id": "list_id", "name": "name", "deleted": "deleted"},
        frozenset({"udlist.udlist_id > ?"}),
        _list("user_lists"),
    ),
    "ownercontactlink": Table(
        "contact_id",
        {"contact_id": "contact_id"},
        frozenset({"ownercontactlink.contact_id > ?"}),
        _owners,
    ),
}  # fmt: skip
