"""What is kept of runs, for how long, and what becomes of it with a person and with a tenant."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest

from so_privacy_ext.errors import Refused
from so_privacy_ext.model import AssociateId, Consent, PersonId
from so_privacy_ext.runs import Before, Ended, PersonState, RunState, Skip, Stop, Waves
from so_privacy_ext.storage import run_register
from so_privacy_ext.storage.leaving import LeavingTenant
from so_privacy_ext.storage.purging import Periods, erase, purge
from so_privacy_ext.storage.run_register import Choice, NewPerson, NewRun
from so_privacy_ext.storage.secrets import DataKey
from so_privacy_ext.storage.session import TenantSession, open_session
from so_privacy_ext.storage.tenants import AddedTenant, remove
from so_privacy_ext.storage.turns import Turn

AT_ONCE, LATER = timedelta(0), timedelta(days=1095)
SOON = datetime(2026, 11, 1, tzinfo=UTC)


def row(person_id: int, comment: str) -> Consent:
    one = PersonId(person_id)
    return Consent(one, "STORE", "61B", "CARD", comment, SOON, AssociateId(1), SOON, AssociateId(2), 3)


def add(session: TenantSession, persons: int = 3, plan: str = "seal") -> int:
    new = NewRun(1, plan, "digest", "lists", "{}", "anna")
    planned = (
        '{"writes": [{"purpose": "STORE", "rule_id": "erp", "basis": "61F", "source": "ERP"}], "stands": {}}'
    )
    people = [NewPerson(PersonId(one), planned, False, True) for one in range(1, persons + 1)]
    return run_register.add(session, new, people)


@pytest.fixture
def started(turn: Turn) -> int:
    """A run that is under way, and has kept what stood for its three persons."""
    run_id = add(turn.session)
    run_register.start(turn.session, run_id, who="anna", waves=Waves(), skip_changed=False)
    turn.runs.checked(run_id, None)
    for one, comment in ((1, ""), (2, "so-privacy erp 0123"), (3, "typed by Jens")):
        turn.runs.keep_before(run_id, PersonId(one), {"STORE": row(one, comment), "EVENTRUN": None})
    return run_id


def before(turn: Turn, run_id: int) -> list[dict[str, Before | None]]:
    run_register.stop(turn.session, run_id)
    run = run_register.shown(turn.session, run_id)
    return [dict(one.before) for one in turn.runs.to_check(run, 10)]


@pytest.fixture
def owner(dsn: str) -> Iterator[psycopg.Connection[Any]]:
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute("SET search_path = so_privacy")
        yield connection


@pytest.mark.parametrize(
    ("pilot", "size", "waves"),
    [
        (3, 2, [1, 1, 1, 2, 2, 3, 3]),
        (2, 3, [1, 1, 2, 2, 2, 3, 3]),
        (0, 4, [2, 2, 2, 2, 3, 3, 3]),
        (7, 2, [1] * 7),
        (50, 50, [1] * 7),
    ],
)
def test_a_pilot_comes_before_waves_of_one_size_and_only_open_persons_are_in_them(
    turn: Turn, owner: psycopg.Connection[Any], pilot: int, size: int, waves: list[int]
) -> None:
    run_id = add(turn.session, 9)
    over = Ended(PersonState.SKIPPED, Skip.GONE)
    for one in (1, 5):
        turn.runs.ended(run_id, PersonId(one), over)
    given = Waves(pilot=pilot, size=size)
    run_register.start(turn.session, run_id, who="anna", waves=given, skip_changed=False)
    turn.runs.checked(run_id, None)
    found = owner.execute("SELECT wave, state FROM run_person ORDER BY person_id").fetchall()
    assert [wave for wave, state in found if state == "open"] == waves
    assert [wave for wave, state in found if state != "open"] == [None, None]


def test_a_run_of_nobody_has_no_waves(turn: Turn) -> None:
    run_id = add(turn.session, 0)
    run_register.start(turn.session, run_id, who="anna", waves=Waves(), skip_changed=False)
    turn.runs.checked(run_id, None)
    assert not turn.runs.next_wave(run_id)


def test_what_stood_is_kept_to_the_byte_and_sealed_where_others_wrote_it(
    turn: Turn, started: int, owner: psycopg.Connection[Any]
) -> None:
    kept = str(owner.execute("SELECT before FROM run_person ORDER BY person_id").fetchall())
    assert "Jens" not in kept
    assert "so-privacy erp 0123" in kept
    found = before(turn, started)
    assert [one["EVENTRUN"] for one in found] == [None] * 3
    comments = ["", "so-privacy erp 0123", "typed by Jens"]
    assert [one["STORE"] for one in found] == [Before("61B", "CARD", comment, 3) for comment in comments]


@pytest.mark.row("F81")
def test_comments_of_others_go_with_what_events_brought(turn: Turn, started: int) -> None:
    periods = Periods(AT_ONCE, AT_ONCE, LATER)
    assert purge(turn.session, periods)["comments"] == 0  # it is under way
    found = before(turn, started)
    taken = purge(turn.session, periods)
    assert (taken["comments"], taken["planned"]) == (1, 0)
    run_register.start(turn.session, started, who="anna", waves=Waves(), skip_changed=False)
    assert before(turn, started) == [*found[:2], {"STORE": Before("61B", "CARD", None, 3), "EVENTRUN": None}]


@pytest.mark.row("F81")
def test_what_a_plan_said_of_persons_goes_with_the_facts(turn: Turn, started: int) -> None:
    other = add(turn.session, plan="of which nothing came")
    before(turn, started)
    assert purge(turn.session, Periods(LATER, LATER, AT_ONCE))["planned"] == 6
    assert [one.planned for one in turn.runs.to_check(run_register.shown(turn.session, other), 10)] == [
        {}
    ] * 3


@pytest.mark.row("F82")
def test_of_a_person_who_is_gone_only_her_number_stays(turn: Turn, started: int) -> None:
    run = run_register.shown(turn.session, started)
    turn.runs.take_back(run, row(3, ""), "digest")
    assert turn.ledgers.decisions.taken_back(PersonId(3), "STORE", "digest", "61B", "CARD")
    erase(turn.session, turn.tenant.epoch, PersonId(3))
    assert not turn.ledgers.decisions.taken_back(PersonId(3), "STORE", "digest", "61B", "CARD")
    found = before(turn, started)
    assert [bool(one) for one in found] == [True, True, False]


@pytest.mark.row("F76")
def test_a_run_of_a_tenant_that_is_uninstalled_is_over(
    dsn: str, turn: Turn, started: int, data_key: DataKey, tenant: AddedTenant
) -> None:
    turn.ledgers.journal.append("run_started", None, {})
    turn.release()
    leaving = LeavingTenant(dsn, data_key, tenant.tenant_id)
    with leaving.hold():
        leaving.abandon()
        run = run_register.shown(leaving.turn.session, started)
        assert (run.state, run.reason) == (RunState.STOPPED, Stop.UNINSTALLED)
        with pytest.raises(Refused, match="run_over"):
            run_register.start(leaving.turn.session, started, who="anna", waves=Waves(), skip_changed=False)
        assert leaving.wipe().rows == {"journal": 1, "runs": 1}
    with open_session(dsn, tenant.tenant_id) as session:
        left = session.rows(b"SELECT before, planned FROM run_person WHERE tenant_id = %(tenant_id)s")
    assert left == [{"before": {}, "planned": {}}] * 3


def test_of_a_tenant_that_did_nothing_no_run_is_left(turn: Turn, owner: psycopg.Connection[Any]) -> None:
    add(turn.session)
    remove(turn.session)
    assert owner.execute("SELECT count(*) FROM run").fetchone() == (0,)
    assert owner.execute("SELECT count(*) FROM tenant").fetchone() == (0,)


@pytest.mark.row("F81")
def test_runs_go_with_the_evidence(turn: Turn, started: int, owner: psycopg.Connection[Any]) -> None:
    run_register.stop(turn.session, started)
    run_register.add_undo(turn.session, started, who="anna", withdraw_new=False)
    turn.ledgers.journal.append("run_started", None, {})
    remove(turn.session)
    owner.execute("UPDATE tenant SET evidence_until = now() - interval '1 day'")
    assert owner.execute("SELECT forget_tenants()").fetchone() == (1,)
    for table in ("run", "run_person", "taken_back"):
        assert owner.execute(f"SELECT count(*) FROM {table}").fetchone() == (0,)


@pytest.mark.row("F73")
def test_one_tenants_runs_are_not_anothers(
    dsn: str, turn: Turn, started: int, add: Callable[[str], AddedTenant]
) -> None:
    other = add("Cust54321")
    with open_session(dsn, other.tenant_id) as session:
        assert run_register.listed(session) == []
        assert run_register.persons(session, started, Choice()) == []
        with pytest.raises(Refused, match="no_run"):
            run_register.stop(session, started)
    assert run_register.shown(turn.session, started).under_way


def test_a_number_opens_into_persons_a_page_at_a_time(turn: Turn) -> None:
    run_id = add(turn.session, 5)

    def ids(choice: Choice, **page: int) -> list[int]:
        return [one.person_id for one in run_register.persons(turn.session, run_id, choice, **page)]

    assert ids(Choice(what="gets", rule="erp", purpose="STORE"), limit=2) == [1, 2]
    assert ids(Choice(what="gets"), after=2, limit=2) == [3, 4]
    assert ids(Choice(state=PersonState.OPEN, mailed=False)) == [1, 2, 3, 4, 5]
    for nobody in (Choice(what="changes"), Choice(rule="other"), Choice(wave=1), Choice(reason="gone")):
        assert ids(nobody) == []
