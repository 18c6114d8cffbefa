"""What a tenant's plugins are told of afterwards, wired: made with the decision, worked in the turn."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest

from so_privacy_ext.doctor.errands import examine_errands
from so_privacy_ext.doctor.findings import Level
from so_privacy_ext.plugins import hosts
from so_privacy_ext.storage import errands, findings, journal, registers
from so_privacy_ext.storage.errands import ListedErrand
from so_privacy_ext.storage.session import open_session
from so_privacy_ext.webhooks.subscriptions import WANTED
from tests.unit.cli.asked import Done, ask
from tests.unit.life.scene import FIRST, SECOND, Scene

NAME = "acme-told"
WHO = f"plugin:{NAME}"


@pytest.fixture(autouse=True)
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Install a package that brings the plugin, beside the product."""
    folder = tmp_path / "site"
    info = folder / "acme_told-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: acme-told\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(
        f"[so_privacy_ext.extensions]\n{NAME} = tests.unit.life.listener:ext\n"
    )
    monkeypatch.syspath_prepend(str(folder))


@pytest.fixture
def run(scene: Scene, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Done]:
    """Run a command on the scene's database."""
    monkeypatch.setenv("DATABASE_URL", scene.dsn)
    monkeypatch.setenv("SO_PRIVACY_DATA_DIR", str(tmp_path))
    return lambda *words: ask(words)


def enable(scene: Scene, **settings: Any) -> None:
    now = scene.app.extending.describe(NAME)
    with scene.app.turn(scene.app.tenant(FIRST)) as turn:
        scene.app.extending.enable(turn, now, who="test", settings=settings)


def kept(scene: Scene, name: str = FIRST) -> Sequence[ListedErrand]:
    with open_session(scene.dsn, scene.tenants[name]) as session:
        return list(reversed(errands.listed(session)))


def later(scene: Scene, *, hours: float) -> None:
    """Let time go by for what waits in the database."""
    scene.advance(hours=hours)
    with psycopg.connect(scene.dsn, autocommit=True) as admin:
        admin.execute("UPDATE so_privacy.errand SET due_at = due_at - %s", [timedelta(hours=hours)])


def journalled(scene: Scene, kind: str) -> Sequence[Any]:
    with open_session(scene.dsn, scene.tenants[FIRST]) as session:
        return [one.content for one in journal.latest(session, 100) if one.kind == kind]


def test_a_plugin_is_told_of_the_decisions_of_the_tenant_that_switched_it_on(scene: Scene) -> None:
    scene.add(SECOND)
    enable(scene)
    anna = scene.enter(country="DK")
    scene.enter(SECOND, country="DK")

    scene.rest()

    told = kept(scene)
    assert {(one.consumer, one.entity, one.state) for one in told} == {(WHO, f"person/{anna}", "done")}
    assert kept(scene, SECOND) == []


def test_what_it_can_not_be_told_is_shown_and_driven_again(
    scene: Scene, run: Callable[..., Done], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hosts, "REST", 0.0)  # of real time, which does not go by here
    enable(scene, works=False)
    scene.enter(country="DK")
    scene.rest()
    (first, *_) = kept(scene)
    assert (first.state, first.reason, first.attempts) == ("open", "raised", 1)
    assert "Greta" not in repr(journalled(scene, "plugin_failed"))
    with scene.app.turn(scene.app.tenant(FIRST)) as turn:
        assert list(examine_errands(turn)) == []

    for _ in range(12):
        later(scene, hours=7)
        scene.rest()

    (given_up, *_) = journalled(scene, "errand_given_up")
    assert (given_up["consumer"], given_up["tries"]) == (WHO, 10)
    with scene.app.turn(scene.app.tenant(FIRST)) as turn:
        (finding,) = examine_errands(turn)
    assert (finding.what, finding.level) == (WHO, Level.WARNING)
    assert finding.do.startswith(f"so-privacy errands list --state dead --consumer {WHO}")
    listed = json.loads(run("errands", "list", "--state", "dead", "--json").out)["errands"]
    assert listed[-1]["errand_id"] == first.errand_id
    assert WHO in run("errands", "list", "--consumer", WHO).out
    assert run("errands", "list", "--consumer", "plugin:other").out == "No errands.\n"

    assert run("errands", "list", "--consumer", "acme told").code == 2
    assert run("errands", "redrive").code == 2
    assert run("errands", "redrive", "999999").code == 1
    with scene.app.turn(scene.app.tenant(FIRST)) as turn:
        scene.app.extending.set(turn, NAME, {"works": True}, who="test")
    assert run("errands", "redrive", "--dead").out == f"{len(listed)} opened again\n"
    later(scene, hours=7)  # for what is open and waits
    scene.rest()
    assert {one.state for one in kept(scene)} == {"done"}
    (again,) = json.loads(run("errands", "redrive", str(first.errand_id), "--json").out)["redriven"]
    assert again == first.errand_id


