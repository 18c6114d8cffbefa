"""Compares what came out with what was written by hand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from so_sandbox.demo.persons import MAILS, MAILS_OF_THE_CRM, OPEN_DUTIES, OPEN_REVIEWS, WRITES, Expected
from so_sandbox.demo.story import Story

_REFUSED = 401
_HANNA, _BJORN, _WITHDRAWN = 8, 2, "WITHDRAWN"


@dataclass(frozen=True, slots=True)
class Row:
    """One person's line of the table, as it came out."""

    number: int
    who: str
    enters: str
    held: str
    rule: str
    written: str
    mail: str
    fault: str
    """Empty, or what is not as written."""


@dataclass(frozen=True, slots=True)
class Check:
    """One line below the table."""

    right: bool
    text: str


def row_of(story: Story, person: Expected) -> Row:
    """Look one person up in the CRM, its outbox and the product's journal."""
    decided = story.decided(person.number)
    stands = _stands(story.person(person.number))
    written = {
        one["purpose"]: f"{one['basis']}/{one['source']}"
        for one in decided["decisions"]
        if one["result"] == "written"
    }
    rules = {one["rule"] for one in decided["decisions"] if one["purpose"] == "STORE"}
    outcomes = {one["purpose"]: one["outcome"] for one in decided["decisions"]}
    mail = _mail(story, person, decided)
    found = {
        "rule": (", ".join(sorted(rules)), person.rule),
        "written": (written, dict(person.written)),
        "in the CRM": (stands, dict(person.stands)),
        "mail": (mail, person.mail),
        "decided": ({key: outcomes.get(key) for key in person.decided}, dict(person.decided)),
    }
    faults = [f"{what} is {one}, expected {other}" for what, (one, other) in found.items() if one != other]
    return Row(
        number=person.number,
        who=person.who,
        enters=person.enters,
        held=_said(person.held),
        rule=found["rule"][0],  # type: ignore[arg-type]  # the first pair holds texts
        written=_said(written) or "nothing",
        mail=mail,
        fault="; ".join(faults),
    )


def after_all(story: Story) -> list[Check]:
    """Repeat, forge and withdraw, and see that nothing more is written or sent."""
    shown, mails = story.shown(), story.mails()
    ours = [one for one in mails if one["template_name"].startswith("privacy-notice")]
    checks = [
        _equal("consents written", story.writes(), WRITES),
        _equal("mails of ours", len(ours), MAILS),
        _equal("mails that the CRM sent by itself", len(mails) - len(ours), MAILS_OF_THE_CRM),
        _equal(
            "duties open (Karin has no address; Bjørn's closed when the CRM's mail was found)",
            shown["duties"],
            OPEN_DUTIES,
        ),
        _equal("items that wait for a human", shown["reviews"], OPEN_REVIEWS),
    ]
    repeated = story.repeat_all()
    checks += [
        Check(
            repeated > 0,
            f"{repeated} deliveries repeated, in any order, a third of them under fresh EventIds",
        ),
        _equal("consents written after that", story.writes(), WRITES),
        _equal("mails after that", len(story.mails()), len(mails)),
        _equal("a forged delivery is answered", story.forge(), [_REFUSED]),
    ]
    story.withdraw(_HANNA)
    stands = _stands(story.person(_HANNA))["EMARKETING"]
    checks += [
        Check(
            stands.startswith(_WITHDRAWN),
            f"Hanna withdraws, then her title changes: EMARKETING stands {stands}",
        ),
        _equal("consents written, echoes of our own included", story.writes(), WRITES),
        _equal("mails", len(story.mails()), len(mails)),
        _equal(
            "deliveries quarantined or given up",
            [story.shown()[key] for key in ("quarantined", "dead")],
            [0, 0],
        ),
        Check(story.chain_holds(), "the journal's chain holds"),
        _equal("SOAP envelopes against the schema: violations", story.violations(), 0),
    ]
    return checks


def _mail(story: Story, person: Expected, decided: Mapping[str, Any]) -> str:
    person_id = story.ids[person.number]
    ours = [
        one
        for one in story.mails()
        if one["person_id"] == person_id and one["template_name"].startswith("privacy-notice")
    ]
    if decided["mail"] != "sent":
        return str(decided["mail"]) if not ours else f"{decided['mail']}, and {len(ours)} in the outbox"
    return ", ".join(f"{one['template_name']} {one['language']}" for one in ours)


def _stands(shown: Mapping[str, Any]) -> dict[str, str]:
    """Give purpose → basis/source; of a withdrawn one only that it is."""
    consents = {one["purpose"]: one for one in shown["consents"]}
    return {
        key: _WITHDRAWN if one["basis"] == _WITHDRAWN else f"{one['basis']}/{one['source']}"
        for key, one in consents.items()
    }


def _said(consents: Mapping[str, str]) -> str:
    return ", ".join(f"{key} {value}" for key, value in consents.items())


def _equal(what: str, found: object, expected: object) -> Check:
    right = found == expected
    return Check(right, f"{what}: {found}" + ("" if right else f", expected {expected}"))
