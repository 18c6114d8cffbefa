from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from so_privacy_ext.rules.findings import ManifestInvalid
from so_privacy_ext.rules.key_sentences import SENTENCES
from so_privacy_ext.rules.manifest import Manifest, parse
from so_privacy_ext.rules.schema import json_schema, published, text
from so_privacy_ext.rules.tree import read
from so_privacy_ext.rules.vocabulary import PRODUCT_WORDS

PUBLISHED = Path(__file__).parents[3] / "manifests" / "rules" / "manifest-1.schema.json"


def errors(value: Any) -> list[str]:
    return [one.message for one in Draft202012Validator(json_schema()).iter_errors(value)]


def test_the_published_schema_is_the_one_that_the_code_makes() -> None:
    assert PUBLISHED.read_text("utf-8") == text(), "write it anew: manifests/README.md says how"


def test_it_is_a_schema_and_the_published_manifest_obeys_it(nordic: Manifest) -> None:
    Draft202012Validator.check_schema(json_schema())

    assert errors(nordic.root.plain()) == []


def test_an_editor_has_a_sentence_for_every_key_and_every_word() -> None:
    def walk(part: Any, path: str) -> Iterator[str]:
        if isinstance(part, dict):
            for key, schema in part.get("properties", {}).items():
                if len(str(schema.get("description") or "")) < 8:
                    yield f"{path}.{key}"
            for name, inner in part.items():
                yield from walk(inner, f"{path}/{name}")
        elif isinstance(part, list):
            for inner in part:
                yield from walk(inner, path)

    assert list(walk(published(), "")) == []


def test_no_sentence_is_left_over_and_each_ends() -> None:
    parts = {"Manifest": published(), **published()["$defs"]}
    keys = {(name, key) for name, sentences in SENTENCES.items() for key in sentences}

    assert {
        (name, key) for name, key in keys if key not in parts.get(name, {}).get("properties", {})
    } == set()
    assert all(one.endswith(".") for sentences in SENTENCES.values() for one in sentences.values())


def test_what_is_published_takes_and_refuses_what_the_code_does(nordic: Manifest) -> None:
    validator = Draft202012Validator(published())
    Draft202012Validator.check_schema(published())

    assert list(validator.iter_errors(nordic.root.plain())) == []
    assert list(validator.iter_errors({"manifest": 1, "name": "x", "extends": ["preset:nordic-b2b@1"]})) == []
    assert list(validator.iter_errors({"manifest": 1, "name": "x"}))
    assert list(validator.iter_errors({**nordic.root.plain(), "rulez": []}))


@pytest.mark.parametrize("word", PRODUCT_WORDS, ids=lambda word: word.word)
def test_every_word_is_in_it_with_its_docstring(word: Any) -> None:
    definition = json_schema()["$defs"]["When"]["properties"][word.word]
    named = json_schema()["$defs"][definition["$ref"].rpartition("/")[2]]

    assert word.__doc__
    assert named["description"].split("\n")[0] == word.__doc__.split("\n")[0]


def test_null_is_no_value_and_no_key_may_be_made_up() -> None:
    def walk(part: Any) -> None:
        if isinstance(part, dict):
            assert part.get("type") != "null"
            if part.get("type") == "object":
                assert part["additionalProperties"] is False
            for inner in part.values():
                walk(inner)
        elif isinstance(part, list):
            for inner in part:
                walk(inner)

    walk(json.loads(text()))


@pytest.mark.parametrize(
    "rule",
    [
        "{id: a, when: always, give: none, because: x}",
        "{id: a, when: {not: {all: [always, {age_below: 3}]}}, give: {STORE: keep}, because: x}",
        "{id: a, when: {}, give: none, because: x}",
        "{id: a, when: {source: []}, give: none, because: x}",
        "{id: a, when: {sorce: CARD}, give: none, because: x}",
        "{id: a, when: {age_below: 0}, give: none, because: x}",
        "{id: A, when: always, give: none, because: x}",
        "{id: a, when: always, give: keep, because: x}",
        "{id: a, when: always, give: {STORE: {basis: 61F, expires: P1D}}, because: x}",
        "{id: a, when: always, give: {ST-ORE: keep}, because: x}",
        "{id: a, when: always, give: {}, because: x}",
        "{id: a, when: always, give: none, because: 5}",
        "{id: a, when: always, give: none, because: ''}",
        "{id: a, when: always, give: none}",
    ],
)
def test_an_editor_and_we_agree(small: Callable[[str], str], rule: str) -> None:
    document = small(f"  - {rule}\n")
    plain = read(document)[0].plain()
    try:
        parse(document.encode(), "m.yaml")
    except ManifestInvalid:
        assert errors(plain)
    else:
        assert not errors(plain)
