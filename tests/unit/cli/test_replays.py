"""`manifest diff`: what differs between two manifests, by their structure alone."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from so_privacy_ext.errors import Exit
from tests.unit.cli.asked import MANIFEST, ask

TEXT = MANIFEST.read_text(encoding="utf-8")


@pytest.fixture
def other(tmp_path: Path) -> Path:
    return tmp_path / "other.yaml"


def test_the_same_rules_differ_for_nobody_however_they_are_written(other: Path) -> None:
    other.write_text(TEXT.replace("[USER, CARD, PHONE, FAIR]", "[FAIR, PHONE, CARD, USER]"), encoding="utf-8")
    done = ask(["manifest", "diff", str(MANIFEST), str(other)])

    assert (done.code, done.out, done.err) == (Exit.OK, "nobody's outcome differs\n", "")


def test_each_change_is_told_with_somebody_whom_it_hits(other: Path) -> None:
    changed = TEXT.replace("[USER, CARD, PHONE, FAIR]", "[USER, CARD, PHONE]").replace("P12M", "P24M")
    other.write_text(changed, encoding="utf-8")
    done = ask(["manifest", "diff", str(MANIFEST), str(other)])
    found = ask(["manifest", "diff", str(MANIFEST), str(other), "--json"])

    assert done.code == found.code == Exit.CHANGES
    assert done.out == (
        "STORE: 61F/FAIR by met-in-person → review by catch-all: such as {source: FAIR}\n"
        "STORE: 61F/IMPORT for P12M by bought-or-referred → 61F/IMPORT for P24M by bought-or-referred:"
        " such as {source: IMPORT}\n"
        "mail: notice13 by met-in-person → none (review): such as {source: FAIR}\n"
        "3 changes of outcome\n"
    )
    answer = json.loads(found.out)
    assert answer["complete"] is True
    assert [(one["what"], one["person"], one["event"]) for one in answer["changes"]] == [
        ("STORE", {"source": "FAIR"}, "created"),
        ("STORE", {"source": "IMPORT"}, "created"),
        ("mail", {"source": "FAIR"}, "created"),
    ]


def test_an_event_that_makes_the_difference_is_named(other: Path) -> None:
    other.write_text(
        TEXT.replace("when: {source: ERP}", "when: {source: ERP, event: created}"), encoding="utf-8"
    )
    done = ask(["manifest", "diff", str(MANIFEST), str(other)])

    assert "STORE: 61F/ERP by erp → review by catch-all: such as {source: ERP}, event none\n" in done.out


def test_what_cannot_be_computed_is_said(other: Path) -> None:
    wide = ", ".join(
        f"{{all: [{{email_domain: d{at}.example}}, {{country: {one}}}]}}"
        for at, one in enumerate(
            f"{first}{second}" for first in "ABCDEFGHIJKLMNOPQR" for second in "ABCDEFGHIJKLMNOPQR"
        )
    )
    text = TEXT.replace("when: {source: ERP}", f"when: {{any: [{wide}]}}")
    other.write_text(text, encoding="utf-8")
    changed = other.with_name("changed.yaml")
    changed.write_text(text.replace('because: "Contact at', 'because: "A contact at'), encoding="utf-8")
    done = ask(["manifest", "diff", str(other), str(changed)])

    assert (
        done.out == "nobody's outcome differs, of what could be computed; the conditions are too manifold\n"
    )


def test_a_file_that_is_no_manifest_is_refused(other: Path) -> None:
    other.write_text("manifest: 2", encoding="utf-8")

    assert ask(["manifest", "diff", str(MANIFEST), str(other)]).code == Exit.BAD_DATA
