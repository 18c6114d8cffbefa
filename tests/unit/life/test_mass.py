"""A tenant that has opted in is written to in bulk; the storm of echoes that comes back writes nothing."""

from __future__ import annotations

import pytest

from so_privacy_ext.errors import Refused
from so_privacy_ext.processing.mass_writing import write_in_bulk
from so_privacy_ext.storage import tenants
from so_sandbox.crowd import add_crowd
from tests.unit.life.scene import Scene
from tests.unit.processing.cases import cases_of
from tests.unit.processing.world import never


def allow(scene: Scene, *, allowed: bool = True) -> bool:
    with scene.turn() as turn:
        return tenants.allow_mass(turn.session, turn.ledgers, allowed=allowed)


def test_a_tenant_that_has_not_opted_in_is_refused(scene: Scene) -> None:
    with scene.turn() as turn, pytest.raises(Refused, match="tenant mass Cust12345 on"):
        scene.app.crms.mass_writer(turn)
    assert [allow(scene), allow(scene), allow(scene, allowed=False)] == [True, False, True]
    with scene.turn() as turn, pytest.raises(Refused):
        scene.app.crms.mass_writer(turn)


def test_many_are_written_in_two_calls_and_their_echoes_change_nothing(scene: Scene) -> None:
    allow(scene)
    crm = scene.crm()
    with scene.sandbox.dispatcher.silence():
        ids = add_crowd(crm, 60)
    before = len(scene.sandbox.world.calls.of(crm.context_identifier))
    with scene.turn() as turn:
        work = scene.app.make_work(turn, never)
        assert work is not None
        cases = cases_of(work, ids)
        assert write_in_bulk(work, cases, scene.app.crms.mass_writer(turn)) is None

    calls = [one.operation for one in scene.sandbox.world.calls.of(crm.context_identifier)[before:]]
    assert calls.count("Upsert") == 1
    assert "SetConsent" not in calls
    given = sum(len(case.held) for case in cases)
    assert given > 40
    assert scene.sandbox.dispatcher.wait_idle(20)
    assert scene.open_events() >= given  # one for each row, as SuperOffice tells of them
    stood = [crm.consent_keys(one) for one in ids]
    scene.rest()
    assert (scene.open_events(), [crm.consent_keys(one) for one in ids]) == (0, stood)
    assert "SetConsent" not in {
        one.operation for one in scene.sandbox.world.calls.of(crm.context_identifier)[before:]
    }
