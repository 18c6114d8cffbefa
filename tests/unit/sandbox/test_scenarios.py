"""A scenario is read whole or refused with every mistake and its place; its schema says the same."""

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from ruamel.yaml import YAML

from so_sandbox.scenarios import reading
from so_sandbox.scenarios.reading import ScenarioError, find, published, read
from so_sandbox.scenarios.shape import VERBS, json_schema

FOLDER = Path(reading.__file__).parent
SCHEMA = FOLDER / "scenario-1.schema.json"
HEAD = "scenario: 1\nname: mine\nsays: It.\n"
ANNA = "  - {happens: person.created, as: anna}\n"


def plain(text: str | bytes) -> Any:
    return YAML(typ="safe", pure=True).load(text)


def findings(text: str) -> list[str]:
    with pytest.raises(ScenarioError) as refused:
        read(text.encode(), "x.yaml")
    return [line.removeprefix("x.yaml:") for line in str(refused.value).splitlines()]


def test_the_published_schema_is_the_one_that_the_code_makes() -> None:
    made = json.dumps(json_schema(), indent=2, ensure_ascii=False) + "\n"

    assert SCHEMA.read_text(encoding="utf-8") == made, "so-sandbox scenario schema > the file"
    Draft202012Validator.check_schema(json_schema())


@pytest.mark.parametrize("name", published())
def test_a_published_scenario_is_one(name: str) -> None:
    found = find(name)
    content = (FOLDER / f"{name}.yaml").read_bytes()

    assert found.scenario.name == name
    assert list(Draft202012Validator(json_schema()).iter_errors(plain(content))) == []
    lines = content.decode().splitlines()
    assert all(lines[line - 1].lstrip().startswith("- ") for line in found.lines)
    assert len(found.lines) == len(found.scenario.steps)


def test_every_kind_of_step_is_explained_in_the_schema() -> None:
    parts = json_schema()["$defs"]

    for kind in VERBS.values():
        assert parts[kind.__name__]["description"].endswith(".")
        assert all(
            "description" in key or "$ref" in key for key in parts[kind.__name__]["properties"].values()
        )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a: [", ["1:5: "]),
        ("- 1", ["1:1: it is no mapping; begin with `scenario: 1`"]),
        ("", ["1:1: it is no mapping"]),
        ("scenario: 1\nscenario: 1\n", ["2:1: found duplicate key"]),
        ("scenario: 2\n", ["1:1: `scenario`: ", "1:1: `name` is missing", "1:1: `says`", "1:1: `steps`"]),
        (HEAD + "steps: []\n", ["4:1: `steps`: "]),
        (HEAD + "steps:\n  - hapens: x\n", ["5:5: this is no step (did you mean happens?); a step begins"]),
        (HEAD + "steps:\n  - settel\n", ["5:5: this is no step (did you mean settle?)"]),
        (HEAD + "steps:\n  - 7\n", ["5:5: this is no step; "]),
        (HEAD + "steps:\n  - happens: person.created\n    foo: 1\n", ["6:5: `foo` is no key here"]),
        (HEAD + "steps:\n  - happens: person.created\n    as: A B\n", ["6:5: `as`: "]),
        (HEAD + "steps:\n  - count: {mail: 1}\n", ["5:13: `mail` is no key here"]),
        (HEAD + "steps:\n  - lose: 2\n", ["5:5: `lose`: "]),
        (
            HEAD + "steps:\n  - happens: person.create\n",
            ["5:5: no event 'person.create' (did you mean person.created?); there are: person.created, "],
        ),
        (HEAD + "steps:\n  - clock: soon\n", ["5:5: 'soon' is no duration; "]),
        (HEAD + "steps:\n  - fault: http_999\n", ["5:5: no fault 'http_999'; "]),
        (HEAD + "steps:\n  - switch: {deliver: x}\n", ["5:14: no switch 'deliver'; "]),
        (HEAD + "steps:\n  - switch: {delivery: x}\n", ["5:14: switch delivery has the answers "]),
        (HEAD + "steps:\n  - state: [Suspend]\n", ["5:5: no state 'Suspend' (did you mean Suspended?)"]),
        (
            HEAD + f"steps:\n{ANNA}  - expect: {{ana: {{}}}}\n",
            ["6:14: nobody is called `ana` yet; there are: anna"],
        ),
        (HEAD + "steps:\n  - happens: person.changed\n    set: {person: anna}\n", ["6:11: nobody is called"]),
        (HEAD + f"steps:\n{ANNA}{ANNA}", ["6:31: `anna` is somebody already"]),
        (
            HEAD + "steps:\n  - lose: 1\n    tenant: Cust1\n",
            ["6:5: `Cust1` is not among `tenants`: none"],
        ),
    ],
)
def test_what_is_wrong_is_told_with_its_place(text: str, expected: list[str]) -> None:
    found = findings(text)

    assert len(found) == len(expected)
    assert all(one.startswith(start) for one, start in zip(found, expected, strict=True)), found


def test_all_mistakes_are_told_at_once() -> None:
    text = HEAD + "steps:\n  - happens: person.create\n  - clock: soon\n  - expect: {anna: {}}\n"

    assert [one.partition(": ")[0] for one in findings(text)] == ["5:5", "6:5", "7:14"]


def test_what_is_no_text_or_too_long_is_refused() -> None:
    for content, what in ((b"\xff\xfe", "it is no UTF-8"), (b"#" * 600_000, "it is longer than")):
        with pytest.raises(ScenarioError, match=what):
            read(content, "x.yaml")


def test_one_is_found_by_its_name_or_its_file(tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text(HEAD + f"steps:\n{ANNA}")

    assert find(file).scenario.name == find(str(file)).scenario.name == "mine"
    with pytest.raises(ValueError, match=r"no scenario 'mergd' \(did you mean merge\?\)"):
        find("mergd")
    with pytest.raises(FileNotFoundError):
        find("nowhere.yaml")
