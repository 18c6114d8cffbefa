"""Resolves a manifest against a tenant's lists: everything it names is there, or all that isn't is named."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from so_privacy_ext.model import CRM_MAIL, STORE, Decision, Outcome, TenantLists, UserField
from so_privacy_ext.rules.findings import Finding, ManifestInvalid, shown
from so_privacy_ext.rules.logic import Part, Test, asks_plugins, matcher, ready
from so_privacy_ext.rules.manifest import Manifest, asked
from so_privacy_ext.rules.own_texts import OwnText, own_texts
from so_privacy_ext.rules.references import places, words_in
from so_privacy_ext.rules.retention import ActiveRetention, kept
from so_privacy_ext.rules.shape import AtEnd, GiveBasis, MailShape, RuleShape
from so_privacy_ext.rules.tenant_fields import fields_named
from so_privacy_ext.rules.tenant_names import TenantNames
from so_privacy_ext.rules.tree import Node
from so_privacy_ext.sdk import Ground, Reference

DEFAULT_SOURCE = "API"
"""Written where neither rule nor STORE row names a source; the CRM calls it "Other integration"."""
STRICTEST_ARTICLE = 13
"""GDPR: of a person whose source the manifest doesn't name, she is due her notice at once."""


@dataclass(frozen=True, slots=True)
class ActiveMail:
    """A mail whose template the tenant has, or whose texts the manifest has."""

    key: str
    template: str
    """The template's name just as the tenant's list has it; empty where the manifest has the texts."""
    template_id: int
    version: int
    languages: tuple[str, ...]
    retell: bool
    channel: str = CRM_MAIL
    """What carries it."""
    texts: Mapping[str, OwnText] = field(default_factory=dict)
    """By language; those of the CRM's own mail are in the CRM."""

    @property
    def has_text(self) -> bool:
        """Tell whether there is anything to send; the tenant may have lost the template."""
        return self.channel != CRM_MAIL or self.template_id != NO_TEMPLATE


@dataclass(frozen=True, slots=True)
class PurposeEnd:
    """How what is given to a purpose comes to its end; its own keys, else those of what it is part of."""

    expires: str | None
    """For how long a consent that a person gave herself lasts; a rule may give for another period."""
    renew_before: str | None
    renew: str | None
    """The mail that asks to renew."""
    at_end: Literal["keep", "review"] | AtEnd


@dataclass(frozen=True, slots=True)
class Ruled:
    """What one rule decides for one purpose, before a person's own source is filled in."""

    bit: int
    decision: Decision

    def for_source(self, source: str) -> Decision:
        """Fill the source in, if a basis is given and the rule leaves it open."""
        decision = self.decision
        if decision.outcome is not Outcome.GIVE or decision.source is not None:
            return decision
        return Decision(
            decision.purpose,
            decision.outcome,
            decision.rule_id,
            decision.because,
            decision.basis,
            source,
            decision.expires,
        )


@dataclass(frozen=True, slots=True)
class ActiveRule:
    """A rule with its test."""

    rule_id: str
    because: str
    tell: str | None
    gives_none: bool
    matches: Test = field(repr=False)
    """Not true unless the rule applies."""
    when: Part = field(repr=False)
    ruled: tuple[Ruled, ...]
    bits: int
    """The purposes of `ruled`."""
    held_bits: int = 0
    """Those that it holds back also while a plugin that it asks says nothing; none if it asks none."""
    max_changes: str | None = None
    """The share of all persons that a plan may touch by it, such as `5%`."""


@dataclass(frozen=True, slots=True)
class ActiveManifest:
    """All that decides about the persons of a tenant."""

    digest: str
    name: str
    purposes: Mapping[str, int]
    """Key → bit, STORE first, then by key."""
    every_purpose: int
    """All these bits."""
    parents: Mapping[str, str | None]
    """Key → the purpose that it is part of."""
    below: Mapping[str, int]
    """Key → its bit and those of all that are part of it, however far down."""
    ends: Mapping[str, PurposeEnd]
    rules: tuple[ActiveRule, ...]
    mails: Mapping[str, ActiveMail]
    articles: Mapping[str, int]
    """Source key → 13 or 14."""
    fallback: str
    """The language, ISO 639, of whoever is told and has no other."""
    home: str
    """The controller's country."""
    fields: tuple[UserField, ...] = ()
    """User-defined fields that conditions look at, and that are read of persons therefore."""
    retention: tuple[ActiveRetention, ...] = ()
    """In the order of the file."""

    def article_of(self, source: str | None) -> int:
        """Give the article under which a person of this source must be informed."""
        return self.articles.get(source or "", STRICTEST_ARTICLE)


