"""The lists that a client reads: with keys over List, for pickers over MDO, preferences."""

from __future__ import annotations

from typing import Any

import pytest

from so_sandbox.world.events import Event
from so_sandbox.world.tenant import Tenant
from so_sandbox.world.world import World
from tests.unit.sandbox.asking import ARRAYS, NS, Asker


def test_the_privacy_lists_have_keys(asker: Asker) -> None:
    assert asker.ask("List", "GetLegalBases").texts("Key") == [
        "61A", "61B", "61C", "61D", "61E", "61F", "WITHDRAWN",
    ]  # fmt: skip
    sources = asker.ask("List", "GetConsentSources").texts("Key")
    assert {"API", "UNKNOWN", "CARD", "PHONE", "FAIR", "REFERRAL", "ERP", "VENDOR", "JOBAPPLY"} < set(sources)
    purposes = asker.ask("List", "GetConsentPurposes")
    assert purposes.texts("Key") == [
        "STORE", "EMARKETING", "NEWSLETTER", "EVENTINVITE", "EVENTRUN", "ACCOUNTING", "RECRUIT",
    ]  # fmt: skip
    assert [bool(text) for text in purposes.texts("ConsentText")] == [False, True, *[False] * 5]
    assert purposes.texts("Active") == ["1"] * 7


def test_only_the_chat_has_a_template_of_its_own(asker: Asker, tenant: Tenant) -> None:
    reply = asker.ask("List", "GetConsentSources")
    templates = dict(zip(reply.texts("Key"), reply.texts("MailTemplateId"), strict=True))
    assert {key for key, template in templates.items() if template != "0"} == {"CHAT"}
    assert templates["CHAT"] == str(tenant.item_id("templates", "chat-welcome"))


def test_deleted_items_are_in_the_all_lists_alone(asker: Asker, tenant: Tenant) -> None:
    lists = tenant.tables.lists
    lists.sources[tenant.item_id("sources", "CARD")].deleted = True
    lists.legal_bases[tenant.item_id("legal_bases", "61E")].deleted = True
    lists.templates[tenant.item_id("templates", "chat-welcome")].deleted = True
    assert "CARD" not in asker.ask("List", "GetConsentSources").texts("Key")
    assert "CARD" in asker.ask("List", "GetAllConsentSource").texts("Key")
    assert "61E" not in asker.ask("List", "GetLegalBases").texts("Key")
    assert "61E" in asker.ask("List", "GetAllLegalBase").texts("Key")
    with_deleted = "<n:IncludeDeleted>true</n:IncludeDeleted>"
    assert len(asker.ask("List", "GetAllDocumentTemplates", with_deleted).texts("DocumentTemplateId")) == 3
    assert len(asker.ask("List", "GetAllDocumentTemplates").texts("DocumentTemplateId")) == 2


def test_one_item_is_read_by_its_id(asker: Asker, tenant: Tenant) -> None:
    for operation, argument, table, key in (
        ("GetConsentSource", "ConsentSourceId", "sources", "ERP"),
        ("GetLegalBase", "LegalBaseId", "legal_bases", "61C"),
        ("GetConsentPurpose", "ConsentPurposeId", "purposes", "RECRUIT"),
    ):
        item_id = tenant.item_id(table, key)
        assert asker.ask("List", operation, f"<n:{argument}>{item_id}</n:{argument}>").text("Key") == key
        assert asker.ask("List", operation).exception == "SoNotFoundException"
    template = tenant.item_id("templates", "privacy-notice-14")
    entity = asker.ask(
        "List",
        "GetDocumentTemplateEntity",
        f"<n:DocumentTemplateEntityId>{template}</n:DocumentTemplateEntityId>",
    )
    assert (entity.text("Name"), entity.text("PrivacyDocType")) == ("privacy-notice-14", "PersonRegistered")


def test_a_template_has_five_languages(asker: Asker, tenant: Tenant) -> None:
    template = tenant.item_id("templates", "privacy-notice-13")
    argument = f"<n:DocumentTemplateId>{template}</n:DocumentTemplateId>"
    reply = asker.ask("List", "GetDocumentTemplateLanguages", argument)
    assert [n.text for n in reply.root.iter(f"{{{ARRAYS}}}string")] == ["da", "no", "sv", "en-US", "de"]
    assert asker.ask("List", "GetDocumentTemplateLanguages").exception == "SoInvalidArgumentException"


