"""What the structure of conditions says of two manifests holds for persons who are decided by both."""

from __future__ import annotations

from random import Random
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from so_privacy_ext.rules.activation import ActiveManifest, resolve_what_stands
from so_privacy_ext.rules.alone import lists_alone
from so_privacy_ext.rules.decide import decide
from so_privacy_ext.rules.manifest import Manifest, parse
from so_privacy_ext.sdk import Facts
from so_privacy_ext.trial.apart import Apart
from so_privacy_ext.trial.consequences import changes
from so_privacy_ext.trial.mutants import mutants
from tests.unit.rules.random_manifests import crowd, rules, text_of
from tests.unit.trial.conftest import small_manifest

FEW = ("source", "country", "has_email", "evidence", "age_below", "category", "email_domain")


def ready(*manifests: Manifest) -> list[ActiveManifest]:
    lists = lists_alone(*manifests)
    return [resolve_what_stands(one, lists) for one in manifests]


def differs(person: Facts, before: ActiveManifest, after: ActiveManifest) -> bool:
    return any(True for _ in changes(decide(person, before), decide(person, after)))


def mutant_of(drawn: list[dict[str, Any]], random: Random) -> tuple[ActiveManifest, ActiveManifest] | None:
    manifest = parse(text_of(drawn).encode(), "drawn.yaml")
    changed = random.choice(list(mutants(manifest))).manifest(manifest)
    if changed is None:
        return None
    before, after = ready(manifest, changed)
    return before, after


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(rules(*FEW, most=4), st.randoms(use_true_random=False))
def test_who_are_surely_alike_are_alike_for_everybody(drawn: list[dict[str, Any]], random: Random) -> None:
    both = mutant_of(drawn, random)
    if both is None:
        return
    apart = Apart(*both)
    witness = apart.first()

    assert witness is None or differs(witness, *both)
    if apart.surely_alike():
        assert witness is None
        for person in crowd(random.randrange(1000), 60):
            assert not differs(person, *both)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(rules(*FEW, most=3), rules(*FEW, most=3))
def test_every_change_of_a_purpose_that_anybody_meets_has_an_example(
    drawn: list[dict[str, Any]], other: list[dict[str, Any]]
) -> None:
    before, after = ready(*(parse(text_of(one).encode(), "drawn.yaml") for one in (drawn, other)))
    found = {one.change: one.person for one in Apart(before, after).examples()}

    for change, person in found.items():
        assert change in set(changes(decide(person, before), decide(person, after)))
    met = {
        (change.what, change.before_rule, change.after_rule)
        for person in crowd(1, 100)
        for change in changes(decide(person, before), decide(person, after))
        if change.what != "mail"
    }
    assert met <= {(one.what, one.before_rule, one.after_rule) for one in found}


def alike(before: str, after: str) -> bool:
    return Apart(*ready(small_manifest(before), small_manifest(after))).surely_alike()


CARD = "  - {id: card, when: {source: CARD}, give: {STORE: {basis: 61F}}, tell: notice, because: x}\n"
FORM = "  - {id: form, when: {source: WEBFORM}, give: {STORE: {basis: 61F}}, tell: again, because: x}\n"
LATE = "  - {id: late, when: {all: [{source: CARD}, {retired: true}]}, give: {STORE: deny}, because: x}\n"
MARK = "  - {id: mark, when: {retired: true}, give: {EMARKETING: deny}, because: x}\n"
MAIL = MARK.replace("because", "tell: again, because")


def test_rules_that_no_one_person_meets_may_change_places() -> None:
    assert alike(CARD + FORM, FORM + CARD)


def test_rules_for_other_purposes_may_change_places_unless_both_tell() -> None:
    assert alike(CARD + MARK, MARK + CARD)
    assert not alike(CARD + MAIL, MAIL + CARD)
    assert alike(MAIL + FORM, FORM + MAIL)  # both tell, but the same
    assert alike(LATE + MARK, MARK + LATE)


def test_a_rule_that_never_decides_may_be_left_out() -> None:
    assert alike(CARD + LATE, CARD)
    assert not alike(LATE + CARD, CARD)


def test_another_rule_with_the_same_outcome_is_not_surely_alike_but_nobody_differs() -> None:
    before, after = ready(small_manifest(CARD), small_manifest(CARD.replace("id: card", "id: other")))
    apart = Apart(before, after)

    assert not apart.surely_alike()
    assert apart.first() is None
    assert apart.examples() == []


def test_what_cannot_be_computed_is_not_surely_alike_and_not_complete() -> None:
    """A rule of more boxes than are computed, on both sides."""
    countries = [first + second for first in "ABCDEFGHIJKLMNOPQR" for second in "ABCDEFGHIJKLMNOPQR"]
    pairs = ", ".join(f"{{email_domain: d{at}.example, country: {one}}}" for at, one in enumerate(countries))
    hard = f"  - {{id: hard, when: {{any: [{pairs}]}}, give: {{STORE: deny}}, because: x}}\n"
    both = ready(small_manifest(hard), small_manifest(hard.replace("STORE: deny", "STORE: keep")))
    apart = Apart(*both)

    assert not apart.surely_alike()
    assert apart.examples() == []
    assert not apart.complete
