# ruff: noqa: E501  # a test of rules stands on one line
"""What stands around the rules in a rule test is as it is in production."""

from __future__ import annotations

from collections.abc import Callable

import pytest

Told = Callable[..., list[str]]
CARD = """\
person: {country: DK, source: CARD}
expect: {give: {STORE: {basis: 61F, until: 2027-03-02}, EMARKETING: deny}, tell: notice, language: da}
"""


def test_what_comes_again_does_nothing(told: Told) -> None:
    test = (
        CARD + "then: [{at: +5s, event: created, expect: {}}, {at: +30d, expect: {no_mail: already_told}}]\n"
    )

    assert told(test) == []


def test_an_end_counts_from_the_first_write(told: Told) -> None:
    again = "{STORE: {basis: 61F, until: 2027-03-02, left: already_right}}"

    assert told(CARD + f"then: [{{at: +P1M, expect: {{give: {again}}}}}]\n") == []


def test_a_row_that_another_changed_is_written_again_and_ends_as_before(told: Told) -> None:
    changed = "person: {consents: {STORE: {basis: 61B, source: CARD, by: import}}}"

    assert (
        told(
            CARD
            + f"then: [{{at: +P1M, {changed}, expect: {{give: {{STORE: {{basis: 61F, until: 2027-03-02}}}}}}}}]\n"
        )
        == []
    )


@pytest.mark.parametrize(
    ("standing", "left"),
    [
        ("{basis: 61B, source: CARD, by: human}", "human"),
        ("{basis: 61B, source: CARD, by: person}", "person"),
        ("{basis: 61A, source: CARD, by: rule}", "explicit_consent"),
        ("{basis: 61F, source: CARD, by: human}", "already_right"),
    ],
)
def test_what_binds_is_left(told: Told, standing: str, left: str) -> None:
    test = f"""\
person: {{consents: {{STORE: {standing}}}}}
expect: {{give: {{STORE: {{basis: 61F, left: {left}}}, EMARKETING: deny}}, tell: notice}}
"""
    assert told(test) == []


def test_a_basis_that_a_human_keeps_from_being_written_is_no_basis_given(told: Told) -> None:
    test = CARD.replace(
        "{country: DK, source: CARD}",
        "{country: DK, consents: {STORE: {basis: 61B, source: CARD, by: human}}}",
    )

    assert told(test) == ["STORE: 61F until 2027-03-02 | 61F/CARD without end, left (human) by card"]


@pytest.mark.parametrize("by", ["crm_default", "import", "rule"])
def test_what_binds_nobody_is_overwritten(told: Told, by: str) -> None:
    standing = f"{{consents: {{STORE: {{basis: 61B, source: CARD, by: {by}}}}}}}"

    assert told(CARD.replace("{country: DK, source: CARD}", standing).replace(", language: da", "")) == []


@pytest.mark.parametrize(
    ("person", "tenant", "reason"),
    [
        ("source: CARD, has_email: false", "{default_basis: 61B}", "no_address"),
        ("source: CARD, bounced: true", "{default_basis: 61B}", "bounced"),
        ("source: CARD, told: again", "{default_basis: 61B}", "already_told"),
        ("source: CARD", "{crm_mails: [CARD], default_basis: 61B}", "crm_mails"),
        (
            "source: CARD, registered: 2026-01-01",
            "{tell_from: 2026-01-02, default_basis: 61B}",
            "before_start",
        ),
        (
            "source: CARD, registered: 2026-01-01, has_email: false",
            "{tell_from: 2026-01-02, default_basis: 61B}",
            "before_start",
        ),
        (
            "source: CARD, told: notice, has_email: false",
            "{crm_mails: [CARD], default_basis: 61B}",
            "already_told",
        ),
        ("source: CARD, has_email: false", "{crm_mails: [CARD], default_basis: 61B}", "crm_mails"),
    ],
)
def test_the_first_reason_for_no_mail_holds(told: Told, person: str, tenant: str, reason: str) -> None:
    test = f"person: {{{person}}}\nexpect: {{give: {{STORE: {{basis: 61F, until: 2027-03-02}}, EMARKETING: deny}}, no_mail: {reason}}}\n"

    assert told(test, tenant=tenant) == []


