"""Who is proposed: whom an entry means, and whom nobody has dealt with for that long."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import UTC, datetime, timedelta

import pytest

from so_privacy_ext.errors import Fault, Retry
from so_privacy_ext.model import TAG_PREFIX, PersonId
from so_privacy_ext.processing.facts import gather
from so_privacy_ext.processing.retaining import Active, Retainer, Retention
from so_privacy_ext.rules.logic import Every
from so_privacy_ext.rules.retention import ActiveRetention
from tests.unit.processing.fake_crm import BOT, EMPLOYEE, HUMAN, OWN, PORTAL, FakeCrm

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
EDGE = datetime(2024, 11, 20, 12, tzinfo=UTC)
"""Twenty-four months before."""
MOMENT = timedelta(seconds=1)
PROSPECT, CUSTOMER = 51, 52


def entry(name: str, category: int, inactive: str = "P24M") -> ActiveRetention:
    return ActiveRetention(
        name, inactive, "propose_delete", Every(()), lambda facts: facts.category_id == category
    )


@pytest.fixture
def crm() -> FakeCrm:
    """One prospect whom nobody has dealt with for a second more than two years."""
    made = FakeCrm(lambda: NOW)
    made.add(1, None, registered=EDGE - MOMENT)
    made.change(1, category_id=PROSPECT)
    return made


def nobody(_ids: Sequence[PersonId], _since: datetime) -> Collection[PersonId]:
    return ()


def found(crm: FakeCrm, *entries: ActiveRetention, active: Active = nobody) -> dict[str, list[int]]:
    retainer = Retainer(entries or [entry("prospect", PROSPECT)], NOW)
    look(retainer, crm, active)
    return {one.name: list(one.persons) for one in retainer.proposals()}


def look(retainer: Retainer, crm: FakeCrm, active: Active = nobody) -> None:
    persons = list(crm.read_persons([PersonId(one) for one in sorted(crm.persons)]).values())
    facts = [gather(one, (), crm.lists(), OWN, NOW) for one in persons]
    retainer.look(persons, facts, crm.lists(), OWN, active)


def test_who_is_meant_and_inactive_is_proposed_and_nobody_else(crm: FakeCrm) -> None:
    crm.add(2, None, registered=EDGE)
    crm.change(2, category_id=PROSPECT)
    crm.add(3, None, registered=EDGE - MOMENT)
    crm.change(3, category_id=CUSTOMER)
    assert found(crm) == {"prospect": [1]}


@pytest.mark.parametrize(("updated", "due"), [(EDGE - MOMENT, [1]), (EDGE, [])])
def test_whoever_was_saved_since_is_not_inactive(crm: FakeCrm, updated: datetime, due: list[int]) -> None:
    crm.change(1, updated=updated)
    assert found(crm) == {"prospect": due}


def test_a_consent_of_her_own_or_a_humans_is_dealing_with_her(crm: FakeCrm) -> None:
    crm.write_row(1, "STORE", "61A", "CUSTOMERPORTAL", by=PORTAL)
    assert found(crm) == {"prospect": []}
    crm.rows[PersonId(1)].clear()
    crm.write_row(1, "STORE", "61F", "CARD", by=HUMAN)
    assert found(crm) == {"prospect": []}


def test_what_a_rule_or_superoffice_wrote_is_not(crm: FakeCrm) -> None:
    crm.write_row(1, "STORE", "61F", "CARD", by=OWN, comment=f"{TAG_PREFIX}x")
    crm.write_row(1, "EMARKETING", "61F", "CARD", by=BOT, comment="imported")
    assert found(crm) == {"prospect": []}
    del crm.rows[PersonId(1)]["EMARKETING"]
    assert found(crm) == {"prospect": [1]}
    crm.rows[PersonId(1)].clear()
    crm.default_row(1, "CARD")
    assert found(crm) == {"prospect": [1]}


def test_an_employee_with_a_login_is_never_proposed(crm: FakeCrm) -> None:
    crm.add(EMPLOYEE, None, registered=EDGE - MOMENT)
    crm.change(EMPLOYEE, category_id=PROSPECT)
    assert found(crm) == {"prospect": [1]}


def test_each_entry_asks_for_its_own_time_and_only_of_those_who_are_left(crm: FakeCrm) -> None:
    asked: list[tuple[list[int], datetime]] = []

    def active(ids: Sequence[PersonId], since: datetime) -> Collection[PersonId]:
        asked.append((list(ids), since))
        return ids if since == EDGE else ()

    years = datetime(2021, 11, 20, 12, tzinfo=UTC)
    crm.add(2, None, registered=years - MOMENT)
    crm.change(2, category_id=CUSTOMER)
    entries = [entry("prospect", PROSPECT), entry("customer", CUSTOMER, "P5Y"), entry("none", 99)]
    assert found(crm, *entries, active=active) == {"prospect": [], "customer": [2], "none": []}
    assert asked == [([1], EDGE), ([2], years)]


def test_a_page_whose_activities_were_not_had_is_looked_at_again(crm: FakeCrm) -> None:
    def fails(_ids: Sequence[PersonId], _since: datetime) -> Collection[PersonId]:
        raise Retry(Fault.UNKNOWN, "Archive.GetArchiveListByColumns2")

    retainer = Retainer([entry("prospect", PROSPECT)], NOW)
    with pytest.raises(Retry):
        look(retainer, crm, fails)
    look(retainer, crm)
    (proposal,) = retainer.proposals()
    assert (list(proposal.persons), retainer.persons, proposal.before) == ([1], len(crm.persons), EDGE)


def test_something_is_proposed_as_soon_as_anybody_is_due(crm: FakeCrm) -> None:
    retainer = Retainer([entry("none", 99), entry("prospect", PROSPECT)], NOW)
    before = Retention("Cust12345", NOW, "m", "0" * 64, 0, retainer.proposals())
    look(retainer, crm)
    after = Retention("Cust12345", NOW, "m", "0" * 64, 1, retainer.proposals())
    assert (before.proposes_anything, after.proposes_anything) == (False, True)
