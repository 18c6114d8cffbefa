"""What a plugin holds elsewhere is erased with the person and with the tenant, and owed until it is."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from importlib.resources import files
from pathlib import Path
from typing import Any

import psycopg
import pytest

from so_privacy_ext import held_elsewhere, storage
from so_privacy_ext.doctor.erasures import LONG, examine_removed
from so_privacy_ext.doctor.findings import Level
from so_privacy_ext.doctor.plugins import examine_plugins
from so_privacy_ext.errors import Exit, Refused
from so_privacy_ext.plugins.described import Description
from so_privacy_ext.storage import erasures, journal, of_person
from so_privacy_ext.storage.database import connect
from so_privacy_ext.storage.erasures import RemovedErasure
from so_privacy_ext.storage.of_person import PARTS
from so_privacy_ext.storage.session import open_session
from tests.unit.cli.asked import Done
from tests.unit.life.keeper import Service, serving
from tests.unit.life.scene import FIRST, SECOND, Scene
from tests.unit.life.test_plugins import good
from tests.unit.life.test_plugins import run as run  # noqa: PLC0414 - a fixture

NAME = "keeper"
HEARD = ("plugin_erased", "erasure_settled", "erasure_asked", "plugin_on", "plugin_off", "plugin_failed")


@pytest.fixture(autouse=True)
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Install a package that brings the plugin, beside the product."""
    info = tmp_path / "site" / "keeper-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: keeper\nVersion: 1.0\n")
    entry = f"[so_privacy_ext.extensions]\n{NAME} = tests.unit.life.keeper:ext\n"
    (info / "entry_points.txt").write_text(entry)
    monkeypatch.syspath_prepend(str(info.parent))
    return info


@pytest.fixture
def service() -> Iterator[Service]:
    with serving() as service:
        yield service


def enable(scene: Scene, service: Service, name: str = FIRST) -> Description:
    now = scene.app.extending.describe(NAME)
    with scene.app.turn(scene.app.tenant(name)) as turn:
        scene.app.extending.enable(turn, now, who="test", settings={"host": service.host})
    return now


def owed(scene: Scene, name: str = FIRST) -> list[tuple[int | None, int, str | None]]:
    with open_session(scene.dsn, scene.tenants[name]) as session:
        return [(one.person_id, one.attempts, one.reason) for one in erasures.listed(session)]


def told(scene: Scene, name: str = FIRST) -> list[tuple[str, int | None, Any]]:
    with open_session(scene.dsn, scene.tenants[name]) as session:
        entries = [one for one in journal.latest(session, 100) if one.kind in HEARD]
    return [(one.kind, one.person_id, one.content) for one in entries]


def leave(scene: Scene, *persons: int) -> None:
    for one in persons:
        scene.crm().hard_delete(one)
    assert scene.sandbox.dispatcher.wait_idle(20)


def later(scene: Scene, *, hours: float) -> None:
    """Let time go by, for what is owed as well."""
    scene.advance(hours=hours)
    with psycopg.connect(scene.dsn, autocommit=True) as admin:
        admin.execute("UPDATE so_privacy.erasure SET not_before = not_before - %s", [timedelta(hours=hours)])


def examined(scene: Scene) -> list[tuple[Level, str]]:
    with scene.app.turn(scene.app.tenant(FIRST)) as turn:
        found = examine_plugins(turn, scene.app.extending, scene.clock.now())
        return [(one.level, one.found) for one in found]


def test_a_person_who_goes_is_erased_there_too_and_the_journal_says_so(
    scene: Scene, service: Service
) -> None:
    scene.add(SECOND)
    enable(scene, service)
    goes, stays = scene.enter(country="DK"), scene.enter(country="DK")
    scene.enter(SECOND, country="DK")
    scene.rest()
    assert service.persons == {goes, stays}

    leave(scene, goes)
    scene.rest()

    assert service.persons == {stays}
    assert owed(scene) == []
    on, erased = told(scene)
    assert (on[0], erased[:2]) == ("plugin_on", ("plugin_erased", goes))
    assert {**erased[2], "since": ""} == {"plugin": NAME, "since": "", "attempts": 1, "records": 1}
    assert told(scene, SECOND) == []


