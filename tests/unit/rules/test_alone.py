from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from so_privacy_ext.rules.activation import NO_TEMPLATE, resolve
from so_privacy_ext.rules.alone import lists_alone, resolve_alone
from so_privacy_ext.rules.decide import decide
from so_privacy_ext.rules.manifest import Manifest, parse
from so_privacy_ext.sdk import Facts


def test_the_published_manifest_is_ready_without_a_tenant(nordic: Manifest) -> None:
    active = resolve_alone(nordic)

    assert active.digest == nordic.digest
    assert [rule.rule_id for rule in active.rules] == [rule.id for rule in nordic.content.rules]
    assert all(mail.template_id != NO_TEMPLATE for mail in active.mails.values())


def test_nothing_that_a_manifest_names_is_lacking(nordic: Manifest) -> None:
    assert resolve(nordic, lists_alone(nordic)).digest == nordic.digest


@pytest.mark.parametrize("word", ["category", "business", "position"])
def test_a_named_item_has_an_id_that_decides(small: Callable[[str], str], word: str) -> None:
    rules = (
        f"  - {{id: a, when: {{{word}: [Alpha, Beta]}}, give: none, because: x}}\n"
        f"  - {{id: b, when: {{{word}: Gamma}}, give: review, because: x}}\n"
    )
    manifest = parse(small(rules).encode(), "small.yaml")
    lists = lists_alone(manifest)
    named = {"category": lists.categories, "business": lists.businesses, "position": lists.positions}[word]
    active = resolve_alone(manifest)

    def ruling(name: str) -> set[str]:
        her: dict[str, Any] = {f"{word}_id": next(at for at, item in named.items() if item == name)}
        return {one.rule_id for one in decide(replace(Facts(), **her), active).decisions}

    assert sorted(named.values()) == ["Alpha", "Beta", "Gamma"]
    assert (ruling("Alpha"), ruling("Beta"), ruling("Gamma")) == ({"a"}, {"a"}, {"b"})


def test_a_name_that_is_a_part_of_another_is_the_same_item(small: Callable[[str], str]) -> None:
    rules = (
        "  - {id: a, when: {category: Kunde}, give: none, because: x}\n"
        '  - {id: b, when: {category: \'US:"Customer";DA:"Kunde"\'}, give: none, because: x}\n'
    )

    assert lists_alone(parse(small(rules).encode(), "small.yaml")).categories == {
        1: 'US:"Customer";DA:"Kunde"'
    }


def test_names_of_rules_that_are_switched_off_and_of_retention_count_too(nordic: Manifest) -> None:
    lists = lists_alone(nordic)

    assert set(lists.categories.values()) == {"Customer", "Prospect", "Lost customer"}
    assert set(lists.businesses.values()) == {"Sole trader"}


def test_the_default_source_is_there_although_the_manifest_leaves_it_out(small: Callable[[str], str]) -> None:
    text = small("  - {id: a, when: always, give: none, because: x}\n")
    manifest = parse(text.replace("  API: {type: system, article: 14}\n", "").encode(), "small.yaml")

    assert [one.key for one in lists_alone(manifest).sources] == ["WEBFORM", "CARD", "API"]
