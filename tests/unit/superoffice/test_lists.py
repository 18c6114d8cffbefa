"""A tenant's lists and how long they are kept."""

from __future__ import annotations

from typing import Any

import pytest

from so_privacy_ext.errors import CrmFailure, Fault, Park
from so_privacy_ext.model import Purpose, Template
from so_privacy_ext.superoffice.client import SoapClient
from so_privacy_ext.superoffice.crm import SuperOfficeCrm
from so_privacy_ext.superoffice.lists import is_strict, read_lists
from tests.unit.superoffice.loopback import Canned, Loopback, answer, refusal, rows

READ = "GetArchiveListByColumns2"


def item(name: Any, **values: Any) -> Any:
    return (
        f"<n:{name}>"
        + "".join(f"<n:{key}>{value}</n:{key}>" for key, value in values.items())
        + f"</n:{name}>"
    )


@pytest.fixture
def tenant(loopback: Loopback) -> Any:
    """A tenant with one or two items in each list."""
    tables: dict[str, list[dict[str, str | None]]] = {
        "country": [{"country_id": "[I:45]", "abbrev2": " dk", "defaultLcid": "[I:1030]"}],
        "associate": [{"associate_id": "[I:7]", "type": "[I:0]", "person_id": "[I:5]", "deleted": "[I:1]"}],
        "form": [{"form_id": "[I:3]", "form_key": "contact"}],
        "cust_lang": [{"id": "[I:2]", "iso_code": "DA"}],
        "ownercontactlink": [{"contact_id": "[I:11]"}],
    }

    def read(handler: Any) -> Any:
        body = handler.body.decode()
        table = next(name for name in tables if f"Columns>{name}." in body)
        handler.send(Canned(rows(table, *(tables[table] if "&gt; 0<" in body else ()))))

    loopback.standing |= {
        READ: read,
        "GetConsentPurposes": answer(
            "GetConsentPurposes",
            item("ConsentPurpose", ConsentPurposeId=1, Key="STORE", Active=1, Deleted="false")
            + item(
                "ConsentPurpose",
                ConsentPurposeId=2,
                Key="NEWS",
                Active=0,
                Deleted="true",
                ConsentText="I say yes",
            ),
        ),
        "GetLegalBases": answer(
            "GetLegalBases", item("LegalBase", LegalBaseId=6, Key="61F", Deleted="false")
        ),
        "GetConsentSources": answer(
            "GetConsentSources",
            item("ConsentSource", ConsentSourceId=4, Key="CHAT", MailTemplateId=22, Deleted="false"),
        ),
        "GetCategories": answer(
            "GetCategories",
            item("Category", Id=1, Value='NO:"Kunde";US:"Customer"', Deleted="false")
            + item("Category", Id=2, Value="Old", Deleted="true"),
        ),
        "GetBusinesses": answer("GetBusinesses", item("Business", Id=1, Value="Trade")),
        "GetPositions": answer("GetPositions", ""),
        "GetAllDocumentTemplates": answer(
            "GetAllDocumentTemplates",
            item(
                "DocumentTemplateEntity",
                DocumentTemplateId=20,
                Name="notice",
                Deleted="false",
                PrivacyDocType="PersonRegistered",
            )
            + item(
                "DocumentTemplateEntity",
                DocumentTemplateId=21,
                Name="",
                Deleted="false",
                PrivacyDocType="None",
            )
            + item(
                "DocumentTemplateEntity",
                DocumentTemplateId=22,
                Name="old",
                Deleted="true",
                PrivacyDocType="PersonRegistered",
            ),
        ),
        "GetDocumentTemplateLanguages": answer(
            "GetDocumentTemplateLanguages", "<a:string>da</a:string><a:string/><a:string>en-US</a:string>"
        ),
        "GetList": lambda handler: handler.send(Canned(answer("GetList", codes(handler.body)))),
        "GetPreferences": answer("GetPreferences", item("Preference", RawValue="61B")),
        "GetPublishedUserDefinedFieldList": answer("GetPublishedUserDefinedFieldList", ""),
    }
    return loopback


def codes(body: Any) -> Any:
    culture = b">culture<" in body
    return (
        item("MDOListItem", Id=1030, ExtraInfo="da-DK" if culture else "da", Deleted="false")
        + item("MDOListItem", Id=1031, ExtraInfo="", Deleted="false")
        + item("MDOListItem", Id=1032, ExtraInfo="x", Deleted="true")
        + item("MDOListItem", Id=0, ExtraInfo="y", Deleted="false")
    )


