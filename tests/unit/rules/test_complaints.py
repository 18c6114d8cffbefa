# ruff: noqa: E501  # a message or a rule stands on one line, as its reader sees it
"""What is said about a value of the wrong shape: what was found, what is allowed, the nearest spelling."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from so_privacy_ext.rules.findings import ManifestInvalid, advice, nearest, shown
from so_privacy_ext.rules.manifest import parse

Small = Callable[[str], str]
RULE = "  - {id: all, when: always, give: {STORE: {basis: 61F}}, because: x}\n"


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("manifest: 1", "manifest: 2", "wrong_value: found the number `2`; allowed: 1"),
        ("type: manual", "type: manuel", "wrong_value: found `manuel`; did you mean `manual`? allowed: digital, manual, system"),
        ("article: 14", "article: 15", "wrong_value: found the number `15`; allowed: 13, 14"),
        ("article: 14", "carries_consent: yes, article: 14", "wrong_value: found `yes`; allowed: true, false, documented"),
        ("name: small", "name: true", "wrong_type: found `true`; allowed: a name: up to 64 small letters, digits and hyphens, no hyphen first; put it in quotes if it is meant as text"),
        ("version: 3", "version: '3'", "wrong_type: found `3`; allowed: a whole number"),
        ("version: 3", "version: 0", "wrong_value: found the number `0`; allowed: a whole number"),
        ("version: 3", "version: 99999999999999999999", "wrong_type: found the number `99999999999999999999`; allowed: a whole number"),
        ("retell: true", "retell: on", "wrong_type: found `on`; allowed: true or false"),
        ("legal_bases: [61A", "legal_bases: [61E1, 61A", "wrong_type: found the number `61E1`; allowed: a key of the tenant's list: letters and digits only; put it in quotes if it is meant as text"),
        ("allowed: [61B, 61F]", "allowed: 61F", "wrong_type: found `61F`; allowed: a list"),
        ("allowed: [61B, 61F]", "allowed: []", "empty: found a list; needed: at least one"),
        ("API: {type: system, article: 14}", "API: system", "wrong_type: found `system`; allowed: a mapping with the keys article, carries_consent, name, new, supplier, type"),
        ("mails:", "retention: []\nmails:", "wrong_type: found a list; allowed: a mapping"),
        ("  API: {", "  A-PI: {type: system, article: 14}\n  API: {", "wrong_key: `A-PI` can't be a key here; allowed: a key of the tenant's list: letters and digits only"),
        ("home: DK", "home: Denmark", "wrong_value: found `Denmark`; allowed: the controller's country, such as `DK`"),
        ("expires: P2Y", "expires: 2 years", "wrong_value: found `2 years`; allowed: a period of months or years from the first write, such as `P12M` or `P2Y`"),
        ("manifest: 1", "manifest: 1\nreview_by: 2027-02-30", "wrong_value: found `2027-02-30`; needed: a day of the calendar, such as `2027-01-31`"),
        ("because: x", "because: ''", "empty: found an empty text; allowed: a text that says why; it is kept with each decision"),
        ("because: x", f"because: {'x' * 1001}", f"too_long: found `{'x' * 59}…`; allowed: at most 1000"),
        ("give: {STORE: {basis: 61F}}", "give: keep", "wrong_value: found `keep`; allowed: none, review, a mapping"),
        ("give: {STORE: {basis: 61F}}", "give: [STORE]", "wrong_value: found a list; allowed: none, review, a mapping"),
        ("when: always", "when: {}", "empty: found a mapping; needed: at least one condition, or `always`"),
        ("when: always", "when: {source: []}", "empty: found a list; needed: at least one value"),
        ("when: always", "when: {evidence: {wording: present}}", "wrong_value: found a mapping; needed: `tick` with the purpose that was ticked"),
        ("when: always", "when: {country: [DK, dk]}", "wrong_value: found `dk`; allowed: a country's two capital letters of ISO 3166, such as `DK`"),
        ("when: always", "when: {not: {retired: 1}}", "wrong_type: found the number `1`; allowed: true or false"),
        ("when: always", "when: {age_below: country_age}", "wrong_value: found `country_age`; did you mean `country_digital_age`? allowed: country_digital_age, a whole number"),
        ("when: always", "when: {company: {is_owned: true, is_owner: true}}", "unknown_key: `is_owned` is no key here; did you mean `is_owner`? allowed: is_owner"),
    ],
)  # fmt: skip
def test_it_is_said_what_was_found_and_what_is_allowed(
    small: Small, old: str, new: str, message: str
) -> None:
    with pytest.raises(ManifestInvalid) as caught:
        parse(small(RULE).replace(old, new, 1).encode(), "m")

    assert [f"{one.code}: {one.what}; {one.how}" for one in caught.value.findings] == [message]


@pytest.mark.parametrize("value", ["*x", "!!map {}"])
def test_what_was_refused_as_yaml_is_not_refused_again(small: Small, value: str) -> None:
    with pytest.raises(ManifestInvalid) as caught:
        parse(small(RULE).replace("when: always", f"when: {value}").encode(), "m")

    assert {one.code for one in caught.value.findings} <= {"yaml_alias", "yaml_tag", "empty"}


def test_what_is_quoted_can_not_harm_a_terminal() -> None:
    assert shown("a\x1b[2Jb\n") == "`a\\u001b[2Jb\\u000a`"
    assert len(shown("x" * 1000)) == 62


def test_the_nearest_spelling_is_only_given_where_there_is_one() -> None:
    assert nearest("Sorce", ["source", "country"]) == "source"
    assert nearest("zzz", ["source", "country"]) is None
    assert nearest("source" * 100, ["source"]) is None
    assert advice("a", []) == "there is none that could stand here"
