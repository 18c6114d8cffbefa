"""Every law over its fixtures: it finds the lines marked in the bad ones, and nothing in the good."""

from datetime import date
from pathlib import Path

import pytest

from so_privacy_ext.rules.lint.catalogue import LAWS
from so_privacy_ext.rules.lint.law import Law, Level, LintFinding
from so_privacy_ext.rules.lint.linting import lint
from so_privacy_ext.rules.lint.subject import RuleTests, Subject
from so_privacy_ext.rules.manifest import Manifest, parse
from so_privacy_ext.trial.reading import read_trials
from so_privacy_ext.trial.seen import seen
from tests.unit.rules.lint.fixtures import FOLDER, fixtures, marked, written

TODAY = date(2026, 11, 28)
CASES = [(law, path) for law in LAWS for kind in ("good", "bad") for path in fixtures(law.code, kind)]


def findings(path: Path) -> tuple[str, list[LintFinding]]:
    text = written(path)
    manifest = parse(text.encode(), path.name)
    return text, list(lint(Subject(manifest, TODAY, tested=seen_beside(path, manifest))))


def seen_beside(path: Path, manifest: Manifest) -> RuleTests | None:
    """Give what the tests see that lie beside a fixture, if any do."""
    tests = path.with_name(f"tests-{path.name}")
    return seen(manifest, read_trials(tests.read_bytes(), tests.name, manifest)) if tests.exists() else None


@pytest.mark.parametrize(
    ("law", "path"), CASES, ids=lambda one: one.code if isinstance(one, Law) else one.stem
)
def test_a_law_finds_what_is_marked(law: Law, path: Path) -> None:
    text, found = findings(path)
    own = [one for one in found if one.code == law.code]

    assert [one.line for one in own] == marked(text, law.code)
    assert all(one.what and one.how and one.fact and one.example == law.example for one in own)
    if path.stem.startswith("good"):
        assert [one for one in found if one.level is Level.ERROR] == []
    else:
        assert own, "a bad fixture in which nothing is marked"


def test_each_law_has_a_good_and_a_bad_fixture() -> None:
    lacking = [
        (law.code, kind) for law in LAWS for kind in ("good", "bad") if not list(fixtures(law.code, kind))
    ]

    assert lacking == []


def test_no_fixture_is_of_an_unknown_law() -> None:
    assert {path.name for path in FOLDER.iterdir() if path.is_dir()} <= {law.code for law in LAWS}


def test_the_base_is_right() -> None:
    assert findings(FOLDER / "base.yaml")[1] == []


def test_codes_stand_once_and_in_order() -> None:
    codes = [law.code for law in LAWS]

    assert codes == sorted(set(codes))


@pytest.mark.parametrize("law", LAWS, ids=lambda law: law.code)
def test_a_module_is_named_as_its_law(law: Law) -> None:
    module = law.look.__module__.rpartition(".")[2]

    assert module.startswith(law.code.lower() + "_")
    assert not law.title.endswith(".")
    assert law.fact.confidence in {"verified", "reported", "unverified"}
    assert (law.fact.confidence == "verified") <= (law.fact.checked_on is not None)
