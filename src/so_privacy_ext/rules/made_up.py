"""Makes up a person from words such as `{country: DK, source: CARD}`, as a rule may see her."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any

from pydantic import ValidationError

from so_privacy_ext.errors import Exit, Refused
from so_privacy_ext.model import STORE, FieldKind, FieldValue, TenantLists, UserField
from so_privacy_ext.rules import complaints
from so_privacy_ext.rules.activation import DEFAULT_SOURCE
from so_privacy_ext.rules.alone import lists_alone
from so_privacy_ext.rules.field_values import Misfit, Written, empty, read
from so_privacy_ext.rules.findings import Finding, advice, shown
from so_privacy_ext.rules.languages import one_norwegian
from so_privacy_ext.rules.manifest import Manifest
from so_privacy_ext.rules.names import spellings
from so_privacy_ext.rules.person_words import MadeUp, MadeUpForm, PersonWords, Standing
from so_privacy_ext.rules.references import UNKNOWN_SOURCE
from so_privacy_ext.rules.schema import schema_of
from so_privacy_ext.rules.tenant_names import called, fields_called
from so_privacy_ext.rules.tree import Node, planted
from so_privacy_ext.sdk import UNKNOWN, EventWord, Facts

_UNKNOWN = "unknown"
_FIELDS = ("person_field.", "company_field.")
"""Behind these the rest is one name, dots and all."""


class MadeUpInvalid(Refused):
    """Words that make no person; each finding's column is the word's place among them."""

    def __init__(self, words: Sequence[str], findings: Iterable[Finding]) -> None:
        self.findings = tuple(sorted(set(findings)))
        first, *others = (f"{words[one.column - 1]}: {one.what}; {one.how}" for one in self.findings)
        what, _, how = first.partition("; ")
        super().__init__("made_up_person", what, "; ".join([how, *others]), Exit.USAGE)


def facts_from(words: Mapping[str, Any], manifest: Manifest, lists: TenantLists | None = None) -> Facts:
    """Give the facts of a made-up person; raises `MadeUpInvalid` with all that is wrong with the words.

    Values may be texts, as a terminal or a form has them (`true`, `14`, `title,country_id`), and keys may go
    down by dots (`company.is_owner`). List items are those of `lists`, else made up as by `resolve_alone`.
    """
    lists = lists or lists_alone(manifest)
    spread = _spread(words)
    root = _planted(spread)
    try:
        person = MadeUp.model_validate(root.plain())
    except ValidationError as error:
        errors = error.errors(include_url=False)
        raise MadeUpInvalid(list(spread), complaints.findings(errors, root, _schema())) from None
    found = list(check(root, person, manifest, lists))
    if found:
        raise MadeUpInvalid(list(spread), found)
    return facts_of(person, lists, person.event, person.changed)


def check(root: Node, person: PersonWords, manifest: Manifest, lists: TenantLists) -> Iterator[Finding]:
    """Find what the words name that isn't there, and what can't be true of one person."""
    content = manifest.content
    sources = [*content.sources, UNKNOWN_SOURCE]
    yield from _undeclared(root.get("source"), "source", sources)
    for purpose, key, node in _entries(root.get("consents")):
        yield from _undeclared(key, "purpose", content.purposes)
        standing = standing_of(person, purpose)
        yield from _undeclared(node.get("basis") or node, "legal basis", content.legal_bases, standing.basis)
        yield from _undeclared(node.get("source") or node, "source", sources, standing.source)
        if purpose == STORE and person.source not in {None, standing.source}:
            what = f"`source` says {shown(str(person.source))}, the STORE row {shown(str(standing.source))}"
            yield _finding(node, "contradiction", what, "they are the same; leave one of them out")
    wordings = root.get("wordings")
    for node in (wordings.elements() or [wordings]) if wordings else ():
        yield from _undeclared(node, "purpose", content.purposes)
    for kind, items in _listed(lists).items():
        yield from _unlisted(root.get(kind), kind, items)
    for owner, said in _fields(person).items():
        for name, key, node in _entries(root.get(f"{owner}_field")):
            yield from _unfit(key, node, owner, said[name], lists)
    if person.email_domain is not None and not person.has_email:
        how = "leave one of them out"
        yield _finding(root.get("email_domain") or root, "contradiction", "a domain without an address", how)


def facts_of(
    person: PersonWords, lists: TenantLists, event: EventWord = "none", changed: Iterable[str] = ()
) -> Facts:
    """Give the facts of words that were found right."""
    rows = {purpose: standing_of(person, purpose) for purpose in person.consents}
    if person.source is not None:
        rows.setdefault(STORE, Standing(basis=lists.default_basis, source=person.source))
    store = rows.get(STORE)
    form = person.form.key if isinstance(person.form, MadeUpForm) else person.form
    ids = {kind: _item_id(getattr(person, kind), items) for kind, items in _listed(lists).items()}
    return Facts(
        event=event,
        changed=frozenset(changed),
        creator=_known(person.creator),
        form=form,
        source=store.source if store else None,
        country=_known(person.country),
        category_id=ids["category"],
        business_id=ids["business"],
        position_id=ids["position"],
        language=_known(one_norwegian(person.language)),
        company_is_owner=person.company is not None and person.company.is_owner,
        retired=person.retired,
        is_associate=person.is_associate,
        has_email=person.has_email,
        email_domain=person.email_domain and person.email_domain.lower(),
        age=_known(person.age),
        consents={purpose: (row.basis, row.source or DEFAULT_SOURCE) for purpose, row in rows.items()},
        wordings=frozenset(person.wordings),
        fields={one.key: _field_value(one, _fields(person)[one.owner]) for one in lists.fields},
    )


def standing_of(person: PersonWords, purpose: str) -> Standing:
    """Give the consent that stands for a purpose; without a source of its own, by that of the person."""
    said = person.consents[purpose]
    if isinstance(said, str):
        basis, _, source = said.partition("/")
        said = Standing(basis=basis, source=source or None)
    return said.model_copy(update={"source": said.source or person.source or DEFAULT_SOURCE})


def _known(value: Any) -> Any:
    return UNKNOWN if value == _UNKNOWN else value


def _listed(lists: TenantLists) -> Mapping[str, Mapping[int, str]]:
    return {"category": lists.categories, "business": lists.businesses, "position": lists.positions}


def _item_id(name: str | None, items: Mapping[int, str]) -> int:
    return called(name, items)[0] if name is not None else 0


def _fields(person: PersonWords) -> Mapping[str, Mapping[str, Written]]:
    return {"person": person.person_field, "company": person.company_field}


def _field_value(field: UserField, said: Mapping[str, Written]) -> FieldValue:
    """Give what stands in a field; one that nothing is said of is empty."""
    named = next((value for name, value in said.items() if fields_called(name, [field])), None)
    value = empty(field.kind) if named is None else _field_read(field, named)
    return None if isinstance(value, Misfit) else value


def _field_read(field: UserField, said: Written) -> FieldValue | Misfit:
    is_flag = field.kind is FieldKind.CHECKBOX and isinstance(said, str)
    return read(field, _TRUTHS.get(str(said), said) if is_flag else said)


def _unfit(key: Node, node: Node, owner: str, said: Written, lists: TenantLists) -> Iterator[Finding]:
    """Find a field that is not there, and a value that it can't hold."""
    own = [one for one in lists.fields if one.owner == owner]
    found = fields_called(key.text, own)
    if len(found) != 1:
        what = f"there is not one field {shown(key.text)} of a {owner} here"
        known = sorted({one for field in own for one in (field.prog_id, *spellings(field.label))})
        yield _finding(key, f"unknown_{owner}_field", what, advice(key.text, known))
    else:
        value = _field_read(found[0], said)
        if isinstance(value, Misfit):
            yield _finding(node, f"wrong_{owner}_field", value.what, value.how)


