"""What a read-back says of an intent."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from so_privacy_ext.model import AssociateId, Consent, PersonId
from so_privacy_ext.ports import EffectIntent
from so_privacy_ext.processing.case import Held
from so_privacy_ext.processing.writing import judge
from tests.unit.processing.fake_crm import HUMAN, OWN

AT = datetime(2026, 3, 2, tzinfo=UTC)
INTENT = EffectIntent(PersonId(1), "STORE", "61F", "CARD", "so-privacy rule 0123456789ab", 3)
OURS = Consent(PersonId(1), "STORE", "61F", "CARD", INTENT.comment, AT, HUMAN, AT, OWN, 4)
NEW = replace(INTENT, updated_count_before=None)
INSERTED = replace(OURS, registered_associate_id=OWN, updated=None, updated_associate_id=AssociateId(0))


@pytest.mark.row("F31")
def test_what_was_meant_stands() -> None:
    assert judge(INTENT, OURS, OWN) is Held.WRITTEN
    assert judge(NEW, replace(INSERTED, updated_count=0), OWN) is Held.WRITTEN
    assert judge(NEW, replace(INSERTED, updated_count=1), OWN) is Held.WRITTEN


@pytest.mark.row("F31")
def test_nothing_happened() -> None:
    assert judge(INTENT, replace(OURS, basis="61B", updated_associate_id=HUMAN, updated_count=3), OWN) is (
        Held.NOT_APPLIED
    )
    assert judge(NEW, None, OWN) is Held.NOT_APPLIED
    assert judge(INTENT, None, OWN) is Held.NOT_APPLIED


@pytest.mark.row("F66")
def test_somebody_wrote_before_us_and_we_over_it() -> None:
    assert judge(INTENT, replace(OURS, updated_count=5), OWN) is Held.OVERWRITTEN_IN_BETWEEN
    assert judge(NEW, replace(OURS, updated_count=1), OWN) is Held.OVERWRITTEN_IN_BETWEEN


@pytest.mark.row("F66")
def test_somebody_removed_the_row_before_us() -> None:
    assert judge(INTENT, replace(INSERTED, updated_count=0), OWN) is Held.OVERWRITTEN_IN_BETWEEN


@pytest.mark.row("F66")
@pytest.mark.parametrize("changed", [{"basis": "61A"}, {"source": "USER"}, {"updated_associate_id": HUMAN}])
def test_somebody_wrote_after_us(changed: dict[str, Any]) -> None:
    assert judge(INTENT, replace(OURS, updated_count=5, **changed), OWN) is Held.SUPERSEDED
    assert judge(NEW, replace(OURS, updated_count=1, **changed), OWN) is Held.SUPERSEDED


@pytest.mark.row("F66")
def test_somebody_wrote_before_us_and_after() -> None:
    theirs = replace(OURS, basis="61A", updated_associate_id=HUMAN)
    assert judge(INTENT, replace(theirs, updated_count=6), OWN) is Held.OVERWRITTEN_IN_BETWEEN
    assert judge(NEW, replace(theirs, updated_count=2), OWN) is Held.OVERWRITTEN_IN_BETWEEN


def test_without_an_id_of_our_own_the_comment_says_who_wrote() -> None:
    assert judge(INTENT, OURS, None) is Held.WRITTEN
    assert judge(NEW, INSERTED, None) is Held.WRITTEN
    assert judge(INTENT, replace(OURS, comment="so-privacy other 0123456789ab"), None) is Held.SUPERSEDED
    assert judge(INTENT, replace(OURS, comment="", updated_count=3), None) is Held.NOT_APPLIED


@pytest.mark.row("F66")
@given(
    before=st.none() | st.integers(0, 3),
    earlier=st.integers(0, 3),
    ours=st.booleans(),
    later=st.integers(0, 3),
)
def test_no_order_of_writers_hides_a_human_whom_we_overwrote(
    before: int | None, earlier: int, ours: bool, later: int
) -> None:
    """Humans write so and so often before us and after."""
    row = None
    if before is not None:
        row = replace(OURS, basis="61B", updated_associate_id=HUMAN, updated_count=before)
    for step in ["human"] * earlier + ["us"] * ours + ["human"] * later:
        basis, by = ("61F", OWN) if step == "us" else ("61A", HUMAN)
        if row is None:
            row = replace(INSERTED, basis=basis, registered_associate_id=by, updated_count=0)
        else:
            row = replace(row, basis=basis, updated_associate_id=by, updated_count=row.updated_count + 1)
    held = judge(replace(INTENT, updated_count_before=before), row, OWN)
    if ours and earlier:
        assert held is Held.OVERWRITTEN_IN_BETWEEN
    elif ours and not later:
        assert held is Held.WRITTEN
    elif ours or earlier + later:
        assert held in {Held.SUPERSEDED, Held.OVERWRITTEN_IN_BETWEEN}
    else:
        assert held is Held.NOT_APPLIED