def test_all_lists(client: SoapClient, tenant: Any) -> None:
    found = read_lists(client)

    assert found.purposes == (
        Purpose(1, "STORE", active=True, deleted=False, has_text=False),
        Purpose(2, "NEWS", active=False, deleted=True, has_text=True),
    )
    assert [(one.item_id, one.key) for one in found.bases] == [(6, "61F")]
    assert [(one.key, one.mail_template_id) for one in found.sources] == [("CHAT", 22)]
    assert found.templates == (
        Template(20, "notice", languages=("da", "en-US"), deleted=False, is_privacy=True),
        Template(21, "", languages=(), deleted=False, is_privacy=False),
        Template(22, "old", languages=(), deleted=True, is_privacy=True),
    )
    assert (found.countries[45].iso, found.countries[45].default_lcid) == ("DK", 1030)
    assert (found.associates[7].person_id, found.associates[7].deleted) == (5, True)
    assert found.categories == {1: 'NO:"Kunde";US:"Customer"'}
    assert (found.businesses, found.positions) == ({1: "Trade"}, {})
    assert (found.forms, found.customer_languages) == ({3: "contact"}, {2: "da"})
    assert found.owner_company_ids == {11}
    assert (found.cultures, found.solanguages) == ({"da-dk": 1030}, {"DA": 1030})
    assert found.default_basis == "61B"
    assert tenant.count("GetDocumentTemplateLanguages") == 1


KEYED: dict[str, Any] = {
    "GetConsentPurposes": item("ConsentPurpose", ConsentPurposeId=1, Key="", Active=1, Deleted="false"),
    "GetLegalBases": item("LegalBase", LegalBaseId=1, Key="", Deleted="false"),
    "GetConsentSources": item("ConsentSource", ConsentSourceId=1, Key="", MailTemplateId=0, Deleted="false"),
}


@pytest.mark.row("B75")
@pytest.mark.parametrize("key", ["<n:Key></n:Key>", '<n:Key i:nil="true"/>'])
def test_an_item_without_a_key_is_read_as_that(key: Any, client: SoapClient, tenant: Any) -> None:
    """One such item must not stop the work for all others."""
    for operation, keyed in KEYED.items():
        tenant.standing[operation] = answer(operation, keyed.replace("<n:Key></n:Key>", key))

    found = read_lists(client)

    assert [one.key for one in found.purposes] == [""]
    assert [one.key for one in found.bases] == [""]
    assert [one.key for one in found.sources] == [""]


@pytest.mark.parametrize("operation", KEYED)
def test_an_item_that_does_not_speak_of_its_key_is_no_answer(
    operation: str, client: SoapClient, tenant: Any
) -> None:
    tenant.standing[operation] = answer(operation, KEYED[operation].replace("<n:Key></n:Key>", ""))

    with pytest.raises(CrmFailure) as failed:
        read_lists(client)

    assert failed.value.fault is Fault.PROTOCOL


@pytest.mark.parametrize("response", ["", "<n:Preference><n:RawValue/></n:Preference>"])
def test_no_default_basis(response: Any, client: SoapClient, tenant: Any) -> None:
    tenant.standing["GetPreferences"] = answer("GetPreferences", response)

    assert read_lists(client).default_basis == ""


def test_lists_are_kept_for_a_quarter_of_an_hour(tenant: Any) -> None:
    elapsed = [0.0]
    connection = tenant.connect(elapsed=lambda: elapsed[0])
    crm = SuperOfficeCrm(connection, lambda: None)
    first = crm.lists()
    elapsed[0] = 899.0
    assert SuperOfficeCrm(connection, lambda: None).lists() is first
    elapsed[0] = 900.0
    second = crm.lists()
    assert second is not first
    crm.forget_lists()

    assert crm.lists() is not second
    assert tenant.count("GetLegalBases") == 3
    connection.close()


def test_lists_that_can_not_be_read_are_not_kept(tenant: Any) -> None:
    connection = tenant.connect()
    crm = SuperOfficeCrm(connection, lambda: None)
    tenant.script("GetLegalBases", refusal("GetLegalBases", "SoSentryException"))

    with pytest.raises(Park):
        crm.lists()
    assert crm.lists().bases
    connection.close()


@pytest.mark.parametrize(("said", "strict"), [("true", True), ("1", True), ("false", False), ("0", False)])
def test_strict_mode(loopback: Loopback, client: SoapClient, said: str, strict: bool) -> None:
    loopback.script("GetEmarketingStrictMode", answer("GetEmarketingStrictMode", said))

    assert is_strict(client) is strict


@pytest.mark.parametrize("said", ["", "yes", "<n:True/>"])
def test_strict_mode_is_a_boolean_or_nothing(loopback: Loopback, client: SoapClient, said: str) -> None:
    loopback.script("GetEmarketingStrictMode", answer("GetEmarketingStrictMode", said))

    with pytest.raises(CrmFailure, match="GetEmarketingStrictMode"):
        is_strict(client)
