"""Whoever must still be informed is named at the terminal, and doctor says by which command."""

from __future__ import annotations

import json
from collections.abc import Callable

from tests.unit.cli.asked import Done
from tests.unit.life.scene import FIRST, Scene
from tests.unit.life.test_plugins import run as run  # noqa: PLC0414 - a fixture


def test_whoever_must_still_be_informed_is_listed(scene: Scene, run: Callable[..., Done]) -> None:
    assert run("duties", "list").out == "Everybody is informed who must be.\n"
    told, untold = scene.enter(email="anna@example.com"), scene.enter(email="")
    scene.rest()

    (one,) = json.loads(run("duties", "list", "--tenant", FIRST, "--json").out)["duties"]
    assert (one["person_id"], one["mail"], one["reason"]) == (untold, "notice13", "mail")
    listed = run("duties", "list").out
    assert str(untold) in listed
    assert str(told) not in listed
    assert "so-privacy duties list" in run("doctor", "--tenant", FIRST).out
