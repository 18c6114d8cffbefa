from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from so_privacy_ext.model import AssociateId, Authority, Consent, Decision, Outcome, PersonId
from so_privacy_ext.proof.arbiter import Leave, Reason, Write, settle

WHEN = datetime(2026, 3, 2, tzinfo=UTC)
BASES = ["61A", "61B", "61C", "61F", "WITHDRAWN"]
SOURCES = ["API", "WEBFORM", "CARD"]


def standing(basis: str, source: str = "CARD") -> Consent:
    return Consent(PersonId(1), "STORE", basis, source, "", WHEN, AssociateId(1), None, AssociateId(0), 0)


def wanted(
    outcome: Outcome = Outcome.GIVE, basis: str | None = "61F", source: str | None = "CARD"
) -> Decision:
    return Decision("STORE", outcome, "met-in-person", "met", basis, source)


@pytest.mark.parametrize("outcome", [Outcome.KEEP, Outcome.DENY, Outcome.REVIEW, Outcome.NONE])
@pytest.mark.parametrize("current", [None, standing("61B"), standing("WITHDRAWN")])
def test_only_giving_writes(outcome: Outcome, current: Consent | None) -> None:
    assert settle(wanted(outcome), current, Authority.IMPORT) == Leave(Reason.NO_EFFECT)


@pytest.mark.parametrize("decision", [wanted(basis=None), wanted(source=None)])
def test_half_a_decision_writes_nothing(decision: Decision) -> None:
    assert settle(decision, None, None) == Leave(Reason.NO_EFFECT)


def test_where_nothing_stands_the_rule_writes() -> None:
    assert settle(wanted(), None, None) == Write("STORE", "61F", "CARD")


@pytest.mark.parametrize(
    ("current", "authority", "reason"),
    [
        (standing("WITHDRAWN"), Authority.PERSON, Reason.WITHDRAWN),
        (standing("WITHDRAWN"), Authority.HUMAN, Reason.WITHDRAWN),
        (standing("WITHDRAWN"), Authority.RULE, Reason.WITHDRAWN),
        (standing("WITHDRAWN"), Authority.IMPORT, Reason.WITHDRAWN),
        (standing("WITHDRAWN"), Authority.CRM_DEFAULT, Reason.WITHDRAWN),
        (standing("61A"), Authority.PERSON, Reason.EXPLICIT_CONSENT),
        (standing("61A"), Authority.HUMAN, Reason.EXPLICIT_CONSENT),
        (standing("61A"), Authority.RULE, Reason.EXPLICIT_CONSENT),
        (standing("61A"), Authority.IMPORT, Reason.EXPLICIT_CONSENT),
        (standing("61A"), Authority.CRM_DEFAULT, None),
        (standing("61B"), Authority.PERSON, Reason.PERSON),
        (standing("61B"), Authority.HUMAN, Reason.HUMAN),
        (standing("61B"), Authority.RULE, None),
        (standing("61B"), Authority.IMPORT, None),
        (standing("61B"), Authority.CRM_DEFAULT, None),
        (standing("61B"), None, Reason.HUMAN),
        (standing("61F"), Authority.PERSON, Reason.ALREADY_RIGHT),
        (standing("61F"), Authority.HUMAN, Reason.ALREADY_RIGHT),
        (standing("61F"), Authority.RULE, Reason.ALREADY_RIGHT),
        (standing("61F"), Authority.IMPORT, Reason.ALREADY_RIGHT),
        (standing("61F"), Authority.CRM_DEFAULT, Reason.ALREADY_RIGHT),
        (standing("61F", "API"), Authority.IMPORT, None),
    ],
)
def test_who_wrote_what_stands_decides(
    current: Consent, authority: Authority | None, reason: Reason | None
) -> None:
    expected = Write("STORE", "61F", "CARD") if reason is None else Leave(reason)

    assert settle(wanted(), current, authority) == expected


@given(
    st.sampled_from(BASES), st.sampled_from(SOURCES), st.sampled_from(BASES[:-1]), st.sampled_from(SOURCES),
    st.sampled_from(Authority),
)  # fmt: skip
def test_what_was_written_is_right_the_second_time(
    basis: str, source: str, new_basis: str, new_source: str, authority: Authority
) -> None:
    first = settle(wanted(basis=new_basis, source=new_source), standing(basis, source), authority)
    if isinstance(first, Write):
        assert authority not in {Authority.PERSON, Authority.HUMAN}
        assert basis != "WITHDRAWN"
        again = settle(
            wanted(basis=new_basis, source=new_source), standing(first.basis, first.source), Authority.RULE
        )
        assert again == Leave(Reason.ALREADY_RIGHT)
