"""What the documents point at is there."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LINK = re.compile(r"\[[^\]\n]*\]\(\s*<?([^)>\s]+)>?[^)]*\)")
FENCE = re.compile(r"^(```|~~~).*?^\1", re.MULTILINE | re.DOTALL)
CODE = re.compile(r"`[^`\n]*`")


FOLDERS = ("docs", "examples", "manifests", "webhooks", "sandbox", "src", "tests")


def documents() -> list[Path]:
    below = (path for folder in FOLDERS for path in (ROOT / folder).rglob("*.md"))
    return sorted([*ROOT.glob("*.md"), *below])


def prose(text: str) -> str:
    return CODE.sub("", FENCE.sub("", text))


def anchors(text: str) -> set[str]:
    """What a heading is called in an address, as the usual renderers write it."""
    titles = re.findall(r"^#{1,6}\s+(.+?)\s*$", FENCE.sub("", text), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


def leads(document: Path, link: str, root: Path) -> bool:
    """Tell whether a link leads to something within the project, and to a heading if it names one."""
    path, _, anchor = link.partition("#")
    target = (document.parent / path).resolve() if path else document
    if path.startswith("/") or root not in (target, *target.parents) or not target.exists():
        return False
    return not anchor or anchor in anchors(target.read_text())


def broken(document: Path, root: Path) -> list[str]:
    relative = [
        one for one in LINK.findall(prose(document.read_text())) if not re.match(r"[a-z][a-z0-9+.-]*:", one)
    ]
    return [one for one in relative if not leads(document, one, root)]


@pytest.mark.parametrize("document", documents(), ids=lambda path: str(path.relative_to(ROOT)))
def test_every_relative_link_resolves(document: Path) -> None:
    assert broken(document, ROOT) == []


def test_every_document_in_docs_is_in_its_index() -> None:
    index = ROOT / "docs" / "README.md"
    listed = {(index.parent / link).resolve() for link in LINK.findall(prose(index.read_text()))}

    assert {path for path in index.parent.rglob("*.md") if path != index} <= listed


@pytest.mark.parametrize("room", ["manifests", "webhooks", "sandbox", "examples"])
def test_a_room_for_others_says_first_what_does_not_belong_there(room: str) -> None:
    text = (ROOT / room / "README.md").read_text()
    title, first = text.split("\n\n")[:2]

    assert title == f"# {room}"
    assert first.startswith("**What does not belong here:** ")
    assert len(text.splitlines()) <= 60


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        (
            "[a](there.md) [b](there.md#a-heading-of-it) [c](#here) [d](https://example.com/x)",
            [],
        ),
        ("[a](gone.md)", ["gone.md"]),
        ("[a](there.md#gone) [b](#gone)", ["there.md#gone", "#gone"]),
        (
            "[a](/etc/hostname) [b](../../../../../etc/hostname)",
            ["/etc/hostname", "../../../../../etc/hostname"],
        ),
        ("`[a](gone.md)`\n\n```\n[b](gone.md)\n```\n", []),
    ],
)
def test_a_broken_link_is_found(tmp_path: Path, text: str, wrong: list[str]) -> None:
    (tmp_path / "there.md").write_text("# There\n\n## A heading, of it\n")
    document = tmp_path / "document.md"
    document.write_text(f"# Here\n\n{text}\n")

    assert broken(document, tmp_path) == wrong
