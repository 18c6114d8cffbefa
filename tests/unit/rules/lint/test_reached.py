"""What the fixtures of L15, L16, L17 and L48 don't say: the words of a finding, and what is not computed."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from so_privacy_ext.rules.lint.law import Law
from so_privacy_ext.rules.lint.laws import l15_unreachable, l16_overlap, l17_contradiction, l48_named_twice
from so_privacy_ext.rules.lint.linting import lint
from so_privacy_ext.rules.lint.reached import reached
from so_privacy_ext.rules.lint.subject import Subject
from so_privacy_ext.rules.manifest import parse
from so_privacy_ext.rules.reach.effort import Effort
from so_privacy_ext.rules.reach.map import RuleMap
from tests.unit.rules.lint.fixtures import FOLDER, written

NORDIC = Path(__file__).parents[4] / "manifests" / "rules" / "nordic-b2b.yaml"


def subject(path: Path) -> Subject:
    text = written(path) if path.is_relative_to(FOLDER) else path.read_text("utf-8")
    return Subject(parse(text.encode(), path.name), date(2026, 11, 28))


@pytest.mark.parametrize(
    ("law", "fixture", "what"),
    [
        (l15_unreachable.LAW, "L15/bad-together", "`young` and `old` above have always decided before it"),
        (
            l15_unreachable.LAW,
            "L15/bad-partly",
            "`web-tick` never decides STORE: `web-plain`",
        ),
        (l16_overlap.LAW, "L16/bad", "category Customer, business Sole trader, source WEBFORM"),
        (l16_overlap.LAW, "L16/bad", "gets 61B from her own source by the first, and would get 61F"),
        (l16_overlap.LAW, "L16/bad-guard-below", "age: 0, limit: 15"),
        (l16_overlap.LAW, "L16/bad-guard-below", "would get `review`"),
        (
            l17_contradiction.LAW,
            "L17/bad",
            "`when.all[0].source` and `when.all[1].source` exclude",
        ),
        (l48_named_twice.LAW, "L48/bad", "`WEBFORM` stands twice"),
    ],
)
def test_a_finding_names_what_there_is(law: Law, fixture: str, what: str) -> None:
    found = lint(subject(FOLDER / f"{fixture}.yaml"), [law])

    assert any(what in one.what for one in found), [one.what for one in found]


def test_a_manifest_is_computed_once() -> None:
    assert reached(subject(NORDIC).manifest) is reached(subject(NORDIC).manifest)


def test_an_intended_order_raises_no_alarm() -> None:
    laws = [l15_unreachable.LAW, l16_overlap.LAW, l17_contradiction.LAW, l48_named_twice.LAW]

    assert not lint(subject(NORDIC), laws)


def test_what_takes_too_long_is_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    one = subject(FOLDER / "L17" / "bad-alternative.yaml")
    computed = reached(one.manifest)
    assert list(l17_contradiction.look(one))

    monkeypatch.setattr(computed.rules, "effort", Effort(0))
    monkeypatch.setattr(computed.rules.regions, "effort", computed.rules.effort)

    assert list(l17_contradiction.look(one)) == []
    assert isinstance(computed.rules, RuleMap)


@pytest.mark.parametrize(
    ("reason", "excused"),
    [
        ("Customers come before (narrow).", True),
        ("Customers come before narrow-minded ones.", False),
        ("Customers come before the-narrow ones.", False),
    ],
)
def test_a_reason_names_a_rule_by_its_whole_id(reason: str, *, excused: bool) -> None:
    rules = (
        "rules:\n  - {id: wide, when: {category: Customer}, give: {STORE: {basis: 61F}},"
        f" because: {reason!r}}}\n"
        "  - {id: narrow, when: {country: DK}, give: {STORE: review}, because: Somebody looks at it.}\n"
    )
    text = written(FOLDER / "L16" / "bad.yaml")
    one = Subject(parse((text[: text.index("rules:\n")] + rules).encode(), "x.yaml"), date(2026, 11, 28))

    assert bool(lint(one, [l16_overlap.LAW])) is not excused
