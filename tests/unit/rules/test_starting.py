"""A manifest to start from: right in itself, fit for its tenant, and in breach of no law."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from so_privacy_ext.model import Template, TenantLists
from so_privacy_ext.rules.activation import resolve
from so_privacy_ext.rules.lint.law import Level
from so_privacy_ext.rules.lint.linting import lint
from so_privacy_ext.rules.lint.subject import Subject, TenantKnowledge
from so_privacy_ext.rules.manifest import Manifest, parse
from so_privacy_ext.rules.shape import GiveBasis
from so_privacy_ext.rules.starting import Ground, from_preset, from_tenant

GROUND = Ground("my-rules", 'Café "Ø" A/S', "DK")


def read(text: str, lists: TenantLists) -> Manifest:
    """Read it, and find it fit to be activated."""
    manifest = parse(text.encode(), "my-rules.yaml")
    resolve(manifest, lists)
    found = lint(Subject(manifest, date(2026, 11, 28), TenantKnowledge(lists, strict_mode=True)))
    assert [one for one in found if one.level is Level.ERROR] == []
    return manifest


def test_one_on_a_preset_has_all_of_it(lists: TenantLists) -> None:
    text = from_preset(GROUND)
    content = read(text, lists).content

    assert text.startswith("# yaml-language-server: $schema=./manifest-1.schema.json\n")
    assert content.controller is not None
    assert content.controller.name == 'Café "Ø" A/S'
    assert [one.id for one in content.rules][-1] == "catch-all"


def test_one_of_a_tenant_has_what_the_tenant_has(lists: TenantLists) -> None:
    content = read(from_tenant(GROUND, lists), lists).content

    assert set(content.sources) == {one.key for one in lists.sources} - {"UNKNOWN"}
    assert set(content.purposes) == {one.key for one in lists.purposes}
    assert content.legal_bases == [one.key for one in lists.bases]
    assert {key: one.template for key, one in content.mails.items()} == {
        "notice13": "privacy-notice-13",
        "notice14": "privacy-notice-14",
    }
    assert (content.languages.enabled, content.languages.fallback) == (["da", "de", "en", "nb", "sv"], "en")
    assert (content.sources["WEBFORM"].article, content.sources["VENDOR"].article) == (13, 14)
    assert content.purposes["EMARKETING"].allowed == ["61A"]
    given = {
        p
        for rule in content.rules
        if isinstance(rule.give, dict)
        for p, o in rule.give.items()
        if isinstance(o, GiveBasis)
    }
    assert given == {"STORE"}  # no marketing that nobody has thought about


def test_rules_speak_of_the_sources_that_occur(lists: TenantLists) -> None:
    ground = replace(GROUND, seen={"CARD": 12, "IMPORT": 3, "none": 4, "UNKNOWN": 9})
    text = from_tenant(ground, lists)
    rules = {one.id: one for one in read(text, lists).content.rules}

    assert list(rules) == ["own-staff", "minor", "came-herself", "came-by-others", "catch-all"]
    assert "when: {source: [CARD]}" in text
    assert "when: {source: [IMPORT]}" in text
    assert "CARD: {new: true, type: manual, article: 13, carries_consent: false}   # 12 persons" in text
    assert "FAIR: {new: true, type: manual, article: 13, carries_consent: documented}   # 0 persons" in text
    nobody = read(from_tenant(replace(GROUND, seen={}), lists), lists)
    assert [one.id for one in nobody.content.rules] == ["own-staff", "minor", "catch-all"]


@pytest.mark.parametrize("home", ["DK", "NO", "GB"])
def test_a_poor_tenant_has_one_as_well(lists: TenantLists, home: str) -> None:
    """Without templates, without 61F, with keys of its own and names in languages that we don't speak."""
    own = replace(lists.sources[0], item_id=999, key="0E1")
    poor = replace(
        lists,
        templates=(),
        bases=tuple(one for one in lists.bases if one.key != "61F"),
        sources=(*lists.sources, own),
    )
    text = from_tenant(replace(GROUND, home=home), poor)
    content = read(text, poor).content

    assert content.mails == {}
    assert content.languages.enabled == ["en"]
    assert (
        '"0E1": {new: true, type: manual, article: 14, carries_consent: false}   # how does it come in?'
        in text
    )
    assert content.jurisdiction.home == home
    assert content.jurisdiction.packs == ([] if home == "GB" else [home])
    assert content.purposes["STORE"].allowed == ["61A", "61B"]
    assert [one.id for one in content.rules] == ["own-staff", "minor", "catch-all"]


def test_what_is_deleted_or_switched_off_is_left_out(lists: TenantLists) -> None:
    gone: dict[str, dict[str, Any]] = {
        "RECRUIT": {"deleted": True},
        "EVENTRUN": {"active": False},
        "ACCOUNTING": {"key": ""},
    }
    purposes = tuple(replace(one, **gone.get(one.key, {})) for one in lists.purposes)
    sources = tuple(replace(one, deleted=one.key == "CARD") for one in lists.sources)
    kept = replace(lists, purposes=purposes, sources=sources)
    content = read(from_tenant(GROUND, kept), kept).content

    assert set(content.purposes) == {"STORE", "EMARKETING", "NEWSLETTER", "EVENTINVITE"}
    assert "CARD" not in content.sources


def test_a_template_in_several_languages_is_named_by_one_of_its_names(lists: TenantLists) -> None:
    template = Template(9, 'US:"Welcome";DA:"Velkommen"', ("no", "xx-long"), deleted=False, is_privacy=True)
    only = replace(lists, templates=(template,))
    content = read(from_tenant(GROUND, only), only).content

    assert {one.template for one in content.mails.values()} == {"Velkommen"}
    assert content.languages.enabled == ["nb", "xx"]
    assert content.languages.fallback == "nb"
