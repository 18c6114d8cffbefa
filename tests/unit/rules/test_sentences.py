from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from pydantic import BaseModel, TypeAdapter

from so_privacy_ext.model import Authority, NoMail, TenantLists
from so_privacy_ext.rules.activation import ActiveManifest, resolve
from so_privacy_ext.rules.conditions import Words, when_type
from so_privacy_ext.rules.explain import explain
from so_privacy_ext.rules.logic import Leaf
from so_privacy_ext.rules.manifest import Manifest
from so_privacy_ext.rules.phrases import conditions
from so_privacy_ext.rules.sentences import Standing, Told, rule_sentence, tell
from so_privacy_ext.rules.vocabulary import PRODUCT_WORDS
from so_privacy_ext.rules.wording import wording
from so_privacy_ext.sdk import Condition, Facts, Ground, Predicate, Proposed, Truth
from tests.unit.rules.random_manifests import active

EN, DA = wording("en"), wording("da")
Activate = Callable[[str], ActiveManifest]


class Turnover(Condition[int]):
    """A partner's word with sentences of its own, in one language."""

    word = "turnover_over"
    spoken = {"en": ("the turnover is over {values}", "the turnover is not over {values}")}  # noqa: RUF012  # a test

    def prepare(self, _ground: Ground, /) -> Predicate:
        return Predicate(lambda _facts: None, lambda _facts: None)


class _Argument(BaseModel):
    more: int
    less: bool = True


class Odd(Condition[_Argument]):
    """A partner's word without any."""

    word = "odd"

    def prepare(self, _ground: Ground, /) -> Predicate:
        return Predicate(lambda _facts: None, lambda _facts: None)


class Large(Condition[bool]):
    """A plugin's word, whose answers are among the facts."""

    word = "acme_size.large"
    reasons = {  # noqa: RUF012  # a test
        "small": {"en": "it is below the limit", "da": "den er under grænsen"},
        "new": {"en": "it is too new"},
    }

    def prepare(self, _ground: Ground, /) -> Predicate:
        def truth(facts: Facts) -> Truth:
            return facts.answers["acme_size.large true"][0]

        return Predicate(truth, truth)


LEFT = "the person has left the company"
TICKS = "61A/CUSTOMERPORTAL or 61A/WEBFORM"
TICKED = "the person ticked STORE in a form, and there is a consent text for it"
WORDS: Words = (*PRODUCT_WORDS, Turnover, Odd)


def said(when: object, language: Any = EN) -> str:
    return conditions(TypeAdapter(when_type(WORDS)).validate_python(when), language)


@pytest.mark.parametrize(
    ("when", "text"),
    [
        ("always", "for every person"),
        ({"source": "CARD"}, "the source is CARD"),
        ({"source": ["CARD", "API", "ERP"]}, "the source is CARD, API or ERP"),
        ({"not": {"country": "DK"}}, "the country is known and is not DK"),
        ({"event": ["created", "none"]}, "what has happened is: created or nothing"),
        ({"creator": "erp"}, "the person was registered by an ERP connector"),
        ({"form": {"key": "signup"}}, "the person came by the web form signup"),
        ({"retired": False}, "the person has not left the company"),
        ({"not": {"retired": False}}, "the person has left the company"),
        ({"not": {"company": {"is_owner": True}}}, "the company is not the tenant's own"),
        ({"age_below": 18}, "the person is known to be younger than 18"),
        (
            {"not": {"age_below": "country_digital_age"}},
            "the person is known to be not younger than the age limit for children in the person's country",
        ),
        ({"evidence": {"tick": ["STORE", "EMARKETING"]}}, "the person ticked STORE or EMARKETING in a form"),
        (
            {"not": {"evidence": {"tick": "STORE", "wording": "present", "sale": "present"}}},
            f"it is not so that {TICKED} and a sale is documented",
        ),
        ({"evidence": {"objection_offered": True}}, "a way to object was offered"),
        ({"person_field": {"T:a": [True, 3, "x"]}}, "the person's field T:a is true, 3 or x"),
        ({"company_field": {"T:a": {"from": 3}}}, "the company's field T:a is 3 or more"),
        ({"company_field": {"T:a": {"to": 3}}}, "the company's field T:a is 3 or less"),
        ({"company_field": {"T:a": {"from": 3, "to": 5}}}, "the company's field T:a is from 3 to 5"),
        (
            {"person_field": {"T:a": {"given": True}, "T:b": {"given": False}}},
            "the person's field T:a is filled in and the person's field T:b is not filled in",
        ),
        ({"source": "CARD", "retired": True}, "the source is CARD and the person has left the company"),
        (
            {"source": "CARD", "any": [{"retired": True}, {"country": "DK", "language": "da"}]},
            f"the source is CARD and ({LEFT} or (the country is DK and the person reads da))",
        ),
        ({"any": [{"all": [{"source": "CARD"}]}]}, "the source is CARD"),
        (
            {"not": {"any": [{"source": "CARD"}, {"retired": True}]}},
            "it is not so that (the source is CARD or the person has left the company)",
        ),
        ({"not": "always"}, "it is not so that for every person"),
        ({"turnover_over": 5}, "the turnover is over 5"),
        ({"not": {"turnover_over": 5}}, "the turnover is not over 5"),
        ({"odd": {"more": 3, "less": False}}, "`odd` is less False, more 3"),
    ],
)
def test_conditions_are_said(when: object, text: str) -> None:
    assert said(when) == text


