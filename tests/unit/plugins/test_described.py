from __future__ import annotations

from typing import Any

import pytest

from so_privacy_ext.errors import Refused
from so_privacy_ext.plugins.asking import questions
from so_privacy_ext.plugins.described import (
    Description,
    asks_for_more,
    read_description,
    settings_mistakes,
    words,
)
from so_privacy_ext.rules.alone import resolve_alone
from so_privacy_ext.rules.explain import explain
from so_privacy_ext.rules.findings import ManifestInvalid
from so_privacy_ext.rules.manifest import Manifest, parse
from so_privacy_ext.rules.schema import json_schema
from so_privacy_ext.rules.vocabulary import PRODUCT_WORDS
from so_privacy_ext.sdk import UNKNOWN, Facts, Ground
from tests.unit.rules.conftest import SMALL

REGISTERED = {
    "word": "acme_vat.registered",
    "says": "Whether the company is registered.",
    "argument": {"type": "boolean"},
    "reasons": {"listed": {"en": "it is in the register"}},
    "spoken": {"en": ["the company is registered", "the company is not registered"]},
}
SIZED = {
    "word": "acme_vat.sized",
    "says": "Its size.",
    "argument": {
        "type": "object",
        "properties": {"least": {"type": "integer"}},
        "required": ["least"],
        "additionalProperties": False,
    },
}


def content(**more: Any) -> dict[str, Any]:
    return {"name": "acme-vat", "version": "1.0", "says": "Knows.", "words": [REGISTERED, SIZED], **more}


def described(**more: Any) -> Description:
    return read_description(content(**more))


def manifest(*whens: str, description: Description | None = None) -> Manifest:
    rules = "".join(
        f"  - id: r{at}\n    when: {when}\n    give: none\n    because: x\n" for at, when in enumerate(whens)
    )
    text = SMALL + rules
    return parse(text.encode(), "small.yaml", PRODUCT_WORDS + words(description or described()))


@pytest.mark.parametrize(
    ("more", "what"),
    [
        ({"name": "Acme"}, "name: "),
        ({"other": 1}, "other: "),
        ({"version": "one two"}, "version: "),
        ({"words": [{**REGISTERED, "word": "other.registered"}]}, "must begin with `acme_vat.`"),
        ({"words": [{**REGISTERED, "word": "country"}]}, "words.0.word: "),
        ({"words": [REGISTERED, REGISTERED]}, "`acme_vat.registered` is claimed twice"),
        ({"words": [{**REGISTERED, "argument": {"allOf": []}}]}, "words.0.argument: its JSON Schema has"),
        ({"words": [{**REGISTERED, "spoken": {"en": ["{word.__class__}", "x"]}}]}, "words.0.spoken.en.0: "),
        ({"words": [{**REGISTERED, "says": "a\x1b[31m"}]}, "words.0.says: "),
        ({"hosts": ["https://x"]}, "hosts.0: "),
        ({"settings": {"type": "null"}}, "settings: "),
    ],
)
def test_a_description_that_can_not_be_is_refused_with_its_place(more: dict[str, Any], what: str) -> None:
    with pytest.raises(Refused) as refused:
        described(**more)

    assert refused.value.code == "plugin_description"
    assert what in refused.value.what


def test_a_description_is_kept_as_json_and_read_back() -> None:
    description = described(settings={"type": "object", "properties": {}}, hosts=["api.example.com:443"])

    assert read_description(description.model_dump(mode="json")) == description


def test_a_version_alone_is_no_other_declaration() -> None:
    assert described().fingerprint == described(version="2.0").fingerprint
    assert described().fingerprint != described(words=[REGISTERED]).fingerprint


def test_a_new_version_that_asks_for_no_more_needs_no_new_leave() -> None:
    assert asks_for_more(described(hosts=["a.example.com:1"]), described(version="2.0")) == ()