_LISTED = frozenset({"category", "business", "position"})
MISSING_LANGUAGE = "missing_language"
NO_TEMPLATE = 0
"""Stands for a template that the tenant has lost; nothing is sent by it."""


def resolve(manifest: Manifest, lists: TenantLists) -> ActiveManifest:
    """Make a manifest ready for a tenant; raises `ManifestInvalid` with all that the tenant lacks."""
    names = TenantNames(lists)
    ready_manifest = _resolve(manifest, names)
    if names.findings:
        raise ManifestInvalid(manifest.filename, names.findings)
    return ready_manifest


def lacking(manifest: Manifest, lists: TenantLists) -> list[Finding]:
    """Give all that a manifest names and a tenant lacks."""
    names = TenantNames(lists)
    _resolve(manifest, names)
    return names.findings


def resolve_what_stands(manifest: Manifest, lists: TenantLists) -> ActiveManifest:
    """Make a manifest that was activated before ready for lists that may have lost something since.

    Whether a person has a lost item is unknown; what would write or send by a lost item is stopped there.
    """
    return _resolve(manifest, TenantNames(lists))


def _resolve(manifest: Manifest, names: TenantNames) -> ActiveManifest:
    _look_up_keys(manifest, names)
    mails = dict(_mails(manifest, names))
    ground = Ground(
        home=manifest.content.jurisdiction.home,
        fallback_language=manifest.content.languages.fallback,
        ids=dict(_items(manifest, names)),
        fields=fields_named(manifest, names),
    )
    keys = sorted(manifest.content.purposes, key=lambda key: (key != STORE, key))
    purposes = {key: 1 << place for place, key in enumerate(keys)}
    parents = {key: manifest.content.purposes[key].parent for key in keys}
    return ActiveManifest(
        digest=manifest.digest,
        name=manifest.content.name,
        purposes=purposes,
        every_purpose=sum(purposes.values()),
        parents=parents,
        below=_below(purposes, parents),
        ends={key: _end(manifest, key) for key in keys},
        rules=tuple(_rule(manifest, rule, purposes, ground) for rule in manifest.content.rules),
        mails=mails,
        articles={key: source.article for key, source in manifest.content.sources.items()},
        fallback=manifest.content.languages.fallback,
        home=manifest.content.jurisdiction.home,
        fields=tuple({one.key: one for one in ground.fields.values()}.values()),
        retention=kept(manifest, ground),
    )


def _below(purposes: Mapping[str, int], parents: Mapping[str, str | None]) -> dict[str, int]:
    found = dict(purposes)
    for key, bit in purposes.items():
        above = parents[key]
        while above is not None:
            found[above] |= bit
            above = parents[above]
    return found


def _look_up_keys(manifest: Manifest, names: TenantNames) -> None:
    root = manifest.root
    for key, at, _ in _entries(root, "purposes"):
        names.purpose(key, at)
    for at in _elements(root, "legal_bases"):
        names.basis(at.value, at)
    declared = set()
    for key, at, _ in _entries(root, "sources"):
        names.source(key, at)
        declared.add(key)
    if DEFAULT_SOURCE not in declared:
        names.source(DEFAULT_SOURCE, root)


def _items(manifest: Manifest, names: TenantNames) -> Iterator[tuple[Reference, int]]:
    """Give the ids of all list items that conditions name and the tenant has."""
    seen: set[Reference] = set()
    for one in asked(manifest):
        for condition in words_in(one.when):
            for reference in condition.references():
                if reference in seen or reference.kind not in _LISTED:
                    continue
                seen.add(reference)
                place = next(places(one.node, condition.word, reference.name), one.node)
                item_id = names.item(reference.kind, reference.name, place)
                if item_id:
                    yield reference, item_id


