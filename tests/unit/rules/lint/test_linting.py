"""Findings in order, errors that refuse, safe changes, and SARIF."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import date

import pytest
from ruamel.yaml import YAML

from so_privacy_ext.rules.findings import Finding, ManifestInvalid
from so_privacy_ext.rules.law import CountryLaw, Line
from so_privacy_ext.rules.lint.catalogue import LAWS
from so_privacy_ext.rules.lint.fixing import fixed
from so_privacy_ext.rules.lint.law import Edit, Fact, Level, LintFinding
from so_privacy_ext.rules.lint.laws import l49_law_not_checked, l51_read_otherwise
from so_privacy_ext.rules.lint.linting import judge, lint
from so_privacy_ext.rules.lint.sarif import sarif
from so_privacy_ext.rules.lint.subject import Subject
from so_privacy_ext.rules.manifest import parse
from so_privacy_ext.rules.tree import read
from tests.unit.rules.lint.fixtures import FOLDER, written

TODAY = date(2026, 11, 28)


def subject(text: str) -> Subject:
    return Subject(parse(text.encode(), "m.yaml"), TODAY)


def serious(text: str) -> list[LintFinding]:
    """Findings but for notes, of which there is one for every country."""
    return [one for one in lint(subject(text)) if one.level is not Level.NOTE]


def found(line: int, column: int, *edits: Edit) -> LintFinding:
    return LintFinding(line, column, "L00", "what", "how", Level.WARNING, edits=edits)


def test_findings_come_in_the_order_of_the_file() -> None:
    text = written(FOLDER / "L36" / "bad.yaml").replace("packs: [DK]", "packs: [DK, NO]")

    assert [one.code for one in serious(text)] == ["L51", "L36"]


def test_errors_refuse_and_warnings_do_not() -> None:
    note, warning = judge(subject(written(FOLDER / "L36" / "bad.yaml")))
    with pytest.raises(ManifestInvalid, match=r"^m\.yaml:\d+:\d+: L18: no last rule") as refusal:
        judge(subject(written(FOLDER / "L18" / "bad.yaml")))

    assert (note.level, warning.level) == (Level.NOTE, Level.WARNING)
    assert [one.code for one in refusal.value.findings] == ["L18"]


def test_a_fact_says_how_sure_it_is() -> None:
    assert str(Fact("A is B", "page 1")) == "A is B (page 1; not checked, reported)"
    assert str(Fact("A", "p", "2026-11-28", "verified")) == "A (p; checked on 2026-11-28, verified)"


def test_what_was_fixed_is_right_and_means_the_same() -> None:
    text = written(FOLDER / "L51" / "bad.yaml")
    mended, done = fixed(text, lint(subject(text)))

    assert len(done) == 2
    assert 'packs: [DK, "NO"]' in mended
    assert serious(mended) == []
    assert subject(mended).manifest.content == subject(text).manifest.content


def test_a_change_is_made_whole_or_not_at_all() -> None:
    first = found(1, 1, Edit(1, 1, "a", "A"), Edit(2, 1, "c", "C"))
    meets = found(1, 2, Edit(1, 2, "b", "B"), Edit(3, 1, "e", "E"))
    differs = found(3, 1, Edit(3, 1, "x", "E"))
    beyond = found(9, 1, Edit(9, 1, "", "E"))
    inserts = found(3, 3, Edit(3, 3, "", "!"))
    without = found(1, 1)

    text, done = fixed("ab\ncd\nef", [first, meets, differs, beyond, inserts, without])

    assert text == "Ab\nCd\nef!"
    assert done == [first, inserts]


WORDS = [
    "y", "n", "yes", "NO", "on", "Off", "DK", "nb", "_", "2027-01-31", "P24M", "5%",
    "61F", "61A", "22:22", "1:99", "1_000", "1__2", "0b11", "12a", "+1_0", "a_1",
]  # fmt: skip


@pytest.mark.parametrize("word", WORDS)
def test_a_word_is_found_that_other_programs_read_otherwise(word: str) -> None:
    other_programs = YAML(typ="safe", pure=True)
    other_programs.version = (1, 1)
    other = other_programs.load(io.StringIO(f"- {word}"))[0]
    (node,) = read(f"- {word}")[0].elements()

    assert node.value == word
    assert bool(list(l51_read_otherwise.scalar(node))) == isinstance(other, bool | int | float)


def test_sarif_says_all_that_a_finding_says() -> None:
    text = written(FOLDER / "L51" / "bad.yaml")
    unreadable = Finding(1, 2, "wrong_type", "found a list", "allowed: a text")
    (run,) = sarif("m.yaml", [*serious(text), found(3, 4), unreadable])["runs"]
    rules = [one["id"] for one in run["tool"]["driver"]["rules"]]
    first, _, warning, last = run["results"]

    assert rules == [*(law.code for law in LAWS), "L00", "wrong_type"]  # such as a plugin's, of no law
    assert (first["ruleId"], first["level"], warning["level"], last["level"]) == (
        "L51", "error", "warning", "error",
    )  # fmt: skip
    assert first["locations"][0]["physicalLocation"] == {
        "artifactLocation": {"uri": "m.yaml"},
        "region": {"startLine": 3, "startColumn": 38},
    }
    (replacement,) = first["fixes"][0]["artifactChanges"][0]["replacements"]
    assert replacement == {
        "deletedRegion": {"startLine": 3, "startColumn": 38, "endColumn": 40},
        "insertedContent": {"text": '"NO"'},
    }
    assert "fixes" not in warning
    assert last["message"]["text"] == "found a list; allowed: a text"


def test_law_that_was_read_lately_is_not_doubted(monkeypatch: pytest.MonkeyPatch) -> None:
    fresh = Line(15, Fact("says", "source", "2026-01-01", "verified"))
    law = CountryLaw("DK", "Denmark", {"digital_age": fresh})
    monkeypatch.setattr("so_privacy_ext.rules.lint.subject.country_law", lambda _: law)
    seen = subject(written(FOLDER / "base.yaml"))

    assert list(l49_law_not_checked.look(seen)) == []
    (found,) = l49_law_not_checked.look(replace(seen, today=date(2027, 1, 3)))
    assert "digital_age" in found.what
