# ruff: noqa: E501  # a message or a rule stands on one line, as its reader sees it
from __future__ import annotations

from collections.abc import Callable

import pytest

from so_privacy_ext.rules.findings import ManifestInvalid
from so_privacy_ext.rules.manifest import parse

Small = Callable[[str], str]
ONE_RULE = "  - {id: all, when: always, give: {STORE: {basis: 61F}}, because: x}\n"


def messages(text: str) -> list[str]:
    with pytest.raises(ManifestInvalid) as caught:
        parse(text.encode(), "m")
    return str(caught.value).splitlines()


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        (
            "{id: a, when: always, give: {STORF: keep}, because: x}",
            (
                "m:18:34: unknown_purpose: there is no purpose `STORF`; "
                "did you mean `STORE`? allowed: EMARKETING, NEWSLETTER, STORE"
            ),
        ),
        (
            "{id: a, when: always, give: {STORE: {basis: 61X}}, because: x}",
            (
                "m:18:49: unknown_legal_basis: there is no legal basis `61X`; "
                "did you mean `61F`? allowed: 61A, 61B, 61F, WITHDRAWN"
            ),
        ),
        (
            "{id: a, when: always, give: {EMARKETING: {basis: 61F}}, because: x}",
            "m:18:54: basis_not_allowed: `61F` can't carry `EMARKETING`; its `allowed` has 61A",
        ),
        (
            "{id: a, when: always, give: {STORE: {basis: WITHDRAWN}}, because: x}",
            "m:18:49: withdrawn_given: a rule can't give `WITHDRAWN`; only the person takes a consent back",
        ),
        (
            "{id: a, when: always, give: {STORE: {basis: 61F, source: UNKNOWN}}, because: x}",
            (
                "m:18:62: unknown_source: a rule can't write `UNKNOWN`; "
                "name the source, or leave it out to keep that of the STORE row"
            ),
        ),
        (
            "{id: a, when: always, give: {STORE: {basis: 61F, source: CART}}, because: x}",
            "m:18:62: unknown_source: there is no source `CART`; did you mean `CARD`? allowed: API, CARD, WEBFORM",
        ),
        (
            "{id: a, when: always, give: none, tell: notices, because: x}",
            "m:18:45: unknown_mail: there is no mail `notices`; did you mean `notice`? allowed: again, notice",
        ),
        (
            "{id: a, when: {any: [{not: {source: [CARD, CART]}}]}, give: none, because: x}",
            "m:18:48: unknown_source: there is no source `CART`; did you mean `CARD`? allowed: API, CARD, UNKNOWN, WEBFORM",
        ),
        (
            "{id: a, when: {evidence: {tick: EMARKET}}, give: none, because: x}",
            (
                "m:18:37: unknown_purpose: there is no purpose `EMARKET`; "
                "did you mean `EMARKETING`? allowed: EMARKETING, NEWSLETTER, STORE"
            ),
        ),
    ],
)
def test_what_a_rule_names_must_be_declared(small: Small, rule: str, message: str) -> None:
    assert messages(small(f"  - {rule}\n")) == [message]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            "fallback: en",
            "fallback: sv",
            "m:4:42: unknown_enabled_language: there is no enabled language `sv`; allowed: da, en",
        ),
        (
            "NEWSLETTER: {allowed: [61A]",
            "NEWSLETTER: {allowed: [61Z]",
            (
                "m:13:26: unknown_legal_basis: there is no legal basis `61Z`; "
                "did you mean `61F`? allowed: 61A, 61B, 61F, WITHDRAWN"
            ),
        ),
        (
            "parent: EMARKETING",
            "parent: MARKETING",
            (
                "m:13:40: unknown_purpose: there is no purpose `MARKETING`; "
                "did you mean `EMARKETING`? allowed: EMARKETING, NEWSLETTER, STORE"
            ),
        ),
        (
            "parent: EMARKETING",
            "parent: NEWSLETTER",
            "m:13:3: parent_cycle: `NEWSLETTER` is its own ancestor; a purpose's parents end somewhere",
        ),
        (
            "expires: P2Y",
            "expires: P2Y, renew: notice",
            (
                "m:12:53: renewal_without_retell: `notice` goes to nobody who was told anything before; "
                "give that mail `retell: true`"
            ),
        ),
        (
            "expires: P2Y",
            "expires: P2Y, renew: agin",
            "m:12:53: unknown_mail: there is no mail `agin`; did you mean `again`? allowed: again, notice",
        ),
        (
            "allowed: [61B, 61F]",
            "allowed: [61B, 61F], at_end: {basis: 61A}",
            (
                "m:11:48: consent_at_end: `STORE` would get a consent at its end; "
                "name a basis that needs none, or write `at_end: keep`"
            ),
        ),
        (
            "allowed: [61B, 61F]",
            "allowed: [61B, 61F], at_end: {basis: 61Z}",
            (
                "m:11:48: unknown_legal_basis: there is no legal basis `61Z`; "
                "did you mean `61F`? allowed: 61A, 61B, 61F, WITHDRAWN"
            ),
        ),
        (
            "allowed: [61B, 61F]",
            "allowed: [61B, 61F], at_end: {basis: 61B, source: CART}",
            (
                "m:11:61: unknown_source: there is no source `CART`; "
                "did you mean `CARD`? allowed: API, CARD, WEBFORM"
            ),
        ),
        (
            "parent: EMARKETING",
            "parent: [EMARKETING]",
            "m:13:40: wrong_type: found a list; allowed: a key of the tenant's list: letters and digits only",
        ),
    ],
)
def test_what_the_other_parts_name_must_be_declared(small: Small, old: str, new: str, message: str) -> None:
    assert messages(small(ONE_RULE).replace(old, new)) == [message]


