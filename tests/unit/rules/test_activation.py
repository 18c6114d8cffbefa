# ruff: noqa: E501  # a message or a rule stands on one line, as its reader sees it
from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from so_privacy_ext.model import Purpose, TenantLists
from so_privacy_ext.rules.activation import (
    NO_TEMPLATE,
    ActiveManifest,
    PurposeEnd,
    resolve,
    resolve_what_stands,
)
from so_privacy_ext.rules.decide import decide
from so_privacy_ext.rules.findings import ManifestInvalid
from so_privacy_ext.rules.manifest import Manifest, parse
from so_privacy_ext.sdk import Facts

Activate = Callable[[str], ActiveManifest]
Small = Callable[[str], str]
RULE = "  - {id: all, when: always, give: {STORE: {basis: 61F}}, because: x}\n"


def refused(manifest: Manifest, lists: TenantLists) -> list[str]:
    with pytest.raises(ManifestInvalid) as caught:
        resolve(manifest, lists)
    return [f"{one.line}:{one.column}: {one.code}: {one.what}; {one.how}" for one in caught.value.findings]


@pytest.fixture
def small_manifest(small: Small) -> Manifest:
    return parse(small(RULE).encode(), "small.yaml")


def test_the_published_manifest_fits_the_demo_tenant(nordic: Manifest, lists: TenantLists) -> None:
    active = resolve(nordic, lists)

    assert active.name == "nordic-b2b-default"
    assert active.fallback == "en"
    assert list(active.purposes)[:2] == ["STORE", "ACCOUNTING"]
    assert active.mails["notice14"].template_id == 414
    assert active.mails["notice14"].languages == ("da", "nb", "sv", "en", "de")


def test_mails_know_their_template_version_and_languages(activate: Activate) -> None:
    mails = activate(RULE).mails

    assert (mails["notice"].template, mails["notice"].template_id) == ("privacy-notice-13", 413)
    assert (mails["notice"].version, mails["notice"].languages, mails["notice"].retell) == (
        3,
        ("da", "en"),
        False,
    )
    assert (mails["again"].key, mails["again"].languages, mails["again"].retell) == ("again", ("da",), True)


def test_the_article_is_the_sources_and_the_stricter_one_for_others(activate: Activate) -> None:
    active = activate(RULE)

    assert [active.article_of(one) for one in ["API", "CARD", "FAIR", None]] == [14, 13, 13, 13]


@pytest.mark.row("B83")
def test_all_that_a_tenant_lacks_is_named_at_once(nordic: Manifest, lists: TenantLists) -> None:
    poor = replace(
        lists,
        purposes=tuple(
            replace(one, deleted=one.key == "RECRUIT", active=one.key != "NEWSLETTER")
            for one in lists.purposes
            if one.key != "EVENTRUN"
        ),
        bases=tuple(replace(one, deleted=one.key == "61C") for one in lists.bases),
        sources=tuple(
            replace(one, deleted=one.key == "FAIR") for one in lists.sources if one.key != "VENDOR"
        ),
        templates=lists.templates[:1],
    )

    assert [one.partition("; ")[0] for one in refused(nordic, poor)] == [
        "24:3: missing_source: the tenant's source `FAIR` is deleted",
        "27:3: missing_source: the tenant has no source `VENDOR`",
        "30:25: missing_legal_basis: the tenant's legal basis `61C` is deleted",
        "35:3: missing_purpose: the tenant's purpose `NEWSLETTER` is not active",
        "37:3: missing_purpose: the tenant has no purpose `EVENTRUN`",
        "39:3: missing_purpose: the tenant's purpose `RECRUIT` is deleted",
        "43:24: missing_template: the tenant has no template `privacy-notice-14`",
    ]


@pytest.mark.row("B75")
def test_items_without_a_key_are_nobodys_and_in_nobodys_way(
    small_manifest: Manifest, lists: TenantLists
) -> None:
    keyless = replace(
        lists,
        sources=(*(replace(one, key="") for one in lists.sources[:2]), *lists.sources),
        bases=(*(replace(one, key="") for one in lists.bases[:2]), *lists.bases),
        purposes=(*(replace(one, key="") for one in lists.purposes[:2]), *lists.purposes),
    )
    poorer = replace(keyless, sources=tuple(one for one in keyless.sources if one.key != "CARD"))

    assert resolve(small_manifest, keyless).rules
    (said,) = refused(small_manifest, poorer)
    assert said.startswith("8:3: missing_source: the tenant has no source `CARD`; allowed: API, ")


