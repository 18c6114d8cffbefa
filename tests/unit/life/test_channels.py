"""A tenant's mail server from its setting to a notice that has gone by it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from so_privacy_ext.doctor.channels import examine_channels
from so_privacy_ext.doctor.findings import Finding, Level
from so_privacy_ext.errors import Exit
from so_privacy_ext.mailing import Mailing
from so_privacy_ext.rules.findings import ManifestInvalid
from so_privacy_ext.rules.manifest import parse
from so_privacy_ext.storage import journal
from so_privacy_ext.storage.session import open_session
from so_privacy_kit.mail_server import HOST, MailServer
from tests.unit.cli.asked import Done, ask
from tests.unit.life.scene import FIRST, Scene
from tests.unit.processing.world import NORDIC

TOLD = (
    "{controller} is the controller. We keep your name and address in order to answer you, on the legal basis"
    " of legitimate interest (article 6(1)(f)), and erase them after two years. Our processor alone"
    " gets them. You have the right to access and to object, and may complain. Contact {dpo}."
)
MINE = NORDIC.read_text("utf-8").replace(
    "{template: privacy-notice-13, version: 1, languages: [da, nb, sv, en, de], marketing: false}",
    f'{{channel: smtp, version: 1, languages: [en], texts: {{en: {{subject: Your data, body: "{TOLD}"}}}}}}',
)
PASSWORD = "s3cret-of-the-server"


@pytest.fixture
def server() -> Iterator[MailServer]:
    with MailServer(users={"us": PASSWORD}) as server:
        yield server


@pytest.fixture
def run(
    scene: Scene, server: MailServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Done]:
    """Run a command on the scene's database; the product believes the mail server's authority."""
    files = scene.sandbox.directory
    assert files is not None
    for name, value in {
        "DATABASE_URL": scene.dsn,
        "SO_PRIVACY_DATA_DIR": tmp_path,
        "SO_PRIVACY_CA_FILE": server.ca_file,
        "SO_PRIVACY_APPLICATION_TOKEN_FILE": files / "application_token",
        "SO_PRIVACY_PRIVATE_KEY_FILE": files / "private_key.pem",
        "SO_PRIVACY_ENVIRONMENTS_FILE": files / "environments.json",
    }.items():
        monkeypatch.setenv(name, str(value))
    scene.app.mailing = Mailing(scene.app.data_key, scene.clock, server.ca_file)
    return lambda *words: ask(words)


def good(done: Done) -> Any:
    assert done.code in {None, 0}, done.err
    return json.loads(done.out)


@pytest.fixture
def is_set(run: Callable[..., Done], server: MailServer, tmp_path: Path) -> dict[str, Any]:
    file = tmp_path / "password"
    file.write_text(PASSWORD)
    file.chmod(0o600)
    words = ("--host", HOST, "--port", server.port, "--sender", "privacy@example.com", "--user", "us")
    return dict(good(run("channel", "set", *map(str, words), "--password-file", str(file), "--json")))


def examined(scene: Scene, turn: Any) -> list[Finding]:
    words = scene.app.words(turn.session)
    return list(examine_channels(turn, scene.app.mailing, scene.app.channels(turn.session), words))


def states(scene: Scene) -> list[str]:
    with open_session(scene.dsn, scene.tenants[FIRST]) as session:
        rows = session.rows(b"SELECT state FROM mail WHERE tenant_id = %(tenant_id)s ORDER BY mail_id")
        return [str(one["state"]) for one in rows]


def activate(scene: Scene, text: str = MINE) -> None:
    with scene.app.turn(scene.app.tenant(FIRST)) as turn:
        content = text.encode()
        manifest = parse(content, "mine.yaml", scene.app.words(turn.session))
        scene.app.activating(turn).activate(manifest, content, who="test", tell_from=None)


def test_a_notice_goes_by_the_tenant_s_mail_server(
    scene: Scene, is_set: dict[str, Any], run: Callable[..., Done], server: MailServer
) -> None:
    assert is_set["smtp"]["password"] == "set"
    assert good(run("channel", "test", "--json"))["works"] is True
    assert (server.connections, server.received) == (1, [])
    activate(scene)
    scene.enter(email="anna@example.com")
    scene.rest()

    (mail,) = server.received
    assert (mail.to, mail.user, mail.encrypted) == ("anna@example.com", "us", True)
    assert mail.text.startswith("Eksempel A/S is the controller.")
    assert scene.mails() == []
    with scene.turn() as turn:
        assert [one.level for one in examined(scene, turn)] == [Level.OK]
    with open_session(scene.dsn, scene.tenants[FIRST]) as session:
        entries = journal.latest(session, 100)
    (told,) = (one for one in entries if one.kind == "channel_set")
    assert {**told.content, "who": ""} == {
        "channel": "smtp", "who": "", "host": HOST, "port": server.port, "security": "starttls"
    }  # fmt: skip
    assert not [one for one in entries if "anna@" in str(one.content) or PASSWORD in str(one.content)]


def test_what_is_set_is_shown_without_its_password_and_changed_in_parts(
    is_set: dict[str, Any], run: Callable[..., Done], server: MailServer
) -> None:
    listed = run("channel", "list")
    assert f"{HOST}:{server.port} by starttls, from privacy@example.com" in listed.out
    assert PASSWORD not in listed.out + str(is_set)
    told = run("channel", "set", "--name", "Acme", "--security", "starttls")
    assert f"sends by {HOST}:{server.port}" in told.out
    shown = good(run("channel", "list", "--json"))
    assert (shown["channels"], shown["smtp"]["name"]) == (["crm", "smtp"], "Acme")
    assert shown["smtp"]["password"] == "set"
    assert "lets privacy@example.com write" in run("channel", "test").out
    changed = good(run("channel", "set", "--user", "", "--json"))
    assert (changed["smtp"]["user"], changed["smtp"]["password"]) == ("", "")


def test_a_server_that_fails_is_told_of_and_refuses_nothing_else(
    scene: Scene, is_set: dict[str, Any], run: Callable[..., Done], server: MailServer
) -> None:
    server.starttls = False
    refused = run("channel", "test")
    assert refused.code == Exit.UNAVAILABLE
    assert "it offers no STARTTLS, and nothing is said in the clear" in refused.err
    with scene.turn() as turn:
        (found,) = examined(scene, turn)
    assert (found.level, found.what) == (Level.ERROR, "mail server")
    activate(scene)
    scene.enter(email="anna@example.com")
    scene.rest()
    assert states(scene) == ["held"]
    assert is_set["tenant"] == FIRST


def test_without_one_a_manifest_that_names_it_is_refused(scene: Scene, run: Callable[..., Done]) -> None:
    with pytest.raises(ManifestInvalid, match=r"L56: no mail server is set for this tenant; set one by"):
        activate(scene)
    with pytest.raises(ManifestInvalid, match="there is no channel `acme-mail`; allowed: crm"):
        activate(scene, MINE.replace("channel: smtp", "channel: acme-mail"))
    with scene.turn() as turn:
        assert examined(scene, turn) == []
    listed = run("channel", "list")
    assert "not set" in listed.out
    assert run("channel", "test").code == Exit.CONFIG
    assert run("channel", "set").code == Exit.USAGE
    assert run("channel", "set", "--host", "mail.example.com").code == Exit.USAGE


def test_one_that_is_removed_leaves_notices_waiting(
    scene: Scene, is_set: dict[str, Any], run: Callable[..., Done], server: MailServer
) -> None:
    activate(scene)
    assert good(run("channel", "remove", "--json")) == {"tenant": is_set["tenant"], "changed": True}
    assert "as before" in run("channel", "remove").out
    with scene.turn() as turn:
        (found,) = examined(scene, turn)
    assert (found.what, found.do) == ("channel", "so-privacy channel set")
    scene.enter(email="anna@example.com")
    scene.rest()
    assert (states(scene), server.received) == (["held"], [])
