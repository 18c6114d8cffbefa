"""May this person be mailed at that moment: the least that any row allows."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from so_privacy_ext.proof.verdict import Verdict, Why, line, verdict

PARENTS = {"STORE": None, "EMARKETING": None, "NEWSLETTER": "EMARKETING", "WEEKLY": "NEWSLETTER"}
END = datetime(2028, 2, 29, 12, tzinfo=UTC)
BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
MOMENT = timedelta(microseconds=1)
GIVEN = {"STORE": "61F", "EMARKETING": "61A", "WEEKLY": "61A"}


def judge(
    purpose: str,
    at: datetime = END,
    stands: dict[str, str] | None = None,
    ends: dict[str, datetime] | None = None,
) -> Verdict:
    return verdict(purpose, at, stands=GIVEN if stands is None else stands, parents=PARENTS, ends=ends or {})


def test_what_is_given_may_be_used_until_the_very_moment_of_its_end() -> None:
    ends = {"EMARKETING": END}

    assert judge("EMARKETING") == Verdict(may=True, why=Why.GIVEN, by="EMARKETING")
    assert judge("EMARKETING", END - MOMENT, ends=ends) == Verdict(True, Why.GIVEN, "EMARKETING", END)
    assert judge("EMARKETING", END, ends=ends) == Verdict(False, Why.EXPIRED, "EMARKETING", END)
    assert not judge("EMARKETING", END + timedelta(days=3650), ends=ends).may


@pytest.mark.parametrize("purpose", ["EMARKETING", "NEWSLETTER", "WEEKLY"])
def test_a_withdrawal_counts_for_all_that_is_part_of_it(purpose: str) -> None:
    stands = {**GIVEN, "NEWSLETTER": "61A", "EMARKETING": "WITHDRAWN"}

    assert judge(purpose, stands=stands) == Verdict(may=False, why=Why.WITHDRAWN, by="EMARKETING")
    assert judge("STORE", stands=stands).may


def test_a_grant_counts_for_nothing_but_itself() -> None:
    assert judge("NEWSLETTER") == Verdict(may=False, why=Why.NOTHING_GIVEN, by="NEWSLETTER")
    assert judge("WEEKLY").may
    assert judge("UNHEARD").why is Why.NOTHING_GIVEN
    assert judge("EMARKETING", stands={"EMARKETING": ""}).why is Why.NOTHING_GIVEN


def test_whoever_wants_to_be_in_no_list_is_asked_nothing_else() -> None:
    for purpose in PARENTS:
        found = judge(purpose, stands={**GIVEN, "STORE": "WITHDRAWN"}, ends={purpose: END})
        assert found == Verdict(may=False, why=Why.STORE_WITHDRAWN, by="STORE")


def test_the_line_of_a_purpose_goes_up() -> None:
    assert list(line("WEEKLY", PARENTS)) == ["WEEKLY", "NEWSLETTER", "EMARKETING"]


bases = st.dictionaries(st.sampled_from([*PARENTS]), st.sampled_from(["", "61A", "61B", "61F", "WITHDRAWN"]))
moments = st.timedeltas(timedelta(0), timedelta(days=2000)).map(lambda later: BEGIN + later)


@given(
    bases,
    st.dictionaries(st.sampled_from([*PARENTS]), moments),
    st.sampled_from([*PARENTS]),
    moments,
    moments,
)
@settings(max_examples=100)
def test_time_takes_away_and_never_gives(
    stands: dict[str, str], ends: dict[str, datetime], purpose: str, one: datetime, other: datetime
) -> None:
    earlier, later = (
        judge(purpose, min(one, other), stands, ends),
        judge(purpose, max(one, other), stands, ends),
    )

    assert earlier.may or not later.may


@given(bases, st.sampled_from([*PARENTS]), st.sampled_from([*PARENTS]))
@settings(max_examples=100)
def test_a_withdrawal_takes_away_and_never_gives(stands: dict[str, str], purpose: str, also: str) -> None:
    before, after = judge(purpose, stands=stands), judge(purpose, stands={**stands, also: "WITHDRAWN"})

    assert before.may or not after.may
    assert not (after.may and also in {*line(purpose, PARENTS), "STORE"})
