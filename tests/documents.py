"""Write what the pages of docs/ say of the code: `python -m tests.documents`; a test compares."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import typer

from so_privacy_ext.cli.program import program
from so_privacy_ext.rules.law import COUNTRIES, country_law
from so_privacy_ext.rules.lint.catalogue import LAWS
from so_privacy_ext.rules.lint.elsewhere import ELSEWHERE
from so_privacy_ext.rules.lint.law import Level
from so_privacy_ext.rules.not_acted_on import IDLE
from so_privacy_ext.rules.schema import json_schema

DOCS = Path(__file__).resolve().parent.parent / "docs"
_LEVELS = {Level.ERROR: "error", Level.WARNING: "warning", Level.NOTE: "note"}
_NEEDS = {
    "tenant": "Looked for when a tenant is named, and before a manifest is activated",
    "mails": "Looked for in the texts that `--mails` names",
}
_AROUND = ("all", "any", "not")
_PART = re.compile(r"(<!-- from the code: ([a-z ]+) -->\n).*?(<!-- to here -->\n)", re.DOTALL)


def words() -> Iterator[str]:
    """Describe every condition word: what it says of itself, and what may stand behind it."""
    yield "| word | holds for | what may stand there |"
    yield "|---|---|---|"
    for word, schema in _properties("When").items():
        if word not in _AROUND:
            said = " ".join(schema["description"].split())
            yield f"| `{word}` | {said} | {argument(schema)} |"


def nesting() -> Iterator[str]:
    """Describe what stands around condition words."""
    when = _properties("When")
    yield "| word | holds |"
    yield "|---|---|"
    yield f"| `always` | {when['all']['items']['oneOf'][0]['description']} |"
    for word in _AROUND:
        yield f"| `{word}` | {when[word]['description']} |"


def idle() -> Iterator[str]:
    """List the keys that are read and kept, and that nothing acts on."""
    yield "".join(f"`{key}`, " for key in IDLE).removesuffix(", ") + "."


def commands() -> Iterator[str]:
    """List every command with what it says of itself."""
    yield "| command | does |"
    yield "|---|---|"
    for name, command in _commands("so-privacy", typer.main.get_command(program)):
        yield f"| `{name}` | {command.help.splitlines()[0]} |"


def _commands(words: str, command: Any) -> Iterator[tuple[str, Any]]:
    """Give each command that does something when called by these words alone."""
    inner = getattr(command, "commands", {})
    if not inner or command.invoke_without_command:
        yield words, command
    for name, one in inner.items():
        yield from _commands(f"{words} {name}", one)


def laws() -> Iterator[str]:
    """Describe every law: what it finds, how bad that is, what is behind it, and how it is right."""
    yield "| code | | finds |"
    yield "|---|---|---|"
    for law in LAWS:
        yield f"| [{law.code}](#{law.code.lower()}) | {_LEVELS[law.level]} | {law.title} |"
    for law in LAWS:
        yield from ("", f"### {law.code}", "", f"{_LEVELS[law.level].capitalize()}: {law.title}.", "")
        if law.needs:
            yield from (f"{_NEEDS[law.needs]}.", "")
        yield from (f"Behind it: {law.fact}.", "", "Right is, for example:", "")
        yield from ("```yaml", *law.example.splitlines(), "```")


def elsewhere() -> Iterator[str]:
    """Describe what no law looks for, and why."""
    yield "| code | would be | but |"
    yield "|---|---|---|"
    for one in ELSEWHERE:
        yield f"| {one.code} | {one.title} | {one.because} |"


def countries() -> Iterator[str]:
    """Describe what is known of each country's law."""
    for country in COUNTRIES:
        law = country_law(country)
        assert law is not None
        yield from ("", f"### {law.name}", "", "| line | value | behind it |", "|---|---|---|")
        for name, line in law.lines.items():
            values = line.value if isinstance(line.value, list) else [line.value]
            said = ", ".join("yes" if one is True else str(one) for one in values)
            yield f"| `{name}` | {said} | {line.fact} |"


PARTS: Mapping[str, Callable[[], Iterator[str]]] = {
    "words": words,
    "nesting": nesting,
    "idle keys": idle,
    "commands": commands,
    "laws": laws,
    "elsewhere": elsewhere,
    "countries": countries,
}


def argument(schema: Mapping[str, Any]) -> str:
    """Say in words what a schema takes."""
    schema = _followed(schema)
    if "properties" in schema:
        keys = schema["properties"].items()
        return "; ".join(f"`{key}`{_said(one)}: {argument(one)}" for key, one in keys)
    if "patternProperties" in schema:
        (value,) = schema["patternProperties"].values()
        return f"by {schema['propertyNames']['description']}: {argument(value)}"
    if "anyOf" in schema:
        (items,) = (one["items"] for one in schema["anyOf"] if one.get("type") == "array")
        return f"one or a list of: {argument(items)}"
    if "oneOf" in schema:
        return " or ".join(argument(one) for one in schema["oneOf"])
    if "enum" in schema:
        return ", ".join(f"`{one}`" for one in schema["enum"])
    if "const" in schema:
        return f"`{str(schema['const']).lower()}`"
    if schema.get("type") == "boolean":
        return "`true` or `false`"
    return str(schema["description"])


def _said(schema: Mapping[str, Any]) -> str:
    return f" ({schema['description']})" if "description" in schema else ""


def _properties(name: str) -> Mapping[str, Any]:
    """Give the keys of a part of the schema, each with its own part in place of a reference."""
    found: Mapping[str, Any] = json_schema()["$defs"][name]["properties"]
    return {key: _followed(one) for key, one in found.items()}


def _followed(schema: Mapping[str, Any]) -> Mapping[str, Any]:
    """Give what a reference leads to, under the description of the first that has one."""
    if "$ref" not in schema:
        return schema
    beyond = json_schema()["$defs"][schema["$ref"].rpartition("/")[2]]
    return _followed({**beyond, **{key: value for key, value in schema.items() if key != "$ref"}})


def written(page: str) -> str:
    """Give a page with its parts written anew."""

    def part(found: re.Match[str]) -> str:
        return found[1] + "\n" + "\n".join(PARTS[found[2]]()) + "\n\n" + found[3]

    return _PART.sub(part, page)


def main() -> None:
    for path in DOCS.glob("*.md"):
        before = path.read_text(encoding="utf-8")
        after = written(before)
        if after != before:
            path.write_text(after, encoding="utf-8")
            print(f"{path.name} is written anew")


if __name__ == "__main__":
    main()