def test_nothing_waits_for_a_plugin_that_is_switched_off(scene: Scene) -> None:
    enable(scene, works=False)
    scene.enter(country="DK")
    scene.rest()

    with scene.app.turn(scene.app.tenant(FIRST)) as turn:
        scene.app.extending.disable(turn, NAME, who="test")
    scene.enter(country="DK")
    scene.rest()

    assert {(one.state, one.reason) for one in kept(scene)} == {("done", "plugin_off")}


@pytest.fixture
def reachable(scene: Scene) -> Scene:
    """Have the product know under which address its webhooks are served."""
    scene.app.settings = scene.app.settings.model_copy(update={"public_url": scene.url})
    return scene


def webhook(scene: Scene) -> set[str]:
    """Give the events that the first tenant's webhook asks for, beside those that it always does."""
    (events,) = (set(one.events) for one in scene.crm().tables.webhooks.values() if one.name == "so-privacy")
    assert set(WANTED) <= events
    return events - set(WANTED)


def happen(scene: Scene, event: str, key: int) -> None:
    scene.control("/trigger", tenant=FIRST, event=event, set={"key": str(key)})
    assert scene.sandbox.dispatcher.wait_idle(20)


def decisions(scene: Scene) -> list[int]:
    return [one["decision_id"] for one in journalled(scene, "decision")]


def test_superoffice_is_asked_for_what_plugins_want_to_hear_of(reachable: Scene) -> None:
    scene = reachable
    assert webhook(scene) == set()
    enable(scene)
    scene.rest()
    assert webhook(scene) == {"sale.created"}
    with scene.app.turn(scene.app.tenant(FIRST)) as turn:
        assert scene.app.extending.events(turn) == {"sale.created", "person.changed"}
        assert list(findings.listed(turn.session)) == []
    assert not journalled(scene, "sweep")

    with scene.app.turn(scene.app.tenant(FIRST)) as turn:
        scene.app.extending.disable(turn, NAME, who="test")
    scene.rest()
    assert webhook(scene) == set()
    with scene.app.turn(scene.app.tenant(FIRST)) as turn:
        assert list(findings.listed(turn.session)) == []


def test_an_event_is_told_once_and_the_persons_that_come_of_it_are_decided_on_anew(reachable: Scene) -> None:
    scene = reachable
    anna = scene.enter(country="DK")
    scene.rest()
    enable(scene)
    scene.rest()
    before = decisions(scene)

    happen(scene, "sale.created", anna)
    scene.sandbox.dispatcher.again(
        [one for one in scene.sandbox.dispatcher.log if one.event == "sale.created"]
    )
    assert scene.sandbox.dispatcher.wait_idle(20)
    scene.rest()

    (told,) = [one for one in kept(scene) if one.kind == "sale.created"]
    assert (told.consumer, told.entity, told.state) == (WHO, f"sale/{anna}", "done")
    assert len(decisions(scene)) == len(before) + 1
    with open_session(scene.dsn, scene.tenants[FIRST]) as session:
        reasons = {one.name: one.reason for one in registers.events(session)}
    assert reasons["sale.created"] == "told_afterwards"
