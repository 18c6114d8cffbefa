from __future__ import annotations

from datetime import date

from so_privacy_ext.plugins.troubles import Trouble
from so_privacy_ext.sdk import Facts, Proposed, Seen
from tests.unit.plugins.conftest import ACME, Ask

ASKED = "{acme_vat.registered: true}"


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
