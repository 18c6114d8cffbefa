"""`manifest check|activate|list`: all mistakes at once, and nothing decides that the tenant can't carry."""

from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.installed import FIRST, MANIFEST, Place, Running

TEXT = MANIFEST.read_text(encoding="utf-8")
WRONG = (
    TEXT.replace('because: "Here the person is the contract party."', "becuase: x", 1)
    .replace("give: {STORE: {basis: 61F}, EMARKETING: keep}", "give: {STORR: {basis: 61F}, EMARKETING: kepe}")
    .replace("when: {source: ERP}", "when: {sorce: ERP}")
)  # fmt: skip


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "mine.yaml"


def test_a_right_manifest(place: Place) -> None:
    done = place.run("manifest", "check", str(MANIFEST), installed=True)

    assert (done.code, done.err) == (0, "")
    (summary,) = (line for line in done.out.splitlines() if "right in itself" in line)
    told = f"{MANIFEST}: right in itself: 11 rules for 7 purposes, digest "
    assert summary.startswith(told)
    assert summary.endswith(", 2 warnings (2 accepted) and 5 notes")
    found = place.good("manifest", "check", str(MANIFEST))
    assert {one["level"] for one in found["findings"]} == {"W", "I"}
    assert found["digest"].startswith(summary.removeprefix(told)[:12])
    assert {"line", "column", "key", "times"} <= set(found["not_acted_on"][0])


@pytest.mark.row("B80")
def test_every_mistake_is_shown_with_its_place(place: Place, file: Path) -> None:
    file.write_text(WRONG, encoding="utf-8")
    done = place.run("manifest", "check", str(file))

    assert (done.code, done.out) == (65, "")
    lines = done.err.splitlines()
    assert all(line.startswith(f"{file}:") for line in lines)
    for wrong, meant in (("STORR", "STORE"), ("kepe", "keep"), ("sorce", "source"), ("becuase", "because")):
        line = next(line for line in lines if f"`{wrong}`" in line)
        at = int(line.split(":")[1])
        assert wrong in WRONG.splitlines()[at - 1]
        assert f"did you mean `{meant}`?" in line

    told = place.run("manifest", "check", str(file), "--json")
    assert (told.code, told.err) == (65, "")
    assert len(told.json["findings"]) == len(lines)
    assert set(told.json["findings"][0]) == {"line", "column", "code", "what", "how"}


@pytest.mark.parametrize("command", ["check", "activate"])
@pytest.mark.row("B79", "B84")
def test_a_file_that_is_no_manifest(place: Place, file: Path, command: str) -> None:
    for content in (b"", b"\x00\xff", b"\x1b[2J: \x1b]0;x\x07", b"manifest: 1\nmanifest: 1\n", b"a: &b *b"):
        file.write_bytes(content)
        done = place.run("manifest", command, str(file))
        assert done.code == 65
        assert "Traceback" not in done.err
        assert "\x1b" not in done.err + done.out
    file.unlink()
    place.run("manifest", command, str(file)).refused(66, str(file))
    place.run("manifest", command, str(file.parent)).refused(66, str(file.parent))
    place.run("manifest", command, "a\x1b[2Jb").refused(66, "a\\u001b[2Jb")


@pytest.mark.row("B83", "F57")
def test_what_the_tenant_lacks_is_named_and_nothing_is_activated(installed: Running, file: Path) -> None:
    before = installed.good("manifest", "list", "--tenant", FIRST)
    file.write_text(
        TEXT.replace("privacy-notice-14", "privacy-notice-99").replace("VENDOR", "SELLER"), encoding="utf-8"
    )

    done = installed.run("manifest", "activate", str(file), "--tenant", FIRST)
    assert done.code == 65
    lines = done.err.splitlines()
    assert all(line.startswith(f"{file}:") for line in lines)
    assert any("privacy-notice-99" in line and "privacy-notice-13" in line for line in lines)
    assert any("SELLER" in line for line in lines)
    assert installed.good("manifest", "list", "--tenant", FIRST) == before


def test_a_manifest_is_activated_once(installed: Running) -> None:
    done = installed.run("manifest", "activate", str(MANIFEST), "--tenant", FIRST, installed=True)
    listed = installed.run("manifest", "list", "--tenant", FIRST, installed=True)

    assert (done.code, done.err) == (0, "")
    assert f"decides for {FIRST} already" in done.out
    told = installed.good("manifest", "activate", str(MANIFEST), "--tenant", FIRST)
    assert (told["tenant"], told["changed"]) == (FIRST, False)
    assert listed.out.splitlines()[1].startswith(told["digest"][:12])
    assert len(installed.good("manifest", "list", "--tenant", FIRST)["manifests"]) == 1