def test_what_a_new_version_asks_for_more_is_said() -> None:
    now = described(hosts=["a.example.com:1"], further=["acme_vat.size"], detects_source=True)

    assert asks_for_more(described(), now) == (
        "talks to `a.example.com:1`",
        "finds `acme_vat.size`",
        "proposes sources",
    )


def test_settings_are_read_by_their_schema() -> None:
    schema = {"type": "object", "properties": {"host": {"type": "string"}}, "required": ["host"]}
    description = described(settings=schema)

    assert settings_mistakes(description, {"host": "x"}) == []
    assert settings_mistakes(description, {"host": 1}) == ["host: Input should be a valid string"]
    assert settings_mistakes(description, {}) == ["host: Field required"]
    assert settings_mistakes(described(), {}) == []
    assert settings_mistakes(described(), {"host": "x"}) == ["it has no settings"]


def test_a_manifest_is_read_by_the_description_alone() -> None:
    with pytest.raises(ManifestInvalid) as invalid:
        manifest("{acme_vat.registered: 5}", "{acme_vat.sized: {most: 1}}", "{acme_vat.registrered: true}")

    found = [(one.code, one.what, one.how) for one in invalid.value.findings]
    assert found[0] == ("wrong_type", "found the number `5`", "allowed: true or false")
    assert {one[0] for one in found[1:3]} == {"missing_key", "unknown_key"}
    assert found[3][2].startswith("did you mean `acme_vat.registered`?")


def test_an_editor_shows_what_a_word_says() -> None:
    schema = json_schema(PRODUCT_WORDS + words(described()))
    name = schema["$defs"]["When"]["properties"]["acme_vat.registered"]["$ref"].rpartition("/")[2]

    assert schema["$defs"][name]["description"] == "Whether the company is registered."
    assert schema["$defs"][name]["type"] == "boolean"


def test_words_of_one_description_are_the_same_each_time() -> None:
    assert words(described()) is words(described())


def test_each_question_is_asked_once_also_of_those_whom_nobody_deals_with() -> None:
    whens = ("{acme_vat.registered: true}", "{not: {acme_vat.registered: true}}", "{country: DK}")
    text = manifest(*whens, "{any: [{acme_vat.sized: {least: 5}}, {retired: true}]}")
    kept = SMALL.replace(
        "rules:",
        "retention:\n  old:\n    inactive: P2Y\n    when: {acme_vat.registered: false}\n    "
        "then: review\nrules:",
    )
    entry = parse(
        kept.encode() + b"  - id: a\n    when: always\n    give: none\n    because: x\n",
        "small.yaml",
        PRODUCT_WORDS + words(described()),
    )

    asked = questions(resolve_alone(text))

    assert [one.key for one in asked] == ["acme_vat.registered true", 'acme_vat.sized {"least":5}']
    assert {(one.plugin, one.word) for one in asked} == {
        ("acme-vat", "acme_vat.registered"),
        ("acme-vat", "acme_vat.sized"),
    }
    assert [one.key for one in questions(resolve_alone(entry))] == ["acme_vat.registered false"]


def test_a_word_is_what_the_plugin_said_or_unknown() -> None:
    registered = words(described())[0](True)
    predicate = registered.prepare(Ground("DK", "en", {}))
    key = "acme_vat.registered true"

    asked = {
        (): (None, UNKNOWN),
        (None, ""): (None, UNKNOWN),
        (True, ""): (True, True),
        (False, ""): (False, False),
        (True, "listed"): (True, True),
        (False, "other"): (False, False),
    }
    for answer, wanted in asked.items():
        facts = Facts(answers={key: answer} if answer else {})  # type: ignore[dict-item]  # as above
        assert (predicate.truth(facts), predicate.found(facts)) == wanted


def test_explain_names_the_word_and_its_reason() -> None:
    active = resolve_alone(manifest("{acme_vat.registered: true}"))
    facts = Facts(answers={"acme_vat.registered true": (False, "listed")})

    told = explain(facts, active)

    assert "acme_vat.registered" in repr(told)
    assert "it is in the register" in repr(told)
