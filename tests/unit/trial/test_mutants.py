# ruff: noqa: E501  # a rule stands on one line
from __future__ import annotations

import json

import pytest

from so_privacy_ext.rules.manifest import Manifest, parse
from so_privacy_ext.trial.mutants import Mutant, mutants, unchanged
from tests.unit.trial.conftest import PUBLISHED, small_manifest

NORDIC = parse((PUBLISHED / "nordic-b2b.yaml").read_bytes(), "nordic-b2b.yaml")


def changes_of(rules: str) -> list[str]:
    return [f"{one.kind}: {one.rule_id} {one.what}" for one in mutants(small_manifest(rules))]


@pytest.mark.parametrize(
    ("rule", "changes"),
    [
        (
            "when: {source: CARD, retired: true}, give: none",
            [
                "when: a is turned into its opposite",
                "condition: a when.source is not asked",
                "condition: a when.retired is not asked",
                "value: a when.retired is false",
                "outcome: a gives review instead of none",
            ],
        ),
        (
            "when: {any: [{source: [CARD, CHAT]}, {not: {age_below: 15}}]}, give: review",
            [
                "when: a is turned into its opposite",
                "condition: a when.any is not asked",
                "condition: a when.any[0] is not asked",
                "condition: a when.any[0].source is not asked",
                "value: a when.any[0].source is not CARD",
                "value: a when.any[0].source is not CHAT",
                "condition: a when.any[1] is not asked",
                "condition: a when.any[1].not is not asked",
                "condition: a when.any[1].not.age_below is not asked",
                "value: a when.any[1].not.age_below is 16",
                "value: a when.any[1].not.age_below is 14",
                "outcome: a gives none instead of review",
            ],
        ),
        (
            "when: {any: [always, {retired: true}]}, give: {STORE: keep}",
            [
                "when: a is turned into its opposite",
                "condition: a when.any is not asked",
                "condition: a when.any[0] is not asked",
                "condition: a when.any[1] is not asked",
                "condition: a when.any[1].retired is not asked",
                "value: a when.any[1].retired is false",
                "outcome: a gives STORE deny instead of keep",
                "outcome: a gives STORE review instead of keep",
            ],
        ),
        (
            "when: {evidence: {tick: EMARKETING, wording: present}}, give: {STORE: keep}",
            [
                "when: a is turned into its opposite",
                "condition: a when.evidence is not asked",
                "condition: a when.evidence.tick is not asked",
                "condition: a when.evidence.wording is not asked",
                "outcome: a gives STORE deny instead of keep",
                "outcome: a gives STORE review instead of keep",
            ],
        ),
        (
            "when: always, give: {STORE: {basis: 61F, source: API, expires: P1Y}, EMARKETING: deny}, tell: notice",
            [
                "outcome: a gives STORE nothing",
                "basis: a gives STORE 61A instead of 61F",
                "basis: a gives STORE 61B instead of 61F",
                "outcome: a gives STORE keep instead of 61F",
                "source: a gives STORE its own source",
                "expiry: a gives STORE for as long as the purpose says",
                "expiry: a gives STORE for P2Y",
                "outcome: a gives EMARKETING nothing",
                "outcome: a gives EMARKETING keep instead of deny",
                "outcome: a gives EMARKETING review instead of deny",
                "tell: a tells nobody",
                "tell: a tells again instead of notice",
            ],
        ),
    ],
)  # fmt: skip
def test_one_thing_is_changed_at_a_time(rule: str, changes: list[str]) -> None:
    ends = ["expiry: purposes EMARKETING has no end", "expiry: purposes EMARKETING lasts P3Y"]

    assert changes_of(f"  - {{id: a, {rule}, because: x}}\n") == [*changes, *ends]


def test_rules_are_left_out_and_change_places() -> None:
    rules = "".join(f"  - {{id: {one}, when: always, give: none, because: x}}\n" for one in "abc")

    assert [one for one in changes_of(rules) if one[:5] in {"guard", "order"}] == [
        "guard: a is left out",
        "guard: b is left out",
        "guard: c is left out",
        "order: a comes after b",
        "order: b comes after c",
    ]


def test_a_condition_is_a_guard_where_a_basis_is_given_and_a_rule_where_none_is() -> None:
    rules = (
        "  - {id: a, when: {source: [CARD, CHAT]}, give: {STORE: {basis: 61F}}, because: x}\n"
        "  - {id: b, when: {source: CARD}, give: {STORE: keep}, because: x}\n"
    )
    found = changes_of(rules)

    assert [one for one in found if one.startswith("guard")] == [
        "guard: a when.source is not asked",
        "guard: b is left out",
    ]
    assert {"rule: a is left out", "condition: b when.source is not asked"} <= set(found)


@pytest.mark.parametrize(
    ("period", "longer"), [("P1M", "P2M"), ("P2Y", "P3Y"), ("P1Y6M", "P1Y7M"), ("P24M", "P25M")]
)
def test_a_period_is_made_longer(period: str, longer: str) -> None:
    rule = f"  - {{id: a, when: always, give: {{STORE: {{basis: 61F, expires: {period}}}}}, because: x}}\n"

    assert f"expiry: a gives STORE for {longer}" in changes_of(rule)


def plain(of: Mutant) -> str:
    return json.dumps(of.plain)


def test_every_change_differs_from_what_was_and_from_every_other() -> None:
    found = list(mutants(NORDIC))

    assert len({plain(one) for one in found} | {json.dumps(NORDIC.root.plain())}) == len(found) + 1
    kinds = {"when", "guard", "condition", "value", "rule", "order", "outcome", "basis", "expiry", "tell"}
    assert {one.kind for one in found} == kinds


def test_what_the_form_refuses_is_no_manifest() -> None:
    small = small_manifest()
    flipped = {one.what: one.manifest(small) for one in mutants(small) if one.kind == "basis"}

    assert flipped["gives STORE 61A instead of 61F"] is None
    other = flipped["gives STORE 61B instead of 61F"]
    assert isinstance(other, Manifest)
    assert other.digest != small.digest


def test_unchanged_means_the_same() -> None:
    assert unchanged(NORDIC).content == NORDIC.content
