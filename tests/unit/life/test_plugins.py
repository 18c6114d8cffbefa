"""A partner's plugin from its installation to its words in a manifest, for one of two tenants."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from so_privacy_ext.doctor.findings import Level
from so_privacy_ext.doctor.plugins import examine_plugins
from so_privacy_ext.errors import Exit, Refused
from so_privacy_ext.model import PersonId
from so_privacy_ext.rules.findings import ManifestInvalid
from so_privacy_ext.rules.manifest import parse
from so_privacy_ext.storage import journal, registers
from so_privacy_ext.storage.session import open_session
from tests.unit.cli.asked import Done, ask
from tests.unit.life.scene import FIRST, SECOND, Scene
from tests.unit.processing.world import NORDIC

NAME = "acme-size"
RULE = (
    "  - id: large\n"
    "    when: {acme_size.large: true}\n"
    "    give: {STORE: {basis: 61F}}\n    tell: notice13\n"
    '    because: "Large companies are public."\n\n'
)
MINE = NORDIC.read_bytes().replace(b"  - id: met-in-person\n", RULE.encode() + b"  - id: met-in-person\n", 1)
KEY = {"register_key": "very-secret"}


@pytest.fixture(autouse=True)
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Install a package that brings the plugin, beside the product."""
    folder = tmp_path / "site"
    info = folder / "acme_size-1.2.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: acme-size\nVersion: 1.2\n")
    (info / "entry_points.txt").write_text(
        f"[so_privacy_ext.extensions]\n{NAME} = tests.unit.life.partner:ext\n"
    )
    monkeypatch.syspath_prepend(str(folder))
    return info


@pytest.fixture
def run(scene: Scene, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Done]:
    """Run a command on the scene's database."""
    files = scene.sandbox.directory
    assert files is not None
    for name, value in {
        "DATABASE_URL": scene.dsn,
        "SO_PRIVACY_DATA_DIR": tmp_path,
        "SO_PRIVACY_APPLICATION_TOKEN_FILE": files / "application_token",
        "SO_PRIVACY_PRIVATE_KEY_FILE": files / "private_key.pem",
        "SO_PRIVACY_ENVIRONMENTS_FILE": files / "environments.json",
    }.items():
        monkeypatch.setenv(name, str(value))
    return lambda *words: ask(words)


def good(done: Done) -> Any:
    assert done.code in {None, 0}, done.err
    return json.loads(done.out)


def enable(scene: Scene, name: str = FIRST, **settings: Any) -> None:
    now = scene.app.extending.describe(NAME)
    with scene.app.turn(scene.app.tenant(name)) as turn:
        scene.app.extending.enable(turn, now, who="test", settings={**KEY, **settings})


def activate(scene: Scene, content: bytes, name: str = FIRST) -> None:
    with scene.app.turn(scene.app.tenant(name)) as turn:
        manifest = parse(content, "mine.yaml", scene.app.words(turn.session))
        scene.app.activating(turn).activate(manifest, content, who="test", tell_from=None)


def kept_facts(scene: Scene, person: int, name: str = FIRST) -> Any:
    with open_session(scene.dsn, scene.tenants[name]) as session:
        return registers.decisions_of(session, PersonId(person), limit=9)[-1].decision


def kinds(scene: Scene, name: str = FIRST) -> list[str]:
    with open_session(scene.dsn, scene.tenants[name]) as session:
        return [one.kind for one in journal.latest(session, 100) if one.kind.startswith("plugin")]


def test_a_plugin_decides_for_the_tenant_that_switched_it_on_and_for_no_other(scene: Scene) -> None:
    scene.add(SECOND)
    enable(scene)
    activate(scene, MINE)
    with pytest.raises(ManifestInvalid, match=r"acme_size\.large"):
        activate(scene, MINE, SECOND)

    swede, dane, norwegian = (
        scene.enter(country="SE"),
        scene.enter(country="DK"),
        scene.enter(country="NO", source="UNKNOWN"),
    )
    other = scene.enter(SECOND, country="SE")
    scene.rest()

    decided = {one: kept_facts(scene, one) for one in (swede, dane, norwegian)}
    assert {one: kept.ruling.decisions[0].rule_id for one, kept in decided.items()} == {
        swede: "large",
        dane: "met-in-person",
        norwegian: "met-in-person",
    }
    assert decided[dane].facts["answers"] == {"acme_size.large true": [False, "small"]}
    assert decided[swede].facts["further"] == {
        "acme_size.is_large": True,
        "acme_size.share": {"number": "0.375"},
    }
    assert decided[norwegian].facts["proposed"]["plugin"] == NAME
    assert decided[norwegian].facts["source"] == "CARD"
    untouched = kept_facts(scene, other, SECOND)
    assert untouched.ruling.decisions[0].rule_id == "met-in-person"
    assert not {"further", "answers", "proposed"} & set(untouched.facts)
    assert (kinds(scene), kinds(scene, SECOND)) == (["plugin_on"], [])


