# ruff: noqa: E501  # a message stands on one line, as its reader sees it
"""Manifests that extend presets: what of which counts, in which order, and where findings stand."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import date
from importlib import resources

import pytest

from so_privacy_ext.model import TenantLists
from so_privacy_ext.rules.activation import resolve
from so_privacy_ext.rules.findings import ManifestInvalid
from so_privacy_ext.rules.lint.linting import lint
from so_privacy_ext.rules.lint.subject import Subject
from so_privacy_ext.rules.manifest import Manifest, parse
from so_privacy_ext.rules.presets import shelf

HEAD = "manifest: 1\nname: ours\nextends: [preset:nordic-b2b@1]\n"
VIP = "  - {id: vip, when: {source: CARD}, give: {STORE: {basis: 61B}}, because: x}\n"


def read(text: str) -> Manifest:
    return parse(text.encode(), "ours.yaml")


def ids(text: str) -> list[str]:
    return [one.id for one in read(text).content.rules]


def refusals(text: str) -> list[str]:
    with pytest.raises(ManifestInvalid) as refused:
        read(text)
    return [f"{one.line}:{one.column}: {one.code}: {one.what}; {one.how}" for one in refused.value.findings]


@pytest.mark.parametrize("name", sorted(shelf.PUBLISHED))
def test_a_published_preset_is_never_changed(name: str) -> None:
    """Whoever has named it relies on it; what is to be otherwise is a next version, in a file of its own."""
    content = resources.files("so_privacy_ext.rules.presets").joinpath(f"{name}.yaml").read_bytes()

    assert hashlib.sha256(content).hexdigest() == shelf.PUBLISHED[name]


def test_every_preset_that_lies_there_is_published() -> None:
    folder = resources.files("so_privacy_ext.rules.presets")
    lying = {one.name.removesuffix(".yaml") for one in folder.iterdir() if one.name.endswith(".yaml")}

    assert lying == set(shelf.PUBLISHED)


def test_a_preset_that_was_tampered_with_is_not_believed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shelf, "PUBLISHED", {"superoffice@1": "0" * 64})
    shelf.preset.cache_clear()

    with pytest.raises(RuntimeError, match="is not the one that was published"):
        shelf.preset("preset:superoffice@1")
    shelf.preset.cache_clear()


def test_a_preset_alone_is_a_whole_manifest(lists: TenantLists) -> None:
    ours = read(HEAD)

    assert ours.content.name == "ours"
    assert ours.digest == hashlib.sha256(HEAD.encode()).hexdigest()
    assert [one.id for one in ours.content.rules][-1] == "catch-all"
    assert len(resolve(ours, lists).rules) == len(ours.content.rules)


def test_its_own_entries_stand_in_place_of_the_presets() -> None:
    ours = read(
        HEAD
        + "languages: {enabled: [da], fallback: da}\n"
        + "legal_bases: [X1, 61F]\n"
        + "sources:\n  CARD: {type: digital, article: 14}\n  OWN: {new: true, type: system, article: 14}\n"
        + "mails:\n  notice13: {template: another, version: 2}\n"
    ).content

    assert (ours.sources["CARD"].article, ours.sources["OWN"].new, ours.sources["FAIR"].article) == (
        14,
        True,
        13,
    )
    assert (ours.mails["notice13"].template, ours.mails["notice14"].template) == (
        "another",
        "privacy-notice-14",
    )
    assert (ours.languages.fallback, ours.jurisdiction.home) == ("da", "DK")
    assert ours.legal_bases == ["X1", "61F", "61A", "61B", "61C", "61D", "61E", "WITHDRAWN"]


def test_its_own_rules_come_first_or_where_they_say_or_in_place_of_one_with_their_id() -> None:
    preset = ids(HEAD)
    erp = "  - {id: erp, when: {source: ERP}, give: {STORE: {basis: 61F}}, because: x}\n"
    late = VIP.replace("id: vip", "id: late, before: catch-all")

    assert ids(f"{HEAD}rules:\n{VIP}") == ["vip", *preset]
    assert ids(f"{HEAD}rules:\n{late}{VIP}{erp}") == ["vip", *preset[:-1], "late", preset[-1]]
    replaced = next(one for one in read(f"{HEAD}rules:\n{erp}").content.rules if one.id == "erp")
    assert (replaced.because, replaced.max_changes) == ("x", None)


def test_rules_that_are_switched_on_are_tried_where_they_say() -> None:
    ours = read(f"{HEAD}switch_on: [sole-trader]\n").content
    plain = read(HEAD).content

    assert [one.id for one in plain.optional] == ["sole-trader", "soft-opt-in-dk"]
    assert [one.id for one in ours.optional] == ["soft-opt-in-dk"]
    names = [one.id for one in ours.rules]
    assert names[names.index("sole-trader") + 1] == "web-tick"


def test_what_is_switched_on_must_be_allowed_like_any_other_rule() -> None:
    (said,) = refusals(f"{HEAD}switch_on: [soft-opt-in-dk]\n")

    assert said == (
        "3:11: basis_not_allowed: `61F` can't carry `EMARKETING` (of preset:nordic-b2b@1);"
        " its `allowed` has 61A"
    )


def test_several_presets_and_the_first_is_nearer() -> None:
    ours = read("manifest: 1\nname: ours\nextends: [preset:superoffice@1, preset:nordic-b2b@1]\n").content

    assert ours.purposes["STORE"].name == {"da": "Salg og service", "en": "Sales and service"}
    assert ours.purposes["EMARKETING"].protect is False  # as superoffice@1 has it
    assert "RECRUIT" in ours.purposes


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ("extends: [preset:nordic-b2c@1]\n", ("3:11: unknown_preset: there is no preset `preset:nordic-b2c@1`;"
         " did you mean `preset:nordic-b2b@1`? allowed: preset:nordic-b2b@1, preset:superoffice@1")),
        ("extends: [preset:nordic-b2b@1]\nswitch_on: [sole]\n", ("4:13: unknown_optional: there is no optional rule"
         " `sole`; allowed: soft-opt-in-dk, sole-trader")),
        ("extends: [preset:nordic-b2b@1]\nswitch_on: [mine]\noptional:\n" + VIP.replace("vip", "mine"),
         ("4:13: before_missing: `mine` does not say before which rule it is tried; write `before:` with one of"
         " own-staff, minor, young-guest, applicant, web-tick, web-plain, event-guest, met-in-person, erp,"
         " bought-or-referred, catch-all")),
        ("extends: [preset:nordic-b2b@1]\nrules:\n" + VIP.replace("vip", "vip, before: own"),
         ("5:23: unknown_rule: there is no rule `own`; allowed: applicant,"
         " bought-or-referred, catch-all, erp, event-guest, met-in-person, minor, own-staff, vip, web-plain, web-tick,"
         " young-guest")),
    ],
)  # fmt: skip
def test_what_can_not_be_taken_in(lines: str, said: str) -> None:
    assert said in refusals("manifest: 1\nname: ours\n" + lines)


@pytest.mark.row("B86")
@pytest.mark.parametrize(
    "value",
    [
        "../../etc/passwd",
        "/etc/passwd",
        "file:///etc/passwd",
        "http://example.com/rules.yaml",
        "https://example.com/preset:nordic-b2b@1",
        "preset:../nordic-b2b@1",
        "preset:nordic-b2b@1/../superoffice@1",
        "preset:nordic-b2b",
        "preset:nordic-b2b@latest",
        '"${SECRET}"',
        "rules/nordic-b2b.yaml",
    ],
)
def test_no_file_no_address_and_no_setting_can_be_extended(value: str) -> None:
    (said,) = [
        one for one in refusals(f"manifest: 1\nname: ours\nextends: [{value}]\n") if one.startswith("3:")
    ]

    assert ": wrong_value: " in said
    assert "a preset that we ship, such as `preset:nordic-b2b@1`; no file and no address" in said


@pytest.mark.row("B86")
def test_no_value_is_filled_in_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET", "CANARY")
    ours = read(f'{HEAD}controller: {{name: "${{SECRET}} $SECRET %SECRET% {{{{ SECRET }}}}"}}\n')

    assert ours.content.controller is not None
    assert ours.content.controller.name == "${SECRET} $SECRET %SECRET% {{ SECRET }}"


@pytest.mark.parametrize(
    "text",
    [
        "extends: preset:nordic-b2b@1\n",
        "extends: {a: 1}\n",
        "extends: [1, [preset:nordic-b2b@1], {x: y}, preset:nordic-b2b@1]\nrules: 5\nsources: []\noptional: {}\n",
        "extends: [preset:nordic-b2b@1]\nlegal_bases: {}\nmails: x\nrules: [5, {}, {id: 7}]\nswitch_on: [1]\n",
        "switch_on: x\nextends: [preset:nordic-b2b@1]\npurposes: ~\n",
        "- extends\n",
    ],
)
def test_what_has_a_wrong_shape_is_refused_in_words(text: str) -> None:
    assert refusals(text)


def test_what_the_tenant_lacks_of_a_preset_stands_where_it_is_extended(lists: TenantLists) -> None:
    with pytest.raises(ManifestInvalid) as refused:
        resolve(read(HEAD + "sources:\n  OWN: {type: system, article: 14}\n"), lists)

    assert [(one.line, one.what) for one in refused.value.findings] == [(5, "the tenant has no source `OWN`")]
    with pytest.raises(ManifestInvalid) as refused:
        resolve(read(HEAD), _without_cards(lists))
    assert [(one.line, one.what) for one in refused.value.findings] == [
        (3, "the tenant has no source `CARD` (of preset:nordic-b2b@1)")
    ]


def _without_cards(lists: TenantLists) -> TenantLists:
    return replace(lists, sources=tuple(one for one in lists.sources if one.key != "CARD"))


def test_a_law_that_a_preset_breaks_is_not_mended_in_the_file_that_extends_it() -> None:
    rules = VIP + VIP.replace("vip", "second")
    found = lint(Subject(read(f"{HEAD}rules:\n{rules}"), date(2026, 11, 28)))
    of_preset = [one for one in found if one.line == 3]

    assert any(one.line > 3 for one in found)
    assert all("(of preset:nordic-b2b@1)" in one.what and not one.edits for one in of_preset)
