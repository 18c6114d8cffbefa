from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from datetime import date

from so_privacy_ext.rules.kept import kept
from so_privacy_ext.rules.manifest import parse
from so_privacy_ext.rules.restored import OTHER_TEXT, Restored, hashed_texts, restored
from so_privacy_ext.sdk import UNKNOWN, Facts, Proposed
from tests.unit.rules.conftest import SMALL

FULL = Facts(
    event="changed",
    changed=frozenset({"title", "name"}),
    creator="form",
    form="unknown",
    source="WEBFORM",
    country="DK",
    category_id=5,
    business_id=6,
    position_id=7,
    language="da",
    company_is_owner=True,
    retired=True,
    is_associate=True,
    has_email=True,
    email_domain="example.com",
    age=14,
    consents={"STORE": ("61B", "WEBFORM")},
    wordings=frozenset({"EMARKETING"}),
    fields={"a": "vip", "b": 12, "c": 1.5, "d": date(2026, 1, 31), "e": True, "f": None},
    further={"acme_vat.size": 12, "acme_vat.since": date(2026, 1, 31)},
    answers={"acme_vat.registered true": (True, "listed"), "acme_vat.size 5": (None, "")},
    proposed=Proposed("acme-vat", 0.9, "listed"),
)
MANIFEST = parse(
    (
        SMALL + "  - id: a\n"
        "    when:\n"
        "      email_domain: [Example.com, example.org]\n"
        "      person_field: {Level: [VIP, gold, 3], Age: {from: 3}}\n"
        "      company_field: {Size: {given: true}}\n"
        "    give: none\n"
        "    because: x\n"
    ).encode(),
    "small.yaml",
)


def keyed(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


TEXTS = hashed_texts([MANIFEST], keyed)


def through_json(facts: Facts) -> Restored | None:
    return restored(json.loads(json.dumps(kept(facts, keyed))), TEXTS)


def test_all_texts_that_are_compared_with_a_hash_are_known_by_it() -> None:
    assert sorted(TEXTS.values()) == ["example.com", "example.org", "gold", "vip"]


def test_what_was_kept_is_read_back_as_it_was() -> None:
    assert through_json(FULL) == Restored(FULL, frozenset())


def test_what_was_unknown_or_not_there_is_so_again() -> None:
    assert through_json(Facts()) == Restored(Facts(), frozenset())


def test_a_text_that_nobody_names_is_none_that_anybody_could() -> None:
    one = through_json(replace(FULL, email_domain="example.net", fields={"a": "silver"}))

    assert one == Restored(replace(FULL, email_domain=OTHER_TEXT, fields={"a": OTHER_TEXT}), frozenset())


def test_what_was_erased_is_not_there() -> None:
    assert restored({}, TEXTS) is None


def test_what_was_not_kept_yet_is_named_and_unknown() -> None:
    content = kept(replace(FULL, fields={}), keyed)
    del content["fields"], content["country"], content["email_domain_hash"]

    assert restored(content | {"of_another_time": 1}, TEXTS) == Restored(
        replace(FULL, fields={}, country=UNKNOWN, email_domain=None),
        frozenset({"fields", "country", "email_domain"}),
    )
