# ruff: noqa: E501  # a message or a rule stands on one line, as its reader sees it
from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from so_privacy_ext.model import AssociateId, Authority, Consent, PersonId, Ruling, TenantLists
from so_privacy_ext.proof.arbiter import Write, settle
from so_privacy_ext.rules.activation import ActiveManifest, resolve
from so_privacy_ext.rules.decide import decide
from so_privacy_ext.rules.manifest import parse
from so_privacy_ext.sdk import UNKNOWN, Facts

Activate = Callable[[str], ActiveManifest]


def short(ruling: Ruling) -> list[str]:
    return [f"{one.purpose} {one.outcome} {one.rule_id}" for one in ruling.decisions]


def test_where_no_rule_matches_nothing_is_decided(activate: Activate) -> None:
    ruling = decide(Facts(), activate("  - {id: a, when: {retired: true}, give: none, because: x}\n"))

    assert ruling.decisions == ()
    assert (ruling.tell, ruling.tell_rule, ruling.gives_none) == (None, None, False)


def test_an_unknown_fact_matches_neither_a_word_nor_its_opposite(activate: Activate) -> None:
    active = activate(
        "  - {id: a, when: {country: DK}, give: none, because: x}\n"
        "  - {id: b, when: {not: {country: DK}}, give: none, because: x}\n"
    )

    assert decide(Facts(country=UNKNOWN), active).decisions == ()


def test_the_first_match_decides_purpose_by_purpose(activate: Activate) -> None:
    active = activate(
        "  - {id: a, when: {source: CARD}, give: {STORE: {basis: 61F}}, because: met}\n"
        "  - {id: b, when: always, give: {STORE: {basis: 61B}, EMARKETING: deny}, because: rest}\n"
        "  - {id: c, when: always, give: review, because: all}\n"
        "  - {id: d, when: always, give: none, because: too late}\n"
    )

    ruling = decide(Facts(source="CARD"), active)

    assert short(ruling) == ["STORE give a", "EMARKETING deny b", "NEWSLETTER review c"]
    assert [one.because for one in ruling.decisions] == ["met", "rest", "all"]


@pytest.mark.parametrize(
    ("given_source", "own", "written"),
    [
        ("", "WEBFORM", "WEBFORM"),
        ("", "UNKNOWN", "API"),
        ("", "", "API"),
        ("", None, "API"),
        (", source: CARD", "WEBFORM", "CARD"),
        (", source: CARD", None, "CARD"),
    ],
)
def test_the_source_is_the_rules_else_the_store_rows_else_the_default(
    activate: Activate, given_source: str, own: str | None, written: str
) -> None:
    active = activate(
        f"  - {{id: a, when: always, give: {{STORE: {{basis: 61F{given_source}}}}}, because: x}}\n"
    )

    assert decide(Facts(source=own), active).decisions[0].source == written


def test_only_giving_names_basis_source_and_expiry(activate: Activate) -> None:
    active = activate(
        "  - {id: a, when: always, give: {STORE: keep, EMARKETING: deny, NEWSLETTER: none}, because: x}\n"
    )

    for one in decide(Facts(source="CARD"), active).decisions:
        assert (one.basis, one.source, one.expires) == (None, None, None)


def test_what_stands_withdrawn_is_not_decided_and_not_counted(activate: Activate) -> None:
    active = activate(
        "  - {id: a, when: always, give: {EMARKETING: deny}, tell: again, because: x}\n"
        "  - {id: b, when: always, give: none, tell: notice, because: x}\n"
    )

    ruling = decide(
        Facts(consents={"EMARKETING": ("WITHDRAWN", "API"), "OTHER": ("WITHDRAWN", "API")}), active
    )

    assert short(ruling) == ["STORE none b"]  # NEWSLETTER is part of it
    assert ruling.withdrawn == ("EMARKETING", "OTHER")
    assert (ruling.tell, ruling.tell_rule) == ("notice", "b")
    assert ruling.gives_none


