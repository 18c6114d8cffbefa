"""An administrator installs from the store while `so-privacy up` runs, and her tenant is worked for."""

from __future__ import annotations

from urllib.parse import urlsplit

import psutil
import requests

from so_sandbox.demo.visiting import Visitor
from so_sandbox.triggering import trigger
from tests.acceptance.installed import MANIFEST, Running

NAME = "Cust20021"


def test_an_installation_from_the_store_is_a_whole_one(running: Running) -> None:
    visitor = running.install_from_the_store(NAME)
    shown = running.good("tenant", "show", NAME)
    assert (shown["context_identifier"], shown["environment"]) == (NAME, "sandbox")
    assert all(one["webhook_id"] for one in shown["subscriptions"])
    assert NAME in visitor.get(f"{running.url}/installed").text

    running.good("manifest", "activate", str(MANIFEST), "--tenant", NAME)
    words = {"country": "DK", "source": "CARD", "email": "store@example.com"}
    person = trigger(running.tenant(NAME), "person.created", words)
    running.settle(NAME)
    journal = running.good("journal", "--tenant", NAME)["entries"]
    assert {one["person_id"] for one in journal if one["kind"] == "decision"} == {person}


def test_nothing_of_a_sign_in_is_in_the_log(running: Running) -> None:
    visitor = running.install_from_the_store(NAME)
    said = running.said()
    (session,) = visitor.cookies[urlsplit(running.url).netloc].values()
    code = next(one for one in visitor.seen if "/callback" in one).partition("code=")[2].partition("&")[0]

    assert '"event": "signed_in"' in said
    for secret in (session, code, "anja", "Anja", "8A:", running.sandbox.credentials.application_token):
        assert secret not in said, secret


def test_a_stranger_is_sent_to_sign_in_and_signs_nobody_in(running: Running) -> None:
    stranger = Visitor()
    there = stranger.ask("GET", f"{running.url}/installed")
    assert there.headers["Location"] == "/sign-in?to=/installed"
    login = stranger.ask("GET", f"{running.url}/sign-in").headers["Location"]

    assert login.startswith(f"{running.sandbox.url}/login/common/oauth/authorize?")
    refused = stranger.ask("GET", f"{running.url}/callback?code=a&state=b")
    assert refused.status_code == requests.codes.bad_request


def test_a_web_process_that_dies_in_between_lets_the_browser_finish(running: Running) -> None:
    """What a browser needs to come back with is in the database and its cookie, not in a process."""
    running.install_from_the_store(NAME)
    visitor = Visitor()
    login = visitor.ask("GET", f"{running.url}/install").headers["Location"]
    (web,) = [one for one in psutil.Process(running.up.pid).children() if "web" in one.cmdline()]
    web.kill()
    web.wait()
    running.await_ready()
    page = visitor.get(login)

    assert page.status_code == requests.codes.ok
    assert visitor.seen[-1] == f"{running.url}/installed"
