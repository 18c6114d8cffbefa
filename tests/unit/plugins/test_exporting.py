"""Rows that plugins make of decisions: what is declared, what is a row, and who makes none."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import pytest

from so_privacy_ext.errors import Refused
from so_privacy_ext.extension import Extension
from so_privacy_ext.plugins.asking import Enabled
from so_privacy_ext.plugins.declared import described
from so_privacy_ext.plugins.described import asks_for_more, read_description
from so_privacy_ext.plugins.exporting import Exporter
from so_privacy_ext.plugins.host_exporting import rows_of
from so_privacy_ext.plugins.nonsense import Nonsense
from so_privacy_ext.plugins.process import Reply
from so_privacy_ext.plugins.troubles import Kind, PluginFailed, Trouble
from so_privacy_ext.reactions import Decision
from tests.unit.plugins.conftest import TENANT
from tests.unit.plugins.test_holding import Answering
from tests.unit.plugins.test_host import serving

TOLD = {
    "decision_id": 3,
    "person_id": 7,
    "decided_at": "2026-01-02T00:00:00+00:00",
    "manifest": "d1",
    "purposes": [],
    "withdrawn": [],
    "mail": None,
    "result": "effect",
}


def extension(name: str = "by-rule", columns: Sequence[str] = ("rule", "person")) -> Extension:
    made = Extension("acme-vat", version="1", says="Makes rows.")

    @made.export(name, columns=columns)
    def rows(decisions: Sequence[Decision]) -> Iterator[Mapping[str, int]]:
        """Who was decided about."""
        for one in decisions:
            yield {"person": one.person_id}

    return made


ext = extension()


def test_what_it_makes_is_part_of_what_a_tenant_agrees_to() -> None:
    description = read_description(described(ext))

    (export,) = description.exports
    assert (export.name, export.says, export.columns) == (
        "by-rule",
        "Who was decided about.",
        ["rule", "person"],
    )
    other = read_description(described(extension("by-source")))
    assert asks_for_more(description, other) == ("makes rows of decisions, `by-source`",)
    assert asks_for_more(other, other) == ()


def twice() -> Extension:
    made = extension()
    made.exports *= 2
    return made


def silent() -> Extension:
    made = Extension("acme-vat", version="1", says="x")
    made.export("by-rule", columns=["a"])(lambda: ())
    return made


@pytest.mark.parametrize(
    ("made", "what"),
    [
        (twice(), "the export `by-rule` is declared twice"),
        (extension("By Rule"), "`By Rule` is no name of an export"),
        (silent(), "the export `by-rule` has no docstring"),
        (extension(columns=()), "the columns of the export `by-rule` can't be told apart"),
        (extension(columns=("a", "a")), "the columns of the export `by-rule` can't be told apart"),
        (extension(columns=("a b",)), "the columns of the export `by-rule` can't be told apart"),
        (extension(columns=[f"c{one}" for one in range(51)]), "the columns of the export `by-rule` can't be"),
    ],
)
def test_what_is_wrong_with_an_export_is_named(made: Extension, what: str) -> None:
    with pytest.raises(Refused) as refused:
        described(made)

    assert what in refused.value.what
    assert refused.value.how


def making(function: Callable[..., Any]) -> Extension:
    made = Extension("acme-vat", version="1", says="x")
    made.export("by-rule", columns=["rule", "person"])(function)
    return made


def test_cells_are_in_the_order_of_the_columns() -> None:
    assert rows_of(ext, "by-rule", [TOLD, TOLD], None) == [[None, 7], [None, 7]]
    both = making(lambda settings: [{"person": 1.5, "rule": settings}, {"rule": True}])
    assert rows_of(both, "by-rule", [], "x") == [["x", 1.5], [True, None]]


@pytest.mark.parametrize(
    ("given", "what"),
    [
        (None, "no rows"),
        ([3], "no mapping by column"),
        ([{"colour": 3}], "a column that it did not declare"),
        ([{"rule": object()}], "a cell that is no short text"),
        ([{"rule": math.inf}], "a cell that is no short text"),
        ([{"rule": "x" * 1001}], "a cell that is no short text"),
        ([{}] * 121, "more than 20 rows for each decision"),
    ],
)
def test_what_is_no_row_is_nonsense(given: object, what: str) -> None:
    with pytest.raises(Nonsense, match=what):
        rows_of(making(lambda: given), "by-rule", [TOLD], None)


def test_rows_without_an_end_come_to_one() -> None:
    def endless() -> Iterator[Mapping[str, str]]:
        while True:
            yield {"rule": "again"}

    with pytest.raises(Nonsense, match="more than 20 rows"):
        rows_of(making(endless), "by-rule", [TOLD], None)


def exporter(answer: object, *troubles: Trouble) -> Exporter:
    class Troubled(Answering):
        def ask(self, *_given: Any, **_named: Any) -> Reply:
            return Reply(self.answer, troubles)

    description = read_description(described(ext))
    return Exporter(Troubled(answer), TENANT, Enabled(description), description.exports[0])


@pytest.mark.parametrize("answer", [None, "rows", [3], [["x"]], [["x", [1]]], [["x", 1, 2]]])
def test_what_a_process_says_and_is_no_row_is_junk(answer: object) -> None:
    with pytest.raises(PluginFailed) as failed:
        exporter(answer).rows([TOLD])
    assert failed.value.troubles[0].kind is Kind.JUNK


def test_a_plugin_that_fails_makes_no_rows() -> None:
    assert exporter([["a", 1]]).rows([TOLD]) == [["a", 1]]
    assert exporter([]).plugin == "acme-vat"
    with pytest.raises(PluginFailed, match="it raised"):
        exporter([], Trouble("acme-vat", Kind.RAISED, "it raised", "mend it")).rows([TOLD])


def no_rows() -> None:
    """None at all."""


failing = making(no_rows)


def test_the_plugins_side_makes_rows() -> None:
    with serving("tests.unit.plugins.test_exporting:ext") as talk:
        assert talk.begin({})["declaration"]["exports"][0]["columns"] == ["rule", "person"]
        assert talk.ask("export", name="by-rule", decisions=[TOLD])["answer"] == [[None, 7]]
    with serving("tests.unit.plugins.test_exporting:failing") as talk:
        talk.begin({})
        failed = talk.ask("export", name="by-rule", decisions=[TOLD])
        assert (failed["answer"], failed["failed"]) == (None, [["junk", "by-rule", "no rows"]])
