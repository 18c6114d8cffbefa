"""A CRM that fails in a storm is left alone; when it is over, all is done that was asked for."""

from __future__ import annotations

import pytest

from tests.unit.life.scene import FIRST, Scene


@pytest.mark.row("F37")
def test_a_storm_costs_one_call_at_a_time_and_nobody_is_given_up(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    elapsed = [0.0]
    monkeypatch.setattr(scene.connection(), "_elapsed", lambda: elapsed[0])
    monkeypatch.setattr(scene.connection().breakers, "_elapsed", lambda: elapsed[0])
    for number in range(8):
        scene.enter(email=f"p{number}@example.com")
    scene.control("/faults", kind="http_502", operation="Person.SetConsent", times=0)

    def errors() -> int:
        done = scene.sandbox.world.calls.of(FIRST)
        return sum(one.operation == "SetConsent" for one in done)

    for _ in range(20):  # until it is left alone
        scene.rest()
        if scene.parked() == "unavailable":
            break
        scene.advance(seconds=301)
    assert scene.parked() == "unavailable"
    for _ in range(6):
        before = errors()
        elapsed[0] += 145
        scene.advance(seconds=145)
        scene.rest()
        assert errors() <= before + 1

    scene.sandbox.world.faults.clear()
    for _ in range(5):
        elapsed[0] += 145
        scene.advance(hours=13)
        scene.rest()
    assert sorted(scene.mails()) == [f"p{number}@example.com" for number in range(8)]
    assert scene.open_events() == 0