def test_what_it_says_is_unknown_once_it_is_off_or_gone_and_its_manifest_is_read_all_the_same(
    scene: Scene, package: Path
) -> None:
    enable(scene)
    activate(scene, MINE)
    with scene.app.turn(scene.app.tenant(FIRST)) as turn:
        assert scene.app.extending.disable(turn, NAME, who="test")
    off = scene.enter(country="SE")
    scene.rest()
    enable(scene)
    (package / "entry_points.txt").unlink()
    gone = scene.enter(country="SE")
    scene.rest()

    for one in (off, gone):
        kept = kept_facts(scene, one)
        assert kept.ruling.decisions[0].rule_id == "met-in-person"
        assert "answers" not in kept.facts
    assert kinds(scene) == ["plugin_on", "plugin_off", "plugin_on", "plugin_failed", "plugin_failed"]
    with scene.app.turn(scene.app.tenant(FIRST)) as turn:
        found = list(examine_plugins(turn, scene.app.extending, scene.clock.now()))
    assert [(one.level, one.found) for one in found] == [(Level.ERROR, "its package is not installed")]


def test_the_commands(scene: Scene, run: Callable[..., Done], package: Path, tmp_path: Path) -> None:
    (before,) = good(run("plugin", "list", "--json"))["plugins"]
    assert (before["name"], before["state"], before["installed"]) == (NAME, "off", "1.2")
    assert "acme-size" in run("plugin", "list").out
    described = good(run("plugin", "check", NAME, "--json"))["description"]
    assert described["words"][0]["word"] == "acme_size.large"
    assert "adds the word acme_size.large: Whether" in run("plugin", "check", NAME).out

    lacking = run("plugin", "enable", NAME)
    assert (lacking.code, "register_key" in lacking.err) == (Exit.BAD_DATA, True)
    strange = run("plugin", "enable", NAME, "--set", "colour=red")
    assert (strange.code, "settings: limit, mode" in strange.err) == (Exit.USAGE, True)
    file = tmp_path / "settings.json"
    file.write_text('{"register_key": "very-secret"}')
    done = run("plugin", "enable", NAME, "--file", str(file), "--set", "limit=5")
    assert done.code in {None, 0}
    assert "acme-size 1.2 is on for Cust12345" in done.out
    assert "very-secret" not in done.out

    shown = good(run("plugin", "show", NAME, "--json"))
    assert (shown["state"], shown["asks_for_more"]) == ("on", [])
    assert shown["settings"] == {"register_key": "********", "limit": 5}
    assert "setting limit (number): 5 - From which size" in run("plugin", "show", NAME).out

    changed = good(
        run(
            "plugin", "settings", NAME, "--set", "tags=a", "--set", "quick=true", "--unset", "limit", "--json"
        )
    )
    assert changed["settings"] == {"register_key": "********", "tags": ["a"], "quick": True}
    assert "setting mode (choice): not set" in run("plugin", "settings", NAME).out
    wrong = run("plugin", "settings", NAME, "--set", "limit=many")
    assert (wrong.code, "limit" in wrong.err) == (Exit.BAD_DATA, True)

    at = "2026-01-01T00:00:00+00:00"
    alter(scene, trouble={"slow": {"what": "it is slow", "how": "wait", "at": at}})
    alter(scene, description={**agreed(scene), "further": []})
    told = run("plugin", "show", NAME).out
    assert "asks for more than was agreed to: finds `acme_size.is_large`" in told
    assert f"failed at {at}: it is slow; wait" in told

    assert good(run("plugin", "disable", NAME, "--json"))["changed"] is True
    assert "is off for Cust12345 already" in run("plugin", "disable", NAME).out
    refused = run("plugin", "settings", NAME, "--set", "limit=1")
    assert (refused.code, "not switched on" in refused.err) == (Exit.USAGE, True)
    assert good(run("plugin", "enable", NAME, "--json"))["plugin"] == NAME

    (package / "entry_points.txt").unlink()
    (missing,) = good(run("plugin", "list", "--json"))["plugins"]
    assert missing["state"] == "missing"
    assert "acme-size 1.2: Knows" in run("plugin", "show", NAME).out
    assert run("plugin", "check", NAME).code == Exit.NO_INPUT
    assert run("plugin", "show", "other").code == Exit.NO_INPUT
    for content in ("[]", "{", None):
        file.unlink() if content is None else file.write_text(content)
        assert run("plugin", "settings", NAME, "--file", str(file)).code in {Exit.BAD_DATA, Exit.NO_INPUT}


