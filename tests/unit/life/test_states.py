"""What a tenant's state does to its work: it waits without a call, and goes on alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from so_privacy_ext.app import App
from tests.unit.life.scene import FIRST, SECOND, Scene, settings_of


@pytest.mark.row("F38")
@pytest.mark.parametrize(
    "state", ["OfflineMaintenance", "Provisioning", "Unknown", "MigrationPending", "Suspended"]
)
def test_a_tenant_that_does_not_run_is_parked_without_a_call_and_resumes_alone(
    scene: Scene, state: str
) -> None:
    scene.enter(email="anna@example.com")
    scene.control(f"/tenants/{FIRST}/states", states=[state])
    scene.advance(clock=True, seconds=61)
    before, asked = scene.soap_calls(), scene.login_calls("Get")

    for minutes in range(1, 4):
        assert scene.step() == [FIRST]
        assert scene.parked() == "tenant_state"
        assert scene.step() == []  # not before the state's answer has run out
        assert scene.login_calls("Get") == asked + minutes
        scene.advance(clock=True, seconds=75)
    assert scene.soap_calls() == before
    assert scene.login_calls("Authenticate") == 1

    scene.control(f"/tenants/{FIRST}/states", states=["Running"])
    scene.crm().tables.state = "Running"
    scene.rest()
    assert scene.mails() == ["anna@example.com"]
    assert scene.open_events() == 0


@pytest.mark.row("F39")
def test_a_tenant_in_online_maintenance_is_worked_for(scene: Scene) -> None:
    scene.control(f"/tenants/{FIRST}/states", states=["OnlineMaintenance"])
    scene.advance(clock=True, seconds=61)
    scene.enter(email="anna@example.com")
    scene.rest()

    assert scene.row()["state"] == "OnlineMaintenance"
    assert scene.mails() == ["anna@example.com"]


@pytest.mark.row("F42")
def test_while_the_state_api_is_down_the_last_answer_is_good_for_a_quarter_of_an_hour(scene: Scene) -> None:
    scene.rest()
    scene.control("/faults", kind="http_503", operation="State.Get", times=0)
    scene.advance(clock=True, minutes=10)
    scene.enter(email="anna@example.com")
    scene.rest()
    assert scene.mails() == ["anna@example.com"]

    scene.advance(clock=True, minutes=7)
    calls = scene.soap_calls()
    scene.enter(email="bo@example.com")
    scene.rest()
    assert (scene.parked(), scene.soap_calls()) == ("tenant_state", calls)

    scene.sandbox.world.faults.clear()
    scene.advance(clock=True, minutes=2)
    scene.rest()
    assert scene.mails() == ["anna@example.com", "bo@example.com"]


@pytest.mark.row("F42")
def test_a_tenant_that_is_said_to_live_elsewhere_is_not_called_there(scene: Scene) -> None:
    scene.crm().tables.host = "127.0.0.2:9"
    scene.advance(clock=True, seconds=61)
    scene.enter(email="anna@example.com")
    scene.rest()

    assert scene.parked() == "protocol"
    assert scene.open_events() > 0


@pytest.mark.row("F35")
def test_a_tenant_that_moved_is_looked_up_and_called_at_its_new_address(scene: Scene) -> None:
    scene.rest()
    port = scene.sandbox.url.rpartition(":")[2]
    scene.crm().tables.host = f"localhost:{port}"
    asked = scene.login_calls("Get")
    scene.enter(email="anna@example.com")
    scene.rest()

    assert scene.mails() == ["anna@example.com"]
    assert scene.connection().endpoint() == f"http://localhost:{port}/{FIRST}"
    assert scene.login_calls("Get") == asked + 1


@pytest.mark.row("F35")
def test_a_tenant_that_is_not_where_the_state_api_says_is_parked_after_one_more_look(scene: Scene) -> None:
    scene.rest()
    scene.control("/faults", kind="http_421", operation="Archive.*", times=0)
    asked = scene.login_calls("Get")
    scene.enter(email="anna@example.com")
    calls = scene.soap_calls()
    scene.rest()

    assert (scene.parked(), scene.soap_calls() - calls) == ("misdirected", 2)
    assert scene.login_calls("Get") <= asked + 2
    scene.sandbox.world.faults.clear()
    scene.advance(clock=True, seconds=75)
    scene.rest()
    assert scene.mails() == ["anna@example.com"]


@pytest.mark.row("F34")
@pytest.mark.parametrize("reason", ["licence", "rights", "http_403"])
def test_a_tenant_that_denies_access_keeps_its_events_and_goes_on_when_it_is_given_back(
    scene: Scene, reason: str
) -> None:
    scene.control(f"/tenants/{FIRST}/denied", reason=reason)
    scene.enter(email="anna@example.com")
    scene.rest()
    calls, signed_in = scene.soap_calls(), scene.login_calls("Authenticate")
    assert scene.parked() == "access_denied"
    assert scene.open_events() > 0
    scene.advance(minutes=14)
    assert scene.step() == []

    scene.advance(minutes=5)
    scene.rest()
    assert (scene.parked(), scene.soap_calls()) == ("access_denied", calls + 1)
    assert scene.login_calls("Authenticate") == signed_in + 1

    scene.control(f"/tenants/{FIRST}/denied", reason="")
    scene.advance(minutes=19)
    scene.rest()
    assert scene.mails() == ["anna@example.com"]


@pytest.mark.row("F43")
@pytest.mark.parametrize("code", ["Revoked", "Expired", "Denied", "NeedsReapproval"])
def test_a_tenant_that_takes_its_leave_back_is_asked_once_in_a_quarter_of_an_hour(
    scene: Scene, code: str
) -> None:
    scene.rest()
    scene.control(f"/tenants/{FIRST}", authorization=code)
    scene.enter(email="anna@example.com")
    scene.rest()
    assert scene.parked() == "authorization_lost"
    signed_in, calls = scene.login_calls("Authenticate"), scene.soap_calls()
    for _ in range(3):
        scene.advance(minutes=14)
        assert scene.step() == []
        scene.advance(minutes=5)
        scene.rest()
    assert scene.login_calls("Authenticate") == signed_in + 3
    assert scene.soap_calls() == calls

    scene.control(f"/tenants/{FIRST}", authorization="Active")
    scene.advance(minutes=19)
    scene.rest()
    assert scene.mails() == ["anna@example.com"]


@pytest.mark.row("F43")
@pytest.mark.parametrize("code", ["Revoked", "Expired", "Denied", "NeedsReapproval"])
def test_a_new_approval_is_acted_on_at_once_also_by_another_process(
    scene: Scene, tmp_path: Path, code: str
) -> None:
    settings = settings_of(scene.sandbox, tmp_path).model_copy(update={"public_url": scene.url})
    other = App(settings, scene.dsn)
    scene.rest()
    scene.control(f"/tenants/{FIRST}", authorization=code)
    scene.enter(email="anna@example.com")
    scene.rest()
    assert scene.parked() == "authorization_lost"
    client_id = scene.sandbox.credentials.client_id
    leave = scene.crm().authorize(client_id, "So Privacy Demo v1.0")
    assert not other.knows_token(scene.tenants[FIRST], leave.system_user_token)
    other.install(FIRST, "sandbox", leave.system_user_token)

    assert other.knows_token(scene.tenants[FIRST], leave.system_user_token)
    assert scene.parked() is None
    scene.rest()
    assert scene.mails() == ["anna@example.com"]
    other.close()


@pytest.mark.row("F74")
def test_what_a_clone_of_a_tenant_posts_is_quarantined(scene: Scene) -> None:
    scene.rest()
    scene.control(f"/tenants/{FIRST}/clone", **{"as": "Cust99999"})
    scene.enter("Cust99999", email="anna@example.com")
    scene.rest()

    assert (scene.mails(), scene.mails("Cust99999")) == ([], [])
    with scene.turn() as turn:
        found = turn.session.rows(b"SELECT reason FROM quarantine")
    assert [row["reason"] for row in found] == ["context_mismatch"]
    assert scene.open_events() == 0
    assert SECOND in scene.sandbox.world.tenants
