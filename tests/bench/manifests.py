"""The manifests that the figures are measured with."""

from __future__ import annotations

from collections.abc import Iterable

_HEAD = """\
manifest: 1
name: bench
jurisdiction: {home: DK}
languages: {enabled: [da, nb, sv, en, de], fallback: en}
sources:
  WEBFORM: {type: digital, article: 13}
  EMAIL: {type: digital, article: 13}
  USER: {type: manual, article: 13}
  CARD: {type: manual, article: 13}
  FAIR: {type: manual, article: 13}
  IMPORT: {type: system, article: 14}
  API: {type: system, article: 14}
legal_bases: [61A, 61B, 61F, WITHDRAWN]
purposes:
  STORE: {allowed: [61B, 61F]}
  EMARKETING: {allowed: [61A]}
  NEWSLETTER: {allowed: [61A]}
mails:
  notice: {template: privacy-notice-13, version: 1}
rules:
"""

WRITING = f"""{_HEAD}
  - {{id: all, when: always, give: {{STORE: {{basis: 61F}}}}, because: "One write for each person."}}
"""
"""The tenant's default basis is 61B, so that each new person needs exactly one write."""

TELLING = f"""{_HEAD}
  - {{id: all, when: always, give: {{STORE: keep}}, tell: notice, because: "One mail for each person."}}
"""


def with_rules(count: int) -> str:
    """Give a manifest whose rules ask for this and that; the last one decides for whoever is left."""
    rules = [f"  - {_rule(number)}" for number in range(count - 1)]
    last = '  - {id: last, when: always, give: {STORE: {basis: 61F}, EMARKETING: deny}, because: "The rest."}'
    return "\n".join([_HEAD.rstrip(), *rules, last, ""])


def asking(words: Iterable[str]) -> str:
    """Give a manifest of which each rule asks for one word alone."""
    rules = [
        f'  - {{id: asks-{number}, when: {{{word}: true}}, give: none, because: "Rule {number}."}}'
        for number, word in enumerate(words)
    ]
    return "\n".join([_HEAD.rstrip(), *rules, ""])


def _rule(number: int) -> str:
    when = _CONDITIONS[number % len(_CONDITIONS)].replace("@", str(number))
    return (
        f'{{id: rule-{number}, when: {{{when}}}, give: {{STORE: {{basis: 61F}}}}, because: "Rule {number}."}}'
    )


_CONDITIONS = (
    "source: [WEBFORM, EMAIL], country: FI",
    "age_below: 1, event: created",
    "form: {key: [form-@, other-@]}",
    "any: [{is_associate: true}, {company: {is_owner: true}}]",
    "source: CARD, not: {has_email: true}",
    "all: [{country: [NL, FI]}, {language: fi}]",
    "creator: erp, source: API",
    "changed: [column_@]",
    "evidence: {tick: EMARKETING}, source: WEBFORM",
    "email_domain: d@.example.com",
)
