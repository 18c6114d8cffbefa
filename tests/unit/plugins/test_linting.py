"""What plugins say of manifests: at which place, at which level, and of those that fail."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest

from so_privacy_ext.extension import Extension, Finding
from so_privacy_ext.plugins.asking import Enabled
from so_privacy_ext.plugins.declared import described
from so_privacy_ext.plugins.described import read_description
from so_privacy_ext.plugins.host_linting import findings_of
from so_privacy_ext.plugins.linting import looked_at
from so_privacy_ext.plugins.nonsense import Nonsense
from so_privacy_ext.plugins.process import Reply
from so_privacy_ext.plugins.troubles import Kind, Trouble
from so_privacy_ext.rules.lint.law import Level, LintFinding
from so_privacy_ext.rules.lint.sarif import sarif
from so_privacy_ext.rules.manifest import Manifest, parse
from tests.unit.plugins.conftest import TENANT
from tests.unit.plugins.test_holding import Answering
from tests.unit.plugins.test_host import serving
from tests.unit.rules.conftest import SMALL

RULES = SMALL + "  - id: asks\n    when: always\n    give: none\n    because: x\n"


def extension(function: Callable[..., Any]) -> Extension:
    made = Extension("acme-vat", version="1", says="Looks.")
    made.lint(function)
    return made


def looks(manifest: Mapping[str, Any]) -> Iterator[Finding]:
    yield Finding("count", f"it has {len(manifest['rules'])} rules", "nothing", ("rules",), "note")


def raises() -> Iterator[Finding]:
    raise KeyError("rules")


def changes(manifest: dict[str, Any]) -> Iterator[Finding]:
    yield from ()
    manifest["rules"] = ()


ext = extension(looks)
ext.lint(raises)
ext.lint(changes)


def small() -> Manifest:
    return parse(RULES.encode(), "small.yaml")


def said(answer: object, *troubles: Trouble) -> tuple[list[LintFinding], list[Trouble]]:
    class Troubled(Answering):
        def ask(self, *_given: Any, **_named: Any) -> Reply:
            return Reply(self.answer, troubles)

    noted: list[Trouble] = []
    plugin = Enabled(read_description(described(ext)))
    return list(looked_at(Troubled(answer), TENANT, plugin, small(), noted.append)), noted


def test_a_finding_is_at_its_place_in_the_file_or_as_near_as_there_is_one() -> None:
    here = ["here", "it is here", "mend it", ["rules", 0, "id"], "warning"]
    near = ["near", "it is near", "mend it", ["rules", 0, "nothing", 3], "note"]
    top = ["top", "it is all", "mend it", [], "warning"]

    found, noted = said([here, near, top, here])

    manifest = small()
    rule = manifest.root.get("rules", 0)
    name = manifest.root.get("rules", 0, "id")
    assert rule is not None
    assert name is not None
    assert [(one.line, one.column, one.code, one.level) for one in found] == [
        (name.line, name.column, "acme_vat.here", Level.WARNING),
        (rule.line, rule.column, "acme_vat.near", Level.NOTE),
        (manifest.root.line, manifest.root.column, "acme_vat.top", Level.WARNING),
    ]
    assert noted == []
    (run,) = sarif("small.yaml", found)["runs"]
    assert {"id": "acme_vat.here"} in run["tool"]["driver"]["rules"]


@pytest.mark.parametrize(
    "answer", [None, [None], [["x", "a", "b", [], "error"]], [["x", "a", "b", [-1], "note"]]]
)
def test_what_a_process_says_and_is_no_finding_is_junk(answer: object) -> None:
    (found,), (trouble,) = said(answer)

    assert (found.code, found.level, trouble.kind) == ("acme_vat.not_looked_at", Level.NOTE, Kind.JUNK)
    assert found.what == "the plugin acme-vat did not look at it: it gave something that is no finding"


def test_of_a_plugin_that_fails_it_is_said_that_it_did_not_look() -> None:
    trouble = Trouble("acme-vat", Kind.RAISED, "it raised", "mend it")

    (found,), noted = said([], trouble, trouble)

    assert (found.what, found.how) == ("the plugin acme-vat did not look at it: it raised", "mend it")
    assert noted == [trouble]  # once in an hour


@pytest.mark.parametrize(
    ("given", "what"),
    [
        (None, "no findings"),
        (["text"], "something that is no `Finding`"),
        ([Finding("Code", "a", "b")], "a `Finding` whose code"),
        ([Finding("code", "a\n", "b")], "a `Finding` whose code"),
        ([Finding("code", "", "b")], "a `Finding` whose code"),
        ([Finding("code", "a", "b", {"x": 1})], "a `Finding` whose code"),  # type: ignore[arg-type]  # wrong
        ([Finding("code", "a", "b", (1.5,))], "a `Finding` whose code"),  # type: ignore[arg-type]  # wrong
        ([Finding("code", "a", "b", (True,))], "a `Finding` whose code"),
        ([Finding("code", "a", "b", level="error")], "a `Finding` whose code"),  # type: ignore[arg-type]  # wrong
        ([Finding("code", "a", "b")] * 101, "more than 100 findings"),
    ],
)
def test_what_is_no_finding_is_nonsense(given: object, what: str) -> None:
    (linter,) = extension(lambda: given).linters
    with pytest.raises(Nonsense, match=what):
        findings_of(linter, {}, None)


def test_the_plugins_side_looks_with_each_function_at_what_none_can_change() -> None:
    with serving("tests.unit.plugins.test_linting:ext") as talk:
        assert talk.begin({})["declaration"]["lints"] is True
        told = talk.ask("lint", manifest={"rules": [{"id": "a"}]})
        assert told["answer"] == [["count", "it has 1 rules", "nothing", ["rules"], "note"]]
        assert [(kind, where) for kind, where, _ in told["failed"]] == [
            ("raised", "raises"), ("raised", "changes")
        ]  # fmt: skip
