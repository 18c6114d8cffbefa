"""A tenant is erased when the state API has said twice, a day apart, that it is deleted; for nothing else."""

from __future__ import annotations

import pytest

from so_privacy_ext.model import Tenant
from so_privacy_ext.storage import tenants
from so_privacy_ext.storage.database import connect
from tests.unit.life.scene import FIRST, Scene


def is_there(scene: Scene) -> bool:
    with connect(scene.dsn, application_name="test") as connection:
        return bool(tenants.listed(connection))


def say(scene: Scene, *states: str) -> None:
    scene.control(f"/tenants/{FIRST}/states", states=list(states))


@pytest.mark.row("F40")
def test_suspended_then_deleted_is_erased_at_the_second_answer_a_day_later(scene: Scene) -> None:
    scene.enter(email="anna@example.com")
    scene.rest()
    say(scene, "Suspended")
    scene.control(f"/tenants/{FIRST}/news", change="Suspend")
    scene.rest()
    assert scene.parked() == "tenant_state"

    say(scene, "Deleting", "Deleted")
    for change in ("Delete", "Delete"):
        scene.advance(minutes=2)
        scene.control(f"/tenants/{FIRST}/news", change=change)
        scene.rest()
    assert (scene.row()["state"], is_there(scene)) == ("Deleted", True)

    scene.advance(hours=23)
    scene.control(f"/tenants/{FIRST}/news", change="Delete")
    scene.rest()
    assert is_there(scene)

    scene.advance(hours=2)
    scene.rest()
    assert not is_there(scene)
    with pytest.raises(AssertionError):
        scene.turn().__enter__()


@pytest.mark.row("F40")
def test_a_deleted_tenant_is_looked_at_again_though_nothing_else_is_due(scene: Scene) -> None:
    scene.rest()
    say(scene, "Deleted")
    scene.control(f"/tenants/{FIRST}/news", change="Delete")
    scene.rest()
    asked = scene.login_calls("Get")
    scene.advance(hours=25)
    scene.rest()

    assert scene.login_calls("Get") > asked
    assert not is_there(scene)


@pytest.mark.row("F40")
def test_a_paused_tenant_that_was_deleted_is_erased_too(scene: Scene) -> None:
    scene.rest()
    with scene.turn() as turn:
        tenants.pause(turn.session)
    calls = scene.soap_calls()
    say(scene, "Deleted")
    scene.control(f"/tenants/{FIRST}/news", change="Delete")
    scene.rest()
    assert is_there(scene)

    scene.advance(hours=25)
    scene.rest()
    assert not is_there(scene)
    assert scene.soap_calls() == calls


@pytest.mark.row("F40")
def test_an_answer_in_between_begins_the_day_anew(scene: Scene) -> None:
    scene.enter(email="anna@example.com")
    say(scene, "Deleted")
    scene.control(f"/tenants/{FIRST}/news", change="Delete")
    scene.rest()
    scene.advance(hours=13)
    say(scene, "Suspended", "Deleted")
    for _ in range(2):
        scene.control(f"/tenants/{FIRST}/news", change="Suspend")
        scene.rest()
        scene.advance(minutes=2)
    scene.advance(hours=13)
    scene.control(f"/tenants/{FIRST}/news", change="Delete")
    scene.rest()

    assert (scene.row()["state"], is_there(scene)) == ("Deleted", True)


@pytest.mark.row("F40")
def test_the_second_answer_is_asked_for_anew(scene: Scene) -> None:
    """However long the first one said that it is good."""
    scene.enter(email="anna@example.com")
    say(scene, "Deleted")
    scene.control(f"/tenants/{FIRST}/news", change="Delete")
    scene.rest()
    scene.advance(hours=25)
    scene.crm().tables.state = "Running"
    scene.rest()

    assert scene.row()["state"] == "Running"
    assert scene.row()["deleted_seen_at"] is None
    assert scene.mails() == ["anna@example.com"]


@pytest.mark.row("F40")
def test_if_it_is_said_to_run_a_moment_after_the_second_answer_it_stays(scene: Scene) -> None:
    scene.enter(email="anna@example.com")
    say(scene, "Deleted")
    scene.control(f"/tenants/{FIRST}/news", change="Delete")
    scene.rest()
    scene.advance(hours=25)
    say(scene, "Deleted", "Running")
    scene.rest()

    assert (scene.row()["state"], scene.row()["deleted_seen_at"]) == ("Running", None)
    assert scene.mails() == ["anna@example.com"]


@pytest.mark.row("F40")
@pytest.mark.row("B63")
def test_the_word_of_a_notification_alone_erases_nothing(scene: Scene) -> None:
    scene.enter(email="anna@example.com")
    for _ in range(3):
        scene.control(f"/tenants/{FIRST}/news", change="Delete")
        scene.rest()
        scene.advance(hours=25)

    assert is_there(scene)
    assert scene.mails() == ["anna@example.com"]


def test_a_tenant_that_is_new_has_no_state_yet(scene: Scene) -> None:
    with scene.turn() as turn:
        assert isinstance(turn.tenant, Tenant)
        assert turn.tenant.state is None
