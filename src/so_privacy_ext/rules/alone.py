"""Makes a manifest ready without any tenant: whatever it names is taken to be there, under made-up ids."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from so_privacy_ext.model import LegalBasis, Purpose, Source, Template, TenantLists
from so_privacy_ext.rules.activation import DEFAULT_SOURCE, ActiveManifest, resolve_what_stands
from so_privacy_ext.rules.fields_alone import fields_alone
from so_privacy_ext.rules.manifest import Manifest
from so_privacy_ext.rules.names import normal, spellings
from so_privacy_ext.rules.references import words_in
from so_privacy_ext.rules.tenant_names import called
from so_privacy_ext.sdk import Condition, ReferenceKind

DEFAULT_BASIS = "61F"
"""What SuperOffice gives a new person for STORE unless the tenant has set another."""


def resolve_alone(manifest: Manifest) -> ActiveManifest:
    """Make a manifest ready for made-up persons; whatever is right in itself can be."""
    return resolve_what_stands(manifest, lists_alone(manifest))


def lists_alone(*manifests: Manifest) -> TenantLists:
    """Give the lists of a tenant that has all that the manifests name, and nothing else.

    Ids follow the order of the file, so that one manifest always has the same.
    """
    contents = [one.content for one in manifests]
    purposes = _once(key for one in contents for key in one.purposes)
    sources = _once([*(key for one in contents for key in one.sources), DEFAULT_SOURCE])
    bases = _once(key for one in contents for key in one.legal_bases)
    names = _once(mail.template for one in contents for mail in one.mails.values() if mail.template)
    conditions = [condition for when in _whens(manifests) for condition in words_in(when)]
    named = _named(conditions)
    return TenantLists(
        purposes=tuple(
            Purpose(at, key, active=True, deleted=False, has_text=True) for at, key in enumerate(purposes, 1)
        ),
        bases=tuple(LegalBasis(at, key, deleted=False) for at, key in enumerate(bases, 1)),
        sources=tuple(
            Source(at, key, deleted=False, mail_template_id=0) for at, key in enumerate(sources, 1)
        ),
        templates=tuple(
            Template(at, name, (), deleted=False, is_privacy=True) for at, name in _items(names).items()
        ),
        countries={},
        associates={},
        categories=_items(named["category"]),
        businesses=_items(named["business"]),
        positions=_items(named["position"]),
        forms={},
        customer_languages={},
        owner_company_ids=frozenset(),
        cultures={},
        solanguages={},
        default_basis=DEFAULT_BASIS,
        fields=fields_alone(conditions),
    )


def _named(conditions: Iterable[Condition[Any]]) -> Mapping[ReferenceKind, Sequence[str]]:
    """Give the names in conditions, by the list that has them."""
    named = defaultdict(list)
    for condition in conditions:
        for reference in condition.references():
            named[reference.kind].append(reference.name)
    return named


def _whens(manifests: Iterable[Manifest]) -> Iterator[Any]:
    """Give all conditions, also of rules that are switched off."""
    for content in (one.content for one in manifests):
        yield from (one.when for one in (*content.rules, *content.optional))
        yield from (one.when for one in content.retention.values())


def _items(names: Iterable[str]) -> dict[int, str]:
    """Give each item an id; a name that is a part of `US:"Yes";NO:"Ja"` is that item's."""
    items: dict[int, str] = {}
    for name in sorted(_once(names), key=lambda name: -len(spellings(name))):
        if not called(name, items):
            items[len(items) + 1] = normal(name)
    return items


def _once(names: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(names))
