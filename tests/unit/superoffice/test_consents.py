"""Consents read by keys, and written by keys that the tenant has."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from so_privacy_ext.errors import Applied, CrmFailure, Fault, NeedsHuman, NoOp
from so_privacy_ext.model import LegalBasis, PersonId, Purpose, Source, TenantLists
from so_privacy_ext.superoffice.client import SoapClient
from so_privacy_ext.superoffice.consents import read_consents, set_consent, writable
from tests.unit.superoffice.loopback import Loopback, answer, refusal, rows

READ = "GetArchiveListByColumns2"
NONE = "[D:01/01/0001 00:00:00.0000000]"
LISTS = TenantLists(
    purposes=(
        Purpose(1001, "STORE", active=True, deleted=False, has_text=False),
        Purpose(1002, "OLD", active=False, deleted=False, has_text=False),
        Purpose(1003, "GONE", active=True, deleted=True, has_text=False),
    ),
    bases=(LegalBasis(6, "61F", deleted=False), LegalBasis(7, "61X", deleted=True)),
    sources=(
        Source(8, "API", deleted=False, mail_template_id=0),
        Source(9, "OUT", deleted=True, mail_template_id=0),
    ),
    templates=(),
    countries={},
    associates={},
    categories={},
    businesses={},
    positions={},
    forms={},
    customer_languages={},
    owner_company_ids=frozenset(),
    cultures={},
    solanguages={},
    default_basis="61B",
)


def row(person_id: Any, purpose_id: Any = 1001, basis_id: Any = 6, source_id: Any = 8, **changes: Any) -> Any:
    return {
        "consentperson_id": "[I:1]",
        "person_id": f"[I:{person_id}]",
        "consentPurpose_id": f"[I:{purpose_id}]",
        "legalBase_id": f"[I:{basis_id}]",
        "consentSource_id": f"[I:{source_id}]",
        "comment": "so-privacy r1",
        "registered": "[DT:11/20/2026 10:15:30.0000000]",
        "registered_associate_id": "[I:27]",
        "updated": NONE,
        "updated_associate_id": "[I:0]",
        "updatedCount": "[I:2]",
    } | changes


class Kept:
    def __init__(self, *answers: Any) -> None:
        self.answers = list(answers)
        self.forgotten = 0

    def lists(self) -> Any:
        return self.answers[min(self.forgotten, len(self.answers) - 1)]

    def doubt(self, strangers: Any) -> Any:
        assert strangers
        self.forgotten += 1


def consents(client: SoapClient, kept: Any, *ids: int) -> Any:
    return read_consents(client, [PersonId(one) for one in ids], kept.lists, kept.doubt)


def test_who_has_none_has_an_empty_mapping(client: SoapClient, loopback: Loopback) -> None:
    loopback.standing[READ] = rows("consentperson", row(5))

    found = consents(client, Kept(LISTS), 5, 6)

    assert found[6] == {}
    consent = found[5]["STORE"]
    assert (consent.basis, consent.source, consent.comment, consent.updated_count) == (
        "61F",
        "API",
        "so-privacy r1",
        2,
    )
    assert (consent.updated, consent.registered_associate_id, consent.updated_associate_id) == (None, 27, 0)


def test_rows_of_others_are_not_ours(client: SoapClient, loopback: Loopback) -> None:
    loopback.standing[READ] = rows("consentperson", row(9))

    assert consents(client, Kept(LISTS), 5) == {5: {}}


def test_a_new_list_item_is_looked_up_once(client: SoapClient, loopback: Loopback) -> None:
    loopback.standing[READ] = rows("consentperson", row(5, purpose_id=1009))
    kept = Kept(
        LISTS, replace(LISTS, purposes=(Purpose(1009, "NEWS", active=True, deleted=False, has_text=False),))
    )

    assert set(consents(client, kept, 5)[5]) == {"NEWS"}
    assert kept.forgotten == 1


def test_an_unknown_purpose_is_left_out_and_an_unknown_basis_equals_none(
    client: SoapClient, loopback: Loopback
) -> None:
    loopback.standing[READ] = rows("consentperson", row(5, purpose_id=99), row(5, basis_id=77, source_id=0))
    kept = Kept(LISTS)

    (consent,) = consents(client, kept, 5)[5].values()

    assert (consent.purpose, consent.basis, consent.source) == ("STORE", "#77", "")


@pytest.mark.parametrize("found", [(row(5, registered=NONE),), (row(5), row(5))])
def test_what_can_not_be_is_a_protocol_fault(found: Any, client: SoapClient, loopback: Loopback) -> None:
    loopback.standing[READ] = rows("consentperson", *found)

    with pytest.raises(CrmFailure) as caught:
        consents(client, Kept(LISTS), 5)
    assert caught.value.fault is Fault.PROTOCOL


def write(client: SoapClient, **changes: Any) -> Any:
    values = {"purpose": "STORE", "basis": "61F", "source": "API", "comment": "so-privacy r1"} | changes
    set_consent(client, LISTS, values.pop("person_id", PersonId(5)), **values)


def test_keys_go_out_in_the_vendors_order(client: SoapClient, loopback: Loopback) -> None:
    loopback.standing["SetConsent"] = answer("SetConsent")
    write(client)
    body = loopback.bodies("SetConsent")[0]

    assert [body.index(f">{value}<") for value in ("5", "STORE", "API", "61F", "so-privacy r1")] == sorted(
        body.index(f">{value}<") for value in ("5", "STORE", "API", "61F", "so-privacy r1")
    )


@pytest.mark.parametrize(
    "changes",
    [
        {"purpose": "NOSUCH"}, {"purpose": "OLD"}, {"purpose": "GONE"}, {"purpose": "store"}, {"purpose": ""},
        {"basis": "61X"}, {"basis": ""}, {"source": "OUT"}, {"source": "#9"}, {"person_id": 0},
    ],
)  # fmt: skip
def test_a_key_that_the_tenant_does_not_have_never_leaves(
    changes: Any, client: SoapClient, loopback: Loopback
) -> None:
    with pytest.raises(NeedsHuman) as caught:
        write(client, **changes)

    assert (caught.value.fault, caught.value.applied) == (Fault.VALIDATION, Applied.NO)
    assert loopback.calls == []


@pytest.mark.row("F68")
def test_a_row_that_is_there_already_is_no_error_and_not_repeated(
    client: SoapClient, loopback: Loopback
) -> None:
    loopback.standing["SetConsent"] = refusal("SetConsent", "SuperOffice.Exceptions.SoDuplicateException")

    with pytest.raises(NoOp) as caught:
        write(client)

    assert caught.value.fault is Fault.DUPLICATE
    assert loopback.count("SetConsent") == 1


@pytest.mark.row("F72")
@pytest.mark.parametrize(
    ("comment", "written"),
    [
        ("so-privacy r1", "so-privacy r1"),
        ("x" * 300, "x" * 255),
        ("x" * 254 + "\N{PARTY POPPER}", "x" * 254),
        ("x" * 253 + "\N{PARTY POPPER}", "x" * 253 + "\N{PARTY POPPER}"),
        ("\N{PARTY POPPER}" * 200, "\N{PARTY POPPER}" * 127),
        ("a\0b\x08c\ud800d\ufffee", "a\ufffdb\ufffdc\ufffdd\ufffde"),
        ("\N{RIGHT-TO-LEFT OVERRIDE}abc", "\N{RIGHT-TO-LEFT OVERRIDE}abc"),
        ('NO:"Ja";US:"Yes" <&>', 'NO:"Ja";US:"Yes" <&>'),
    ],
)
def test_a_comment_always_fits(comment: Any, written: Any, client: SoapClient, loopback: Loopback) -> None:
    assert writable(comment, 255) == written
    assert len(written.encode("utf-16-le")) <= 510
    loopback.standing["SetConsent"] = answer("SetConsent")
    write(client, comment=comment)

    assert loopback.count("SetConsent") == 1