@pytest.mark.row("B75")
def test_a_deleted_item_beside_a_living_one_of_the_same_key_does_not_matter(
    small_manifest: Manifest, lists: TenantLists
) -> None:
    dead = Purpose(999, "STORE", active=True, deleted=True, has_text=False)

    assert resolve(small_manifest, replace(lists, purposes=(dead, *lists.purposes))).rules


@pytest.mark.row("B75")
@pytest.mark.row("B83")
def test_two_living_items_of_one_key_are_not_chosen_between(
    small_manifest: Manifest, lists: TenantLists
) -> None:
    twice = replace(lists, sources=(*lists.sources, *(one for one in lists.sources if one.key == "CARD")))

    assert refused(small_manifest, twice) == [
        "8:3: ambiguous_source: the tenant has 2 source items with the key `CARD`; give each a key of its own in the CRM"
    ]


def test_what_a_key_differs_in_by_a_letter_is_told(small_manifest: Manifest, lists: TenantLists) -> None:
    renamed = replace(
        lists, sources=tuple(replace(one, key="Card") if one.key == "CARD" else one for one in lists.sources)
    )

    assert refused(small_manifest, renamed)[0].startswith(
        "8:3: missing_source: the tenant has no source `CARD`; did you mean `Card`? allowed: "
    )


def test_the_source_for_want_of_another_must_be_there_though_nobody_declares_it(
    small: Small, lists: TenantLists
) -> None:
    manifest = parse(small(RULE).replace("  API: {type: system, article: 14}\n", "").encode(), "m")
    without = replace(lists, sources=tuple(one for one in lists.sources if one.key != "API"))

    assert resolve(manifest, lists).rules
    assert [one.split(";")[0] for one in refused(manifest, without)] == [
        "1:1: missing_source: the tenant has no source `API`"
    ]


@pytest.mark.parametrize("change", [{"deleted": True}, {"is_privacy": False}])
def test_a_template_must_live_and_be_a_privacy_template(
    small_manifest: Manifest, lists: TenantLists, change: dict[str, bool]
) -> None:
    bad = replace(lists.templates[0], **change)  # type: ignore[arg-type]  # each is a boolean field

    assert refused(small_manifest, replace(lists, templates=(bad, lists.templates[1]))) == [
        (
            "15:22: missing_template: the template `privacy-notice-13` is deleted or no privacy template; "
            "restore it in the CRM and set its type to privacy confirmation"
        )
    ]


def test_a_template_is_known_by_any_of_its_names_and_kept_as_the_crm_writes_it(
    small_manifest: Manifest, lists: TenantLists
) -> None:
    name = 'US:"privacy-notice-13";NO:"Personvern"'
    named = replace(lists, templates=(replace(lists.templates[0], name=name), lists.templates[1]))

    assert resolve(small_manifest, named).mails["notice"].template == name


@pytest.mark.parametrize(
    ("languages", "fits"),
    [
        (("da", "en-US"), True),
        (("da-DK", "en"), True),
        (("en",), True),
        ((), True),
        (("da", "sv"), False),
        (("no", "sv"), False),
    ],
)
def test_a_template_needs_the_mails_languages_or_the_fallback(
    small_manifest: Manifest, lists: TenantLists, languages: tuple[str, ...], *, fits: bool
) -> None:
    other = replace(lists, templates=(replace(lists.templates[0], languages=languages), lists.templates[1]))
    if fits:
        assert resolve(small_manifest, other).rules
    else:
        assert refused(small_manifest, other)[0].startswith(
            "15:11: missing_language: the template `privacy-notice-13` has no "
        )


