"""The pages say what the code does: every command, every word of a manifest, all that a human settles."""

import re
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import typer
from pydantic import BaseModel

from so_privacy_ext.cli.program import program
from so_privacy_ext.rules import shape
from so_privacy_ext.rules.lint.linting import judge
from so_privacy_ext.rules.lint.subject import Subject
from so_privacy_ext.rules.manifest import parse
from so_privacy_ext.rules.not_acted_on import IDLE
from so_privacy_ext.settings import Settings
from so_privacy_ext.storage.reviews import Settlement
from tests import documents

ROOT = Path(__file__).resolve().parents[2]
README, OPERATING, MANIFEST, LINTS = (
    (ROOT / name).read_text(encoding="utf-8")
    for name in ("README.md", "docs/operating.md", "docs/manifest.md", "docs/lints.md")
)
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), *ROOT.glob("*/README.md")])


def section(page: str, title: str) -> str:
    """Give what stands under a heading, up to the next."""
    found = re.search(rf"^#+ {re.escape(title)}\n(.*?)(?=^#|\Z)", page, re.MULTILINE | re.DOTALL)
    assert found is not None, f"there is no heading {title!r}"
    return found[1]


def table(page: str, title: str) -> list[list[str]]:
    """Give the rows of the first table under a heading, without its head."""
    lines = [line for line in section(page, title).splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


def first_cells(page: str, title: str) -> list[str]:
    return [row[0].strip("`") for row in table(page, title)]


def test_no_page_names_a_setting_that_is_not_there() -> None:
    known = {f"SO_PRIVACY_{name.upper()}" for name in Settings.model_fields}
    for page in PAGES:
        assert set(re.findall(r"\bSO_PRIVACY_[A-Z_]+\b", page.read_text(encoding="utf-8"))) <= known, page


def commands(of: typer.Typer, name: str) -> Mapping[str, Any]:
    """Give every command by its words, with its click command."""

    def below(words: str, command: Any) -> Iterator[tuple[str, Any]]:
        yield words, command
        for inner in getattr(command, "commands", {}).values():
            yield from below(f"{words} {inner.name}", inner)

    return dict(below(name, typer.main.get_command(of)))


COMMANDS = commands(program, "so-privacy")


def test_every_command_is_explained() -> None:
    known = {name for name, command in COMMANDS.items() if _acts(command)} - {"so-privacy"}

    assert set(first_cells(OPERATING, "Commands")) == known


def _acts(command: Any) -> bool:
    return not getattr(command, "commands", {}) or command.invoke_without_command


def test_every_settlement_is_explained() -> None:
    settled = " ".join(row[2] for row in table(OPERATING, "What waits for a human"))

    assert set(re.findall(r"`([a-z-]+)`", settled)) == {str(one) for one in Settlement}


def test_every_kind_of_review_is_explained() -> None:
    source = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "src").rglob("*.py"))
    opened = set(re.findall(r"reviews\.open\(\s*[\w.]+,\s*\"(\w+)\"", source))
    asked = set(re.findall(r"ask_human\(\"(\w+)\"", source))

    assert opened | asked
    assert opened | asked <= set(first_cells(OPERATING, "What waits for a human"))


def test_what_a_page_says_of_the_code_is_as_the_code_says() -> None:
    for path in documents.DOCS.glob("*.md"):
        page = path.read_text(encoding="utf-8")
        assert documents.written(page) == page, "run `python -m tests.documents`"
    assert all(f"<!-- from the code: {part} -->" in MANIFEST + OPERATING + LINTS for part in documents.PARTS)


SECTIONS: dict[str, tuple[type[BaseModel], str]] = {
    "The file": (shape.ManifestShape, ""),
    "moved": (shape.MovedShape, "moved."),
    "controller": (shape.Controller, "controller."),
    "jurisdiction": (shape.Jurisdiction, "jurisdiction."),
    "languages": (shape.Languages, "languages."),
    "sources": (shape.SourceShape, "sources.*."),
    "supplier: {…}": (shape.Supplier, "sources.*.supplier."),
    "purposes": (shape.PurposeShape, "purposes.*."),
    "at_end: {…}": (shape.AtEnd, "purposes.*.at_end."),
    "mails": (shape.MailShape, "mails.*."),
    "texts: {language: {…}}": (shape.OwnTextShape, "mails.*.texts.*."),
    "rules": (shape.RuleShape, "rules.*."),
    "give: {PURPOSE: {…}}": (shape.GiveBasis, "rules.*.give.*."),
    "retention": (shape.RetentionShape, "retention.*."),
}


@pytest.mark.parametrize("title", SECTIONS)
def test_every_key_of_a_manifest_is_explained(title: str) -> None:
    model, path = SECTIONS[title]
    rows = {row[0].strip("`"): row[1] for row in table(MANIFEST, title)}

    assert list(rows) == list(model.model_fields)
    for name, field in model.model_fields.items():
        assert ("required" in rows[name]) == field.is_required(), name
        assert ("kept" in rows[name]) == (f"{path}{name}" in IDLE), name


def test_every_shape_has_its_section() -> None:
    shapes = {
        one for one in vars(shape).values()
        if isinstance(one, type) and issubclass(one, shape.Shape) and one is not shape.Shape
    }  # fmt: skip

    assert shapes == {model for model, _ in SECTIONS.values()}


def test_every_outcome_is_explained() -> None:
    words = {"keep", "deny", "review", "none"}

    assert {row[0].strip("`") for row in table(MANIFEST, "give")} == words | {"{basis: 61F}"}


def test_every_reason_for_no_mail_is_explained() -> None:
    source = (ROOT / "src/so_privacy_ext/model.py").read_text(encoding="utf-8")
    reasons = re.search(r"class NoMail\(StrEnum\):(.*?)\n\n\n", source, re.DOTALL)

    assert reasons is not None
    for reason in re.findall(r'= "(\w+)"', reasons[1]):
        assert f"`{reason}`" in section(MANIFEST, "tell"), reason


def test_the_manifests_of_the_page_are_right() -> None:
    found = re.findall(r"^```yaml\n(.*?)^```", MANIFEST, re.MULTILINE | re.DOTALL)

    assert found
    for text in found:
        judge(Subject(parse(text.encode(), "docs/manifest.md"), date(2026, 11, 28)))
