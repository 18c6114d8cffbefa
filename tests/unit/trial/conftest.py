# ruff: noqa: E501  # a rule stands on one line
"""A small manifest, rule tests written beside it, and what comes of running them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from textwrap import indent

import pytest

from so_privacy_ext.rules.alone import resolve_alone
from so_privacy_ext.rules.manifest import Manifest, parse
from so_privacy_ext.trial.reading import Trial, read_trials
from so_privacy_ext.trial.running import Ran, run_all

PUBLISHED = Path(__file__).parents[3] / "manifests" / "rules"
SMALL = """\
manifest: 1
name: small
jurisdiction: {home: DK}
languages: {enabled: [da, nb, en], fallback: en}
sources:
  API: {type: system, article: 14}
  WEBFORM: {type: digital, article: 13}
  CARD: {type: manual, article: 13}
  CHAT: {type: digital, article: 13}
legal_bases: [61A, 61B, 61F, WITHDRAWN]
purposes:
  STORE: {allowed: [61B, 61F]}
  EMARKETING: {allowed: [61A], expires: P2Y}
mails:
  notice: {template: privacy-notice-13, version: 3, languages: [da, en]}
  again: {template: privacy-notice-14, version: 1, languages: [da], retell: true}
rules:
"""
RULES = """\
  - {id: staff, when: {is_associate: true}, give: none, because: x}
  - {id: card, when: {source: CARD}, give: {STORE: {basis: 61F, expires: P12M}, EMARKETING: deny}, tell: notice, because: x}
  - {id: form, when: {source: [WEBFORM, CHAT]}, give: {STORE: {basis: 61F, source: API}}, tell: notice, because: x}
  - {id: kept, when: {source: WEBFORM, event: changed}, give: {EMARKETING: keep}, tell: again, because: x}
  - {id: rest, when: always, give: {STORE: review}, because: x}
"""


def small_manifest(rules: str = RULES) -> Manifest:
    return parse((SMALL + rules).encode(), "small.yaml")


def read(tests: str, manifest: Manifest, tenant: str = "{}") -> Sequence[Trial]:
    text = f"rule_tests: 1\ntenant: {tenant}\ntests:\n{indent(tests, '  ')}"
    return read_trials(text.encode(), "small.test.yaml", manifest)


@pytest.fixture(scope="session")
def small() -> Manifest:
    return small_manifest()


@pytest.fixture
def trying(small: Manifest) -> Callable[..., Sequence[Ran]]:
    """Run tests of the small manifest."""

    def run(tests: str, *, tenant: str = "{}", rules: str = RULES) -> Sequence[Ran]:
        manifest = small if rules == RULES else small_manifest(rules)
        return run_all(read(tests, manifest, tenant), resolve_alone(manifest))

    return run


@pytest.fixture
def told(trying: Callable[..., Sequence[Ran]]) -> Callable[..., list[str]]:
    """Run the steps of one test, and tell all that came out otherwise."""

    def run(test: str, *, tenant: str = "{default_basis: 61B}", **more: str) -> list[str]:
        (ran,) = trying("- " + indent("name: x\n" + test, "  ").strip(), tenant=tenant, **more)
        return [
            f"{one.what}: {one.expected} | {one.found}" for step in ran.failed for one in step.differences
        ]

    return run