def test_what_a_partner_does_not_say_in_a_language_is_said_plainly() -> None:
    assert said({"turnover_over": 5}, DA) == "`turnover_over` er 5"
    assert said({"not": {"source": "CARD"}}, DA) == "kilden ikke er CARD"


def test_every_rule_of_the_published_manifest_reads_aloud(nordic: Manifest) -> None:
    english, danish = (
        {one.id: rule_sentence(one, language) for one in [*nordic.content.rules, *nordic.content.optional]}
        for language in (EN, DA)
    )

    assert (
        "If the source is WEBFORM, CHAT, EMAIL, REQUEST or CUSTOMERPORTAL, then STORE gets the legal basis"
        in english["web-plain"]
    )
    assert (
        "or the company is the tenant's own, then nothing is done about any purpose." in english["own-staff"]
    )
    assert (
        " gets the legal basis 61F for 12 months and EMARKETING is not to be given"
        in english["bought-or-referred"]
    )
    assert danish["catch-all"].startswith(
        "catch-all: For enhver person gælder: et menneske afgør STORE. Fordi: "
    )
    assert danish["met-in-person"].startswith(
        "met-in-person: Hvis kilden er USER, CARD, PHONE eller FAIR, gælder: "
    )
    assert not any("{" in one or "}" in one for one in [*english.values(), *danish.values()])


def told(
    active: ActiveManifest, facts: Facts, silent: NoMail | None = None, standing: Standing | None = None
) -> Told:
    return tell(explain(facts, active), facts, active, EN, silent=silent, standing=standing)


RULES = """\
  - id: a
    when: {source: CARD}
    give: {STORE: {basis: 61F}, EMARKETING: keep}
    tell: notice
    because: first
  - {id: b, when: {country: DK, retired: true}, give: {STORE: review}, because: second}
  - {id: c, when: always, give: review, because: third}
  - {id: d, when: {evidence: {sale: present}}, give: {STORE: keep}, because: fourth}
"""
REASONS = ["first", "first", "third"]
GIVEN = "STORE gets the legal basis 61F with the source CARD"
KEPT, REVIEW = "EMARKETING stays as it stands", "a human decides about NEWSLETTER"
NOTHING = "and it stays: the rule wants nothing written"
ANEW = "that would be written anew"


def test_what_was_decided_is_said_with_who_stands_in_the_way(activate: Activate) -> None:
    standing = Standing(
        stands={"STORE": "61B/API", "EMARKETING": "61A/CARD"},
        writers={"STORE": Authority.CRM_DEFAULT, "EMARKETING": Authority.PERSON},
        writes=("STORE",),
        left={"EMARKETING": "no_effect", "NEWSLETTER": "something_new"},
    )

    found = told(activate(RULES), Facts(source="CARD"), standing=standing)

    assert [
        one.removesuffix(f" Because: {because}") for one, because in zip(found.decided, REASONS, strict=True)
    ] == [
        f"{GIVEN}, by the rule a. The CRM holds 61B/API, written by the CRM by default; {ANEW}.",
        f"{KEPT}, by the rule a. The CRM holds 61A/CARD, written by the person herself, {NOTHING}.",
        f"{REVIEW}, by the rule c. The CRM holds nothing, and it stays: something_new.",
    ]
    assert told(activate(RULES), Facts(source="CARD")).decided[0] == f"{GIVEN}, by the rule a. Because: first"


