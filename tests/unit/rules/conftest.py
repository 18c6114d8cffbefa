"""A tenant with the demo's lists, the published manifest, and small manifests with chosen rules."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from so_privacy_ext.model import LegalBasis, Purpose, Source, Template, TenantLists
from so_privacy_ext.rules.activation import ActiveManifest, resolve
from so_privacy_ext.rules.manifest import Manifest, parse

NORDIC = Path(__file__).parents[3] / "manifests" / "rules" / "nordic-b2b.yaml"
BASES = ["61A", "61B", "61C", "61D", "61E", "61F", "WITHDRAWN"]
SOURCES = ["USER", "EMAIL", "REQUEST", "CHAT", "WEBFORM", "CUSTOMERPORTAL", "IMPORT", "API", "UNKNOWN"]
NEW_SOURCES = ["CARD", "PHONE", "FAIR", "REFERRAL", "ERP", "VENDOR", "JOBAPPLY"]
PURPOSES = ["STORE", "EMARKETING", "NEWSLETTER", "EVENTINVITE", "EVENTRUN", "ACCOUNTING", "RECRUIT"]
CULTURES = ("da", "no", "sv", "en-US", "de")


@pytest.fixture
def lists() -> TenantLists:
    return TenantLists(
        purposes=tuple(
            Purpose(100 + at, key, active=True, deleted=False, has_text=False)
            for at, key in enumerate(PURPOSES)
        ),
        bases=tuple(LegalBasis(200 + at, key, deleted=False) for at, key in enumerate(BASES)),
        sources=tuple(
            Source(300 + at, key, deleted=False, mail_template_id=0)
            for at, key in enumerate(SOURCES + NEW_SOURCES)
        ),
        templates=tuple(
            Template(400 + at, f"privacy-notice-{at}", CULTURES, deleted=False, is_privacy=True)
            for at in (13, 14)
        ),
        countries={},
        associates={},
        categories={
            51: 'US:"Prospect";NO:"Prospekt"',
            52: "Customer",
            53: 'US:"Vendor";NO:"Leverandør"',
            54: "Lost customer",
        },
        businesses={61: "Sole trader"},
        positions={71: 'US:"Managing director";DA:"Direktør"'},
        forms={},
        customer_languages={},
        owner_company_ids=frozenset(),
        cultures={},
        solanguages={},
        default_basis="61B",
    )


@pytest.fixture(scope="session")
def nordic() -> Manifest:
    return parse(NORDIC.read_bytes(), "nordic-b2b.yaml")


SMALL = """\
manifest: 1
name: small
jurisdiction: {home: DK}
languages: {enabled: [da, en], fallback: en}
sources:
  API: {type: system, article: 14}
  WEBFORM: {type: digital, article: 13}
  CARD: {type: manual, article: 13}
legal_bases: [61A, 61B, 61F, WITHDRAWN]
purposes:
  STORE: {allowed: [61B, 61F]}
  EMARKETING: {allowed: [61A], expires: P2Y}
  NEWSLETTER: {allowed: [61A], parent: EMARKETING}
mails:
  notice: {template: privacy-notice-13, version: 3}
  again: {template: privacy-notice-14, version: 1, languages: [da], retell: true}
rules:
"""


@pytest.fixture
def small() -> Callable[[str], str]:
    """Give the text of a small manifest with these rules, the first of which begins on line 18."""
    return lambda rules: SMALL + rules


@pytest.fixture
def activate(lists: TenantLists, small: Callable[[str], str]) -> Callable[[str], ActiveManifest]:
    """Activate a small manifest with these rules."""
    return lambda rules: resolve(_parsed(small(rules)), replace(lists))


@functools.cache
def _parsed(text: str) -> Manifest:
    """Read a text once, however often it is drawn: nothing changes what was read."""
    return parse(text.encode(), "small.yaml")
