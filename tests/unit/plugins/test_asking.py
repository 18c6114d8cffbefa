from __future__ import annotations

from datetime import date

import pytest

from so_privacy_ext.extension import Extension
from so_privacy_ext.plugins import asking, declared
from so_privacy_ext.plugins.asking import Asking, Question
from so_privacy_ext.plugins.described import Description, read_description
from so_privacy_ext.plugins.found import Found
from so_privacy_ext.plugins.hosts import Hosts
from so_privacy_ext.plugins.troubles import Kind, Trouble
from so_privacy_ext.sdk import Facts, Proposed, Seen
from tests.unit.plugins import acme_vat
from tests.unit.plugins.conftest import ACME, TENANT, Ask, Still, faulty, manifest, person

ASKED = "{acme_vat.registered: true}"


def described(extension: Extension) -> Description:
    return read_description(declared.described(extension))


def test_a_plugin_finds_facts_then_a_source_and_its_condition_sees_them(
    ask: Ask, troubles: list[Trouble]
) -> None:
    persons = [Seen(one, one, Facts(country="DK"), source_is_open=one != 500) for one in (1, 50, 500)]

    small, middle, big = ask(ASKED, persons, ACME, settings={"least": 10})

    key = "acme_vat.registered true"
    assert small == Facts(country="DK", answers={key: (None, "")})
    assert middle == Facts(
        country="DK",
        source="CARD",
        further={"acme_vat.turnover": 50, "acme_vat.asked_on": date(2026, 1, 2)},
        answers={key: (False, "")},
        proposed=Proposed("acme-vat", 0.8, "listed"),
    )
    assert big.answers == {key: (True, "big")}
    assert (big.source, big.proposed) == (None, None)
    assert troubles == []


def test_without_plugins_persons_are_as_they_are(hosts: Hosts, troubles: list[Trouble]) -> None:
    nobody = Asking(hosts, TENANT, [], clock=Still(), noted=troubles.append)

    assert nobody.answer([person()], manifest("always", [])) == (person().facts,)


def test_nothing_is_asked_that_a_plugin_or_the_manifest_has_not(ask: Ask, troubles: list[Trouble]) -> None:
    (facts,) = ask("always", [person()], faulty("prints"))

    assert facts == person().facts
    assert troubles == []


def test_the_surest_proposal_counts_and_a_doubtful_one_does_not(ask: Ask, troubles: list[Trouble]) -> None:
    doubtful, sure, surest = (
        Seen(1, company, Facts(category_id=category), source_is_open=True)
        for company, category in [(0, 49), (5, 60), (5, 95)]
    )

    found = ask("always", [doubtful, sure, surest], faulty("proposes"), ACME)

    assert [one.proposed for one in found] == [
        None,
        Proposed("acme-vat", 0.8, "listed"),
        Proposed("faulty", 0.95, "seen"),
    ]
    assert [one.source for one in found] == [None, "CARD", "CARD"]
    assert troubles == []


def test_a_source_that_the_manifest_does_not_name_is_none(ask: Ask, troubles: list[Trouble]) -> None:
    unnamed = Facts(category_id=90, retired=True)

    (facts,) = ask("always", [Seen(1, 0, unnamed, source_is_open=True)], faulty("proposes"))

    assert facts == unnamed
    assert [one.what for one in troubles] == ["it proposes a source that the manifest doesn't name"]
    assert troubles[0].how == "add the source to the manifest's `sources`, or set the plugin otherwise"


def test_not_knowing_is_no_answer_where_the_facts_to_know_it_by_were_not_found(
    ask: Ask, troubles: list[Trouble]
) -> None:
    (facts,) = ask("{faulty.known: true}", [person()], faulty("finds_nothing"))

    assert facts == person().facts
    assert [one.kind for one in troubles] == [Kind.RAISED]


def test_many_are_asked_about_in_slices(ask: Ask, troubles: list[Trouble]) -> None:
    persons = [Seen(one, one, Facts()) for one in range(450)]

    found = ask("{acme_vat.registered: true}", persons, ACME)

    assert [one.further.get("acme_vat.turnover", 0) for one in found[3:]] == list(range(3, 450))
    assert sum(one.answers["acme_vat.registered true"] == (True, "big") for one in found) == 349
    assert troubles == []


@pytest.mark.parametrize(
    "said", [None, 5, [], [[]], [[[True]]], [[["yes", ""]]], [[[True, ""], [True, ""]]], [["x"]]]
)
def test_answers_of_another_shape_are_none(said: object) -> None:
    question = Question("acme-vat", "acme_vat.registered", True, "acme_vat.registered true")

    with pytest.raises((ValueError, TypeError)):
        list(asking._answers(described(acme_vat.ext), [question], 1, said))


def test_a_reason_that_nobody_agreed_to_is_left_out_and_a_failed_answer_too() -> None:
    question = Question("acme-vat", "acme_vat.registered", True, "key")
    said = [[[True, "other"], [None, ""], None, [False, "big"]]]

    assert list(asking._answers(described(acme_vat.ext), [question], 4, said)) == [
        (0, "key", (True, "")),
        (1, "key", (None, "")),
        (3, "key", (False, "big")),
    ]


@pytest.mark.parametrize(
    "said", [5, [], [["CARD", 0.5]], [["CARD", 2, "listed"]], [["CARD", 0.5, "other"]], [5]]
)
def test_proposals_of_another_shape_are_none(said: object) -> None:
    with pytest.raises((ValueError, TypeError)):
        list(asking._sources(described(acme_vat.ext), [0], said))


def test_what_well_behaved_plugins_do_is_let_pass(ask: Ask, troubles: list[Trouble]) -> None:
    plugin = Found("libraries", "libraries", "1", "tests.unit.plugins.uses_libraries:ext")

    (facts,) = ask("always", [person()], plugin)

    assert troubles == []
    assert facts.further["libraries.zone"] == "2026-07-01T00:00:00+02:00"
    assert facts.further["libraries.template"] == "2"
    assert facts.further["libraries.thread"] == "a"
    assert len(facts.further) == 7
