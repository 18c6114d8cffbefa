"""Retention while a tenant lives: who is due is proposed from the sandbox's rows, and nothing is changed."""

from __future__ import annotations

from datetime import timedelta

import psycopg
import pytest

from so_privacy_ext import foresight as module
from so_privacy_ext import rounds
from so_privacy_ext.errors import Refused
from so_privacy_ext.processing.retaining import Retention
from so_privacy_ext.rules.manifest import Manifest, parse
from so_sandbox.existing import add_existing
from so_sandbox.world.faults import Fault as Broken
from so_sandbox.world.rows import Activity
from tests.unit.life.scene import FIRST, Scene
from tests.unit.processing.world import NORDIC

READ = "Archive.GetArchiveListByColumns2"
WHOLE = NORDIC.read_bytes()
AT = WHOLE.index(b"\nretention:") + len(b"\nretention:")


def manifest(*entries: str) -> Manifest:
    """The published one with other entries in place of its own."""
    end = WHOLE.index(b"\naccepted:")
    text = b"".join(f"\n  {one}".encode() for one in entries)
    return parse(WHOLE[:AT] + text + b"\n" + WHOLE[end:] if entries else WHOLE, "mine.yaml")


YEAR = manifest("all: {when: {category: Prospect}, inactive: P12M, then: review}")


@pytest.fixture
def plain(scene: Scene) -> Scene:
    """A tenant with fifty persons, all but the newest of whom were last saved long ago."""
    with scene.sandbox.dispatcher.silence():
        add_existing(scene.crm(), 50)
        prospect = scene.crm().item_id("categories", "Prospect")
        for person in scene.crm().tables.persons.values():
            person.category_idx = prospect
    scene.rest()
    return scene


def due(plain: Scene, by: Manifest | None = YEAR) -> Retention:
    return plain.app.foresight(plain.app.tenant(FIRST)).retention(by)


def ids(found: Retention) -> list[int]:
    (one,) = found.proposals
    return list(one.persons)


def test_persons_are_due_but_not_those_who_are_new_or_have_an_activity(plain: Scene) -> None:
    tables = plain.crm().tables
    before = ids(due(plain))
    young = {
        one.person_id
        for one in tables.persons.values()
        if one.registered > plain.crm().now() - timedelta(days=9)
    }
    assert len(young) == 1
    assert young.isdisjoint(before)
    assert before == sorted(before)
    told, met, long_ago = before[:3]
    template = plain.crm().item_id("templates", "privacy-notice-13")
    with plain.sandbox.dispatcher.silence():
        plain.crm().send_privacy_mail(told, address="x@example.com", template_id=template, lcid=1030, by=9)
    for number, (person, days) in enumerate([(met, 300), (long_ago, 400)]):
        tables.activities[person] = [
            Activity(90_000 + number, person, 0, 1, 1, plain.crm().now() - timedelta(days=days), 10, "")
        ]
    assert ids(due(plain)) == [one for one in before if one != met]


def test_by_the_active_manifest_nothing_is_written(plain: Scene) -> None:
    calls = plain.sandbox.world.calls
    calls.clear()
    found = due(plain, None)
    assert [(one.name, one.then, len(one.persons)) for one in found.proposals] == [
        ("prospect", "propose_delete", 6),
        ("customer", "review", 0),
        ("lost_customer", "propose_delete", 0),
    ]
    assert (found.persons, found.proposes_anything) == (50, True)
    assert {one.operation for one in calls.of(FIRST)} == {"GetArchiveListByColumns2"}


def test_a_manifest_without_retention_reads_nobody(plain: Scene) -> None:
    text = WHOLE[: AT - len(b"retention:")] + WHOLE[WHOLE.index(b"\naccepted:") :]
    found = due(plain, parse(text, "mine.yaml"))
    assert (found.persons, found.proposals) == (0, ())


def test_a_page_whose_activities_failed_is_not_lost(plain: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "rounds", lambda take, step: rounds.rounds(take, step, pause=lambda _: None))
    expected = due(plain)
    calls = plain.sandbox.world.calls
    calls.clear()
    assert ids(due(plain)) == ids(expected)
    last = sum(one.operation == READ for one in calls.of(FIRST))
    for nth in range(2, last + 1):
        fault = Broken(kind="succeeded_false:Strange", operation=READ, nth=nth, times=1)
        plain.sandbox.world.faults.clear()
        plain.sandbox.world.faults.add(fault)
        found = due(plain)
        assert (found.persons, ids(found)) == (expected.persons, ids(expected)), nth


def test_a_list_that_is_changed_meanwhile_makes_no_proposal(plain: Scene) -> None:
    def change(*_: int) -> None:
        lists = plain.crm().tables.lists
        next(one for one in lists.sources.values() if one.key == "FAIR").deleted = True
        plain.connection().lists.forget()

    with pytest.raises(Refused, match="lists_changed"):
        plain.app.foresight(plain.app.tenant(FIRST)).retention(YEAR, change)


def test_a_backup_that_is_restored_meanwhile_makes_no_proposal(
    plain: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    def restore(*_: int) -> None:
        with psycopg.connect(plain.dsn, autocommit=True) as admin:
            admin.execute("UPDATE so_privacy.tenant SET epoch = epoch + 1")

    monkeypatch.setattr(rounds, "SHARE", 0.0)
    with pytest.raises(Refused, match="epoch_changed"):
        plain.app.foresight(plain.app.tenant(FIRST)).retention(YEAR, restore)
