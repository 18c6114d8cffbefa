"""What plugins say of persons is asked at one place, before anything is decided, planned or applied."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import pytest

from so_privacy_ext.model import AssociateId, PersonId
from so_privacy_ext.processing.consulting import gathered, made_up, source_is_open
from so_privacy_ext.processing.planning import Tally, plan_persons
from so_privacy_ext.rules.activation import ActiveManifest
from so_privacy_ext.runs import RunState, Stop
from so_privacy_ext.sdk import Facts, Proposed, Seen
from so_privacy_ext.storage.turns import Turn
from tests.unit.processing import runs
from tests.unit.processing.fake_crm import HUMAN, OWN
from tests.unit.processing.runs import old
from tests.unit.processing.world import World, drain_all

FOUND = Proposed("acme-vat", 0.9, "listed")


@dataclass
class Detector:
    """A plugin that proposes a source for whom the CRM knows none."""

    source: str = "CARD"
    asked: list[list[int]] = field(default_factory=list)
    turn: Turn | None = None

    def __call__(self, seen: Sequence[Seen], _manifest: ActiveManifest, /) -> Sequence[Facts]:
        assert self.turn is None or not self.turn.session.in_transaction
        self.asked.append([one.person_id for one in seen])
        return [
            replace(one.facts, source=self.source, proposed=FOUND) if one.source_is_open else one.facts
            for one in seen
        ]


def test_a_slice_is_asked_about_at_once_and_in_no_transaction(world: World) -> None:
    world.consult = detector = Detector()
    first, second = world.crm.add(1, "UNKNOWN"), world.crm.add(2, "ERP")
    world.crm.write_row(second, "STORE", "61F", "ERP", by=HUMAN)
    for one in (first, second, 404):
        world.deliver("person.created", one)

    with world.turn() as turn:
        detector.turn = turn
        drain_all(world.work(turn))

    assert detector.asked == [[first, second]]
    rules = {one: world.last_decision(one)["decisions"][0]["rule"] for one in (first, second)}
    assert rules == {first: "met-in-person", second: "erp"}
    assert world.crm.store(first)[1] == "CARD"
    kept = [world.decisions(one)[0].decision.facts for one in (first, second)]
    assert kept[0]["source"] == "CARD"
    assert kept[0]["proposed"]["plugin"] == "acme-vat"
    assert "proposed" not in kept[1]


def test_without_plugins_nobody_is_asked_and_facts_are_as_they_were(world: World) -> None:
    person = world.crm.add(1, "ERP")
    with world.working() as work:
        read = work.crm.read_persons([person])
        (facts,) = gathered(work, [(read[person], ())], work.crm.lists(), work.manifest)
    assert facts == Facts(
        **{name: getattr(facts, name) for name in Facts.__slots__ if name not in {"further", "answers"}}
    )
    assert (facts.source, facts.answers, facts.further, facts.proposed) == ("ERP", {}, {}, None)


def test_nobody_is_asked_about_where_nobody_is_left(world: World) -> None:
    world.consult = detector = Detector()
    with world.working() as work:
        assert list(gathered(work, [], work.crm.lists(), work.manifest)) == []
    assert detector.asked == []


def test_a_plan_asks_and_a_run_asks_again(world: World) -> None:
    world.consult = detector = Detector()
    persons = [old(world, "UNKNOWN"), old(world, "UNKNOWN")]
    run_id = runs.apply(world, persons)
    assert detector.asked == [persons, persons]
    assert runs.shown(world, run_id).state is RunState.DONE
    assert {world.crm.store(one)[1] for one in persons} == {"CARD"}


def test_whoever_is_decided_otherwise_by_now_is_left_by_a_run(world: World) -> None:
    world.consult = Detector()
    run_id = runs.plan(world, [person := old(world, "UNKNOWN")])
    world.consult = Detector("ERP")
    runs.start(world, run_id)
    runs.work_once(world)
    assert runs.people(world, run_id)[person].reason == Stop.CHANGED_SINCE
    assert world.crm.writes == 0


def test_who_is_just_registered_is_not_asked_about_by_a_plan(world: World) -> None:
    world.consult = detector = Detector()
    young, known = world.crm.add(1, None), PersonId(old(world))
    with world.working() as work:
        read = work.crm.read_persons([young, known])
        tally = Tally()
        list(plan_persons(work, read.values(), tally))
    assert detector.asked == [[known]]
    assert (tally.persons, tally.no_mail["just_registered"]) == (2, 1)


@pytest.mark.parametrize(
    ("source", "by", "is_open"),
    [
        (None, None, True),
        ("UNKNOWN", HUMAN, True),
        ("", HUMAN, True),
        ("USER", None, True),
        ("IMPORT", None, True),
        ("API", None, True),
        ("USER", HUMAN, False),
        ("ERP", None, False),
        ("ERP", HUMAN, False),
        ("ERP", OWN, False),
    ],
)
def test_a_source_is_proposed_only_where_nobody_gave_one(
    source: str | None, by: AssociateId | None, is_open: bool, world: World
) -> None:
    person = world.crm.add(1, source if by is None else None)
    if by is not None and source is not None:
        tag = "so-privacy erp 012345678901" if by == OWN else ""
        world.crm.write_row(person, "STORE", "61F", source, by=by, comment=tag)
    read = world.crm.read_persons([PersonId(person)])[PersonId(person)]
    assert source_is_open(read, world.crm.lists(), AssociateId(OWN)) is is_open


@pytest.mark.parametrize(("source", "answered"), [(None, "CARD"), ("UNKNOWN", "CARD"), ("ERP", "ERP")])
def test_somebody_who_is_made_up_is_asked_about_too(source: str | None, answered: str, world: World) -> None:
    with world.working() as work:
        assert made_up(Detector(), work.manifest)(Facts(source=source)).source == answered
        assert made_up(None, work.manifest)(Facts(source=source)).source == source
