from __future__ import annotations

from collections.abc import Callable

from so_privacy_ext.rules.manifest import Manifest, parse
from so_privacy_ext.rules.not_acted_on import NotActedOn, not_acted_on


def test_the_published_manifest_says_what_waits(nordic: Manifest) -> None:
    found = not_acted_on(nordic)

    assert found[0] == NotActedOn("controller", line=6, column=1, times=1)
    assert {one.key: one.times for one in found} == {
        "controller": 1,
        "purposes.*.retention": 1,
    }


def test_evidence_that_nobody_can_give_yet_is_named(small: Callable[[str], str]) -> None:
    rules = (
        "  - {id: a, when: {any: [always, {evidence: {sale: present}}]}, give: none, because: x}\n"
        "  - {id: b, when: {evidence: {sale: present, tick: STORE}}, give: {STORE: {basis: 61F, "
        "kind: soft_opt_in}}, because: x}\n"
        "  - {id: c, when: {evidence: {tick: STORE}}, give: none, because: x}\n"
    )

    found = {one.key: one for one in not_acted_on(parse(small(rules).encode(), "m"))}

    assert found["rules.*.when.evidence.sale"] == NotActedOn("rules.*.when.evidence.sale", 18, 46, 2)
    assert set(found) == {"rules.*.when.evidence.sale"}


def test_evidence_that_retention_asks_for_is_named_too(small: Callable[[str], str]) -> None:
    asks = "  sold: {when: {evidence: {sale: present}}, inactive: P1Y, then: review}\n"
    text = small("  - {id: a, when: always, give: none, because: x}\n") + f"retention:\n{asks}"

    (found,) = not_acted_on(parse(text.encode(), "m"))

    assert (found.key, found.times) == ("retention.*.when.evidence.sale", 1)