def test_commands_that_read_a_manifest_know_the_words_of_the_tenant_that_is_named(
    scene: Scene, run: Callable[..., Done], tmp_path: Path
) -> None:
    file = tmp_path / "mine.yaml"
    file.write_bytes(MINE)
    enable(scene)
    stranger = run("manifest", "check", str(file)).err
    assert "`acme_size.large` is no key here" in stranger
    assert "a plugin's word is known where its tenant is named" in stranger
    assert good(run("manifest", "check", str(file), "--tenant", FIRST, "--json"))["findings"] is not None
    said = run("manifest", "rules", str(file), "--tenant", FIRST, "--language", "da").out
    assert "hendes virksomhed er stor" in said
    assert run("manifest", "activate", str(file)).code in {None, 0}
    assert "her company is large" in run("manifest", "rules").out
    made_up = run("explain", "--set", "country=DK", "--tenant", FIRST)
    assert "it is below the limit" in made_up.out
    assert "den er under grænsen" in run("explain", "--set", "country=DK", "--language", "da").out
    person = scene.enter(country="DK")
    scene.rest()
    assert "it is below the limit" in run("explain", "--person", str(person)).out
    hover = good(run("manifest", "schema", "--tenant", FIRST))["$defs"]["When"]["properties"]
    assert hover["acme_size.large"]["description"] == "Whether the person's company is large."
    assert "acme_size.large" not in good(run("manifest", "schema"))["$defs"]["When"]["properties"]
    told = run("manifest", "schema", "-o", str(tmp_path / "mine.schema.json")).out
    assert "mine.schema.json: written" in told
    assert "for 1 persons" in run("plan", "--manifest", str(file)).out
    assert run("manifest", "shadow", str(file)).code in {None, 0}


TESTS = """\
rule_tests: 1
tenant: {default_basis: 61B, tell_from: 2026-01-01}
tests:
  - name: a large company
    person: {country: SE, source: CARD}
    expect: {give: {STORE: 61F/CARD}, rule: large, tell: notice13, language: sv}
"""


def test_rule_tests_ask_the_plugins_of_the_tenant_that_is_named(
    scene: Scene, run: Callable[..., Done], tmp_path: Path
) -> None:
    file, tests = tmp_path / "mine.yaml", tmp_path / "mine.test.yaml"
    file.write_bytes(MINE)
    tests.write_text(TESTS)
    enable(scene)
    with scene.app.turn(scene.app.tenant(FIRST)):  # which is not needed for it
        assert "1 of 1 tests come out" in run("manifest", "test", str(file), "--tenant", FIRST).out
    with scene.app.turn(scene.app.tenant(FIRST)) as turn:
        scene.app.extending.disable(turn, NAME, who="test")
    unknown = run("manifest", "test", str(file), "--tenant", FIRST)
    assert (unknown.code, "expected" in unknown.err) == (Exit.NO, True)


def test_tests_are_changed_and_offered_by_what_plugins_say(
    scene: Scene, run: Callable[..., Done], tmp_path: Path
) -> None:
    def tried() -> Any:
        done = run("manifest", "test", str(file), "--tenant", FIRST, "--mutate", "--missing", "--json")
        (one,) = json.loads(done.out)["manifests"]
        assert not [test for test in one["tests"] if not test["holds"]]
        return one

    file, tests = tmp_path / "mine.yaml", tmp_path / "mine.test.yaml"
    file.write_bytes(MINE)
    tests.write_text(TESTS)
    enable(scene)
    before = tried()
    large = [one["what"] for one in before["changes"]["unnoticed"] if one["rule"] == "large"]
    assert large == [
        "when.acme_size.large is not asked"
    ]  # its opposite, and that it is left out, are noticed
    assert before["changes"]["noticed"] > len(before["tests"])

    tests.write_text(TESTS + "".join(before["missing"]))
    after = tried()
    assert len(after["tests"]) == len(before["tests"]) + len(before["missing"])
    assert after["changes"]["share"] > before["changes"]["share"]
    assert len(after["coverage"]["missing_branches"]) < len(before["coverage"]["missing_branches"])
    silent = run("manifest", "test", str(file), "--tenant", FIRST, "--mutate", "--lint", "--json")
    changes = json.loads(silent.out)["manifests"][0]["changes"]
    assert [one for one in changes["silent"] if one["rule"] == "large"]


