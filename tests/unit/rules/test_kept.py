from __future__ import annotations

import json
from dataclasses import fields
from datetime import date

from so_privacy_ext.model import FieldValue
from so_privacy_ext.proof.chain import canonical
from so_privacy_ext.rules.kept import kept
from so_privacy_ext.sdk import Facts, Proposed


def test_facts_are_kept_as_json_without_the_domain() -> None:
    facts = Facts(
        event="changed",
        changed=frozenset({"title", "name"}),
        creator="form",
        form="contact",
        source="WEBFORM",
        country="DK",
        category_id=5,
        language="da",
        has_email=True,
        email_domain="example.com",
        age=14,
        consents={"STORE": ("61B", "WEBFORM"), "EMARKETING": ("61A", "WEBFORM")},
        wordings=frozenset({"EMARKETING"}),
    )

    content = kept(facts, lambda text: f"hash of {len(text)}")

    assert json.loads(json.dumps(content)) == content
    assert "example.com" not in json.dumps(content)
    assert content["email_domain_hash"] == "hash of 11"
    assert content["changed"] == ["name", "title"]
    assert list(content["consents"]) == ["EMARKETING", "STORE"]
    assert content["age"] == 14


def test_what_is_not_known_is_kept_as_unknown_and_what_is_not_there_as_null() -> None:
    content = kept(Facts(), str.upper)

    assert {key for key, value in content.items() if value == "unknown"} == {
        "creator",
        "country",
        "language",
        "age",
    }
    assert {key for key, value in content.items() if value is None} == {"form", "source", "email_domain_hash"}


def test_texts_of_user_defined_fields_are_kept_as_hashes_and_the_rest_as_it_is() -> None:
    persons: dict[str, FieldValue] = {"person/b": "Vip ", "person/a": 1.5}
    companies: dict[str, FieldValue] = {"company/c": date(2026, 1, 2), "company/d": True, "company/e": None}

    content = kept(Facts(fields=persons | companies), lambda text: f"hash of {text}")["fields"]

    assert json.loads(json.dumps(content)) == content
    assert canonical(content)  # the journal can hold it
    assert list(content) == ["company/c", "company/d", "company/e", "person/a", "person/b"]
    assert list(content.values()) == [
        "2026-01-02",
        True,
        None,
        {"number": "1.5"},
        {"hash": "hash of vip"},
    ]


def test_no_fact_is_forgotten() -> None:
    names = {one.name for one in fields(Facts)} - {"email_domain"} | {"email_domain_hash"}
    said = Facts(
        further={"acme_vat.turnover": 5},
        answers={"acme_vat.registered true": (True, "listed")},
        proposed=Proposed("acme-vat", 0.9, "listed"),
    )

    assert set(kept(said, str.upper)) == names
    assert set(kept(Facts(), str.upper)) == names - {"further", "answers", "proposed"}


def test_what_plugins_say_is_kept_with_texts_as_hashes_and_answers_as_they_are() -> None:
    facts = Facts(
        further={"acme_vat.name": "Acme ", "acme_vat.since": date(2026, 1, 2), "acme_vat.share": 0.25},
        answers={"acme_vat.size 5": (None, ""), "acme_vat.registered true": (True, "listed")},
        proposed=Proposed("acme-vat", 0.9, "listed"),
    )

    content = kept(facts, lambda text: f"hash of {text}")

    assert json.loads(json.dumps(content)) == content
    assert canonical(content)  # the journal can hold it
    assert content["further"] == {
        "acme_vat.name": {"hash": "hash of acme"},
        "acme_vat.share": {"number": "0.25"},
        "acme_vat.since": "2026-01-02",
    }
    assert content["answers"] == {
        "acme_vat.registered true": [True, "listed"],
        "acme_vat.size 5": [None, ""],
    }
    assert content["proposed"] == {"plugin": "acme-vat", "confidence": "0.9", "why": "listed"}
