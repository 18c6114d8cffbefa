"""Makes a manifest ready without any tenant: whatever it names is taken to be there, under made-up ids."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from so_privacy_ext.model import LegalBasis, Purpose, Source, Template, TenantLists
from so_privacy_ext.rules.activation import DEFAULT_SOURCE, ActiveManifest, resolve_what_stands
from so_privacy_ext.rules.fields_alone import fields_alone
from so_privacy_ext.rules.manifest import Manifest
from so_privacy_ext.rules.names import normal, spellings
from so_privacy_ext.rules.references import words_in
from so_privacy_ext.rules.tenant_names import called
from so_privacy_ext.sdk import ReferenceKind

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
    names = _once(mail.template for one in contents for mail in one.mails.values())
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
        categories=_items(_named(manifests, "category")),
        businesses=_items(_named(manifests, "business")),
        positions=_items(_named(manifests, "position")),
        forms={},
        customer_languages={},
        owner_company_ids=frozenset(),
        cultures={},
        solanguages={},
        default_basis=DEFAULT_BASIS,
        fields=fields_alone(condition for when in _whens(manifests) for condition in words_in(when)),
    )


def _named(manifests: Iterable[Manifest], kind: ReferenceKind) -> Iterator[str]:
    """Give the names of list items in all conditions, also of rules that are switched off."""
    for when in _whens(manifests):
        for condition in words_in(when):
            yield from (reference.name for reference in condition.references() if reference.kind == kind)


def _whens(manifests: Iterable[Manifest]) -> Iterator[Any]:
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
