# ruff: noqa: E501  # a test of rules, and what is said of it, stand on one line
"""`manifest test`: which tests it finds, what it says, and how it leaves."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from so_privacy_ext.errors import Exit
from tests.unit.cli.asked import MANIFEST, ask

RULES = MANIFEST.read_text(encoding="utf-8")
TESTS = MANIFEST.with_name("nordic-b2b.test.yaml").read_text(encoding="utf-8")
DOCS = Path(__file__).parents[3] / "docs"
ONE = 'rule_tests: 1\ntests: [{name: "card", person: {source: CARD}, expect: {give: {STORE: 61F}, tell: notice13}}]\n'
OTHER = ONE.replace("card", "fair").replace("CARD", "FAIR")


@pytest.fixture
def mine(tmp_path: Path) -> Path:
    """The published manifest under another name, without tests."""
    file = tmp_path / "mine.yaml"
    file.write_text(RULES, encoding="utf-8")
    return file


def beside(manifest: Path, name: str, text: str) -> Path:
    file = manifest.with_name(name)
    file.write_text(text, encoding="utf-8")
    return file


def test_the_published_tests_come_out_as_they_say(monkeypatch: pytest.MonkeyPatch) -> None:
    done = ask(["manifest", "test", str(MANIFEST)])

    assert (done.code, done.err) == (Exit.OK, "")
    assert re.search(
        r"(\d+) of \1 tests come out as they say; they see (\d+) of \2 rules and (\d+) of \3 of", done.out
    )


def test_all_files_of_tests_beside_a_manifest_are_run(mine: Path) -> None:
    beside(mine, "mine.test.yaml", ONE)
    beside(mine, "mine.more.test.yaml", OTHER)
    beside(mine, "miner.test.yaml", "nothing of ours")

    assert "2 of 2 tests" in ask(["manifest", "test", str(mine)]).out


def test_a_file_of_tests_brings_its_manifest_along_and_is_run_alone(mine: Path) -> None:
    beside(mine, "mine.test.yaml", ONE)
    more = beside(mine, "mine.more.test.yaml", OTHER)

    assert "1 of 1 tests" in ask(["manifest", "test", str(more)]).out
    assert "2 of 2 tests" in ask(["manifest", "test", str(more), str(mine)]).out


def test_a_test_that_comes_out_otherwise_is_told_with_its_line(mine: Path) -> None:
    tests = beside(mine, "mine.test.yaml", ONE.replace("61F", "61B"))
    done = ask(["manifest", "test", str(mine)])

    assert done.code == Exit.NO
    what = (
        "STORE: expected 61B without end, found 61F/CARD without end, left (already_right) by met-in-person"
    )
    assert done.err == f"{tests}:2: card, at 2026-03-02T09:00: {what}\n"
    assert "0 of 1 tests come out as they say; they see 1 of " in done.out
    assert f"{mine}: no test sees the rule own-staff decide\n" in done.out


def test_a_purpose_that_no_test_sees_decided_is_named(mine: Path) -> None:
    beside(mine, "mine.test.yaml", ONE.replace("CARD", "ERP, consents: {ACCOUNTING: WITHDRAWN}"))

    assert (
        f"{mine}: no test sees the rule erp decide ACCOUNTING\n" in ask(["manifest", "test", str(mine)]).out
    )


def test_programs_are_told_all_of_it(mine: Path) -> None:
    beside(mine, "mine.test.yaml", ONE.replace("61F", "61B"))
    done = ask(["manifest", "test", str(mine), "--json"])

    (answer,) = json.loads(done.out)["manifests"]
    assert done.code == Exit.NO
    assert answer["manifest"] == str(mine)
    assert [(one["name"], one["line"], one["holds"]) for one in answer["tests"]] == [("card", 2, False)]
    assert answer["tests"][0]["failed"][0]["differences"][0]["what"] == "STORE"
    assert "catch-all" in answer["coverage"]["missing_rules"]


@pytest.mark.parametrize(
    ("name", "text", "says", "code"),
    [
        ("mine.test.yaml", ONE.replace("CARD", "CRAD"), "unknown_source: the manifest has no", Exit.BAD_DATA),
        ("yours.test.yaml", ONE, "no_manifest_of_tests: there is no yours.yaml beside it", Exit.NO_INPUT),
    ],
)
def test_what_cannot_be_run_is_refused(mine: Path, name: str, text: str, says: str, code: Exit) -> None:
    tests = beside(mine, name, text)
    done = ask(["manifest", "test", str(tests)])

    assert done.code == code
    assert says in done.err


def test_a_manifest_without_tests_and_one_that_is_not_there_are_told(mine: Path) -> None:
    without = ask(["manifest", "test", str(mine)])
    lacking = ask(["manifest", "test", str(mine.with_name("other.yaml"))])

    assert without.code == lacking.code == Exit.NO_INPUT
    assert "no_tests: it has no tests; write mine.test.yaml beside it" in without.err
    assert "manifest_unreadable" in lacking.err


def test_the_tests_of_the_page_hold(mine: Path) -> None:
    page = (DOCS / "rule-tests.md").read_text(encoding="utf-8")
    found = re.findall(r"^```yaml\n(.*?)^```", page, re.MULTILINE | re.DOTALL)

    for at, text in enumerate(found):
        beside(mine, f"mine.{at}.test.yaml", text)
    done = ask(["manifest", "test", str(mine)])

    assert found
    assert (done.code, done.err) == (Exit.OK, "")


SMALL = """\
manifest: 1
name: small
jurisdiction: {home: DK}
languages: {enabled: [da, en], fallback: en}
sources:
  API: {type: system, article: 14}
  CARD: {type: manual, article: 13}
