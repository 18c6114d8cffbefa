"""`retention` is resolved as rules are: by the tenant's lists, with every mistake named where it stands."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from so_privacy_ext.model import TenantLists
from so_privacy_ext.rules.activation import resolve, resolve_what_stands
from so_privacy_ext.rules.findings import ManifestInvalid
from so_privacy_ext.rules.manifest import parse
from so_privacy_ext.sdk import Facts
from tests.unit.processing.fake_crm import tenant_lists

Small = Callable[[str], str]
RULE = "  - {id: a, when: always, give: none, because: x}\n"


def kept(*entries: str) -> str:
    return RULE + "retention:\n" + "".join(f"  {entry}\n" for entry in entries)


def refused(text: str, lists: TenantLists) -> list[str]:
    with pytest.raises(ManifestInvalid) as caught:
        resolve(parse(text.encode(), "m"), lists)
    return [f"{one.code}: {one.what}" for one in caught.value.findings]


def test_entries_keep_their_order_and_are_asked_as_rules_are(small: Small) -> None:
    text = small(
        kept(
            "prospect: {when: {category: Prospect}, inactive: P24M, then: propose_delete}",
            "all: {when: always, inactive: P5Y, then: review}",
        )
    )
    first, second = resolve(parse(text.encode(), "m"), tenant_lists()).retention

    assert [(one.name, one.inactive, one.then) for one in (first, second)] == [
        ("prospect", "P24M", "propose_delete"),
        ("all", "P5Y", "review"),
    ]
    assert [first.matches(Facts(category_id=one)) for one in (51, 52)] == [True, False]
    assert second.matches(Facts())


def test_a_category_that_the_tenant_lacks_is_refused_where_it_stands(small: Small) -> None:
    text = small(kept("old: {when: {not: {category: Prospectt}}, inactive: P1Y, then: review}"))
    with pytest.raises(ManifestInvalid) as caught:
        resolve(parse(text.encode(), "m"), tenant_lists())
    (found,) = caught.value.findings

    assert (found.code, text.splitlines()[found.line - 1][found.column - 1 :][:9]) == (
        "missing_category",
        "Prospectt",
    )
    assert "did you mean" in found.how


def test_a_category_that_was_lost_since_means_nobody(small: Small) -> None:
    text = small(kept("old: {when: {category: Prospect}, inactive: P1Y, then: review}"))
    (entry,) = resolve_what_stands(
        parse(text.encode(), "m"), replace(tenant_lists(), categories={})
    ).retention

    assert not entry.matches(Facts(category_id=51))


def test_a_source_that_is_not_declared_and_a_field_that_is_not_there_are_refused(small: Small) -> None:
    undeclared = small(kept("old: {when: {source: NOWHERE}, inactive: P1Y, then: review}"))
    no_field = small(kept("old: {when: {person_field: {Nothing: 1}}, inactive: P1Y, then: review}"))

    assert refused(undeclared, tenant_lists()) == ["unknown_source: there is no source `NOWHERE`"]
    assert [one.split(":")[0] for one in refused(no_field, tenant_lists())] == ["missing_person_field"]
