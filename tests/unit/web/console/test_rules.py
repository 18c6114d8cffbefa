"""The rules in their order with what each has decided, and a person's decisions with their reasons."""

import re

import pytest
import requests

from so_privacy_ext.rules.manifest import parse
from so_privacy_ext.storage.tenants import TenantSummary
from so_privacy_ext.web import languages
from so_privacy_ext.web.console.rules import purpose_name, shown, written
from tests.unit.web.console.conftest import Inhabitant
from tests.unit.web.console.house import MANIFEST, House, Visitor, decide

GOOD = parse(MANIFEST.read_bytes(), MANIFEST.name)


def text_of(page: requests.Response | str) -> str:
    text = page if isinstance(page, str) else page.text
    return " ".join(re.sub(r"<[^>]*>", " ", text).split())


def row(page: requests.Response, rule: str) -> str:
    found = re.search(rf'<tr role="row" id="rule-{rule}".*?</tr>', page.text, re.DOTALL)
    assert found is not None, page.text
    return text_of(found[0])


def test_rules_stand_in_their_order_with_what_they_ask_give_and_say(first: Inhabitant) -> None:
    page = first.admin.get("/configure/rules")
    listed = re.findall(r'<tr role="row" id="rule-([a-z0-9-]+)"', page.text)

    assert listed == [one.id for one in GOOD.content.rules]
    bought = row(page, "bought-or-referred")
    for said in (
        "source: [VENDOR, REFERRAL, IMPORT]",
        "Legitimate interest 61F",
        "ends after P12M",
        "Not written, and imports are refused",
        "notice14",
        "bought lists never carry our consent",
    ):
        assert said in bought, said
    assert "Every purpose Nothing" in row(page, "own-staff")
    assert "any: [{is_associate: true}, {company: {is_owner: true}}]" in row(page, "own-staff")
    assert "2 rules that are switched off" in page.text
    assert "sole-trader" in page.text


def test_what_a_rule_has_decided_is_counted_and_leads_to_the_last_person(house: House) -> None:
    tenant = house.add("Cust31001")
    admin = house.sign_in(tenant)
    house.fill(tenant)
    with house.turn(tenant) as turn:
        active = turn.manifest()
        assert active is not None
        decide(turn, active[1], "why", person=4711)
        decide(turn, "0" * 64, "why", person=4712)
    page = admin.get("/configure/rules")

    assert "3 times 2 in this version last" in row(page, "met-in-person")
    assert '<a href="/configure/persons/4712">' in page.text
    assert "never yet" in row(page, "erp")
    assert f"{len(GOOD.content.rules) - 2} rules have never decided anything" in page.text
    assert "in this version" not in row(page, "erp")


def test_where_nothing_was_decided_no_rule_is_suspected(house: House) -> None:
    tenant = house.add("Cust31002")
    admin = house.sign_in(tenant)
    assert "Upload a manifest" in admin.get("/configure/rules").text
    with house.turn(tenant) as turn:
        house.app.activate(turn, GOOD, MANIFEST.read_bytes(), who="x", tell_from=None)
    page = admin.get("/configure/rules")

    assert "never yet" in row(page, "erp")
    assert "have never decided" not in page.text
    assert 'class="idle"' not in page.text


def clicks(admin: Visitor, page: requests.Response, link: str) -> requests.Response:
    assert f'href="{link}"' in page.text
    return admin.get(link)


def test_three_clicks_lead_to_the_rule_that_gave_a_person_her_basis(first: Inhabitant) -> None:
    admin = first.admin
    search = clicks(admin, admin.get("/configure"), "/configure/persons")
    assert 'name="person"' in search.text
    found = admin.get("/configure/persons?person=18")
    assert (found.status_code, found.headers["location"]) == (303, "/configure/persons/18")
    person = admin.get(found.headers["location"])
    said = text_of(person)

    for part in (
        "STORE Legitimate interest 61F · source CARD · ends after P12M",
        "By rule met-in-person . Because: odd",
        "Asked SuperOffice for 61F from CARD: written, and read back",
        "EMARKETING Not written, and imports are refused",
        "NEWSLETTER Withdrawn, so not decided",
        "Person 18",
        "2 items wait for a decision of yours",
        "due ",
    ):
        assert part in said, part
    rule = clicks(admin, person, "/configure/rules#rule-met-in-person")
    assert 'id="rule-met-in-person"' in rule.text


def test_an_earlier_version_is_named_and_not_led_to(house: House) -> None:
    tenant: TenantSummary = house.add("Cust31003")
    admin = house.sign_in(tenant)
    with house.turn(tenant) as turn:
        decide(turn, "f" * 64, "as it was", person=7)
    page = admin.get("/configure/persons/7")

    assert "ffffffffffff · an earlier version" in text_of(page)
    assert "#rule-" not in page.text


@pytest.mark.parametrize("asked", ["Anna", "-1", "0", "9" * 19, "1 OR 1=1", "<b>"])
def test_what_is_no_number_is_said_beside_the_field(first: Inhabitant, asked: str) -> None:
    page = first.admin.get("/configure/persons", params={"person": asked})

    assert page.status_code == 422
    assert "That is no number." in page.text
    assert "<b>" not in page.text
    assert first.admin.get("/configure/persons/" + ("x" if asked == "<b>" else asked)).status_code == 404


def test_of_whom_nothing_is_kept_that_is_said(first: Inhabitant) -> None:
    page = first.admin.get("/configure/persons/424242")

    assert page.status_code == 200
    assert "Nothing has been decided about a person with this number." in page.text


@pytest.mark.parametrize("language", list(languages.NAMES))
def test_a_purpose_is_called_what_the_manifest_calls_it(language: str) -> None:
    assert purpose_name(GOOD, "NEWSLETTER", language) == ("Nyhedsbrev" if language == "da" else "Newsletter")
    assert purpose_name(GOOD, "NO_SUCH", language) == "NO_SUCH"


def test_a_name_in_one_language_is_a_name_in_all() -> None:
    text = MANIFEST.read_text(encoding="utf-8")
    mono = text.replace("name: {da: Nyhedsbrev, en: Newsletter}", "name: News", 1)
    danish = text.replace("name: {da: Nyhedsbrev, en: Newsletter}", "name: {da: Nyhedsbrev}", 1)
    none = text.replace("name: {da: Nyhedsbrev, en: Newsletter}, ", "", 1)

    for changed, name in ((mono, "News"), (danish, "Nyhedsbrev"), (none, "NEWSLETTER")):
        assert purpose_name(parse(changed.encode(), "m.yaml"), "NEWSLETTER", "de") == name


def test_a_condition_is_written_as_one_could_write_it() -> None:
    assert written("always") == "always"
    assert written({"source": "ERP"}) == "source: ERP"
    assert written({"any": [{"retired": True}, {"not": {"form": {"key": ["a", "b"]}}}], "age_below": 15}) == (
        "any: [{retired: true}, {not: {form: {key: [a, b]}}}], age_below: 15"
    )


def test_rules_that_are_switched_off_are_rows_too() -> None:
    assert [one.rule_id for one in shown(GOOD, "en", {}, optional=True)] == ["sole-trader", "soft-opt-in-dk"]
    without = MANIFEST.read_text(encoding="utf-8").partition("# Rules that are switched off")[0]
    assert list(shown(parse(without.encode(), "m.yaml"), "en", {}, optional=True)) == []
