"""Looking at everybody while a tenant lives: others change it meanwhile, and its events are not held up."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest

from so_privacy_ext import foresight as module
from so_privacy_ext import rounds
from so_privacy_ext.errors import Exit, Refused
from so_privacy_ext.model import PersonId
from so_privacy_ext.processing.plan_file import read_plan
from so_privacy_ext.rules.manifest import parse
from so_privacy_ext.superoffice.everybody import Everybody
from so_sandbox.existing import add_existing
from so_sandbox.world.faults import Fault as Broken
from tests.unit.life.scene import FIRST, Scene
from tests.unit.processing.world import NORDIC

READ = "Archive.GetArchiveListByColumns2"


@pytest.fixture
def plain(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> Scene:
    """A tenant with a hundred persons, read ten at a time, which is let go after each page."""
    with scene.sandbox.dispatcher.silence():
        add_existing(scene.crm(), 100)
    scene.rest()
    monkeypatch.setattr(rounds, "SHARE", 0.0)
    monkeypatch.setattr(module, "Everybody", _in_tens)
    return scene


def _in_tens(last: PersonId, **more: object) -> Everybody:
    return Everybody(last, page_size=10, **more)  # type: ignore[arg-type]  # its own words, passed on


def test_how_far_it_is_is_told(plain: Scene) -> None:
    told: list[tuple[int, int, int]] = []
    head = plain.app.foresight(plain.app.tenant(FIRST)).plan(tell=lambda *how: told.append(how))
    assert [read for read, _, _ in told] == [*range(10, 101, 10)]
    assert told[-1][1] == told[-1][2] == head.last_ids.person
    survey = plain.app.foresight(plain.app.tenant(FIRST)).survey(lambda *how: told.append(how))
    assert (survey.persons, told[-1][0]) == (100, 100)


def test_who_comes_meanwhile_is_left_to_her_own_event(plain: Scene) -> None:
    def come(read: int, _at: int, _last: int) -> None:
        if read == 50:
            plain.enter(email="late@example.com")
            plain.rest()  # a worker has the tenant between two pages

    head = plain.app.foresight(plain.app.tenant(FIRST)).plan(tell=come)
    assert head.persons == 100
    assert plain.mails() == []


def test_events_are_worked_while_it_reads(plain: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    waited: list[float] = []

    def give_way(seconds: float) -> None:
        waited.append(seconds)
        plain.rest()

    monkeypatch.setattr(module, "rounds", lambda take, step: rounds.rounds(take, step, pause=give_way))
    pages: list[int] = []

    def come(read: int, _at: int, _last: int) -> None:
        pages.append(read)
        if read == 20:
            plain.enter(email="now@example.com")
        if read == 30:
            assert plain.mails() == ["now@example.com"]

    plain.app.foresight(plain.app.tenant(FIRST)).plan(tell=come)
    assert waited == [rounds.GIVE_WAY]
    assert 30 in pages


def test_a_call_that_fails_is_repeated_where_it_was(plain: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "rounds", lambda take, step: rounds.rounds(take, step, pause=lambda _: None))
    expected = plain.app.foresight(plain.app.tenant(FIRST)).plan()
    plain.sandbox.world.faults.add(Broken(kind="succeeded_false:Strange", operation=READ, nth=9, times=2))
    found = plain.app.foresight(plain.app.tenant(FIRST)).plan()
    assert (found.persons, found.rules) == (expected.persons, expected.rules)
    assert all(fault.hits for fault in plain.sandbox.world.faults.asked)


def test_a_list_that_is_changed_meanwhile_makes_no_plan(plain: Scene, tmp_path: Path) -> None:
    def change(read: int, _at: int, _last: int) -> None:
        if read == 50:
            tables = plain.crm().tables
            next(one for one in tables.lists.sources.values() if one.key == "FAIR").deleted = True
            plain.connection().lists.forget()

    with pytest.raises(Refused) as caught:
        plain.app.foresight(plain.app.tenant(FIRST)).plan(tmp_path / "plan.json", tell=change)
    assert (caught.value.code, caught.value.exit_code) == ("lists_changed", Exit.UNAVAILABLE)
    assert not (tmp_path / "plan.json").exists()


def test_a_backup_that_is_restored_meanwhile_makes_no_plan(plain: Scene, tmp_path: Path) -> None:
    def restore(read: int, _at: int, _last: int) -> None:
        if read == 50:
            with psycopg.connect(plain.dsn, autocommit=True) as admin:
                admin.execute("UPDATE so_privacy.tenant SET epoch = epoch + 1")

    with pytest.raises(Refused) as caught:
        plain.app.foresight(plain.app.tenant(FIRST)).plan(tmp_path / "plan.json", tell=restore)
    assert caught.value.code == "epoch_changed"
    assert list(tmp_path.glob("plan*")) == []


def test_a_manifest_of_ones_own_and_notices_for_the_last_week(plain: Scene, tmp_path: Path) -> None:
    content = NORDIC.read_bytes().replace(b"name: nordic-b2b", b"name: mine")
    week = datetime.now(UTC) - timedelta(days=7)
    foresight = plain.app.foresight(plain.app.tenant(FIRST))
    head = foresight.plan(tmp_path / "plan.json", parse(content, "mine.yaml"), tell_from=week)
    assert (head.manifest_name, head.tell_from, head.tenant) == ("mine-default", week, FIRST)
    assert sum(one.mails for one in head.rules) == 2
    with plain.turn() as turn:
        key = turn.tenant.address_key
    plan = read_plan(tmp_path / "plan.json", lambda _: key)
    assert plan.head == head
    ids = [one.person_id for one in plan.persons()]
    assert ids == sorted(ids)
    assert set(ids) <= set(plain.crm().tables.persons)


def test_without_a_manifest_a_survey_can_be_made_and_no_plan(plain: Scene) -> None:
    with psycopg.connect(plain.dsn, autocommit=True) as admin:
        admin.execute("UPDATE so_privacy.manifest SET active_to = now()")
    assert plain.app.foresight(plain.app.tenant(FIRST)).survey().persons == 100
    with pytest.raises(Refused, match="no_manifest"):
        plain.app.foresight(plain.app.tenant(FIRST)).plan()