def test_the_plain_lists_have_names_in_many_languages(asker: Asker) -> None:
    assert 'US:"Prospect";DA:"Emne";NO:"Prospekt"' in asker.ask("List", "GetCategories").texts("Value")
    assert "Handel" in asker.ask("List", "GetBusinesses").texts("Value")
    assert "Buyer" in asker.ask("List", "GetPositions").texts("Value")


def test_strict_mode_is_a_preference(asker: Asker, tenant: Tenant) -> None:
    assert asker.ask("List", "GetEmarketingStrictMode").text("Response") == "true"
    tenant.tables.preferences["GDPR", "StrictMode"] = "False"
    assert asker.ask("List", "GetEmarketingStrictMode").text("Response") == "false"


@pytest.mark.parametrize(
    ("operation", "carrier", "entity"),
    [
        ("SaveConsentSource", "ConsentSource", "list.consentsource"),
        ("SaveConsentPurpose", "ConsentPurpose", "list.consentpurpose"),
    ],
)
def test_an_item_is_saved_with_a_new_id(
    asker: Asker, world: World, operation: str, carrier: str, entity: str
) -> None:
    heard: list[Event] = []
    world.listeners.append(lambda tenant, event: heard.append(event))

    def save(name: str, key: str, item_id: int = 0) -> str:
        inner = f"<n:{carrier}Id>{item_id}</n:{carrier}Id><n:Name>{name}</n:Name><n:Key>{key}</n:Key>"
        reply = asker.ask("List", operation, f"<n:{carrier}>{inner}</n:{carrier}>")
        return reply.text(f"{carrier}Id") or reply.exception

    made = save("Survey", "SURVEY")
    assert int(made) > 1000
    assert save("Surveys", "SURVEY", int(made)) == made
    assert save("Other", "SURVEY") == "SoDuplicateException"
    assert save("Other", "WITH SPACE") == "SoValidationException"
    assert save("", "OTHER") == "SoValidationException"
    assert asker.ask("List", operation).exception == "SoValidationException"
    assert [event.name for event in heard] == [f"{entity}.created", f"{entity}.changed"]


@pytest.mark.parametrize(
    ("operation", "carrier"),
    [("SaveConsentSource", "ConsentSource"), ("SaveConsentPurpose", "ConsentPurpose")],
)
def test_an_item_is_deleted_by_its_flag_and_keeps_its_key(
    asker: Asker, tenant: Tenant, operation: str, carrier: str
) -> None:
    heard: list[Event] = []
    tenant.listeners.append(lambda _tenant, event: heard.append(event))

    def save(key: str, item_id: int, *, deleted: bool = False, rank: int = 0) -> Any:
        inner = f"<n:{carrier}Id>{item_id}</n:{carrier}Id><n:Name>Name of {key}</n:Name>"
        flag = f"<n:Deleted>{str(deleted).lower()}</n:Deleted>"
        middle = f"<n:Rank>{rank}</n:Rank><n:Key>{key}</n:Key><n:MailTemplateId>0</n:MailTemplateId>{flag}"
        if carrier == "ConsentPurpose":
            middle = f"<n:Key>{key}</n:Key>{flag}<n:Rank>{rank}</n:Rank>"
        return asker.ask("List", operation, f"<n:{carrier}>{inner}{middle}</n:{carrier}>")

    made = int(save("SURVEY", 0, rank=40).text(f"{carrier}Id"))
    assert save("SURVEY", made, deleted=True, rank=40).text("Deleted") == "true"
    assert save("SURVEY", 0).exception == "SoDuplicateException"
    assert save("SURVEY", made).text("Rank") == "40"
    assert save("SURVEY", made + 1).exception == "SoNotFoundException"
    names = [event.name.rpartition(".")[2] for event in heard]
    assert names == ["created", "softdeleted", "changed"]