@pytest.mark.parametrize(
    ("language", "sentence"),
    [
        (EN, "The source CARD is what the plugin acme-vat takes it to be (listed); the CRM has none"),
        (DA, "Kilden CARD er, hvad pluginet acme-vat antager (listed); CRM-systemet har ingen"),
    ],
)
def test_a_source_that_a_plugin_proposed_is_said_to_be_so(
    activate: Activate, language: Any, sentence: str
) -> None:
    active = activate(RULES)
    facts = Facts(source="CARD", proposed=Proposed("acme-vat", 0.9, "listed"))

    found = tell(explain(facts, active), facts, active, language, silent=None)

    assert found.decided[-1].startswith(sentence)


@pytest.mark.parametrize(
    ("code", "language", "reason"),
    [
        ("small", EN, " (it is below the limit)"),
        ("small", DA, " (den er under grænsen)"),
        ("new", DA, " (it is too new)"),
        ("", EN, ""),
        ("of_a_later_version", EN, ""),
    ],
)
def test_why_a_plugins_word_does_not_hold_is_said_in_the_language_or_in_english(
    activate: Activate, code: str, language: Any, reason: str
) -> None:
    active = activate(RULES)
    word = Large.model_validate(True)
    (rule, *others) = active.rules
    predicate = word.prepare(Ground("DK", "en", {}))
    leaf = Leaf("when.acme_size.large", word, predicate.truth, predicate.found, None)
    active = replace(active, rules=(replace(rule, when=leaf, matches=predicate.truth), *others))
    facts = Facts(answers={"acme_size.large true": (False, code)})

    found = tell(explain(facts, active), facts, active, language, silent=None)

    holds = "would have to hold, and does not" if language is EN else "skulle gælde, og gør det ikke"
    assert f"`acme_size.large` (true) {holds}{reason}." in found.rules[0]


def test_what_stands_withdrawn_is_said(activate: Activate) -> None:
    facts = Facts(source="CARD", consents={"STORE": ("WITHDRAWN", "CARD")})
    standing = Standing(writers={"STORE": Authority.PERSON})

    found = told(activate(RULES), facts, NoMail.STORE_WITHDRAWN, standing)

    assert found.decided == (
        "STORE stands withdrawn, written by the person herself, so no rule decides it.",
        "No rule decides anything.",
    )
    assert found.mail == "No mail would be sent: STORE is withdrawn, or what it rests on."
    assert found.rules[0] == "What a would decide is stopped by a withdrawal: STORE and EMARKETING."
    assert "STORE would stay withdrawn" in found.rules[1]


@pytest.mark.parametrize(
    ("facts", "language"),
    [
        (Facts(source="CARD", language="da"), "in Danish: that is the person's language"),
        (Facts(source="CARD", country="DK"), "in Danish: that is the language of the person's country"),
        (Facts(source="CARD", country="SE"), "in English: nothing better is known or offered"),
        (Facts(source="CARD", language="fi"), "in English: nothing better is known or offered"),
        (Facts(source="CARD"), "in English: nothing better is known or offered"),
    ],
)
def test_the_mail_is_said_with_its_language_and_why(activate: Activate, facts: Facts, language: str) -> None:
    found = told(activate(RULES), facts)

    assert found.mail == f"The mail notice would be sent as the rule a tells it, {language}."


def test_a_language_without_a_name_is_said_by_its_code(activate: Activate) -> None:
    active = activate(RULES)
    mails = {key: replace(mail, languages=("xx",)) for key, mail in active.mails.items()}

    found = told(replace(active, mails=mails), Facts(source="CARD", language="xx"))

    assert "in xx: that is the person's language" in found.mail


@pytest.mark.parametrize("reason", list(NoMail))
def test_why_there_is_no_mail_is_said(activate: Activate, reason: NoMail) -> None:
    found = told(activate(RULES), Facts(source="CARD"), reason)

    assert found.mail == f"No mail would be sent: {EN.texts['no_mail'][reason]}."
    assert "no rule that decided names a mail" in told(activate(RULES), Facts()).mail


