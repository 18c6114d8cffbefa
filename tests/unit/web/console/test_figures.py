"""Charts and their tables: what is counted in them, and what is not."""

import re
from datetime import UTC, datetime, timedelta

import pytest
import requests

from so_privacy_ext.model import WITHDRAWN, ConsentEnd, Outcome, PersonId, Ruling
from so_privacy_ext.model import Decision as Decided
from so_privacy_ext.ports import EffectIntent
from so_privacy_ext.storage.figures import Standing
from so_privacy_ext.storage.turns import Turn
from so_privacy_ext.web import languages
from so_privacy_ext.web.console.figures import Bar, by_basis, by_source
from tests.unit.web.console.conftest import Inhabitant
from tests.unit.web.console.house import House

EN = languages.texts("en")


def write(
    turn: Turn, person: int, purpose: str, basis: str, *, source: str = "CARD", result: str = "written"
) -> None:
    given = Decided(purpose, Outcome.GIVE, "a-rule", "because", basis, source)
    decisions = turn.ledgers.decisions
    kept = decisions.keep(PersonId(person), Ruling("d" * 64, (given,)), {}, [])
    decisions.intend(kept.decision_id, [EffectIntent(PersonId(person), purpose, basis, source, "tag", None)])
    decisions.effected(kept.decision_id, purpose, result)
    decisions.finish(kept.decision_id, "effect")


def owe(turn: Turn, person: int, days: float, article: int = 14) -> None:
    due = datetime.now(UTC) + timedelta(days=days)
    turn.ledgers.mails.open_duty(PersonId(person), mail="notice", article=article, due_at=due, reason="mail")


def card(page: requests.Response, key: str) -> str:
    found = re.search(rf'<section class="card" aria-labelledby="{key}">.*?</section>', page.text, re.DOTALL)
    assert found is not None, page.text
    return found[0]


def table(page: requests.Response, key: str) -> list[list[str]]:
    rows = re.findall(r'<tr role="row">(.*?)</tr>', card(page, key), re.DOTALL)
    return [re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row) for row in rows][1:]


def drawn(page: requests.Response, key: str) -> list[tuple[str, str]]:
    return re.findall(r'<rect class="(bar[^"]*)"[^>]*width="([^"]*)"', card(page, key))


def test_what_stands_by_our_last_writing_is_counted_and_drawn(house: House) -> None:
    tenant = house.add("Cust32001")
    with house.turn(tenant) as turn:
        for person in (1, 2, 3, 4):
            write(turn, person, "STORE", "61F")
        write(turn, 4, "STORE", "61B", source="CONTRACT")
        write(turn, 1, "NEWSLETTER", "61A", source="FORM")
    page = house.sign_in(tenant).get("/configure/figures")

    assert table(page, "purposes") == [
        ["NEWSLETTER", "Consent 61A", "1"],
        ["STORE", "Legitimate interest 61F", "3"],
        ["STORE", "Contract 61B", "1"],
    ]
    assert drawn(page, "purposes") == [("bar", "33.3%"), ("bar", "100.0%"), ("bar", "33.3%")]
    assert table(page, "sources") == [["CARD", "3"], ["CONTRACT", "1"], ["FORM", "1"]]


def test_what_is_not_ours_any_more_is_not_counted(house: House) -> None:
    tenant = house.add("Cust32002")
    with house.turn(tenant) as turn:
        for person in (1, 2, 3, 4, 5):
            write(turn, person, "STORE", "61F")
        write(turn, 2, "STORE", "61B", result="overwritten_in_between")
        write(turn, 3, "STORE", WITHDRAWN)
        write(turn, 4, "STORE", "61B", result="failed")
        day = datetime.now(UTC)
        ended = ConsentEnd(PersonId(5), "STORE", "61F", day, day)
        turn.ledgers.ends.note([ended])
        turn.ledgers.ends.ended(ended, day, "expired")
    page = house.sign_in(tenant).get("/configure/figures")

    assert table(page, "purposes") == [["STORE", "Legitimate interest 61F", "2"]]


def test_notices_are_counted_by_when_they_are_due(house: House) -> None:
    tenant = house.add("Cust32003")
    with house.turn(tenant) as turn:
        for person, days in enumerate((-2, -1, 3, 20, 60, 90, 5), start=1):
            owe(turn, person, days)
        owe(turn, 8, 3, article=13)
        turn.ledgers.mails.close_duty(PersonId(7), "notice", "sent")
    page = house.sign_in(tenant).get("/configure/figures")

    assert table(page, "due") == [
        ["Overdue", "Article 14", "2"],
        ["Within 7 days", "Article 13", "1"],
        ["Within 7 days", "Article 14", "1"],
        ["Within 30 days", "Article 14", "1"],
        ["Later", "Article 14", "2"],
    ]
    assert drawn(page, "due")[0] == ("bar late", "100.0%")
    assert {kind for kind, _ in drawn(page, "due")[1:]} == {"bar"}


@pytest.mark.parametrize("language", list(languages.NAMES))
def test_where_nothing_is_to_count_that_is_said(house: House, language: str) -> None:
    tenant = house.add(f"Cust3201{list(languages.NAMES).index(language)}")
    page = house.sign_in(tenant).get("/configure/figures", headers={"Accept-Language": language})
    t = languages.texts(language)

    for key in ("purposes", "sources", "due"):
        assert t(f"figures.{key}.none") in card(page, key)
    assert "<svg" not in page.text
    assert "<table" not in page.text


def test_a_purpose_bears_the_name_that_the_manifest_gives_it(first: Inhabitant) -> None:
    page = first.admin.get("/configure/figures", headers={"Accept-Language": "da"})
    assert table(page, "purposes") == [["Salg og service", "Legitim interesse 61F", "1"]]
    assert "style=" not in page.text


def test_another_tenants_figures_are_not_among_ours(house: House, second: Inhabitant) -> None:
    other = house.add("Cust32005")
    before = table(second.admin.get("/configure/figures"), "purposes")
    with house.turn(other) as turn:
        write(turn, 1, "ELSEWHERE", "61F")

    assert table(second.admin.get("/configure/figures"), "purposes") == before
    assert before


def test_one_among_thousands_has_a_bar_that_is_seen() -> None:
    standing = [Standing("STORE", "61F", "CARD", 90_000), Standing("STORE", "OURS", "ERP", 1)]

    assert by_basis(standing, EN, str.lower) == [
        Bar(("store", "Legitimate interest 61F"), 90_000, 100.0),
        Bar(("store", "OURS"), 1, 0.5),
    ]


def test_purposes_that_are_called_alike_stay_apart() -> None:
    standing = [Standing("A", "61F", "CARD", 2), Standing("B", "61F", "CARD", 2)]

    assert [one.number for one in by_basis(standing, EN, lambda _: "News")] == [2, 2]
    assert by_source(standing) == [Bar(("CARD",), 4, 100.0)]
