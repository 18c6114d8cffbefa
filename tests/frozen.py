"""All that partners build on, as text: the public names with their types, and what a plugin says of itself.

`python -m tests.frozen` writes it anew into frozen.txt, once CHANGELOG.md names what has changed and, after a
release, the version is a new one. It is read from the source, so every Python gives the same text.
"""

from __future__ import annotations

import ast
import json
import re
import sys
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from so_privacy_ext.plugins.described import Description

ROOT = Path(__file__).resolve().parent.parent
FILE = ROOT / "tests" / "frozen.txt"
PACKAGES = ("so_privacy_ext", "so_privacy_ext.webhooks", "so_privacy_kit")
_BEHIND = re.compile(r"so_privacy_ext\.(sdk|extension|reactions|ports|model|errors|webhooks(\..*)?)")
"""Modules whose names count too where a public name mentions them."""
_COMMAND = "python -m tests.frozen"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a name is defined."""

    module: str
    name: str


@dataclass(frozen=True, slots=True)
class Change:
    """A name that is not as it was frozen."""

    name: str
    how: str
    """`added`, `changed`, `gone` or `moved`."""


@cache
def _source(module: str) -> Mapping[str, ast.stmt]:
    """Give what a module says at its top level, by name; types-only imports too."""
    spec = find_spec(module)
    assert spec is not None
    assert spec.origin is not None, module
    return dict(_named(ast.parse(Path(spec.origin).read_text(encoding="utf-8")).body))


def _named(body: Sequence[ast.stmt]) -> Iterator[tuple[str, ast.stmt]]:
    for one in body:
        match one:
            case ast.If(test=ast.Name(id="TYPE_CHECKING")):
                yield from _named(one.body)
            case ast.ImportFrom():
                yield from ((alias.asname or alias.name, one) for alias in one.names)
            case ast.ClassDef(name=name) | ast.FunctionDef(name=name):
                yield name, one
            case ast.Assign(targets=[ast.Name(id=name)]) | ast.AnnAssign(target=ast.Name(id=name)):
                yield name, one


def _found(module: str, name: str) -> Place | None:
    """Follow imports to where a name is defined; None where that is not here."""
    said = _source(module).get(name)
    if not isinstance(said, ast.ImportFrom):
        return None if said is None else Place(module, name)
    if said.module is None or not said.module.startswith("so_privacy_"):
        return None
    original = next(one.name for one in said.names if name in {one.asname, one.name})
    if _is_module(inner := f"{said.module}.{original}"):
        return Place(inner, "")
    return _found(said.module, original)


def _is_module(name: str) -> bool:
    try:
        return find_spec(name) is not None
    except ModuleNotFoundError:  # what is before the last dot is no package
        return False


def lines() -> list[str]:
    """Give all of it, one line for each name, constructor, method and field."""
    version = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    told = [f"version = {version!r}"]
    seen = {place for package in PACKAGES for _, place in _public(package)}
    for package in PACKAGES:
        behind: list[Place] = []
        for name, place in _public(package):
            told += _told(name, place, behind)
        while package != "so_privacy_kit" and (more := set(behind) - seen):
            seen |= more
            behind = []
            for place in sorted(more, key=lambda one: (one.module, one.name)):
                told += _told(f"{place.module}.{place.name}", place, behind)
    return [*told, *_fixtures(), *_declaration()]


def _public(package: str) -> Iterator[tuple[str, Place]]:
    """Give what `__all__` lists, with that of a module that is among it."""
    listed = _source(package)["__all__"]
    assert isinstance(listed, ast.Assign)
    for name in sorted(ast.literal_eval(listed.value)):
        place = _found(package, name)
        assert place is not None, f"{package} does not say where its `{name}` is"
        if place.name:
            yield f"{package}.{name}", place
        else:
            yield from _public(place.module)


def _told(name: str, place: Place, behind: list[Place]) -> Iterator[str]:
    """Tell of one name; what it mentions is added to `behind`."""
    said = _source(place.module)[place.name]
    if isinstance(said, ast.ClassDef):
        bases = ", ".join(ast.unparse(one) for one in (*said.bases, *said.keywords))
        yield f"{name}: {_decorated(said)}class({bases})"
        mentioned: list[ast.AST] = [*said.bases]
        for line, parts in _members(said):
            yield f"{name}.{line}"
            mentioned += parts
    else:
        line, mentioned = _member(said)
        yield f"{name.removesuffix(place.name)}{line}"
    for one in (node for part in mentioned for node in ast.walk(part)):
        named = one.id if isinstance(one, ast.Name) else ""
        there = _found(place.module, named)
        if there is not None and _BEHIND.fullmatch(there.module) and not _hidden(there.name):
            behind.append(there)


def _members(said: ast.ClassDef) -> Iterator[tuple[str, list[ast.AST]]]:
    for one in said.body:
        match one:
            case ast.FunctionDef(name="__init__"):
                yield _member(one)
                yield from _attributes(one)
            case ast.FunctionDef(name=name) if not _hidden(name):
                yield _member(one)
            case ast.Assign(targets=[ast.Name(id=name)]) | ast.AnnAssign(target=ast.Name(id=name)):
                if not _hidden(name):
                    yield _member(one)


def _hidden(name: str) -> bool:
    return not name or (name.startswith("_") and not name.endswith("__")) or name in {"__slots__", "__repr__"}


def _attributes(init: ast.FunctionDef) -> Iterator[tuple[str, list[ast.AST]]]:
    """Tell of what a constructor makes readable; what it annotates there is the product's own."""
    for one in init.body:
        match one:
            case ast.Assign(targets=[ast.Attribute(value=ast.Name(id="self"), attr=name)]):
                if not _hidden(name):
                    yield name, []