def test_the_day_from_which_persons_are_told(installed: Running) -> None:
    words = ("manifest", "activate", str(MANIFEST), "--tenant", FIRST, "--tell-from")
    before = installed.rows("SELECT tell_from FROM so_privacy.tenant WHERE context_identifier = %s", FIRST)

    installed.run(*words, "tomorrow").refused(2, "tomorrow", "2026-11-01")
    installed.run(*words, "").refused(2, "2026-11-01")
    installed.run(*words, "99999-01-01").refused(2)
    assert (
        installed.rows("SELECT tell_from FROM so_privacy.tenant WHERE context_identifier = %s", FIRST)
        == before
    )
    assert installed.run(*words, "2026-01-01").code == 0
    ((start,),) = installed.rows(
        "SELECT tell_from AT TIME ZONE 'UTC' FROM so_privacy.tenant WHERE context_identifier = %s", FIRST
    )
    assert f"{start:%Y-%m-%d %H:%M}" == "2026-01-01 00:00"
    installed.rows(
        "UPDATE so_privacy.tenant SET tell_from = %s WHERE context_identifier = %s", before[0][0], FIRST
    )


def test_a_protected_purpose_is_loosened_only_by_name(installed: Running, file: Path) -> None:
    before = installed.good("manifest", "list", "--tenant", FIRST)
    file.write_text(TEXT.replace(", protect: true", ""), encoding="utf-8")
    words = ("manifest", "activate", str(file), "--tenant", FIRST)

    refused = installed.run(*words)
    assert refused.code == 65
    assert "protection_dropped: `EMARKETING` is protected" in refused.err
    assert "--unprotect EMARKETING" in refused.err
    installed.run(*words, "--unprotect", "STORE").refused(2, "STORE", "EMARKETING")
    assert installed.good("manifest", "list", "--tenant", FIRST) == before
    assert installed.good(*words, "--unprotect", "EMARKETING")["changed"]
    assert installed.good("manifest", "activate", str(MANIFEST), "--tenant", FIRST)["changed"]


def errors(checked: dict[str, Any]) -> list[str]:
    return [one["what"] for one in checked["findings"] if one["level"] == "E"]


def test_a_manifest_to_start_from_is_right_and_is_explained_in_an_editor(place: Place, file: Path) -> None:
    done = place.run("manifest", "init", "-o", str(file), "--company", "Kunde A/S", "--home", "NO")
    again = place.run("manifest", "init", "-o", str(file))

    assert (done.code, done.err) == (0, "")
    assert file.read_text("utf-8").startswith("# yaml-language-server: $schema=./manifest-1.schema.json\n")
    assert (file.parent / "manifest-1.schema.json").read_bytes() == (
        MANIFEST.parent / "manifest-1.schema.json"
    ).read_bytes()
    assert errors(place.good("manifest", "check", str(file))) == []
    again.refused(73, str(file), "file_exists")
    place.run("manifest", "init", "-o", str(file.parent / "no" / "x.yaml")).refused(73, "not_written")
    place.run("manifest", "init", "--home", "Denmark").refused(2, "Denmark", "DK")
    assert {one.name for one in file.parent.iterdir()} == {file.name, "manifest-1.schema.json"}


def test_what_a_tenant_has_makes_a_manifest_that_it_can_activate(installed: Running, file: Path) -> None:
    assert installed.run("manifest", "init", "--tenant", FIRST, "-o", str(file)).code == 0
    text = file.read_text("utf-8")

    assert "persons" in text
    assert "privacy-notice-13" in text
    assert errors(installed.good("manifest", "check", str(file))) == []
    assert installed.good("manifest", "activate", str(file), "--tenant", FIRST, "--unprotect", "EMARKETING")[
        "changed"
    ]
    assert installed.run("manifest", "export", "--tenant", FIRST).out == text
    assert installed.good("manifest", "activate", str(MANIFEST), "--tenant", FIRST)["changed"]
    file.unlink()
    assert installed.run("manifest", "export", "--tenant", FIRST, "-o", str(file)).code == 0
    assert file.read_bytes() == MANIFEST.read_bytes()
