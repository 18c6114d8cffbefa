"""Every law over its fixtures: it finds the lines marked in the bad ones, and nothing in the good."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from so_privacy_ext.cli.mail_folder import read_mails
from so_privacy_ext.model import Source
from so_privacy_ext.plugins.described import read_description, words
from so_privacy_ext.rules.alone import lists_alone
from so_privacy_ext.rules.lint.catalogue import LAWS
from so_privacy_ext.rules.lint.law import Law, Level, LintFinding
from so_privacy_ext.rules.lint.laws.l22_standard_source_gone import STANDARD
from so_privacy_ext.rules.lint.linting import lint
from so_privacy_ext.rules.lint.subject import RuleTests, Subject, TenantKnowledge
from so_privacy_ext.rules.manifest import Manifest, parse
from so_privacy_ext.rules.vocabulary import PRODUCT_WORDS
from so_privacy_ext.trial.reading import read_trials
from so_privacy_ext.trial.seen import seen
from tests.unit.rules.lint.fixtures import FOLDER, fixtures, marked, written

TODAY = date(2026, 11, 28)
NOW = datetime(2026, 11, 28, 3, tzinfo=UTC)
CASES = [(law, path) for law in LAWS for kind in ("good", "bad") for path in fixtures(law.code, kind)]


def whole(manifest: Manifest) -> TenantKnowledge:
    """A tenant that has all that a manifest names, and all of the CRM's own sources."""
    lists = lists_alone(manifest)
    more = [one for one in sorted(STANDARD) if one not in manifest.content.sources]
    sources = [Source(900 + at, key, deleted=False, mail_template_id=0) for at, key in enumerate(more)]
    lists = replace(lists, sources=(*lists.sources, *sources), categories={1: 'US:"Customer";NO:"Kunde"'})
    return TenantKnowledge(lists, strict_mode=True, swept_at=NOW, shares={})


def without(knowledge: TenantKnowledge, *keys: str) -> TenantKnowledge:
    """The same without some purposes, sources and templates."""
    lists = knowledge.lists
    return replace(
        knowledge,
        lists=replace(
            lists,
            purposes=tuple(one for one in lists.purposes if one.key not in keys),
            sources=tuple(one for one in lists.sources if one.key not in keys),
            templates=tuple(one for one in lists.templates if one.name not in keys),
        ),
    )


def mailing(knowledge: TenantKnowledge, *keys: str) -> TenantKnowledge:
    """The same where the CRM mails by itself on some sources."""
    sources = tuple(replace(one, mail_template_id=5 * (one.key in keys)) for one in knowledge.lists.sources)
    return replace(knowledge, lists=replace(knowledge.lists, sources=sources))


def in_danish_only(knowledge: TenantKnowledge) -> TenantKnowledge:
    templates = tuple(replace(one, languages=("da",)) for one in knowledge.lists.templates)
    return replace(knowledge, lists=replace(knowledge.lists, templates=templates))


def with_categories(knowledge: TenantKnowledge) -> TenantKnowledge:
    categories = {**knowledge.lists.categories, 2: "Supplier", 3: 'US:"Competitor"'}
    return replace(knowledge, lists=replace(knowledge.lists, categories=categories))


OF_A_PLUGIN = words(
    read_description(
        {
            "name": "acme-vat",
            "version": "1.0",
            "says": "Knows companies.",
            "words": [
                {"word": "acme_vat.registered", "says": "Whether.", "argument": {"type": "boolean"}},
                {"word": "acme_vat.blocked", "says": "Whether.", "argument": {"type": "boolean"}},
            ],
        }
    )
)
SHARES = {"web": 0.6, "by-hand": 0.06, "imported": 0.9}
TENANTS: Mapping[str, Callable[[TenantKnowledge], TenantKnowledge]] = {
    "L21/good": lambda one: one,
    "L21/bad": lambda one: without(one, "RECRUIT", "no-such-notice"),
    "L22/good": lambda one: one,
    "L22/bad-in-the-tenant": lambda one: without(one, "WEBFORM", "CHAT"),
    "L24/good": lambda one: mailing(one, "WEBFORM"),
    "L24/bad": lambda one: mailing(one, "WEBFORM"),
    "L25/good": lambda one: one,
    "L25/bad-in-the-tenant": in_danish_only,
    "L28/good": lambda one: one,
    "L28/bad": lambda one: replace(one, swept_at=NOW - timedelta(days=3)),
    "L29/good": lambda one: one,
    "L29/bad-not-swept": lambda one: replace(one, swept_at=None),
    "L32/good": lambda one: one,
    "L32/good-always": with_categories,
    "L32/bad": with_categories,
    "L39/good": lambda one: replace(one, shares=SHARES),
    "L39/bad": lambda one: replace(one, shares=SHARES),
    "L42/good": lambda one: one,
    "L42/good-none": lambda one: replace(one, strict_mode=False),
    "L42/bad": lambda one: replace(one, strict_mode=False),
    "L56/good-in-the-tenant": lambda one: replace(one, channels={"crm", "smtp"}),
    "L56/bad-in-the-tenant": lambda one: replace(one, channels={"crm", "smtp", "acme-post"}),
    "L56/bad-not-set": lambda one: replace(one, channels={"crm"}),
}
"""What is known of a tenant beside some fixtures; of all others nothing is."""


