"""The published manifest breaks no law, and whoever weakens it is told."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from so_privacy_ext.rules.findings import ManifestInvalid
from so_privacy_ext.rules.lint.law import Level
from so_privacy_ext.rules.lint.linting import judge, lint
from so_privacy_ext.rules.lint.subject import Subject
from so_privacy_ext.rules.manifest import parse

NORDIC = Path(__file__).parents[4] / "manifests" / "rules" / "nordic-b2b.yaml"
TEXT = NORDIC.read_text(encoding="utf-8")
TODAY = date(2026, 11, 28)
BASES = ("61A", "61B", "61C", "61D", "61E", "61F")


def test_it_breaks_no_law_and_names_the_reason_of_each_warning() -> None:
    found = lint(Subject(parse(TEXT.encode(), "nordic-b2b.yaml"), TODAY))

    assert [one for one in found if one.level is Level.ERROR] == []
    assert {one.code: bool(one.accepted) for one in found if one.level is Level.WARNING} == {
        "L07": True,
        "L38": True,
    }


def refused(text: str) -> bool:
    try:
        judge(Subject(parse(text.encode(), "weaker.yaml"), TODAY))
    except ManifestInvalid:
        return True
    return False


def deciding() -> str:
    """Give the part of the file that decides, without what is switched off."""
    return TEXT.partition("\noptional:")[0]


def flipped() -> Iterator[tuple[str, str]]:
    """Every basis that a rule gives, and every one that a purpose allows, made another."""
    for place in re.finditer(r"(?:basis: |allowed: \[)(61[A-F])", deciding()):
        for other in BASES:
            if other != place[1]:
                yield (
                    f"{place[1]} → {other} at {place.start()}",
                    TEXT[: place.start(1)] + other + TEXT[place.end(1) :],
                )


GUARDS = [
    ("own-staff", r"  - id: own-staff\n(?:    .*\n)+\n", ""),
    ("associates", r"\{is_associate: true\}, ", ""),
    ("owner company", r", \{company: \{is_owner: true\}\}", ""),
    ("minor", r"  - id: minor\n(?:    .*\n)+\n", ""),
    ("minor in STORE", r"STORE: review, EMARKETING: deny", "EMARKETING: deny"),
    ("minor in EMARKETING", r"STORE: review, EMARKETING: deny", "STORE: review"),
    ("age", r"age_below: country_digital_age\}", "age_below: 12}"),
    ("young-guest", r"  - id: young-guest\n(?:    .*\n)+\n", ""),
    ("evidence", r", evidence: \{tick: EMARKETING, wording: present\}", ""),
    ("wording", r", wording: present", ""),
    ("tick of another", r"tick: EMARKETING", "tick: EVENTINVITE"),
    ("catch-all", r"  - id: catch-all\n(?:    .*\n)+", ""),
    (
        "catch-all in STORE",
        r"when: always\n    give: \{STORE: review\}",
        "when: always\n    give: {RECRUIT: review}",
    ),
    ("renewal in time", r"renew_before: P60D", "renew_before: P30M"),
]


@pytest.mark.parametrize(("_", "text"), list(flipped()), ids=lambda one: one if "→" in one else "")
def test_another_basis_is_an_error(_: str, text: str) -> None:
    assert refused(text)


@pytest.mark.parametrize(("_", "guard", "instead"), GUARDS, ids=lambda one: one[:20])
def test_a_guard_that_is_dropped_is_missed(_: str, guard: str, instead: str) -> None:
    weaker, times = re.subn(guard, instead, TEXT, count=1)

    assert times == 1
    assert refused(weaker)
