"""`manifest shadow|diff`: whose outcome other rules would change, said for people and for programs."""

from __future__ import annotations

from pathlib import Path

import pytest

from so_sandbox.triggering import trigger
from tests.acceptance.installed import FIRST, MANIFEST, Running

TEXT = MANIFEST.read_text(encoding="utf-8")
HERE = ("--tenant", FIRST)


@pytest.fixture(scope="module")
def persons(installed: Running) -> list[int]:
    """Three whom one rule gives a basis and a mail."""
    tenant = installed.tenant()
    found = [
        trigger(
            tenant, "person.created", {"country": "DE", "source": "FAIR", "email": f"fair{one}@example.com"}
        )
        for one in range(3)
    ]
    installed.settle()
    return found


@pytest.fixture
def other(tmp_path: Path) -> str:
    file = tmp_path / "other.yaml"
    file.write_text(TEXT.replace("[USER, CARD, PHONE, FAIR]", "[USER, CARD, PHONE]"), encoding="utf-8")
    return str(file)


def test_the_manifest_that_decided_differs_in_nothing(installed: Running, persons: list[int]) -> None:
    done = installed.run("manifest", "shadow", str(MANIFEST), *HERE)

    assert (done.code, done.err) == (0, "")
    first, *more = done.out.splitlines()
    assert first.endswith(" were made once more; 0 persons' outcome differs")
    # The tests before this one may have erased persons in the tenant that they share.
    assert all(line.endswith("their facts are not kept any more") for line in more)


def test_another_says_whom_it_hits_and_how(installed: Running, persons: list[int], other: str) -> None:
    done = installed.run("manifest", "shadow", other, *HERE, "--since", "12h", "--persons")
    found = installed.run("manifest", "shadow", other, *HERE, "--json")

    assert done.code == found.code == 3
    change = "STORE: 61F/FAIR by met-in-person → review by catch-all"
    assert f"{change}: 3 persons: {', '.join(map(str, persons))}\n" in done.out
    assert found.json["differing"] == 3
    assert [one["persons"] for one in found.json["consequences"]] == [persons, persons]


def test_what_cannot_be_replayed_is_refused(installed: Running, other: str, tmp_path: Path) -> None:
    lacking = tmp_path / "lacking.yaml"
    lacking.write_text(TEXT.replace("privacy-notice-13,", "privacy-notice-99,"), encoding="utf-8")

    installed.run("manifest", "shadow", str(lacking), *HERE).refused(65, "privacy-notice-99")
    installed.run("manifest", "shadow", other, *HERE, "--since", "soon").refused(2, "write 30d or 12h")
    installed.run("manifest", "shadow", str(tmp_path / "none.yaml"), *HERE).refused(66, "none.yaml")


def test_two_manifests_are_compared_on_what_was_decided(
    installed: Running, persons: list[int], other: str
) -> None:
    done = installed.run("manifest", "diff", other, str(MANIFEST), *HERE, "--persons")
    same = installed.run("manifest", "diff", other, other, *HERE)

    assert (done.code, same.code) == (3, 0)
    change = "STORE: review by catch-all → 61F/FAIR by met-in-person"
    assert f"{change}: 3 persons: {', '.join(map(str, persons))}\n" in done.out