legal_bases: [61B, 61F, WITHDRAWN]
purposes:
  STORE: {allowed: [61B, 61F]}
mails:
  notice: {template: privacy-notice-13, version: 1}
rules:
  - {id: staff, when: {is_associate: true}, give: none, because: "Own people."}
  - {id: met, when: {source: CARD}, give: {STORE: {basis: 61F}}, tell: notice, because: "Met."}
  - {id: rest, when: always, give: {STORE: review}, because: "Nobody knows."}
"""
CARD = 'rule_tests: 1\ntests: [{name: "card", person: {source: CARD}, expect: {give: {STORE: 61F}, tell: notice}}]\n'


@pytest.fixture
def small(tmp_path: Path) -> Path:
    file = tmp_path / "small.yaml"
    file.write_text(SMALL, encoding="utf-8")
    return file


def test_changes_that_no_test_notices_are_named(small: Path) -> None:
    beside(small, "small.test.yaml", CARD)
    done = ask(["manifest", "test", str(small), "--mutate"])
    found = ask(["manifest", "test", str(small), "--mutate", "--json", "--least", "0"])

    assert (done.code, found.code) == (Exit.NO, Exit.OK)
    assert f"{small}: no test notices: staff is left out\n" in done.out
    assert re.search(r"tests notice \d+ of \d+ changes \(\d+\.\d%\); 0 more change nothing for", done.out)
    (answer,) = json.loads(found.out)["manifests"]
    changes = answer["changes"]
    assert {"kind": "guard", "rule": "staff", "what": "is left out"} in changes["unnoticed"]
    assert changes["share"] == changes["noticed"] / (changes["noticed"] + len(changes["unnoticed"]))


def test_laws_are_asked_instead_of_tests(small: Path) -> None:
    done = ask(["manifest", "test", str(small), "--mutate", "--lint", "--least", "0"])
    found = ask(["manifest", "test", str(small), "--mutate", "--lint", "--json", "--least", "0"])
    alone = ask(["manifest", "test", str(small), "--lint"])

    assert done.code == Exit.OK
    assert re.search(
        r"of \d+ changes laws mind \d+, the form of a manifest refuses \d+, and nobody minds", done.out
    )
    assert set(json.loads(found.out)["manifests"][0]["changes"]) == {"refused", "found", "silent", "share"}
    assert alone.code == Exit.USAGE
    assert "lint_alone" in alone.err


def test_missing_tests_are_printed_ready_to_paste(small: Path) -> None:
    first = ask(["manifest", "test", str(small), "--missing"])
    text = "".join(line for line in first.out.splitlines(keepends=True) if not line.startswith(str(small)))
    beside(small, "small.test.yaml", text)
    more = ask(["manifest", "test", str(small), "--mutate", "--missing", "--json"])
    (answer,) = json.loads(more.out)["manifests"]
    beside(small, "small.test.yaml", text + "".join(answer["missing"]))
    done = ask(["manifest", "test", str(small), "--mutate", "--least", "100"])

    assert text.startswith("rule_tests: 1\ntenant: {default_basis: 61B}\ntests:\n  - name: ")
    assert (done.code, done.err) == (Exit.OK, "")
    assert "they see 3 of 3 rules and 3 of 3 of their purposes decide" in done.out


def test_what_does_not_hold_is_not_changed(small: Path) -> None:
    beside(small, "small.test.yaml", CARD.replace("61F", "61B"))

    assert "no test notices" not in ask(["manifest", "test", str(small), "--mutate"]).out
