"""Protected purposes and keys that are called otherwise."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from so_privacy_ext.rules.findings import ManifestInvalid
from so_privacy_ext.rules.manifest import Manifest, parse
from so_privacy_ext.rules.protection import breaches

RULE = "  - {id: all, when: always, give: {STORE: {basis: 61F}}, because: x}\n"
GUARDED = "EMARKETING: {allowed: [61A], expires: P2Y, protect: true}"


@pytest.fixture
def version(small: Callable[[str], str]) -> Callable[..., Manifest]:
    """Give a manifest whose marketing purpose is written so."""

    def made(purpose: str = GUARDED, more: str = "", child: str = "EMARKETING") -> Manifest:
        text = small(RULE).replace("EMARKETING: {allowed: [61A], expires: P2Y}", purpose)
        return parse((more + text.replace("parent: EMARKETING", f"parent: {child}")).encode(), "m.yaml")

    return made


@pytest.mark.parametrize(
    ("purpose", "child", "said"),
    [
        (GUARDED, "EMARKETING", []),
        (GUARDED.replace("P2Y", "P1Y"), "EMARKETING", []),
        (
            GUARDED.replace("[61A]", "[61A, 61F, 61B]"),
            "EMARKETING",
            ["protected_widened: `EMARKETING` is protected, and this version allows 61B, 61F besides"],
        ),
        (
            GUARDED.replace(", protect: true", ""),
            "EMARKETING",
            ["protection_dropped: `EMARKETING` is protected, and this version protects it no more"],
        ),
        (
            "NEWS: {allowed: [61A, 61F]}",
            "NEWS",
            ["protected_dropped: `EMARKETING` is protected, and this version has it no more"],
        ),
    ],
)
def test_a_protected_purpose_is_neither_dropped_nor_loosened(
    version: Callable[..., Manifest], purpose: str, child: str, said: list[str]
) -> None:
    found = list(breaches(version(), version(purpose, child=child)))

    assert [f"{one.code}: {one.what}" for one in found] == said
    assert all(one.how == "leave it as it is, or activate with --unprotect EMARKETING" for one in found)
    assert list(breaches(version(), version(purpose, child=child), ["EMARKETING"])) == []


def test_what_was_not_protected_may_become_anything(version: Callable[..., Manifest]) -> None:
    plain = version("EMARKETING: {allowed: [61A]}")

    assert list(breaches(plain, version("EMARKETING: {allowed: [61F]}"))) == []
    assert list(breaches(plain, version("NEWS: {allowed: [61F]}", child="NEWS"))) == []


def test_a_purpose_of_another_name_is_protected_under_it(version: Callable[..., Manifest]) -> None:
    moved = "moved: {purposes: {EMARKETING: NEWS}}\n"
    renamed = version(GUARDED.replace("EMARKETING", "NEWS"), moved, child="NEWS")
    wider = version(GUARDED.replace("EMARKETING", "NEWS").replace("[61A]", "[61A, 61F]"), moved, child="NEWS")

    assert list(breaches(version(), renamed)) == []
    (found,) = breaches(version(), wider)
    assert (found.line, found.code) == (13, "protected_widened")


def test_the_old_name_is_gone_and_the_new_one_there(version: Callable[..., Manifest]) -> None:
    with pytest.raises(ManifestInvalid) as refused:
        version(
            more="moved: {purposes: {STORE: SHOP}, mails: {notice: again, old: again}, sources: {A: B}}\n"
        )

    assert [f"{one.code}: {one.what}" for one in refused.value.findings] == [
        "moved_and_kept: `STORE` is said to be called otherwise, and stands among the purposes still",
        "unknown_purpose: there is no purpose `SHOP`",
        "moved_and_kept: `notice` is said to be called otherwise, and stands among the mails still",
        "unknown_source: there is no source `B`",
    ]
