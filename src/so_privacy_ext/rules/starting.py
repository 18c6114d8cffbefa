"""Writes a manifest to start from: from what a tenant has, or from a preset where there is none."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from so_privacy_ext.model import STORE, WITHDRAWN, Template, TenantLists
from so_privacy_ext.rules.languages import one_norwegian
from so_privacy_ext.rules.names import spellings
from so_privacy_ext.rules.presets import shelf
from so_privacy_ext.rules.references import UNKNOWN_SOURCE

SCHEMA = "manifest-1.schema.json"
_PACKS = ("DK", "NO", "SE", "FI", "DE")
_LEGITIMATE_INTEREST = "61F"
_CONSENT = "61A"
_STORE_BASES = ("61A", "61B", "61F")
_BY_HAND = ("manual", 14, "false")
_RULE_13 = "came-herself"
_RULE_14 = "came-by-others"


@dataclass(frozen=True, slots=True)
class Ground:
    """What is known besides the lists."""

    name: str
    company: str
    home: str
    """The company's country, ISO 3166."""
    seen: Mapping[str, int] | None = None
    """Source key → how many persons have it; None where nobody was looked at."""


def from_preset(ground: Ground) -> str:
    """Write a manifest that takes everything from a preset."""
    return "\n".join(
        [
            *_head(ground),
            "extends: [preset:nordic-b2b@1]   # all rules and all else, until something of yours stands here",
            "switch_on: []                    # or one of its optional rules: sole-trader, soft-opt-in-dk",
            f"controller: {{name: {_text(ground.company)}}}",
            f"jurisdiction: {{home: {_text(ground.home)}, packs: [{', '.join(map(_text, _PACKS))}]}}",
            "",
        ]
    )


def from_tenant(ground: Ground, lists: TenantLists) -> str:
    """Write a manifest of what a tenant has, with rules that give nothing but what stands to reason."""
    return "\n".join(
        [
            *_head(ground),
            f"controller: {{name: {_text(ground.company)}}}",
            f"jurisdiction: {{home: {_text(ground.home)}, packs: [{_packs(ground.home)}]}}",
            *_languages(lists),
            "",
            "# As the tenant has them. Article 13: from the person herself; 14: from somebody else.",
            "sources:",
            *_sources(ground, lists),
            "",
            f"legal_bases: [{', '.join(_text(one) for one in _bases(lists))}]",
            "",
            "# What may carry each purpose; consent alone where nobody has thought of it yet.",
            "purposes:",
            *_purposes(lists),
            "",
            *_mails(lists),
            "# The first rule that applies decides, purpose by purpose.",
            "rules:",
            *_rules(ground, lists),
            "",
        ]
    )


def _head(ground: Ground) -> Iterator[str]:
    yield f"# yaml-language-server: $schema=./{SCHEMA}"
    yield "# A start, not advice: read every line, change what is otherwise here, and have counsel read it."
    yield "manifest: 1"
    yield f"name: {ground.name}"


def _packs(home: str) -> str:
    return _text(home) if home in _PACKS else ""


def _languages(lists: TenantLists) -> Iterator[str]:
    spoken = {
        one_norwegian(one.lower().partition("-")[0])
        for template in _templates(lists)
        for one in template.languages
    }
    enabled = sorted(one for one in spoken if len(one) == 2) or ["en"]
    fallback = "en" if "en" in enabled else enabled[0]
    listed = ", ".join(map(_text, enabled))
    yield f"languages: {{enabled: [{listed}], fallback: {_text(fallback)}}}"


def _sources(ground: Ground, lists: TenantLists) -> Iterator[str]:
    for key in _source_keys(lists):
        kind, article, consent = _known(key)
        doubt = "" if key in _table() else "   # how does it come in?"
        count = "" if ground.seen is None else f"   # {ground.seen.get(key, 0)} persons"
        new = "" if key in _own("sources") else "new: true, "
        said = f"{{{new}type: {kind}, article: {article}, carries_consent: {consent}}}"
        yield f"  {_text(key)}: {said}{doubt}{count}"


def _source_keys(lists: TenantLists) -> list[str]:
    return [one.key for one in lists.sources if one.key and not one.deleted and one.key != UNKNOWN_SOURCE]


def _known(key: str) -> tuple[str, int, str]:
    return _table().get(key, _BY_HAND)


