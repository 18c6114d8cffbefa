"""While our key, secret or clock is refused all tenants wait, none is blamed, and one of them probes."""

from __future__ import annotations

import re
from datetime import timedelta

import psycopg
import pytest

from so_privacy_ext.storage import pauses
from so_privacy_ext.storage.database import connect
from tests.unit.life.scene import FIRST, SECOND, Scene


@pytest.fixture
def both(scene: Scene) -> Scene:
    scene.add(SECOND)
    scene.rest()
    return scene


def standing(scene: Scene) -> list[tuple[str, str]]:
    with connect(scene.dsn, application_name="test") as connection:
        return [(one.environment, one.reason) for one in pauses.standing(connection)]


def enter_both(scene: Scene) -> None:
    scene.enter(FIRST, email="anna@example.com")
    scene.enter(SECOND, email="bo@example.com")


@pytest.mark.row("F45")
@pytest.mark.parametrize(
    ("what", "answer"), [("key", "refused"), ("secret", "refused"), ("secret", "http_401")]
)
def test_after_a_rotation_all_tenants_wait_until_our_files_are_new(
    both: Scene, what: str, answer: str
) -> None:
    both.control("/switches", set={"wrong_secret": answer})
    both.control("/application/rotate", what=what)
    both.control("/tickets/expire")
    enter_both(both)
    signed_in = both.login_calls("Authenticate")
    both.rest()

    assert standing(both) == [("sandbox", "app_key")]
    assert (both.parked(FIRST), both.parked(SECOND)) == ("app_key", "app_key")
    assert both.login_calls("Authenticate") == signed_in + 1
    assert {both.row(one)["parked_reason"] for one in (FIRST, SECOND)} == {None}
    for probes in (2, 3):
        assert both.step() == []
        both.advance(seconds=61)
        both.rest()
        assert both.login_calls("Authenticate") == signed_in + probes

    both.sandbox.sandbox.write_files()
    both.advance(seconds=61)
    both.rest()
    assert standing(both) == []
    assert (both.mails(FIRST), both.mails(SECOND)) == (["anna@example.com"], ["bo@example.com"])
    assert both.open_events(FIRST) + both.open_events(SECOND) == 0


@pytest.mark.row("F45")
def test_files_that_were_replaced_in_time_are_read_without_a_pause(both: Scene) -> None:
    both.control("/application/rotate", what="key", write=True)
    both.control("/application/rotate", what="secret", write=True)
    both.control("/tickets/expire")
    enter_both(both)
    both.rest()

    assert standing(both) == []
    assert (both.mails(FIRST), both.mails(SECOND)) == (["anna@example.com"], ["bo@example.com"])


@pytest.mark.row("F45")
def test_a_file_that_is_half_replaced_is_not_taken(both: Scene, capsys: pytest.CaptureFixture[str]) -> None:
    key = both.app.settings.private_key_file
    assert key is not None
    before = both.app.application()
    key.write_text("-----BEGIN")
    assert both.app.application() is before
    assert "application_files_unusable" in capsys.readouterr().out
    key.unlink()
    assert both.app.application() is before
    both.sandbox.sandbox.write_files()
    assert both.app.application().application_token == before.application_token


@pytest.mark.row("F44")
def test_a_wrong_clock_of_ours_pauses_all_and_says_by_how_much(both: Scene) -> None:
    both.clock.offset = timedelta(minutes=10)
    both.control("/tickets/expire")
    enter_both(both)
    both.rest()

    assert standing(both) == [("sandbox", "clock_skew")]
    assert {both.row(one)["parked_reason"] for one in (FIRST, SECOND)} == {None}
    with psycopg.connect(both.dsn) as admin:
        ((detail,),) = admin.execute("SELECT detail FROM so_privacy.environment_pause").fetchall()
    assert re.fullmatch(r"invalidtimestamp, our clock is (59\d|60\d) s ahead", detail)

    both.clock.offset = timedelta()
    both.advance(seconds=61)
    both.rest()
    assert standing(both) == []
    assert (both.mails(FIRST), both.mails(SECOND)) == (["anna@example.com"], ["bo@example.com"])


@pytest.mark.row("F45")
def test_a_tenant_that_alone_is_refused_stops_the_others_once_and_then_waits_by_itself(both: Scene) -> None:
    both.control(f"/tenants/{FIRST}", authorization="InvalidSignature")
    both.control("/tickets/expire")
    enter_both(both)
    both.rest()
    assert standing(both) == [("sandbox", "app_key")]
    both.advance(seconds=61)
    both.step()
    both.rest()

    assert both.mails(SECOND) == ["bo@example.com"]
    assert standing(both) == []
    assert both.row(FIRST)["parked_reason"] == "app_key"
    both.enter(SECOND, email="cy@example.com")
    both.rest()
    assert both.mails(SECOND) == ["bo@example.com", "cy@example.com"]

    both.control(f"/tenants/{FIRST}", authorization="Active")
    both.advance(minutes=19)
    both.rest()
    assert both.mails(FIRST) == ["anna@example.com"]


@pytest.mark.row("F45")
def test_a_probe_that_never_comes_back_is_followed_by_another(both: Scene) -> None:
    both.control("/application/rotate", what="key")
    both.control("/tickets/expire")
    enter_both(both)
    both.rest()
    both.sandbox.sandbox.write_files()
    both.advance(seconds=67)
    with both.turn() as turn:
        book = pauses.PauseBook(turn.session, "sandbox")
        assert book.claim_probe(60.0)  # and dies
        assert not book.claim_probe(60.0)
    assert both.step() == []
    both.advance(seconds=67)
    both.rest()
    assert standing(both) == []
