"""Compares what came out with what was written by hand."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from so_sandbox.demo.persons import MAILS, MAILS_OF_THE_CRM, OPEN_DUTIES, OPEN_REVIEWS, WRITES, Expected
from so_sandbox.demo.story import Seen, Story

_REFUSED = 401
_HANNA, _WITHDRAWN = 8, "WITHDRAWN"
_OURS = "privacy-notice-"
"""How the names of our templates begin; all other mails are the CRM's own."""


@dataclass(frozen=True, slots=True)
class Row:
    """One person's line of the table, as it came out."""

    number: int
    who: str
    enters: str
    consents: tuple[str, ...]
    """One text for each purpose: what the CRM held → what we wrote."""
    rule: str
    mail: str
    fault: str
    """Empty, or what is not as written."""


@dataclass(frozen=True, slots=True)
class Check:
    """One line below the table."""

    right: bool
    text: str


def row_of(seen: Seen, person: Expected, person_id: int) -> Row:
    """Compare one person's journal entry, consents and mails with what is written of her."""
    decided = seen.decided.get(person_id)
    if decided is None:
        return _row(person, "nothing decided", {}, "-", "nothing was decided")
    written = {
        one["purpose"]: f"{one['basis']}/{one['source']}"
        for one in decided["decisions"]
        if one["result"] == "written"
    }
    rules = sorted({one["rule"] for one in decided["decisions"] if one["purpose"] == "STORE"})
    outcomes = {one["purpose"]: one["outcome"] for one in decided["decisions"]}
    rule, mail = ", ".join(rules), _mail(seen, person_id, decided)
    found: dict[str, tuple[object, object]] = {
        "rule": (rule, person.rule),
        "written": (written, dict(person.written)),
        "in the CRM": (stands(seen, person_id), dict(person.stands)),
        "mail": (mail, person.mail),
        "decided": ({key: outcomes.get(key) for key in person.decided}, dict(person.decided)),
    }
    faults = [f"{what} is {one}, expected {other}" for what, (one, other) in found.items() if one != other]
    return _row(person, rule, written, mail, "; ".join(faults))


def after_all(story: Story) -> Iterator[Check]:
    """Count; then repeat, forge and withdraw, and see that nothing more is written or sent."""
    shown, mails = story.shown_with("duties", OPEN_DUTIES), story.mails()
    ours = [one for one in mails if one["template_name"].startswith(_OURS)]
    yield equal("consents written", story.writes(), WRITES)
    yield equal("mails of ours", len(ours), MAILS)
    yield equal("mails that the CRM sent by itself", len(mails) - len(ours), MAILS_OF_THE_CRM)
    what = "duties open (Karin has no address; Bjørn's closed when the CRM's mail was found)"
    yield equal(what, shown["duties"], OPEN_DUTIES)
    yield equal("items that wait for a human", shown["reviews"], OPEN_REVIEWS)
    repeated = story.repeat_all()
    yield Check(repeated > 0, f"deliveries repeated, in any order: {repeated}")
    yield equal("consents written after that", story.writes(), WRITES)
    yield equal("mails after that", len(story.mails()), len(mails))
    yield equal("a forged delivery is answered", story.forge(), [_REFUSED])
    story.withdraw(_HANNA)
    now = stands(story.look(), story.ids[_HANNA])["EMARKETING"]
    yield Check(now == _WITHDRAWN, f"Hanna withdraws, then her title changes: EMARKETING stands {now}")
    yield equal("consents written, echoes of our own included", story.writes(), WRITES)
    yield equal("mails", len(story.mails()), len(mails))
    shown = story.shown()
    yield equal("deliveries quarantined or given up", [shown["quarantined"], shown["dead"]], [0, 0])
    yield Check(story.chain_holds(), "the journal's chain holds")
    yield equal("SOAP envelopes that break the schema", story.violations(), 0)


def stands(seen: Seen, person_id: int) -> dict[str, str]:
    """Give purpose → basis/source; of a withdrawn one only that it is."""
    return {
        one["purpose"]: _WITHDRAWN if one["basis"] == _WITHDRAWN else f"{one['basis']}/{one['source']}"
        for one in seen.persons[person_id]["consents"]
    }


def _row(person: Expected, rule: str, written: Mapping[str, str], mail: str, fault: str) -> Row:
    purposes = [*person.held, *(key for key in written if key not in person.held)]
    consents = tuple(_change(key, person.held.get(key), written.get(key)) for key in purposes)
    return Row(person.number, person.who, person.enters, consents, rule, mail.replace(_OURS, "notice"), fault)


def _change(purpose: str, held: str | None, written: str | None) -> str:
    """Say what the CRM held and what we wrote, and a source that stayed the same once."""
    if held is None or written is None:
        return f"{purpose} {'' if held else '→ '}{held or written}"
    basis, _, source = held.partition("/")
    return f"{purpose} {basis if written.endswith(f'/{source}') else held} → {written}"


def _mail(seen: Seen, person_id: int, decided: Mapping[str, Any]) -> str:
    ours = [one for one in seen.mails.get(person_id, []) if one["template_name"].startswith(_OURS)]
    if decided["mail"] != "sent":
        return str(decided["mail"]) if not ours else f"{decided['mail']}, and {len(ours)} in the outbox"
    return (
        ", ".join(f"{one['template_name']} {one['language']}" for one in ours)
        or "sent, but not in the outbox"
    )


def equal(what: str, found: object, expected: object) -> Check:
    """Check a figure, and say what was expected where it is another."""
    right = found == expected
    return Check(right, f"{what}: {found}" + ("" if right else f", expected {expected}"))
