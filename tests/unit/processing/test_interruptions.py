"""A turn that dies at any point is resumed from the ledgers: points P6 to P15, before and after each call.

The process that is really killed is in the soak; here every single call is a kill point. After one call is
before the next, since nothing is kept in between; so only the last one is killed after, too.
"""

from dataclasses import replace

import pytest

from so_privacy_ext.model import STORE
from so_privacy_ext.processing.looking_up import look_up_due
from tests.unit.processing.crashing import Crash, Fuse, Fused, fused
from tests.unit.processing.fake_crm import CHAT_TEMPLATE
from tests.unit.processing.world import World, drain_all


def scenario(world: World, kind: str) -> int:
    """Enter a person about whom there is much to do."""
    crm = world.crm
    person = crm.add(next(world.numbers) + 1000, SOURCES[kind])
    if kind == "told by the CRM":
        crm.archive(person, CHAT_TEMPLATE)
    elif kind == "overwritten":
        crm.on("set_consent", before=lambda: crm.write_row(person, STORE, "61C", "USER"))
    elif kind == "gone":
        crm.on("set_consent", before=lambda: crm.soft_delete(person))
    world.deliver("person.created", person)
    world.deliver("person.changed", person)
    return person


SOURCES = {
    "told by us": "ERP",
    "told by the CRM": "CHAT",
    "for a human": "API",
    "overwritten": "CARD",
    "gone": "CARD",
}


def run_once(world: World, fuse: Fuse) -> None:
    with world.turn() as turn:
        work = replace(world.work(turn, ledgers=fused(turn.ledgers, fuse)), crm=Fused("crm", world.crm, fuse))
        drain_all(work)
        look_up_due(work)


def points(world: World, kind: str) -> list[str]:
    """Run once without a crash and name all calls in their order."""
    fuse = Fuse()
    scenario(world, kind)
    run_once(world, fuse)
    return fuse.seen


def check(world: World, kind: str, person: int, where: str) -> None:
    rows = {key: (row.basis, row.source) for key, row in world.crm.rows[person].items()}
    mails = [mail for mail in world.crm.outbox if mail.person_id == person]
    kinds = [kind for one, kind, _ in world.reviews() if one == person]
    decisions = world.decisions(person)
    assert not world.events("open"), where
    assert not world.events("dead"), where
    assert all(one.finished_at for one in decisions), where
    if kind == "gone":
        assert (rows, mails, kinds) == ({STORE: ("61B", "CARD")}, [], []), where
        return
    assert kind == "for a human" or "effect" in {one.result for one in decisions}, where
    if kind == "told by us":
        assert rows == {STORE: ("61F", "ERP"), "ACCOUNTING": ("61C", "ERP")}, where
        states = [one["state"] for one in world.rows("mail") if one["person_id"] == person]
        assert (states, kinds, len(mails)) in ((["sent"], [], 1), (["unknown"], ["mail"], 0)), where
        entry = next(one.content for one in world.journal("decision") if one.person_id == person)
        assert [one["result"] for one in entry["decisions"]] == ["written", "written"], where
        assert entry["mail"] in {"sent", "unknown"}, where
    elif kind == "told by the CRM":
        assert rows == {STORE: ("61F", "CHAT")}, where
        assert [one["how"] for one in world.rows("duty") if one["person_id"] == person] == ["activity"], where
        assert (mails, kinds) == ([], []), where
    elif kind == "for a human":
        assert (rows, mails, kinds) == ({STORE: ("61B", "API")}, [], ["purpose"]), where
    else:
        assert "overwritten" in kinds or rows == {STORE: ("61C", "USER")}, where  # never silently


@pytest.mark.row("F50")
@pytest.mark.row("F31")
@pytest.mark.row("F32")
@pytest.mark.parametrize("kind", SOURCES)
def test_every_point_of_a_turn_can_be_the_last(world: World, kind: str) -> None:
    found = points(world, kind)
    assert "commit" in found
    for at, name in [*enumerate(found), (len(found), "the end")]:
        after = at == len(found)
        where = f"before call {at}, {name}"
        person = scenario(world, kind)
        with pytest.raises(Crash):
            run_once(world, Fuse(at - after, after=after))
        world.settle()
        world.crm.scripts.clear()
        check(world, kind, person, where)
    assert world.journal()  # whole, and its chain holds


@pytest.mark.row("F50")
def test_two_crashes_at_neighbouring_points(world: World) -> None:
    found = points(world, "told by us")
    for at in range(0, len(found), 3):
        person = scenario(world, "told by us")
        for turn in range(2):
            try:
                run_once(world, Fuse(max(at - turn, 0), after=bool(turn)))
            except Crash:
                continue
        world.settle()
        check(world, "told by us", person, f"twice at {at}, {found[at]}")


@pytest.mark.row("F50")
def test_the_points_of_the_table_are_among_them(world: World) -> None:
    found = points(world, "told by us")
    calls = [
        "inbox.claim",  # P6
        "crm.read_persons",  # P8
        "decisions.keep",
        "decisions.intend",  # P9
        "crm.set_consent",  # P10, P11
        "decisions.effected",
        "crm.place",
        "mails.claim",  # P12
        "crm.send_notice",  # P13, P14
        "mails.set_state",
        "inbox.done",  # P15
    ]
    places = [found.index(one) for one in calls]
    assert places == sorted(places)


@pytest.mark.row("F50")
def test_nothing_is_waited_for_between_a_claim_and_its_call(world: World) -> None:
    found = points(world, "told by us")
    claimed = found.index("mails.claim")
    assert found[claimed - 1] == "crm.place"
    assert next(one for one in found[claimed + 1 :] if one != "commit") == "crm.send_notice"


@pytest.mark.row("F50")
def test_a_turn_that_dies_while_it_waits_for_its_place_tells_later(world: World) -> None:
    person = scenario(world, "told by us")
    world.crm.on("place", fail=Crash("place"))
    with pytest.raises(Crash):
        run_once(world, Fuse())
    assert not world.rows("mail")
    world.settle()
    assert [one.person_id for one in world.crm.outbox] == [person]
    assert not world.reviews()


def test_a_crash_leaves_no_transaction_half_done(world: World) -> None:
    found = points(world, "told by us")
    person = scenario(world, "told by us")
    with pytest.raises(Crash):
        run_once(world, Fuse(found.index("inbox.done")))
    assert not [one for one in world.journal("decision") if one.person_id == person]
    assert [one.state for one in world.events() if one.primary_key == person] == ["open", "open"]
