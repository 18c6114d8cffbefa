"""Plan, apply and undo among humans, persons who say no, events, stops and kills, in any order."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from so_privacy_ext.model import STORE, WITHDRAWN
from so_privacy_ext.processing.running import work_on
from so_privacy_ext.runs import RunState
from so_privacy_ext.storage import run_register
from so_privacy_ext.storage.session import open_session
from tests.unit.processing import runs
from tests.unit.processing.crashing import Crash, Fuse, Fused, fused
from tests.unit.processing.fake_crm import HUMAN, IMPORTER
from tests.unit.processing.runs import consents, old
from tests.unit.processing.world import World

PERSONS = 3
CALLS = ("glance", "read_persons", "set_consent", "read_consents", "send_notice")

touches = st.tuples(
    st.sampled_from(["human", "withdraws", "event", "stop"]),
    st.integers(0, PERSONS - 1),
    st.sampled_from(CALLS),
    st.integers(1, 5),
)
kills = st.lists(st.integers(0, 60), max_size=3)
phase = st.tuples(st.lists(touches, max_size=3), kills)


@dataclass
class Story:
    """What has been done to whom by others than us, from the plan on."""

    world: World
    persons: list[int]
    touched: set[int] = field(default_factory=set)
    last: dict[tuple[int, str], tuple[str, str, str]] = field(default_factory=dict)
    run_id: int = 0

    def do(self, what: str, place: int) -> None:
        person = self.persons[place]
        if what == "event":
            self.world.deliver("person.changed", person)
        elif what == "stop":
            with open_session(self.world.dsn, self.world.tenant_id) as session:
                if run_register.shown(session, self.run_id).under_way:
                    run_register.stop(session, self.run_id)
        else:
            self.touched.add(person)
            if what == "human":
                self.world.crm.write_row(person, STORE, "61C", "USER", by=HUMAN, comment="seen")
            else:
                self.world.crm.withdraw(person)
            self.last[person, STORE] = consents(self.world, person)[STORE]

    def go(self, run_id: int, phase: tuple[list[tuple[str, int, str, int]], list[int]]) -> None:
        """Work on a run to its end, whatever happens; it dies at calls, and goes on after a stop."""
        self.run_id = run_id
        happenings, deaths = phase
        for what, place, operation, nth in happenings:
            self.world.crm.on(operation, nth=nth, before=partial(self.do, what, place))
        for death in [*deaths, None, None, None, None]:
            run = runs.shown(self.world, run_id)
            if run.state is RunState.STOPPED:
                runs.start(self.world, run_id, skip_changed=True)
            elif run.state is RunState.DONE:
                break
            try:
                self._work(Fuse(death))
            except Crash:
                self.world.drain()
        self.world.crm.scripts.clear()
        assert runs.shown(self.world, run_id).state in {RunState.DONE, RunState.UNDONE}
        self.world.settle()

    def _work(self, fuse: Fuse) -> None:
        with self.world.turn() as turn:
            crm = Fused("crm", self.world.crm, fuse)
            work = replace(self.world.work(turn, ledgers=fused(turn.ledgers, fuse)), crm=crm)
            work_on(work, Fused("runs", turn.runs, fuse))


@pytest.mark.slow
@pytest.mark.timeout(300)
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(before=phase, between=st.lists(touches, max_size=2), after=phase)
def test_undo_brings_back_to_the_byte_whoever_nobody_touched(
    make: Callable[[], World],
    before: tuple[list[tuple[str, int, str, int]], list[int]],
    between: list[tuple[str, int, str, int]],
    after: tuple[list[tuple[str, int, str, int]], list[int]],
) -> None:
    world = make()
    world.crm.emit = world.deliver
    persons = [old(world, "CARD") for _ in range(PERSONS)]
    world.crm.write_row(persons[0], STORE, "61B", "CARD", by=IMPORTER, comment="of theirs", event=False)
    stood = {one: consents(world, one) for one in persons}
    story = Story(world, persons)

    run_id = runs.plan(world, persons, tell=True)
    runs.start(world, run_id)
    story.go(run_id, before)
    for what, place, _, _ in between:
        story.do(what, place)
    world.settle()
    with open_session(world.dsn, world.tenant_id) as session:
        undo_id = run_register.add_undo(session, run_id, who="anna", withdraw_new=False)
    runs.start(world, undo_id)
    story.go(undo_id, after)

    overwritten = {person for person, kind, _ in world.reviews() if kind in {"overwritten", "flapping"}}
    for one in persons:
        rows = consents(world, one)
        if one not in story.touched:
            assert rows == stood[one] or (rows[STORE][0] == "61F" and one in overwritten)
        elif one not in overwritten:
            assert rows[STORE] == story.last[one, STORE]
    said_no = {person for (person, _), row in story.last.items() if row[0] == WITHDRAWN}
    for one in said_no - overwritten:
        assert consents(world, one)[STORE][0] == WITHDRAWN
    assert all(sum(mail.person_id == one for mail in world.crm.outbox) <= 1 for one in persons)
    assert world.journal()  # whole, and its chain holds