def _table() -> Mapping[str, tuple[str, int, str]]:
    """Give of each source that a preset knows its type, article and whether it can carry a consent."""
    sources = shelf.preset("preset:nordic-b2b@1").plain()["sources"]
    return {
        key: (one["type"], one["article"], str(one["carries_consent"]).lower())
        for key, one in sources.items()
    }


def _own(kind: str) -> Collection[str]:
    """Give the keys that SuperOffice ships; all others are new, to any tenant that lacks them."""
    keys: Collection[str] = shelf.preset("preset:superoffice@1").plain()[kind]
    return keys


def _bases(lists: TenantLists) -> list[str]:
    return list(dict.fromkeys(one.key for one in lists.bases if one.key and not one.deleted))


def _purposes(lists: TenantLists) -> Iterator[str]:
    bases = _bases(lists)
    for purpose in lists.purposes:
        if not purpose.key or purpose.deleted or not purpose.active:
            continue
        wanted = _STORE_BASES if purpose.key == STORE else (_CONSENT,)
        allowed = [one for one in wanted if one in bases] or [one for one in bases if one != WITHDRAWN]
        new = "" if purpose.key in _own("purposes") else "new: true, "
        yield f"  {_text(purpose.key)}: {{{new}allowed: [{', '.join(map(_text, allowed))}]}}"


def _templates(lists: TenantLists) -> list[Template]:
    return [one for one in lists.templates if one.is_privacy and not one.deleted and one.name]


def _mails(lists: TenantLists) -> Iterator[str]:
    found = _notices(lists)
    if found:
        yield "# Templates of the CRM that are privacy confirmations; are these the ones for each article?"
        yield "mails:"
        for key, template in found.items():
            yield f"  {key}: {{template: {_text(_name(template))}, version: 1}}"
        yield ""


def _notices(lists: TenantLists) -> dict[str, Template]:
    """Give the template for each article: one that says so in its name, else the first that there is."""
    templates = _templates(lists)
    if not templates:
        return {}
    return {
        f"notice{article}": next((one for one in templates if article in one.name), templates[0])
        for article in ("13", "14")
    }


def _name(template: Template) -> str:
    """Give one of a template's names."""
    return min(spellings(template.name) - {template.name} or {template.name})


def _rules(ground: Ground, lists: TenantLists) -> Iterator[str]:
    yield from _rule(
        "own-staff",
        "{any: [{is_associate: true}, {company: {is_owner: true}}]}",
        "none",
        "Employees have a notice of their own, and the CRM's logins are not to be touched.",
    )
    yield from _rule(
        "minor",
        "{age_below: country_digital_age}",
        f"{{{STORE}: review}}",
        "A child's interest weighs more; a human looks at it.",
    )
    basis = _LEGITIMATE_INTEREST if _LEGITIMATE_INTEREST in _bases(lists) else None
    keys = [one for one in _source_keys(lists) if ground.seen is None or ground.seen.get(one)]
    notices = _notices(lists)
    for rule_id, article, because in (
        (_RULE_13, 13, "She turned to us herself: to answer and to work together we must know who she is."),
        (
            _RULE_14,
            14,
            "Somebody else gave us her data: a business relation is likely, and she is told of it.",
        ),
    ):
        sources = [one for one in keys if _known(one)[1] == article]
        if sources and basis:
            yield from _rule(
                rule_id,
                f"{{source: [{', '.join(map(_text, sources))}]}}",
                f"{{{STORE}: {{basis: {basis}}}}}",
                because,
                tell=f"notice{article}" if notices else "",
            )
    yield from _rule("catch-all", "always", f"{{{STORE}: review}}", "Nobody has thought of this case yet.")


def _rule(rule_id: str, when: str, give: str, because: str, *, tell: str = "") -> Sequence[str]:
    lines = [f"  - id: {rule_id}", f"    when: {when}", f"    give: {give}"]
    lines += [f"    tell: {tell}"] if tell else []
    return [*lines, f"    because: {_text(because)}", ""]


def _text(text: str) -> str:
    """Write a text so that every reader of YAML takes it for one."""
    plain = text.isascii() and text.isalnum() and not text.isdigit() and not text[0].isdigit()
    safe = plain and text.lower() not in {"no", "yes", "on", "off", "true", "false", "null", "y", "n"}
    return text if safe else json.dumps(text, ensure_ascii=False)
