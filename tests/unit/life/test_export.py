"""Decisions as rows, ours and a plugin's: to a terminal or a new file, and the journal says who took them."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from so_privacy_ext.errors import Exit
from so_privacy_ext.rules.manifest import parse
from so_privacy_ext.storage import exports, journal
from so_privacy_ext.storage.session import open_session
from tests.unit.cli.asked import Done
from tests.unit.life.keeper import Service
from tests.unit.life.scene import FIRST, Scene
from tests.unit.life.test_held_elsewhere import enable
from tests.unit.life.test_held_elsewhere import package as package  # noqa: PLC0414 - a fixture
from tests.unit.life.test_held_elsewhere import service as service  # noqa: PLC0414 - a fixture
from tests.unit.life.test_plugins import good
from tests.unit.life.test_plugins import run as run  # noqa: PLC0414 - a fixture
from tests.unit.processing.world import NORDIC


def test_decisions_are_written_as_rows(
    scene: Scene, service: Service, run: Callable[..., Done], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exports, "BATCH", 1)
    enable(scene, service)
    persons = {scene.enter(country="DK"), scene.enter(country="SE")}
    scene.rest()

    done = run("export", "decisions")
    assert done.code in {None, 0}, done.err
    rows = list(csv.DictReader(io.StringIO(done.out)))
    assert {int(row["person"]) for row in rows} == persons
    (store,) = {(row["basis"], row["source"], row["rule"]) for row in rows if row["purpose"] == "STORE"}
    assert store == ("61F", "CARD", "met-in-person")
    told = [json.loads(one) for one in run("export", "decisions", "--as", "jsonl").out.splitlines()]
    assert [one["decision"] for one in told] == [int(row["decision"]) for row in rows]

    file = tmp_path / "rows.csv"
    assert run("export", "keeper.by-rule", "-o", str(file)).out == ""
    with file.open(newline="") as content:
        made = list(csv.DictReader(content))
    assert {(row["rule"], int(row["person"])) for row in made if row["purpose"] == "STORE"} == {
        ("met-in-person", one) for one in persons
    }
    assert file.stat().st_mode & 0o077 == 0
    again = run("export", "decisions", "-o", str(file))
    assert (again.code, "file_exists" in again.err) == (Exit.CANT_CREATE, True)
    assert run("export", "decisions", "-o", str(file), "--to", "2020-01-01", "--force").code in {None, 0}
    assert file.read_text().count("\n") == 1  # the heading

    failed = run("export", "keeper.broken", "-o", str(tmp_path / "none.csv"))
    assert (failed.code, "KeyError" in failed.err) == (Exit.UNAVAILABLE, True)
    assert [one.name for one in tmp_path.glob("*none*")] == []
    nowhere = run("export", "decisions", "-o", str(tmp_path / "not" / "there.csv"))
    assert nowhere.code == Exit.CANT_CREATE
    assert "keeper.by-rule" in run("export").out
    unknown = run("export", "everything")
    assert (unknown.code, "decisions, keeper.by-rule" in unknown.err) == (Exit.USAGE, True)

    with open_session(scene.dsn, scene.tenants[FIRST]) as session:
        entries = [one for one in journal.latest(session, 100) if one.kind == "exported"]
    assert [one.content["export"] for one in entries] == [
        "decisions", "decisions", "keeper.by-rule", "decisions", "keeper.broken"
    ]  # fmt: skip
    assert all(one.content["who"] for one in entries)
    assert "makes rows of decisions, keeper.by-rule: Which rule" in run("plugin", "show", "keeper").out


def test_a_plugin_looks_at_manifests_wherever_they_are_checked(
    scene: Scene, service: Service, run: Callable[..., Done], tmp_path: Path
) -> None:
    enable(scene, service)
    file = tmp_path / "mine.yaml"
    file.write_bytes(NORDIC.read_bytes())

    found = good(run("manifest", "check", str(file), "--tenant", FIRST, "--json"))["findings"]
    mine = {one["code"]: one for one in found if one["code"].startswith("keeper.")}

    assert {code: one["level"] for code, one in mine.items()} == {"keeper.second": "W", "keeper.hosted": "I"}
    line = file.read_text().splitlines()[mine["keeper.second"]["line"] - 1]
    assert line.split("id: ")[1] == mine["keeper.second"]["what"].removeprefix("it is called ")
    assert not [
        one for one in good(run("manifest", "check", str(file), "--json"))["findings"] if "." in one["code"]
    ]
    with scene.turn() as turn:  # as the console's editor and an activation do
        manifest = parse(NORDIC.read_bytes(), "mine.yaml", scene.app.words(turn.session))
        assert {one.code for one in scene.app.fit(turn, manifest)} >= set(mine)
    assert "looks at manifests before they decide" in run("plugin", "show", "keeper").out