def test_store_withdrawn_stops_every_purpose_and_every_mail(activate: Activate) -> None:
    active = activate("  - {id: a, when: always, give: none, tell: notice, because: x}\n")

    ruling = decide(Facts(consents={"STORE": ("WITHDRAWN", "API")}), active)

    assert ruling == Ruling(digest=active.digest, decisions=(), withdrawn=("STORE",))


def test_the_mail_is_that_of_the_highest_rule_that_decided_and_tells(activate: Activate) -> None:
    active = activate(
        "  - {id: a, when: {source: CARD}, give: {EMARKETING: deny}, because: x}\n"
        "  - {id: b, when: {source: API}, give: {STORE: keep}, tell: again, because: x}\n"
        "  - {id: c, when: always, give: {EMARKETING: deny}, tell: again, because: x}\n"
        "  - {id: d, when: always, give: {STORE: keep}, tell: notice, because: x}\n"
        "  - {id: e, when: always, give: {NEWSLETTER: keep}, tell: again, because: x}\n"
    )

    ruling = decide(Facts(source="CARD"), active)

    assert (ruling.tell, ruling.tell_rule) == ("notice", "d")


@pytest.mark.parametrize(
    ("first", "expected"),
    [("none", True), ("review", False), ("{STORE: none}", False), ("{STORE: keep}", False)],
)
def test_giving_none_at_all_is_told_of_the_highest_deciding_rule_only(
    activate: Activate, first: str, *, expected: bool
) -> None:
    active = activate(
        f"  - {{id: a, when: always, give: {first}, because: x}}\n"
        "  - {id: b, when: always, give: none, because: x}\n"
    )

    assert decide(Facts(), active).gives_none is expected


RULES = [
    "  - {{id: r{}, when: {{country: [DK, SE]}}, give: {{STORE: {{basis: 61F}}, EMARKETING: deny}}, because: x}}\n",
    "  - {{id: r{}, when: {{not: {{country: DK}}}}, give: {{NEWSLETTER: {{basis: 61A, source: CARD}}}}, because: x}}\n",
    "  - {{id: r{}, when: {{source: CARD, retired: false}}, give: {{STORE: {{basis: 61B}}}}, tell: again, because: x}}\n",
    "  - {{id: r{}, when: {{any: [{{age_below: 15}}, {{creator: form}}]}}, give: review, because: x}}\n",
    "  - {{id: r{}, when: {{evidence: {{tick: EMARKETING}}}}, give: {{EMARKETING: keep}}, tell: notice, because: x}}\n",
    "  - {{id: r{}, when: always, give: none, because: x}}\n",
]
BASES = st.sampled_from(["61A", "61B", "61F", "WITHDRAWN"])
SOURCES = st.sampled_from(["CARD", "WEBFORM", "API", "UNKNOWN"])
FACTS = st.builds(
    Facts,
    creator=st.sampled_from([UNKNOWN, "form", "user"]),
    source=SOURCES | st.none(),
    country=st.sampled_from([UNKNOWN, "DK", "NO", "SE"]),
    retired=st.booleans(),
    age=st.sampled_from([UNKNOWN, 12, 40]),
    consents=st.dictionaries(
        st.sampled_from(["STORE", "EMARKETING", "NEWSLETTER"]), st.tuples(BASES, SOURCES)
    ),
)
CHOSEN = st.lists(st.sampled_from(RULES), min_size=1, max_size=5)
several_times = settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def numbered(rules: list[str]) -> str:
    return "".join(rule.format(at) for at, rule in enumerate(rules))


@several_times
@given(rules=CHOSEN, facts=FACTS)
def test_each_purpose_is_decided_at_most_once_and_always_alike(
    activate: Activate, rules: list[str], facts: Facts
) -> None:
    active = activate(numbered(rules))

    ruling = decide(facts, active)

    assert ruling == decide(facts, active)
    purposes = [one.purpose for one in ruling.decisions]
    assert len(purposes) == len(set(purposes))
    assert not set(purposes) & set(ruling.withdrawn)
    if "STORE" in ruling.withdrawn:
        assert not purposes


