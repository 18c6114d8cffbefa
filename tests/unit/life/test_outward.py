"""A tenant's own system from the command that adds it to the message that it believes."""

from __future__ import annotations

import json
import stat
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from so_privacy_ext import outward
from so_privacy_ext.announcing import Announcing
from so_privacy_ext.calling import Poster
from tests.unit.cli.asked import Done, ask
from tests.unit.life.scene import SECOND, Scene
from tests.unit.outward.hearing import Hearing, hearing


@pytest.fixture
def heard() -> Iterator[Hearing]:
    with hearing() as server:
        yield server


@pytest.fixture
def run(scene: Scene, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Done]:
    """Run a command on the scene's database, by an operator who lets this machine be told."""
    files = scene.sandbox.directory
    assert files is not None
    for name, value in {
        "DATABASE_URL": scene.dsn,
        "SO_PRIVACY_DATA_DIR": tmp_path,
        "SO_PRIVACY_APPLICATION_TOKEN_FILE": files / "application_token",
        "SO_PRIVACY_PRIVATE_KEY_FILE": files / "private_key.pem",
        "SO_PRIVACY_ENVIRONMENTS_FILE": files / "environments.json",
        "SO_PRIVACY_OUTWARD_NETWORKS": "127.0.0.0/8",
    }.items():
        monkeypatch.setenv(name, str(value))
    return lambda *words: ask(words)


@pytest.fixture
def announcing(scene: Scene) -> Iterator[Announcing]:
    poster = Poster(("127.0.0.0/8",))
    yield Announcing(scene.dsn, scene.app.data_key, poster, scene.clock, scene.app.take)
    poster.close()


def good(done: Done) -> Any:
    assert done.code in {None, 0}, done.err
    return json.loads(done.out)


def test_a_persons_decision_reaches_the_system_of_her_tenant_alone(
    scene: Scene, run: Callable[..., Done], announcing: Announcing, heard: Hearing
) -> None:
    scene.add(SECOND)
    added = good(run("outward", "add", heard.url, "--tenant", "Cust12345", "--json"))
    anna = scene.enter(country="DK", firstname="Greta", email="greta@example.com")
    scene.enter(SECOND, country="DK")
    scene.rest()

    announcing.serve_due()

    told = [outward.read(one.body, one.headers, [added["secret"]]) for one in heard.heard]
    first = told[0].message
    assert isinstance(first, outward.DecisionMade)
    assert {one.message.data.tenant for one in told} == {"Cust12345"}
    assert (first.data.person_id, first.data.notice, first.data.result) == (anna, "sent", "effect")
    (stored,) = [one for one in first.data.purposes if one.purpose == "STORE"]
    assert (stored.outcome, stored.result) == ("give", "written")
    assert not [one for one in heard.heard if b"@" in one.body or b"Greta" in one.body]
    level, found = next(
        (one["level"], one["found"])
        for one in json.loads(run("doctor", "--json").out)["findings"]
        if one["what"].startswith(f"endpoint {added['endpoint']}")
    )
    assert (level, found) == ("ok", f"{len(told)} messages taken")


def test_an_endpoint_by_the_commands(run: Callable[..., Done], heard: Hearing, tmp_path: Path) -> None:
    assert run("outward", "list").out == "No endpoints: so-privacy outward add URL.\n"
    file = tmp_path / "url"
    file.write_text(heard.url)
    file.chmod(stat.S_IRUSR | stat.S_IWUSR)
    said = run("outward", "add", "--url-file", str(file), "--description", "the data warehouse").out
    number = said.split()[1]
    secret = next(line for line in said.splitlines() if line.startswith("whsec_"))
    assert f"so-privacy outward test {number}" in said

    heard.answers.extend([204, 503, 204, 503])
    assert run("outward", "test", number).out.startswith("taken: ok, after ")
    refused = run("outward", "test", number)
    assert (refused.code, refused.out.startswith("not taken: status_503, after ")) == (1, True)
    assert good(run("outward", "test", number, "--json"))["taken"] is True
    assert json.loads(run("outward", "test", number, "--json").out)["why"] == "status_503"
    outward.verify(heard.heard[0].body, heard.heard[0].headers, [secret])

    assert run("outward", "rotate", number).out.count("whsec_") == 1
    newest = good(run("outward", "rotate", number, "--at-once", "--json"))["secret"]
    assert "alone from now on" in run("outward", "rotate", number, "--at-once").out
    assert newest != secret
    assert run("outward", "off", number).out == f"endpoint {number} is off\n"
    assert run("outward", "off", number).out == f"endpoint {number} is off already\n"
    assert good(run("outward", "show", number, "--json"))["state"] == "off"
    assert good(run("outward", "on", number, "--json")) == {"endpoint": int(number), "changed": True}
    (listed,) = good(run("outward", "list", "--json"))["endpoints"]
    assert (listed["state"], listed["description"]) == ("on", "the data warehouse")
    shown = run("outward", "show", number).out + run("outward", "list").out + json.dumps(listed)
    assert f"127.0.0.1:{heard.port}" in shown
    assert "whsec_" not in shown
    assert "very-secret" not in shown

    assert f"endpoint {number} (127.0.0.1:{heard.port}) is removed" in run("outward", "remove", number).out
    assert good(run("outward", "list", "--json")) == {"endpoints": []}
    added = good(run("outward", "add", heard.url, "--json"))
    assert good(run("outward", "remove", str(added["endpoint"]), "--json")) == {
        "endpoint": added["endpoint"],
        "dropped": 0,
    }
    assert run("outward", "show", number).code == 66


def test_what_can_not_be_added_is_said(
    run: Callable[..., Done], heard: Hearing, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run("outward", "add").code == 2
    assert run("outward", "add", heard.url, "--url-file", "url").code == 2
    assert run("outward", "add", heard.url, "--events", "person.named").code == 2
    monkeypatch.delenv("SO_PRIVACY_OUTWARD_NETWORKS")
    for url in (heard.url, heard.url.replace("http:", "https:")):
        done = run("outward", "add", url)
        assert done.code == 65
        assert "very-secret" not in done.err
    monkeypatch.setenv("SO_PRIVACY_OUTWARD_NETWORKS", "loopback")
    assert run("outward", "list").code == 78


def test_the_schema_is_printed(run: Callable[..., Done]) -> None:
    assert good(run("outward", "schema"))["discriminator"]["propertyName"] == "type"