def test_what_a_plugin_that_fails_has_not_said_is_no_ground_to_judge_tests_by(
    scene: Scene, run: Callable[..., Done], tmp_path: Path, package: Path
) -> None:
    file = tmp_path / "mine.yaml"
    file.write_bytes(MINE)
    (tmp_path / "mine.test.yaml").write_text(TESTS)
    enable(scene)
    (package / "entry_points.txt").write_text("")
    done = run("manifest", "test", str(file), "--tenant", FIRST, "--mutate")
    assert (done.code, "plugin_failed" in done.err) == (Exit.UNAVAILABLE, True)


def examined(scene: Scene) -> list[tuple[str, Level, str]]:
    with scene.app.turn(scene.app.tenant(FIRST)) as turn:
        found = examine_plugins(turn, scene.app.extending, scene.clock.now())
        return [(one.what, one.level, one.found) for one in found]


def alter(scene: Scene, **changed: object) -> None:
    """Have the plugin be of another version than what was agreed to, or have failed."""
    with open_session(scene.dsn, scene.tenants[FIRST]) as session, session.transaction():
        for column, value in changed.items():
            statement = f"UPDATE plugin SET {column} = %(value)s WHERE tenant_id = %(tenant_id)s"
            session.run(statement.encode(), {"value": json.dumps(value)})
        session.run(b"UPDATE tenant SET plugins = plugins + 1 WHERE tenant_id = %(tenant_id)s")


def agreed(scene: Scene) -> dict[str, Any]:
    return scene.app.extending.describe(NAME).model_dump(mode="json")


def test_doctor_says_how_each_plugin_stands(scene: Scene, package: Path) -> None:
    what = f"plugin {NAME}"
    assert examined(scene) == []
    enable(scene)
    assert examined(scene) == [(what, Level.OK, "version 1.2 is on")]
    at = f"{scene.clock.now():%Y-%m-%dT%H:%M:%S}+00:00"
    alter(scene, trouble={"slow": {"what": "it is slow", "how": "wait", "at": at}})
    ((_, level, found),) = examined(scene)
    assert (level, found.startswith("it is slow, last noted at ")) == (Level.WARNING, True)

    activate(scene, MINE)
    with scene.app.turn(scene.app.tenant(FIRST)) as turn:
        scene.app.extending.disable(turn, NAME, who="test")
    off = (what, Level.WARNING, f"the manifest asks acme_size.large, and {NAME} is off")
    assert examined(scene) == [off]
    enable(scene)
    alter(scene, description={**agreed(scene), "further": []})
    ((_, level, found),) = examined(scene)
    assert (level, "asks for more than was agreed to: finds" in found) == (Level.ERROR, True)
    entry = package / "entry_points.txt"
    entry.write_text(entry.read_text().replace("partner:ext", "partner:nothing"))
    assert [level for _, level, _ in examined(scene)] == [Level.ERROR]


def test_a_word_that_a_version_has_no_more_stays_known_and_is_asked_of_nobody(scene: Scene) -> None:
    now = agreed(scene)
    old = {**now["words"][0], "word": "acme_size.huge"}
    enable(scene)
    alter(scene, description={**now, "words": [old]})
    enable(scene)
    either = b"{any: [{acme_size.huge: true}, {acme_size.large: true}]}"
    activate(scene, MINE.replace(b"{acme_size.large: true}", either))

    swede = scene.enter(country="SE")
    scene.rest()
    kept = kept_facts(scene, swede)
    assert kept.ruling.decisions[0].rule_id == "large"
    assert kept.facts["answers"] == {"acme_size.large true": [True, ""]}


def test_a_version_by_which_the_manifest_could_not_be_read_is_refused(scene: Scene) -> None:
    now = agreed(scene)
    words = [{**now["words"][0], "argument": {"type": "string"}}]
    enable(scene)
    alter(scene, description={**now, "words": words})
    activate(scene, MINE.replace(b"{acme_size.large: true}", b"{acme_size.large: very}"))
    with pytest.raises(Refused, match="plugin_words: the manifest that decides asks"):
        enable(scene)
    assert kinds(scene) == ["plugin_on"]
