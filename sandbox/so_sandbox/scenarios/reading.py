"""Reads a scenario and finds all that is wrong with it before anything happens, with line and column."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from importlib.resources import files
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, SequenceNode

from so_sandbox.scenarios.judging import judge
from so_sandbox.scenarios.shape import VERBS, WORDS, Scenario

_LONGEST = 512 * 1024
_PUBLISHED = ".yaml"


@dataclass(frozen=True, slots=True)
class Finding:
    """One mistake and where it is; lines and columns count from 1."""

    line: int
    column: int
    text: str


class ScenarioError(ValueError):
    """A file that is no scenario; its text names all mistakes, each on a line of its own."""

    def __init__(self, filename: str, findings: Sequence[Finding]) -> None:
        self.findings = sorted(findings, key=lambda one: (one.line, one.column))
        super().__init__(
            "\n".join(f"{filename}:{one.line}:{one.column}: {one.text}" for one in self.findings)
        )


@dataclass(frozen=True, slots=True)
class Read:
    """A scenario that is right, with the line of each step."""

    scenario: Scenario
    filename: str
    lines: Sequence[int]


def published() -> Sequence[str]:
    """Name the scenarios that come with the sandbox."""
    folder = files(__package__)
    return sorted(
        one.name.removesuffix(_PUBLISHED) for one in folder.iterdir() if one.name.endswith(_PUBLISHED)
    )


def find(name: str | Path) -> Read:
    """Read a published scenario by its name, or any by its file; OSError if there is no such file."""
    known = published()
    if isinstance(name, str) and name in known:
        return read((files(__package__) / f"{name}{_PUBLISHED}").read_bytes(), f"{name}{_PUBLISHED}")
    path = Path(name)
    if path.suffix not in {".yaml", ".yml"}:
        near = get_close_matches(str(name), known, n=1)
        guess = f" (did you mean {near[0]}?)" if near else ""
        there = ", ".join(known)
        raise ValueError(f"no scenario {str(name)!r}{guess}; there are: {there}, or name a file x.yaml")
    with path.open("rb") as file:
        return read(file.read(_LONGEST + 1), str(name))


def read(content: bytes, filename: str) -> Read:
    """Read a scenario's text; raises `ScenarioError` with all that is wrong."""
    if len(content) > _LONGEST:
        raise ScenarioError(filename, [Finding(1, 1, f"it is longer than {_LONGEST} bytes")])
    try:
        text = content.decode()
        root = YAML(typ="safe", pure=True).compose(text)
        plain = YAML(typ="safe", pure=True).load(text)
    except UnicodeDecodeError:
        raise ScenarioError(filename, [Finding(1, 1, "it is no UTF-8")]) from None
    except YAMLError as error:
        raise ScenarioError(filename, [_of_yaml(error)]) from None
    if not isinstance(root, MappingNode):
        raise ScenarioError(filename, [Finding(1, 1, "it is no mapping; begin with `scenario: 1`")])
    try:
        scenario = Scenario.model_validate(plain)
    except ValidationError as error:
        raise ScenarioError(filename, list(_of_shape(error, root, plain))) from None
    wrong = [_placed(root, one.path, one.text) for one in judge(scenario)]
    if wrong:
        raise ScenarioError(filename, wrong)
    lines = [_placed(root, ("steps", number), "").line for number in range(len(scenario.steps))]
    return Read(scenario, filename, lines)


def _of_yaml(error: YAMLError) -> Finding:
    mark = error.problem_mark if isinstance(error, MarkedYAMLError) else None
    text = error.problem if isinstance(error, MarkedYAMLError) and error.problem else "it is no YAML"
    return Finding(mark.line + 1, mark.column + 1, text) if mark else Finding(1, 1, text.splitlines()[0])


def _of_shape(error: ValidationError, root: Node, plain: Any) -> Iterator[Finding]:
    for one in error.errors(include_url=False, include_input=False):
        path = one["loc"]
        if path[:1] == ("steps",):
            path = path[:2] + path[3:]  # without pydantic's own word for the kind of step
        if one["type"] == "union_tag_not_found":
            text = _no_step(_value(plain, path))
        else:
            said = {"missing": " is missing", "extra_forbidden": " is no key here"}
            text = f"`{path[-1]}`{said.get(one['type'], ': ' + one['msg'])}"
        yield _placed(root, path, text)


def _no_step(given: Any) -> str:
    known = [*VERBS, *WORDS]
    words = [str(one) for one in given] if isinstance(given, dict) else [str(given)]
    near = next((found[0] for word in words if (found := get_close_matches(word, known, n=1))), None)
    guess = f" (did you mean {near}?)" if near else ""
    return f"this is no step{guess}; a step begins with one of: {', '.join(known)}"


def _value(plain: Any, path: Sequence[int | str]) -> Any:
    for part in path:
        plain = plain[part]
    return plain


def _placed(root: Node, path: Sequence[int | str], text: str) -> Finding:
    """Place a text where a path leads, at a key rather than its value; what is not there is passed over."""
    node = place = root
    for part in path:
        if isinstance(node, SequenceNode) and isinstance(part, int):
            place = node = node.value[part]
        elif isinstance(node, MappingNode):
            place, node = next(
                ((key, value) for key, value in node.value if key.value == part), (place, node)
            )
    return Finding(place.start_mark.line + 1, place.start_mark.column + 1, text)