def _mails(manifest: Manifest, names: TenantNames) -> Iterator[tuple[str, ActiveMail]]:
    languages = manifest.content.languages
    for key, _, node in _entries(manifest.root, "mails"):
        mail: MailShape = manifest.content.mails[key]
        if mail.channel != CRM_MAIL:
            yield key, _of_our_own(key, mail, manifest)
            continue
        template = names.template(mail.template or "", node.get("template") or node)
        wanted = tuple(mail.languages or languages.enabled)
        if template is None:
            yield key, ActiveMail(key, mail.template or "", NO_TEMPLATE, mail.version, wanted, mail.retell)
            continue
        offered = {_language(one) for one in template.languages}
        lacking = [one for one in wanted if _language(one) not in offered]
        if offered and lacking and _language(languages.fallback) not in offered:
            what = f"the template {shown(template.name)} has no {', '.join(lacking)}"
            how = f"add them in the CRM, or at least the fallback {languages.fallback}"
            names.findings.append(Finding(node.line, node.column, MISSING_LANGUAGE, what, how))
        yield key, ActiveMail(key, template.name, template.item_id, mail.version, wanted, mail.retell)


def _of_our_own(key: str, mail: MailShape, manifest: Manifest) -> ActiveMail:
    texts = own_texts(mail, manifest.content.controller)
    wanted = tuple(mail.languages or manifest.content.languages.enabled)
    return ActiveMail(key, "", NO_TEMPLATE, mail.version, wanted, mail.retell, mail.channel, texts)


def _language(culture: str) -> str:
    """Give the language of an ISO culture as the CRM tells languages apart, where all Norwegian is `no`."""
    language = culture.lower().partition("-")[0]
    return "no" if language in {"nb", "nn"} else language


def _rule(manifest: Manifest, rule: RuleShape[Any], purposes: dict[str, int], ground: Ground) -> ActiveRule:
    when = ready(rule.when, ground)
    gives = rule.give if isinstance(rule.give, dict) else dict.fromkeys(purposes, rule.give)
    ruled = tuple(
        Ruled(bit, _decision(manifest, rule, purpose, gives[purpose]))
        for purpose, bit in purposes.items()
        if purpose in gives
    )
    return ActiveRule(
        rule_id=rule.id,
        because=rule.because,
        tell=rule.tell,
        gives_none=rule.give == "none",
        matches=matcher(when),
        when=when,
        ruled=ruled,
        bits=sum(one.bit for one in ruled),
        held_bits=_held(ruled) if asks_plugins(when) else 0,
        max_changes=rule.max_changes,
    )


def _held(ruled: Iterable[Ruled]) -> int:
    return sum(one.bit for one in ruled if one.decision.outcome is not Outcome.GIVE)


def _decision(manifest: Manifest, rule: RuleShape[Any], purpose: str, gives: GiveBasis | str) -> Decision:
    if not isinstance(gives, GiveBasis):
        return Decision(purpose, Outcome(gives), rule.id, rule.because)
    expires = gives.expires or _inherited(manifest, purpose, "expires")
    return Decision(purpose, Outcome.GIVE, rule.id, rule.because, gives.basis, gives.source, expires)


def _inherited(manifest: Manifest, purpose: str | None, name: str) -> Any:
    """Give what the purpose itself says, else its nearest ancestor that says something."""
    while purpose is not None:
        shape = manifest.content.purposes[purpose]
        said = getattr(shape, name)
        if said is not None:
            return said
        purpose = shape.parent
    return None


def _end(manifest: Manifest, purpose: str) -> PurposeEnd:
    names = ("expires", "renew_before", "renew", "at_end")
    expires, renew_before, renew, at_end = (_inherited(manifest, purpose, name) for name in names)
    return PurposeEnd(expires, renew_before, renew, at_end or "keep")


def _entries(root: Node, key: str) -> Iterator[tuple[str, Node, Node]]:
    inner = root.get(key)
    return inner.items() if inner is not None else iter(())


def _elements(root: Node, key: str) -> list[Node]:
    inner = root.get(key)
    return inner.elements() if inner is not None else []
