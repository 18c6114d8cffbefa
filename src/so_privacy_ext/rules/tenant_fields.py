"""Finds the user-defined fields that a manifest's conditions name, and what is asked of them in vain."""

from __future__ import annotations

from collections.abc import Iterator

from so_privacy_ext.model import UserField
from so_privacy_ext.rules.findings import Finding
from so_privacy_ext.rules.manifest import Manifest, asked
from so_privacy_ext.rules.references import words_in
from so_privacy_ext.rules.tenant_names import TenantNames
from so_privacy_ext.rules.tree import Node
from so_privacy_ext.rules.words.fields import CompanyField, PersonField
from so_privacy_ext.sdk import Reference

_OWNERS = {PersonField.kind: "person", CompanyField.kind: "company"}


def fields_named(manifest: Manifest, names: TenantNames) -> dict[Reference, UserField]:
    """Give the fields that the tenant has; the others, and values that don't fit, are noted as findings."""
    found: dict[Reference, UserField | None] = {}
    for one in asked(manifest):
        for condition in words_in(one.when):
            if not isinstance(condition, PersonField | CompanyField):
                continue
            for reference in condition.references():
                key, value = next(_entries(one.node, condition.word, reference.name), (one.node, one.node))
                if reference not in found:
                    found[reference] = names.field(_OWNERS[condition.kind], reference.name, key)
                field = found[reference]
                if field is not None:
                    names.findings += (
                        Finding(value.line, value.column, f"wrong_{condition.kind}", misfit.what, misfit.how)
                        for misfit in condition.misfits(reference.name, field)
                    )
    return {reference: field for reference, field in found.items() if field is not None}


def _entries(node: Node, word: str, field: str) -> Iterator[tuple[Node, Node]]:
    """Give name and value of each entry for a field in the arguments of a word, wherever it stands."""
    for name, _, value in node.items():
        if name == word:
            yield from ((key, inner) for inner_name, key, inner in value.items() if inner_name == field)
        else:
            yield from _entries(value, word, field)
    for one in node.elements():
        yield from _entries(one, word, field)