def _member(said: ast.stmt) -> tuple[str, list[ast.AST]]:
    """Write one statement in a line, and give its parts that name types."""
    match said:
        case ast.FunctionDef(name=name, args=arguments, returns=returns):
            gives = "" if returns is None else f" -> {ast.unparse(returns)}"
            known = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
            kinds: list[ast.AST] = [one.annotation for one in known if one.annotation is not None]
            line = f"{name}({ast.unparse(arguments)}){gives}"
            return f"{line}{_decorated(said, ' ')}", kinds if returns is None else [*kinds, returns]
        case ast.AnnAssign(target=target, annotation=kind, value=value):
            small = isinstance(value, ast.Constant | ast.Tuple)
            stands = f" = {ast.unparse(value)}" if value is not None and small else " = …" if value else ""
            return f"{ast.unparse(target)}: {ast.unparse(kind)}{stands}", [kind]
        case ast.Assign(targets=[target], value=value):
            return f"{ast.unparse(target)} = {ast.unparse(value)}", [value]
    raise TypeError(ast.dump(said))


def _decorated(said: ast.ClassDef | ast.FunctionDef, before: str = "") -> str:
    after = "" if before else " "
    return "".join(f"{before}@{ast.unparse(one)}{after}" for one in said.decorator_list)


def _fixtures() -> Iterator[str]:
    """Tell of what the kit's plugin gives to tests."""
    offered = {**_source("so_privacy_kit.plugin"), **_source("so_privacy_kit.conformance.fixtures")}
    for name, said in sorted(offered.items()):
        ours = name.startswith(("so_", "pytest_", "_")) and name != "so_plugin_settings"
        if isinstance(said, ast.FunctionDef) and not ours:
            assert said.returns is not None
            yield f"fixture.{name} -> {ast.unparse(said.returns)}"


def _declaration() -> Iterator[str]:
    """Tell of each field of what a plugin says of itself, as JSON Schema."""
    whole = Description.model_json_schema()
    for name, model in sorted({**whole.pop("$defs"), "Description": whole}.items()):
        fields = model.pop("properties")
        yield f"declaration.{name}: {_shape(model)}"
        yield from (f"declaration.{name}.{field}: {_shape(schema)}" for field, schema in fields.items())


def _shape(schema: Any) -> str:
    def bare(part: Any) -> Any:
        if isinstance(part, dict):
            return {key: bare(value) for key, value in part.items() if key not in {"title", "description"}}
        return [bare(one) for one in part] if isinstance(part, list) else part

    return json.dumps(bare(schema), sort_keys=True, ensure_ascii=True)


def changes(before: Sequence[str], now: Sequence[str]) -> list[Change]:
    """Name all that is otherwise, in the order of the names; the version is no name."""
    old, new = _by_name(before), _by_name(now)
    found = [Change(name, "gone") for name in old.keys() - new.keys()]
    found += [Change(name, "added") for name in new.keys() - old.keys()]
    found += [Change(name, "changed") for name in old.keys() & new.keys() if old[name] != new[name]]
    if not found:  # the order of fields is that of positional arguments
        found = [Change(a, "moved") for a, b in zip(old, new, strict=True) if a != b]
    return sorted(found, key=lambda one: one.name)


def _by_name(told: Sequence[str]) -> dict[str, list[str]]:
    by_name: dict[str, list[str]] = {}
    for line in told[1:]:
        by_name.setdefault(re.split(r"[:(= ]", line, maxsplit=1)[0], []).append(line)
    return by_name


def to_do(found: Sequence[Change], before: Sequence[str], now: Sequence[str], changelog: str) -> list[str]:
    """Say what must be done before the changes are frozen."""
    unreleased, _, past = changelog.partition("## Unreleased")[2].partition("\n## ")
    named = set(re.findall(r"\w+", " ".join(re.findall(r"`([^`]+)`", unreleased))))
    whole = {one.name for one in found if one.how in {"added", "gone"}}
    todo = [
        f"name it in a line of CHANGELOG.md under Unreleased, in backticks: `{_short(one.name)}`, {one.how}"
        for one in found
        if one.name.rpartition(".")[0] not in whole and _short(one.name) not in named
    ]
    last = past.strip("[").split("]")[0].split()[:1]
    if found and last and before[0] == now[0] and last[0] in now[0]:
        todo.append(f"raise the version in pyproject.toml: {last[0]} is released, and partners build on it")
    return todo


def _short(name: str) -> str:
    """Give the word by which a changelog would name it."""
    parts = name.split(".")
    return parts[-2] if parts[-1].startswith("__") else parts[-1]


def difference(frozen: Sequence[str], now: Sequence[str]) -> str:
    """Say in a few lines what differs and what is to be done; empty where nothing."""
    if list(frozen) == list(now):
        return ""
    found = changes(frozen, now)
    todo = to_do(found, frozen, now, (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"))
    differs = [f"{one.how}: {one.name}" for one in found] or [f"{frozen[0]} is now {now[0]}"]
    return "\n".join(
        [
            "What partners build on is not what is frozen in tests/frozen.txt:",
            *(f"  {line}" for line in differs),
            "If that is meant:",
            *(f"  {line}" for line in todo),
            f"  {_COMMAND}",
        ]
    )


def read() -> list[str]:
    """Give what is frozen."""
    return FILE.read_text(encoding="utf-8").splitlines()


def main() -> int:
    """Freeze what is there now, unless something is to be done before."""
    now, frozen = lines(), read() if FILE.exists() else ["version = ''"]
    print(difference(frozen, now) or "tests/frozen.txt is up to date")
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    if FILE.exists() and to_do(changes(frozen, now), frozen, now, changelog):
        return 1
    FILE.write_text("\n".join(now) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