@several_times
@given(rules=CHOSEN, facts=FACTS, seed=st.integers())
def test_the_order_of_keys_plays_no_part(
    small: Callable[[str], str], lists: TenantLists, rules: list[str], facts: Facts, seed: int
) -> None:
    text = small(numbered(rules))
    turned = _turned(text, random.Random(seed))
    shuffled = replace(facts, consents=dict(reversed(list(facts.consents.items()))))

    one = decide(facts, resolve(parse(text.encode(), "m"), lists))
    other = decide(shuffled, resolve(parse(turned.encode(), "m"), lists))

    assert replace(one, digest="") == replace(other, digest="")


def _turned(text: str, chance: random.Random) -> str:
    """Write the keys of each flow mapping that holds no other in another order, and the sections as well."""
    import re

    def shuffle(match: re.Match[str]) -> str:
        parts = match[1].split(", ")
        chance.shuffle(parts)
        return "{" + ", ".join(parts) + "}"

    text = re.sub(r"\{([^{}\[\]]*)\}", shuffle, text)
    sections = re.split(r"(?m)^(?=[a-z])", text)
    chance.shuffle(sections)
    return "".join(sections)


@several_times
@given(rules=CHOSEN, facts=FACTS)
def test_deciding_again_on_what_was_written_writes_nothing(
    activate: Activate, rules: list[str], facts: Facts
) -> None:
    active = activate(numbered(rules))
    authorities = dict.fromkeys(facts.consents, Authority.IMPORT)
    for again in range(3):
        writes = {}
        for decision in decide(facts, active).decisions:
            current = _row(facts, decision.purpose)
            settled = settle(decision, current, authorities.get(decision.purpose))
            if isinstance(settled, Write):
                writes[settled.purpose] = (settled.basis, settled.source)
        if again == 2:  # the first write may give a STORE row its source, and a rule may ask for that
            assert not writes
        facts = replace(facts, consents={**facts.consents, **writes})
        facts = replace(facts, source=facts.consents["STORE"][1] if "STORE" in facts.consents else None)
        authorities |= dict.fromkeys(writes, Authority.RULE)


def _row(facts: Facts, purpose: str) -> Consent | None:
    from datetime import UTC, datetime

    if purpose not in facts.consents:
        return None
    basis, source = facts.consents[purpose]
    when = datetime(2026, 1, 1, tzinfo=UTC)
    return Consent(PersonId(1), purpose, basis, source, "", when, AssociateId(1), None, AssociateId(0), 0)


TREE = ("STORE", "EMARKETING", "NEWSLETTER")


@pytest.mark.parametrize(
    ("withdrawn", "decided"),
    [
        ((), ["STORE", "EMARKETING", "NEWSLETTER"]),
        (("NEWSLETTER",), ["STORE", "EMARKETING"]),
        (("EMARKETING",), ["STORE"]),
        (("STORE",), []),
        (("NOWHERE",), ["STORE", "EMARKETING", "NEWSLETTER"]),
    ],
)
def test_a_withdrawal_counts_for_all_that_is_part_of_what_was_withdrawn(
    activate: Activate, withdrawn: tuple[str, ...], decided: list[str]
) -> None:
    active = activate("  - {id: a, when: always, give: review, because: all}\n")

    ruling = decide(Facts(consents=dict.fromkeys(withdrawn, ("WITHDRAWN", "WEBFORM"))), active)

    assert [one.purpose for one in ruling.decisions] == decided
    assert ruling.withdrawn == withdrawn


@given(
    stands=st.dictionaries(
        st.sampled_from(TREE), st.tuples(st.sampled_from(["61A", "61F", "WITHDRAWN"]), st.just("API"))
    ),
    also=st.sampled_from(TREE),
)
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_who_withdraws_more_is_never_decided_more(
    activate: Activate, stands: dict[str, tuple[str, str]], also: str
) -> None:
    active = activate("  - {id: a, when: always, give: review, because: all}\n")
    before = decide(Facts(consents=stands), active).decisions

    after = decide(Facts(consents={**stands, also: ("WITHDRAWN", "API")}), active).decisions

    assert {one.purpose for one in after} <= {one.purpose for one in before} - {also}
