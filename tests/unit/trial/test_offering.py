from __future__ import annotations

from dataclasses import replace

from so_privacy_ext.rules.manifest import Manifest
from so_privacy_ext.trial.offering import Offering, assumed, head
from so_privacy_ext.trial.shape import TenantAssumed
from so_privacy_ext.trial.words import NORMAL
from tests.unit.trial.conftest import small_manifest

B61 = TenantAssumed(default_basis="61B")


def test_a_test_says_what_happens_to_whom_and_what_comes_of_it(small: Manifest) -> None:
    person = replace(NORMAL, source="WEBFORM", event="changed", changed=frozenset({"title", "name"}))

    assert Offering(small, B61).of_person("her title", person) == (
        '  - name: "her title"\n'
        "    person: {source: WEBFORM}\n"
        "    event: changed\n"
        "    changed: [name, title]\n"
        "    expect: {give: {STORE: 61F/API, EMARKETING: keep}, tell: notice, language: en}\n"
    )


def test_an_end_and_what_is_left_are_said(small: Manifest) -> None:
    card = replace(NORMAL, source="CARD")

    written, left = (Offering(small, one).of_person("x", card) for one in (B61, TenantAssumed()))
    assert "STORE: {basis: 61F, source: CARD, until: 2027-03-02T09:00}" in (written or "")
    assert "STORE: {basis: 61F, source: CARD, left: already_right}" in (left or "")


def test_where_nothing_is_decided_only_the_mail_is_spoken_of() -> None:
    manifest = small_manifest("  - {id: a, when: {retired: true}, give: none, because: x}\n")

    assert Offering(manifest, B61).of_person("x", NORMAL) == ("  - name: x\n    expect: {no_mail: no_tell}\n")


def test_of_whom_words_cannot_tell_no_test_is_offered(small: Manifest) -> None:
    nobody = replace(NORMAL, has_email=False, email_domain="example.com")

    assert Offering(small, B61).of_person("x", nobody) is None


def test_a_default_is_assumed_that_rules_change_if_there_is_one(small: Manifest) -> None:
    every = "".join(
        f"  - {{id: r{one.lower()}, when: always, give: {{STORE: {{basis: {one}}}}}, because: x}}\n"
        for one in ("61B", "61F")
    )

    assert assumed(small) == B61
    assert assumed(small_manifest(every)) == TenantAssumed()
    assert head(B61) == "rule_tests: 1\ntenant: {default_basis: 61B}\ntests:\n"
    assert head(TenantAssumed()) == "rule_tests: 1\ntenant: {}\ntests:\n"
