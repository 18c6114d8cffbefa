"""The manifest tried: on somebody who is made up, and on a person as she stands in the CRM now."""

import re

import pytest

from so_privacy_ext.errors import CrmFailure, Fault
from so_privacy_ext.rules.manifest import parse
from so_privacy_ext.rules.person_words import MadeUp
from so_privacy_ext.superoffice.crm import SuperOfficeCrm
from so_privacy_ext.web import languages
from so_privacy_ext.web.console.trying import fields, spoken
from so_sandbox.triggering import trigger
from tests.unit.web.console.house import MANIFEST, House, Visitor
from tests.unit.web.console.test_rules import text_of

GOOD = MANIFEST.read_bytes()


@pytest.fixture(scope="module")
def admin(house: House) -> Visitor:
    tenant = house.add("Cust71001")
    with house.turn(tenant) as turn:
        house.app.activate(turn, parse(GOOD, "m.yaml"), GOOD, who="x", tell_from=None)
    return house.sign_in(tenant)


def test_somebody_made_up_is_decided_about_in_sentences(house: House, admin: Visitor) -> None:
    before = house.dump()
    page = admin.post("/configure/try", {"source": "CARD", "country": "DK", "age": "40"})
    said = text_of(page)

    assert page.status_code == 200
    assert "met-in-person" in said
    assert "61F" in said
    assert "notice13" in said
    assert re.search(r'<ol class="plain" lang="en">(<li>[^<]*</li>)+</ol>', page.text)
    assert "<option selected>CARD</option>" in page.text
    assert 'value="DK"' in page.text
    assert house.dump() == before


@pytest.mark.parametrize("language", list(languages.NAMES))
def test_explanations_are_danish_on_danish_pages_and_english_on_the_others(
    admin: Visitor, language: str
) -> None:
    page = admin.post("/configure/try", {"source": "ERP"}, headers={"Accept-Language": language}).text
    rules = admin.get("/configure/rules", headers={"Accept-Language": language}).text
    own = "da" if language == "da" else "en"

    assert spoken(language) == own
    for text in (page, rules):
        assert f'<html lang="{language}">' in text
        assert f' lang="{own}">' in text.partition("<main")[2]


def test_what_makes_no_person_is_said_beside_its_word_and_nothing_is_lost(admin: Visitor) -> None:
    page = admin.post("/configure/try", {"source": "CARD", "country": "Denmark", "age": "old"})

    assert page.status_code == 422
    assert '<a href="#country">' in page.text
    assert '<a href="#age">' in page.text
    assert 'value="Denmark"' in page.text
    assert admin.post("/configure/try", {"source": "<script>"}).status_code == 422
    assert admin.post("/configure/try", {"no_such_word": "x"}).status_code == 200


def test_what_stands_keeps_a_withdrawn_purpose_from_being_decided(admin: Visitor) -> None:
    page = admin.post("/configure/try", {"source": "WEBFORM", "consents.STORE": "WITHDRAWN"})

    assert page.status_code == 200
    assert "withdrawn" in text_of(page).partition("What is decided")[2]


def test_every_word_of_a_person_has_its_field_and_its_label(admin: Visitor) -> None:
    names = {one.name for one in fields(parse(GOOD, "m.yaml"))}
    beside = {"consents", "wordings", "person_field", "company_field", "company"}

    assert MadeUp.model_fields.keys() - beside <= names
    assert {"company.is_owner", "consents.STORE"} <= names
    page = admin.get("/configure/try").text
    assert set(re.findall(r' name="([^"]+)"', page.partition("<main")[2])) == {"csrf", *names}


def test_a_person_is_read_now_and_nothing_is_written(house: House, admin: Visitor) -> None:
    tenant = house.sandbox.world.tenants["Cust71001"]
    person = trigger(tenant, "person.created", {"country": "DK", "source": "CARD", "email": "a@example.com"})
    before = house.dump()
    page = admin.post(f"/configure/persons/{person}/now")
    said = text_of(page)

    assert page.status_code == 200
    assert "STORE" in said
    assert "met-in-person" in said
    assert "a@example.com" not in page.text
    assert {line.partition(":")[0] for line in set(kept(house.dump())) ^ set(kept(before))} <= {"pace"}
    assert f'action="/configure/persons/{person}/now"' in admin.get(f"/configure/persons/{person}").text


def kept(dump: str) -> list[str]:
    return dump.split("\n")


def test_who_is_not_in_the_crm_is_said_to_be_gone(admin: Visitor) -> None:
    page = admin.post("/configure/persons/987654/now")

    assert page.status_code == 200
    assert "SuperOffice has no person of this number" in page.text
    assert admin.post("/configure/persons/x/now").status_code == 404


def test_without_a_manifest_there_is_nothing_to_try(house: House) -> None:
    other = house.sign_in(house.add("Cust71002"))

    assert "Upload a manifest" in other.get("/configure/try").text
    assert other.post("/configure/try", {"source": "CARD"}).status_code == 404
    assert other.post("/configure/persons/18/now").status_code == 404


def test_a_crm_that_does_not_answer_is_said(admin: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_all: object, **_more: object) -> None:
        raise CrmFailure(Fault.TRANSPORT, "Archive.GetArchiveListByColumns2")

    monkeypatch.setattr(SuperOfficeCrm, "read_persons", fail)
    page = admin.post("/configure/persons/18/now")

    assert page.status_code == 502
    assert "SuperOffice did not answer as it should" in page.text