def test_a_plugin_that_does_not_answer_owes_and_is_asked_until_it_does(
    scene: Scene, service: Service
) -> None:
    enable(scene, service)
    persons = [scene.enter(country="DK") for _ in range(3)]
    scene.rest()
    service.status, service.asked = 503, []

    leave(scene, *persons)
    scene.rest()

    assert len(service.asked) == 1  # one that fails is left alone for now
    assert sorted(owed(scene)) == [
        (persons[0], 1, "raised"), (persons[1], 0, None), (persons[2], 0, None)
    ]  # fmt: skip
    level, said = examined(scene)[-1]
    assert (level, said[:46]) == (Level.WARNING, "has not erased what it holds of 3 persons who ")
    assert said.endswith("asked 1 times (raised)")
    later(scene, hours=1)
    scene.rest()
    assert [attempts for _, attempts, _ in sorted(owed(scene))] == [1, 1, 0]

    service.status = 200
    later(scene, hours=8)
    scene.rest()
    assert (owed(scene), service.persons) == ([], set())
    assert sorted(one[1] or 0 for one in told(scene) if one[0] == "plugin_erased") == persons
    assert not any("erased" in found for _, found in examined(scene))


def test_a_plugin_that_rests_or_is_gone_is_asked_later(
    scene: Scene, service: Service, package: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    enable(scene, service)
    person = scene.enter(country="DK")
    scene.rest()
    service.status = 503
    leave(scene, person)
    scene.rest()
    for _ in range(2):
        with scene.turn() as turn:
            assert [one.reason for one in scene.app.held.ask(turn, at_once=True)] == ["raised"]
    with scene.turn() as turn:
        assert [one.reason for one in scene.app.held.ask(turn, at_once=True)] == ["resting"]
    assert owed(scene) == [(person, 3, "resting")]

    (package / "entry_points.txt").unlink()
    scene.app.extending.close()
    with scene.turn() as turn:
        assert [one.reason for one in scene.app.held.ask(turn, at_once=True)] == ["missing"]


def test_work_that_must_yield_leaves_the_rest_for_the_next_turn(scene: Scene, service: Service) -> None:
    enable(scene, service)
    persons = [scene.enter(country="DK") for _ in range(2)]
    scene.rest()
    with scene.turn() as turn:
        for one in persons:
            turn.ledgers.erasures.owe(one)
        assert scene.app.held.in_turn(turn, lambda: True) == 0.0
        assert len(owed(scene)) == 1
        assert scene.app.held.in_turn(turn, lambda: False) == held_elsewhere.LATER
        assert scene.app.held.in_turn(turn, lambda: False) == held_elsewhere.LATER


def test_whoever_switches_it_off_says_what_becomes_of_the_data(
    scene: Scene, service: Service, run: Callable[..., Done]
) -> None:
    described = enable(scene, service)
    goes, stays = scene.enter(country="DK"), scene.enter(country="DK")
    scene.rest()
    refused = run("plugin", "disable", NAME)
    assert (refused.code, "holds data elsewhere: the numbers of persons" in refused.err) == (Exit.USAGE, True)
    assert (
        "holds elsewhere, for 90 days: the numbers of persons (so that we" in run("plugin", "show", NAME).out
    )

    assert good(run("plugin", "disable", NAME, "--keep-data", "--json")) == {
        "plugin": NAME, "tenant": FIRST, "changed": True
    }  # fmt: skip
    assert service.persons == {goes, stays}
    assert examined(scene) == [(Level.WARNING, "is off and may still hold data")]
    leave(scene, goes)
    scene.rest()
    assert service.persons == {stays}  # erased although it is off

    service.status = 503
    said = run("plugin", "disable", NAME, "--erase-data").out
    assert "keeper is off for Cust12345 already" in said
    assert "keeper has not erased all that it held yet (raised)" in said
    assert examined(scene)[0][1].startswith("has not erased all that it holds, since")
    with pytest.raises(Refused, match="plugin_erases"):
        enable(scene, service)
    service.status = 200
    (erased,) = good(run("erasures", "ask", "--json"))["asked"]
    assert (erased["plugin"], erased["records"], service.persons) == (NAME, 1, set())
    assert examined(scene) == []
    assert [one[0] for one in told(scene) if one[0] != "plugin_failed"] == [
        "plugin_on", "plugin_off", "plugin_erased", "erasure_asked", "plugin_erased"
    ]  # fmt: skip
    enable(scene, service)
    assert described.holds is not None


def test_a_version_that_would_not_know_what_it_held_is_refused(scene: Scene, service: Service) -> None:
    now = enable(scene, service)
    with scene.turn() as turn, pytest.raises(Refused, match="doesn't say any more that it holds data"):
        scene.app.extending.enable(turn, now.model_copy(update={"holds": None}), who="test")


def test_an_uninstallation_has_all_erased(scene: Scene, service: Service, run: Callable[..., Done]) -> None:
    enable(scene, service)
    scene.enter(country="DK")
    scene.rest()
    asked = run("tenant", "remove", FIRST)
    assert "plugin keeper: has to erase all that it holds elsewhere" in asked.out

    outcome = scene.app.uninstall(scene.app.tenant(FIRST))

    assert (outcome.owed, service.persons) == ((), set())
    assert owed(scene) == []
    assert [one[:2] for one in told(scene)] == [("plugin_on", None), ("plugin_erased", None)]
    assert secrets(scene) == ["address_key"]


def test_an_uninstallation_waits_for_no_plugin_and_what_is_owed_is_kept_and_asked_for(
    scene: Scene, service: Service, run: Callable[..., Done]
) -> None:
    enable(scene, service)
    person = scene.enter(country="DK")
    scene.rest()
    service.status = 503
    leave(scene, person)
    scene.rest()

    removed = run("tenant", "remove", FIRST, "--yes", "--local")
    assert "plugin keeper: has not erased yet what it holds" in removed.out

    assert scene.row()["removed_at"] is not None
    assert owed(scene) == [(None, 1, "raised")]  # no person's number
    assert secrets(scene) == ["address_key", "plugin/keeper"]
    with connect(scene.dsn, application_name="test") as connection:
        (owing,) = examine_removed(erasures.of_removed(connection), scene.clock.now())
    assert (owing.level, owing.tenant) == (Level.WARNING, FIRST)
    assert owing.found == "has not erased what it holds for a tenant that was removed, asked 1 times (raised)"
    (row,) = good(run("erasures", "list", "--json"))["erasures"]
    assert (row["tenant"], row["removed"], row["plugin"]) == (FIRST, True, NAME)
    still = run("erasures", "ask")
    assert (still.code, "Cust12345: keeper has not erased all" in still.out) == (Exit.NO, True)

    service.status = 200
    scene.worker.beside()
    assert service.persons == {person}  # it is not due yet
    later(scene, hours=1)
    with scene.app.take(scene.tenants[FIRST]) or open_session(scene.dsn, scene.tenants[FIRST]):
        scene.worker.beside()

    assert (owed(scene), service.persons) == ([], set())
    assert [one[0] for one in told(scene)][-1] == "plugin_erased"
    assert secrets(scene) == ["address_key"]
    assert "No plugin owes anything." in run("erasures", "ask").out
    assert "No plugin owes anything." in run("erasures", "list").out


def secrets(scene: Scene) -> Sequence[str]:
    with open_session(scene.dsn, scene.tenants[FIRST]) as session:
        return [one["name"] for one in session.rows(b"SELECT name FROM secret ORDER BY name")]


def test_what_was_erased_in_another_way_is_settled_with_a_reason(
    scene: Scene, service: Service, run: Callable[..., Done]
) -> None:
    enable(scene, service)
    with scene.turn() as turn:
        turn.ledgers.erasures.owe(99)
    (row,) = good(run("erasures", "list", "--tenant", FIRST, "--json"))["erasures"]
    number = str(row["erasure_id"])
    assert run("erasures", "settle", "999", "--reason", "by hand").code == Exit.NO_INPUT

    assert (
        "is settled: its maker is gone"
        in run("erasures", "settle", number, "--reason", "its maker is gone").out
    )

    assert owed(scene) == []
    kind, person, content = told(scene)[-1]
    assert (kind, person, content["reason"]) == ("erasure_settled", 99, "its maker is gone")
    assert content["who"]
    with scene.turn() as turn, pytest.raises(Refused, match="is owed no erasure"):
        erasures.shown(turn.session, row["erasure_id"])
    with scene.turn() as turn:
        turn.ledgers.erasures.owe(99)
    (again,) = good(run("erasures", "list", "--json"))["erasures"]
    answer = good(run("erasures", "settle", str(again["erasure_id"]), "--reason", "x", "--json"))
    assert answer["person_id"] == 99


def test_what_is_owed_for_a_month_is_an_error(scene: Scene) -> None:
    now = scene.clock.now()
    long_ago = now - LONG - timedelta(days=1)
    owing = RemovedErasure(1, scene.tenants[FIRST], "sandbox", FIRST, NAME, long_ago, now, 0, None, True)
    assert [one.level for one in examine_removed([owing], now)] == [Level.ERROR]


def test_a_busy_tenant_is_not_waited_for(
    scene: Scene, service: Service, run: Callable[..., Done], monkeypatch: pytest.MonkeyPatch
) -> None:
    enable(scene, service)
    monkeypatch.setattr("so_privacy_ext.cli.erasures._WAIT", 0.0)
    with scene.turn() as turn:
        turn.ledgers.erasures.owe(99)
        assert run("erasures", "ask").code == Exit.UNAVAILABLE


def test_who_is_made_up_has_no_number(scene: Scene, service: Service, run: Callable[..., Done]) -> None:
    enable(scene, service)
    assert run("explain", "--set", "country=DK").code in {None, 0}
    assert (service.asked, service.persons) == (["POST /"], set())


def test_a_person_is_shown_all_that_is_held_of_her_here_and_elsewhere(
    scene: Scene, service: Service, run: Callable[..., Done]
) -> None:
    enable(scene, service)
    person, other = scene.enter(country="DK"), scene.enter(country="DK")
    scene.rest()

    shown = good(run("person", "show", str(person), "--json"))

    assert (shown["person"], shown["tenant"], shown["complete"]) == (person, FIRST, True)
    here = shown["here"]
    assert {part for part, rows in here.items() if rows} >= {
        "events", "decisions", "consents_written", "duties", "known_as", "journal"
    }  # fmt: skip
    assert here["events"][0]["name"] == "person.created"
    assert json.loads(here["events"][0]["body"])["PrimaryKey"] == person
    (kept,) = {row["person_id"] for part in here.values() for row in part if "person_id" in row}
    assert kept == person
    (elsewhere,) = shown["elsewhere"]
    assert elsewhere["held"] == {"number": person, "held": True}
    assert (elsewhere["plugin"], elsewhere["keep_days"]) == (NAME, 90)
    said = run("person", "show", str(other)).out
    assert (
        "plugin keeper, the numbers of persons (so that we can tell who was looked up), for 90 days:" in said
    )
    assert "swept: nothing" in said
    assert "number: " in said

    service.status = 503
    failed = run("person", "show", str(person), "--json")
    assert (failed.code, json.loads(failed.out)["complete"]) == (Exit.UNAVAILABLE, False)
    told_so = run("person", "show", str(person))
    assert (told_so.code, "INCOMPLETE: it did not show what it holds: `sub" in told_so.out) == (69, True)
    assert not [one for one in told(scene) if one[0] == "plugin_failed"]  # nothing of it is kept


def test_no_row_that_bears_a_persons_number_is_left_out_of_what_she_is_shown() -> None:
    page = (Path(__file__).parents[3] / "docs" / "data.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `(\w+)` \|[^|]*\| ([^|]+) \|", page, re.MULTILINE)
    statements = files(storage).joinpath("sql", "of_person.sql").read_text(encoding="utf-8")
    asked = {
        table: columns
        for columns, table in re.findall(r"SELECT ([^;]*?)\sFROM (\w+)", re.sub(r"--.*", "", statements))
    }
    for table, columns in rows:
        missing = [
            one
            for one in re.findall(r"`(\w+)`", columns)
            if one not in asked.get(table, "").replace(",", " ").split()
        ]
        assert not missing or not columns.strip(), (table, missing)
    assert {table for table, columns in rows if columns.strip()} <= asked.keys()
    assert set(re.findall(r"-- name: (\w+)", statements)) == set(PARTS)


def test_a_comment_that_a_run_keeps_sealed_is_said_to_be_there() -> None:
    stood = {"STORE": {"basis": "61F", "sealed": "c2VhbGVk"}, "EMARKETING": None}

    assert of_person._readable({"run_id": 1, "before": stood, "body": None}) == {
        "run_id": 1, "before": {"STORE": {"basis": "61F", "sealed": True}, "EMARKETING": None}, "body": None
    }  # fmt: skip