def test_each_rule_has_its_sentence(activate: Activate) -> None:
    a, b, c, d = told(activate(RULES), Facts(source="CARD", country="SE")).rules

    assert a == "a holds, and decides STORE and EMARKETING."
    assert b.startswith(
        "b does not hold: the country is SE, but would have to be DK; it would have to be so that "
    )
    assert b.endswith("left the company. Then too: STORE would be decided by a.")
    assert c == "c holds, and decides NEWSLETTER; it comes too late for STORE (a) and EMARKETING (a)."
    assert d == "d does not hold: when.evidence wants sale: present, found ."
    late = "  - {id: e, when: always, give: {STORE: keep}, because: fifth}\n"
    assert told(activate(RULES + late), Facts()).rules[-1] == "e holds, but comes too late for STORE (c)."


@pytest.mark.parametrize(
    ("when", "facts", "text"),
    [
        ("{source: [API, CARD]}", Facts(), "the source is none, but would have to be API or CARD"),
        ("{country: DK}", Facts(), "the country is unknown, but would have to be DK"),
        (
            "{not: {country: DK}}",
            Facts(country="DK"),
            "the country is DK, but would have to be known, and another than DK",
        ),
        (
            "{not: {source: API}}",
            Facts(source="API"),
            "the source is API, but would have to be another than API",
        ),
        ("{age_below: 18}", Facts(age=40), "the age is 40, but would have to be less than 18"),
        ("{not: {age_below: 18}}", Facts(), "the age is unknown, but would have to be 18 or more"),
        (
            "{age_below: 18, not: {age_below: 13}}",
            Facts(age=40),
            "the age is 40, but would have to be 13 or more, and less than 18",
        ),
        ("{event: created}", Facts(), "what has happened is nothing, but would have to be created"),
        ("{category: Customer}", Facts(), "the company's category is none, but would have to be Customer"),
        (
            "{not: {category: Customer}}",
            Facts(category_id=52),
            "the company's category is Customer, but would have to be another than Customer",
        ),
        ("{retired: true}", Facts(), "it would have to be so that the person has left the company"),
        ("{retired: false}", Facts(retired=True), "it may not be so that the person has left the company"),
        ("{changed: title}", Facts(), "it would have to be so that title was changed"),
        (
            "{evidence: {tick: EMARKETING}}",
            Facts(),
            "the consent for EMARKETING is none, but would have to be 61A/CUSTOMERPORTAL or 61A/WEBFORM",
        ),
        (
            "{not: {evidence: {tick: EMARKETING}}}",
            Facts(consents={"EMARKETING": ("61A", "WEBFORM")}),
            "the consent for EMARKETING is 61A/WEBFORM, but would have to be another than " + TICKS,
        ),
    ],
)
def test_what_lacks_is_said(activate: Activate, when: str, facts: Facts, text: str) -> None:
    active = activate(f"  - {{id: a, when: {when}, give: {{STORE: keep}}, because: x}}\n")

    assert told(active, facts).rules == (f"a does not hold: {text}. Then it would decide STORE.",)


def test_of_a_word_that_does_not_say_what_it_looks_at_it_is_said_that_it_would_have_to_hold() -> None:
    for when, facts, text in [
        ({"closed": "title"}, Facts(), "`closed` (title) would have to hold, and does not"),
        (
            {"not": {"closed": "title"}},
            Facts(changed=frozenset({"title"})),
            "`closed` (title) may not hold, and does not say no",
        ),
    ]:
        made = active([{"id": "a", "when": when, "give": {"STORE": "keep"}, "because": "x"}])
        assert told(made, facts).rules == (f"a does not hold: {text}. Then it would decide STORE.",)


def test_the_published_manifest_explains_a_danish_card_in_danish(
    nordic: Manifest, lists: TenantLists
) -> None:
    active, facts = resolve(nordic, lists), Facts(source="CARD", country="DK", has_email=True)

    found = tell(explain(facts, active), facts, active, DA, silent=None)

    assert found.decided[0].startswith(
        "STORE får retsgrundlaget 61F med kilden CARD, efter reglen met-in-person."
    )
    assert found.mail == (
        "Mailen notice13 ville blive sendt, som reglen met-in-person siger, på dansk: "
        "det er sproget i personens land."
    )
    assert (
        "erp gælder ikke: kilden er CARD, men skulle være ERP. Så ville den afgøre STORE og ACCOUNTING."
        in found.sentences
    )