def _undeclared(
    node: Node | None, kind: str, declared: Iterable[str], name: str | None = None
) -> Iterator[Finding]:
    if node is None:
        return
    known = sorted(declared)
    said = node.text if name is None else name
    if said not in known:
        code = f"unknown_{kind.replace(' ', '_')}"
        yield _finding(node, code, f"the manifest has no {kind} {shown(said)}", advice(said, known))


def _unlisted(node: Node | None, kind: str, items: Mapping[int, str]) -> Iterator[Finding]:
    """Find a name that none or several of the items have."""
    if node is not None and len(called(node.text, items)) != 1:
        known = sorted({one for item in items.values() for one in spellings(item)})
        what = f"there is not one {kind} {shown(node.text)} here"
        how = f"{advice(node.text, known)}; leave it out for any other"
        yield _finding(node, f"unknown_{kind}", what, how)


def _finding(node: Node, code: str, what: str, how: str) -> Finding:
    return Finding(node.line, node.column, code, what, how)


def _entries(node: Node | None) -> Iterator[tuple[str, Node, Node]]:
    return node.items() if node is not None else iter(())


@lru_cache
def _schema() -> Mapping[str, Any]:
    return schema_of(MadeUp)


def _spread(words: Mapping[str, Any]) -> dict[str, Any]:
    """Write `company.is_owner` out as a mapping in a mapping, and read what texts stand for."""
    spread: dict[str, Any] = {}
    for name, value in words.items():
        *path, last = name.split(".", 1) if name.startswith(_FIELDS) else name.split(".")
        inner = spread
        for step in path:
            deeper = inner.setdefault(step, {})
            inner = deeper if isinstance(deeper, dict) else {}
        inner[last] = _read(last, value)
    return spread


_TRUTHS = {"true": True, "false": False}


def _read(word: str, value: Any) -> Any:
    if not isinstance(value, str):
        return value
    if word in {"retired", "is_associate", "has_email", "is_owner"}:
        return _TRUTHS.get(value, value)
    if word == "age" and value.isascii() and value.isdigit():
        return int(value[:4])
    if word in {"changed", "wordings"}:
        return [one.strip() for one in value.split(",")]
    return value


def _planted(words: Mapping[str, Any]) -> Node:
    """Make a tree of the words; the column is a word's place among them."""
    entries = enumerate(words.items(), 1)
    return Node(
        1, 1, {name: (Node(1, at, name, name), planted(value, 1, at)) for at, (name, value) in entries}
    )
