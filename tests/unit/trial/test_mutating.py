from __future__ import annotations

from datetime import date

import pytest

from so_privacy_ext.rules.activation import resolve_what_stands
from so_privacy_ext.rules.alone import lists_alone
from so_privacy_ext.rules.manifest import Manifest, parse
from so_privacy_ext.trial.linted import Linted, lint_mutants
from so_privacy_ext.trial.mutating import Mutated, mutate
from so_privacy_ext.trial.offering import Offering, assumed, head
from so_privacy_ext.trial.reading import Trial, read_trials
from so_privacy_ext.trial.running import run
from so_privacy_ext.trial.shape import TenantAssumed
from tests.unit.trial.conftest import PUBLISHED, read, small_manifest

TODAY = date(2026, 11, 28)


@pytest.fixture(scope="module")
def nordic() -> Manifest:
    return parse((PUBLISHED / "nordic-b2b.yaml").read_bytes(), "nordic-b2b.yaml")


@pytest.fixture(scope="module")
def trials(nordic: Manifest) -> list[Trial]:
    return read_trials((PUBLISHED / "nordic-b2b.test.yaml").read_bytes(), "nordic-b2b.test.yaml", nordic)


@pytest.fixture(scope="module")
def mutated(nordic: Manifest, trials: list[Trial]) -> Mutated:
    return mutate(nordic, trials)


def test_the_published_tests_notice_nearly_every_change(mutated: Mutated) -> None:
    assert [one.mutant for one in mutated.unnoticed if one.mutant.kind in {"basis", "guard"}] == []
    assert mutated.noticed > 100
    assert mutated.share >= 0.95


def test_only_changes_without_any_effect_are_called_equivalent(mutated: Mutated) -> None:
    assert {(one.kind, one.rule_id, one.what) for one in mutated.equivalent} == {
        ("order", "minor", "comes after young-guest"),
        ("order", "young-guest", "comes after applicant"),
        ("order", "applicant", "comes after web-tick"),
        ("order", "web-plain", "comes after event-guest"),
        ("order", "event-guest", "comes after met-in-person"),
        ("order", "met-in-person", "comes after erp"),
        ("order", "erp", "comes after bought-or-referred"),
        ("expiry", "purposes", "EMARKETING has no end"),
        ("expiry", "purposes", "EMARKETING lasts P25M"),
    }


def test_without_a_test_its_change_goes_unnoticed_and_is_named(
    nordic: Manifest, trials: list[Trial], mutated: Mutated
) -> None:
    without = [one for one in trials if "employee" not in one.name.casefold() and "Ivan" not in one.name]
    unnoticed = mutate(nordic, without).unnoticed

    assert ("own-staff", "when.any[0] is not asked") not in {
        (one.mutant.rule_id, one.mutant.what) for one in mutated.unnoticed
    }
    assert {(one.mutant.rule_id, one.mutant.what) for one in unnoticed} <= {
        ("own-staff", "when.any[0] is not asked"),
        ("own-staff", "when.any[0].is_associate is false"),
        ("own-staff", "comes after minor"),
    }


def test_tests_that_are_offered_hold_see_everything_and_notice_every_change(nordic: Manifest) -> None:
    tenant = assumed(nordic)
    offering = Offering(nordic, tenant)
    every = [(rule.id, purpose) for rule in nordic.content.rules for purpose in nordic.content.purposes]
    text = head(tenant) + "".join(text for _, text in offering.of_branches(every))
    first = mutate(nordic, read_trials(text.encode(), "offered", nordic))

    persons = {f"{one.mutant.rule_id} {one.mutant.what}": one.person for one in first.unnoticed}
    assert tenant == TenantAssumed(default_basis="61B")
    assert None not in persons.values()
    more = [offering.of_person(what, person) or "" for what, person in persons.items() if person]
    all_of_them = read_trials((text + "".join(more)).encode(), "offered", nordic)
    active = resolve_what_stands(nordic, lists_alone(nordic))
    assert not any(run(one, active).failed for one in all_of_them)
    assert mutate(nordic, all_of_them).unnoticed == []


def test_a_change_by_which_only_another_rule_decides_names_nobody() -> None:
    rules = (
        "  - {id: a, when: {source: CARD}, give: {STORE: keep}, because: x}\n"
        "  - {id: b, when: always, give: {STORE: keep}, because: x}\n"
    )
    manifest = small_manifest(rules)
    found = mutate(
        manifest, read("- {name: x, person: {source: CARD}, expect: {give: {STORE: keep}}}\n", manifest)
    )

    without = [one for one in found.unnoticed if one.mutant.what == "is left out"]
    assert [(one.mutant.rule_id, one.person is None) for one in without] == [("a", True), ("b", False)]


def test_of_the_published_manifest_laws_mind_every_basis_that_is_flipped_and_every_guard_that_is_dropped(
    nordic: Manifest,
) -> None:
    found = lint_mutants(nordic, TODAY, frozenset({"basis", "guard"}))

    assert [(one.rule_id, one.what) for one in found.silent] == []
    assert min(found.found, found.refused) > 10


def test_of_no_changes_all_are_noticed() -> None:
    assert Mutated(0, 3, [], []).share == Linted(0, 0, []).share == 1.0


def test_laws_look_at_each_change() -> None:
    rules = (
        "  - {id: a, when: {source: CARD}, give: {STORE: {basis: 61F}}, because: one}\n"
        "  - {id: b, when: always, give: {STORE: review}, because: two}\n"
    )
    found = lint_mutants(small_manifest(rules), TODAY)

    assert found.refused == 1  # 61A, which STORE doesn't allow
    assert found.found >= 1  # without the last rule there is no catch-all
    assert "is left out" not in {one.what for one in found.silent if one.rule_id == "b"}
    kinds = lint_mutants(small_manifest(rules), TODAY, frozenset({"guard"}))
    assert {one.kind for one in kinds.silent} <= {"guard"}
    assert kinds.refused == 0