@pytest.mark.parametrize(
    ("word", "name", "fact", "item_id"),
    [
        ("category", "Prospekt", "category_id", 51),
        ("category", "Vendor", "category_id", 53),
        ("business", "Sole trader", "business_id", 61),
        ("position", "Direktør", "position_id", 71),
    ],
)
def test_list_items_are_found_by_any_of_their_names(
    activate: Activate, word: str, name: str, fact: str, item_id: int
) -> None:
    active = activate(f"  - {{id: a, when: {{{word}: {name}}}, give: none, because: x}}\n")

    assert decide(Facts(**{fact: item_id}), active).gives_none  # type: ignore[arg-type]  # an id, by its name
    assert not decide(Facts(), active).gives_none


def test_a_list_item_that_is_not_there_is_named_with_the_nearest(activate: Activate) -> None:
    with pytest.raises(ManifestInvalid) as caught:
        activate("  - {id: a, when: {any: [{category: [Customer, Prospects]}]}, give: none, because: x}\n")

    assert str(caught.value).startswith(
        "small.yaml:18:48: missing_category: the tenant has no category `Prospects`; did you mean `Prospect`? allowed: "
    )


def test_a_name_that_two_items_have_is_not_guessed(
    activate: Activate, small: Small, lists: TenantLists
) -> None:
    rules = "".join(
        f"  - {{id: r{one}, when: {{category: Vendor}}, give: none, because: x}}\n" for one in range(2)
    )
    twice = replace(lists, categories={**lists.categories, 99: "Vendor"})

    assert len(activate(rules).rules) == 2
    assert refused(parse(small(rules).encode(), "m"), twice) == [
        (
            "18:31: ambiguous_category: the tenant has 2 category items called `Vendor`; "
            "their ids are 53, 99; give each a name of its own in the CRM"
        )
    ]


def test_a_manifest_without_mails_needs_no_template(small: Small, lists: TenantLists) -> None:
    text = small(RULE)
    start, end = text.index("mails:"), text.index("rules:")

    assert resolve(parse((text[:start] + text[end:]).encode(), "m"), replace(lists, templates=())).mails == {}


def test_children_inherit_their_parents_expiry(activate: Activate) -> None:
    active = activate(
        "  - id: a\n    when: always\n    because: x\n"
        "    give: {STORE: {basis: 61F}, NEWSLETTER: {basis: 61A}, EMARKETING: {basis: 61A, expires: P6M}}\n"
    )

    assert {one.purpose: one.expires for one in decide(Facts(), active).decisions} == {
        "STORE": None,
        "NEWSLETTER": "P2Y",
        "EMARKETING": "P6M",
    }


def test_what_was_activated_goes_on_with_what_still_stands(small: Small, lists: TenantLists) -> None:
    rules = (
        "  - {id: lost, when: {not: {category: Customer}}, give: {STORE: keep}, because: x}\n"
        "  - {id: rest, when: always, give: none, tell: notice, because: x}\n"
    )
    manifest = parse(small(rules).encode(), "m")
    poorer = replace(lists, categories={}, templates=lists.templates[1:], purposes=lists.purposes[1:])

    active = resolve_what_stands(manifest, poorer)

    assert active.mails["notice"].template_id == NO_TEMPLATE
    assert active.mails["again"].template_id == 414
    assert [one.rule_id for one in decide(Facts(category_id=52), active).decisions] == ["rest"] * 3


def test_a_child_ends_as_what_it_is_part_of_unless_it_says_otherwise(
    lists: TenantLists, small: Callable[[str], str]
) -> None:
    text = small("  - {id: a, when: always, give: none, because: x}\n").replace(
        "expires: P2Y", "expires: P2Y, renew_before: P60D, renew: again, at_end: review"
    )
    inherited = resolve(parse(text.encode(), "m"), lists).ends

    assert inherited["STORE"] == PurposeEnd(None, None, None, "keep")
    assert inherited["NEWSLETTER"] == inherited["EMARKETING"] == PurposeEnd("P2Y", "P60D", "again", "review")
    own = text.replace("parent: EMARKETING", "parent: EMARKETING, expires: P6M, at_end: keep")
    assert resolve(parse(own.encode(), "m"), lists).ends["NEWSLETTER"] == PurposeEnd(
        "P6M", "P60D", "again", "keep"
    )