def test_a_built_in_item_keeps_its_key_and_stays(asker: Asker, tenant: Tenant) -> None:
    source = tenant.item_id("sources", "USER")
    for middle in ("<n:Key>MINE</n:Key>", "<n:Key>USER</n:Key><n:Deleted>true</n:Deleted>"):
        inner = f"<n:ConsentSourceId>{source}</n:ConsentSourceId><n:Name>x</n:Name>{middle}"
        reply = asker.ask("List", "SaveConsentSource", f"<n:ConsentSource>{inner}</n:ConsentSource>")
        assert reply.exception == "SoValidationException"


@pytest.mark.parametrize(
    ("name", "extra", "expected"),
    [
        ("culture", "1030", "da"),
        ("CultureSoLanguage", "1053", "SW"),
        ("culturesolanguage", "1058", "UK"),
    ],
)
def test_mdo_lists_map_cultures(asker: Asker, name: str, extra: str, expected: str) -> None:
    reply = asker.ask("MDO", "GetSimpleList", f"<n:Name>{name}</n:Name>")
    items = {
        item.findtext(f"{{{NS}}}Id"): item.findtext(f"{{{NS}}}ExtraInfo")
        for item in reply.root.iter(f"{{{NS}}}MDOListItem")
    }
    assert items[extra] == expected


@pytest.mark.parametrize(
    "name",
    [
        "associate", "business", "category", "consentpurpose", "consentsource", "country", "legalbase",
        "perspos", "privacytemplate",
    ],
)  # fmt: skip
def test_mdo_lists_have_the_tenants_items(asker: Asker, name: str) -> None:
    asked = f"<n:Name>{name}</n:Name><n:ForceFlatList>true</n:ForceFlatList><n:AdditionalInfo/>"
    items = asker.ask("MDO", "GetList", asked + "<n:OnlyHistory>false</n:OnlyHistory>").texts("Id")
    assert items
    assert asker.ask("MDO", "GetList", asked + "<n:OnlyHistory>true</n:OnlyHistory>").texts("Id") == []
    one = asker.ask("MDO", "GetListItem", f"<n:ListName>{name}</n:ListName><n:Id>{items[0]}</n:Id>")
    assert one.text("Id") == items[0]
    none = asker.ask("MDO", "GetListItem", f"<n:ListName>{name}</n:ListName><n:Id>1</n:Id>")
    assert none.exception == "SoNotFoundException"


def test_mdo_gives_a_templates_languages(asker: Asker, tenant: Tenant) -> None:
    def ask(extra: str) -> list[str | None]:
        asked = "<n:Name>documenttemplatelanguage</n:Name><n:ForceFlatList>true</n:ForceFlatList>"
        info = f"<n:AdditionalInfo>{extra}</n:AdditionalInfo><n:OnlyHistory>false</n:OnlyHistory>"
        return asker.ask("MDO", "GetList", asked + info).texts("Name")

    assert ask(str(tenant.item_id("templates", "chat-welcome"))) == ["da", "no", "sv", "en-US", "de"]
    assert ask("x") == []


def test_an_unknown_mdo_list_is_named(asker: Asker) -> None:
    reply = asker.ask("MDO", "GetSimpleList", "<n:Name>weather</n:Name>")
    assert reply.exception == "SoInvalidArgumentException"
    assert "weather" in (reply.text("Message") or "")


def test_preferences_that_are_known_are_answered(asker: Asker, tenant: Tenant) -> None:
    specs = "".join(
        f"<n:PreferenceSpec><n:Section>GDPR</n:Section><n:Key>{key}</n:Key></n:PreferenceSpec>"
        for key in ("GdprDefaultLegalBase", "GdprDefaultSource", "NoSuch")
    )
    del tenant.tables.preferences["GDPR", "GdprDefaultSource"]
    reply = asker.ask("Preference", "GetPreferences", f"<n:Specifications>{specs}</n:Specifications>")
    assert reply.texts("RawValue") == ["61B", "USER"]
    assert reply.texts("Level") == ["SystemWide", "HardDefault"]
    assert asker.ask("Preference", "GetPreferences").texts("RawValue") == []