def test_whoever_is_registered_after_the_start_is_told(told: Told) -> None:
    assert told(CARD, tenant="{tell_from: 2026-03-02T09:00, default_basis: 61B}") == []


def test_an_address_that_comes_later_is_told_to_by_the_next_sweep(told: Told) -> None:
    test = CARD.replace("source: CARD}", "source: CARD, has_email: false}").replace(
        "tell: notice, language: da", "no_mail: no_address"
    )

    assert (
        told(test + "then: [{at: +2h, person: {has_email: true}, expect: {tell: notice, language: da}}]\n")
        == []
    )


def test_an_address_that_goes_takes_its_domain_along(told: Told) -> None:
    rules = "  - {id: ours, when: {email_domain: example.com}, give: {STORE: keep}, because: x}\n"
    test = "person: {email_domain: Example.com}\nexpect: {give: {STORE: keep}}\nthen: [{at: +1d, person: {has_email: false}, expect: {}}]\n"

    assert told(test + "\n", rules=rules) == []
    assert told(test.replace("expect: {}", "expect: {give: {STORE: keep}}"), rules=rules) == [
        "STORE: keep | not decided"
    ]


def test_a_mail_that_tells_again_goes_out_once_more(told: Told) -> None:
    test = """\
person: {country: DK, source: WEBFORM}
expect: {give: {STORE: 61F/API}, tell: notice}
then:
  - {at: +1d, event: changed, person: {consents: {STORE: 61F/WEBFORM}}, changed: title, expect: {give: {STORE: 61F/API, EMARKETING: keep}}}
"""
    rules = """\
  - {id: kept, when: {event: changed}, give: {EMARKETING: keep}, tell: again, because: x}
  - {id: form, when: {source: WEBFORM}, give: {STORE: {basis: 61F, source: API}}, tell: notice, because: x}
"""

    assert told(test, rules=rules) == ["mail: none | again"]


def test_a_source_that_comes_later_moves_the_row_of_store(told: Told) -> None:
    test = "person: {}\nexpect: {give: {STORE: review}}\nthen: [{at: +1m, person: {source: CARD}, expect: {give: {STORE: {basis: 61F, until: 2027-03-02, source: CARD}, EMARKETING: deny}, tell: notice}}]\n"

    assert told(test) == []
    assert told(test.replace("person: {}", "person: {source: API}")) == []


def test_a_human_is_asked_once(told: Told) -> None:
    assert told("expect: {give: {STORE: review}}\nthen: [{at: +1d, expect: {}}]\n") == []


def test_a_tick_with_the_wording_of_the_tenant_is_seen(told: Told) -> None:
    rules = "  - {id: tick, when: {evidence: {tick: EMARKETING, wording: present}}, give: {EMARKETING: keep}, because: x}\n"
    test = "person: {consents: {EMARKETING: 61A/WEBFORM}}\nexpect: {give: {EMARKETING: keep}}\n"

    assert told(test, rules=rules, tenant="{wordings: [EMARKETING]}") == []
    assert told(test, rules=rules) == ["EMARKETING: keep | not decided"]
    assert told(test.replace("consents", "wordings: [EMARKETING], consents"), rules=rules) == []


@pytest.mark.parametrize(
    ("person", "language"),
    [
        ("language: da", "da"),
        ("country: DK", "da"),
        ("country: DK, language: en", "en"),
        ("country: SE", "en"),
        ("country: FI", "en"),
        ("country: DK, language: nb", "en"),
    ],
)
def test_a_mail_is_in_her_language_if_it_is_written_in_it(told: Told, person: str, language: str) -> None:
    assert told(CARD.replace("country: DK", person).replace("language: da}", f"language: {language}}}")) == []


def test_what_stands_rightly_by_the_crms_default_has_no_end(told: Told) -> None:
    test = "person: {source: CARD}\nexpect: {give: {STORE: {basis: 61F, left: already_right}, EMARKETING: deny}, tell: notice}\n"

    assert told(test, tenant="{}") == []