BESIDES = {
    "L01/good-soft-opt-in": {"L17"},  # no fact tells of a sale yet, so the rule holds for nobody
    "L40/good": {"L10", "L53"},  # few rules, of which all are seen
}
"""What is wrong with a good fixture all the same."""


def findings(path: Path) -> tuple[str, list[LintFinding]]:
    text = written(path)
    manifest = parse(text.encode(), path.name, PRODUCT_WORDS + OF_A_PLUGIN)
    change = TENANTS.get(f"{path.parent.name}/{path.stem}")
    tenant = None if change is None else change(whole(manifest))
    folder = path.with_suffix(".mails")
    mails = read_mails(folder) if folder.exists() else None
    return text, list(lint(Subject(manifest, TODAY, tenant, mails, seen_beside(path, manifest))))


def seen_beside(path: Path, manifest: Manifest) -> RuleTests | None:
    """Give what the tests see that lie beside a fixture, if any do."""
    tests = path.with_name(f"tests-{path.name}")
    return seen(manifest, read_trials(tests.read_bytes(), tests.name, manifest)) if tests.exists() else None


@pytest.mark.parametrize(
    ("law", "path"), CASES, ids=lambda one: one.code if isinstance(one, Law) else one.stem
)
def test_a_law_finds_what_is_marked(law: Law, path: Path) -> None:
    text, found = findings(path)
    own = [one for one in found if one.code == law.code]
    strict = [one for one in own if law.code != "L49" or one.level is not Level.NOTE]

    assert sorted({one.line for one in strict}) == marked(text, law.code)
    assert all(one.what and one.how and one.fact and one.example == law.example for one in own)
    if path.stem.startswith("good"):
        besides = BESIDES.get(f"{path.parent.name}/{path.stem}", set())
        assert [one for one in found if one.level is Level.ERROR and one.code not in besides] == []
        assert all(one.accepted for one in strict)
    else:
        assert own, "a bad fixture in which nothing is marked"


def test_what_needs_a_tenant_or_texts_finds_nothing_without_them() -> None:
    bare = parse(written(FOLDER / "base.yaml").encode(), "base.yaml")

    assert {law.needs for law in LAWS} == {"", "tenant", "mails"}
    assert [law.code for law in LAWS if law.needs and list(law.look(Subject(bare, TODAY)))] == []


@pytest.mark.parametrize("law", LAWS, ids=lambda law: law.code)
def test_a_law_is_of_the_highest_level_that_it_finds(law: Law) -> None:
    levels = {
        one.level for path in fixtures(law.code, "bad") for one in findings(path)[1] if one.code == law.code
    }

    assert law.level == next(level for level in Level if level in levels)


def test_each_law_has_a_good_and_a_bad_fixture() -> None:
    lacking = [
        (law.code, kind) for law in LAWS for kind in ("good", "bad") if not list(fixtures(law.code, kind))
    ]

    assert lacking == []


def test_no_fixture_is_of_an_unknown_law() -> None:
    assert {path.name for path in FOLDER.iterdir() if path.is_dir()} <= {law.code for law in LAWS}


def test_the_base_is_right() -> None:
    assert [one for one in findings(FOLDER / "base.yaml")[1] if one.level is not Level.NOTE] == []


def test_codes_stand_once_and_in_order() -> None:
    codes = [law.code for law in LAWS]

    assert codes == sorted(set(codes))


@pytest.mark.parametrize("law", LAWS, ids=lambda law: law.code)
def test_a_module_is_named_as_its_law(law: Law) -> None:
    module = law.look.__module__.rpartition(".")[2]

    assert module.startswith(law.code.lower() + "_")
    assert not law.title.endswith(".")
    assert law.fact.confidence in {"verified", "reported", "unverified"}
    assert (law.fact.confidence == "verified") <= (law.fact.checked_on is not None)