@pytest.mark.row("B83")
def test_a_circle_of_parents_is_named_at_each_of_them(small: Small) -> None:
    text = (
        small(ONE_RULE)
        .replace("STORE: {a", "STORE: {parent: NEWSLETTER, a")
        .replace("expires: P2Y", "parent: STORE", 1)
    )

    assert [one.split(":")[1:4] for one in messages(text)] == [
        ["11", "3", " parent_cycle"],
        ["12", "3", " parent_cycle"],
        ["13", "3", " parent_cycle"],
    ]


def test_a_parent_whose_own_parent_is_missing_is_no_circle(small: Small) -> None:
    text = small(ONE_RULE).replace("expires: P2Y", "parent: NOWHERE")

    assert [one.split(":")[3] for one in messages(text)] == [" unknown_purpose"]


def test_two_rules_of_one_id_are_one_too_many_even_if_one_is_switched_off(small: Small) -> None:
    text = small(ONE_RULE) + "optional:\n" + ONE_RULE

    assert messages(text) == [
        (
            "m:20:10: duplicate_id: `all` is the id of another rule too; "
            "that one stands on line 18; give this one a name of its own"
        )
    ]


def test_a_rule_that_is_switched_off_may_give_what_is_not_allowed_yet(small: Small) -> None:
    rule = "  - {id: off, when: always, give: {EMARKETING: {basis: 61F, kind: soft_opt_in}}, because: x}\n"

    assert parse((small(ONE_RULE) + "optional:\n" + rule).encode(), "m").content.optional[0].id == "off"


def test_a_source_may_be_asked_for_that_nobody_may_write(small: Small) -> None:
    rule = "  - {id: a, when: {source: [UNKNOWN]}, give: none, because: x}\n"

    assert parse(small(rule).encode(), "m").content.rules


def test_where_nothing_is_declared_nothing_could_stand() -> None:
    text = "rules: [{id: a, when: always, give: {STORE: keep}, tell: m, because: x}]"

    assert (
        "m:1:38: unknown_purpose: there is no purpose `STORE`; there is none that could stand here"
        in messages(text)
    )


@pytest.mark.parametrize("rules", ["x", "[x]", "[{}]", "[{id: [], when: {}, give: x}]", "{a: b}"])
def test_what_has_no_shape_is_left_to_the_shape(rules: str) -> None:
    assert all(
        " missing_key: " in one or " wrong" in one or " empty" in one for one in messages(f"rules: {rules}")
    )


def test_what_becomes_of_a_purpose_at_its_end_may_be_said(small: Small) -> None:
    ends = "expires: P2Y, renew_before: P60D, renew: again, at_end: review"
    text = small(ONE_RULE).replace("expires: P2Y", ends)
    text = text.replace("allowed: [61B, 61F]", "allowed: [61B, 61F], at_end: {basis: 61B, source: API}")

    assert parse(text.encode(), "m").content.purposes["EMARKETING"].renew == "again"
