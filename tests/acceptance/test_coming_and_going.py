"""A tenant comes and goes by the commands, killed with -9 at every step, and ends in the same place."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from ruamel.yaml import YAML

from so_privacy_ext import published
from so_sandbox.comparing import content_of, differences, tables_in
from tests.acceptance.installed import Done, Running
from tests.chaos.failpoints import INSTALL, UNINSTALL

KILLED = -9
_numbers = itertools.count(50001)
_THIRD = {"create_item", "created_item", "intend_item", "retire_item", "retired"}


def _points(points: dict[str, str]) -> list[str]:
    """Name the moment after each step, which is that before the next one."""
    return [f"{name}:after:{3 if name in _THIRD else 1}" for name in points]


PAIRS = list(itertools.zip_longest(_points(INSTALL), _points(UNINSTALL), fillvalue="leave:before:1"))


@pytest.fixture
def name(running: Running) -> str:
    """A tenant as SuperOffice ships it."""
    chosen = f"Cust{next(_numbers)}"
    running.sandbox.sandbox.seed(chosen, 0, quietly=True, bare=True)
    return chosen


def add(running: Running, name: str, failpoint: str = "none") -> Done:
    words = ("--environment", "sandbox", "--system-user-token-file", running.token(name), "--json")
    return running.run("tenant", "add", name, *words, settings={"SO_TEST_FAILPOINT": failpoint})


def remove(running: Running, name: str, failpoint: str = "none") -> Done:
    return running.run("tenant", "remove", name, "--yes", "--json", settings={"SO_TEST_FAILPOINT": failpoint})


def of_its_own(running: Running, name: str, statement: str) -> list[tuple[Any, ...]]:
    return running.rows(
        f"SELECT {statement} JOIN so_privacy.tenant USING (tenant_id) WHERE context_identifier = %s", name
    )


@pytest.mark.slow
@pytest.mark.row("F75", "F76", "C08", "C10")
@pytest.mark.parametrize(("coming", "going"), PAIRS)
def test_killed_at_any_step_of_both(running: Running, name: str, coming: str, going: str) -> None:
    before = running.sandbox.world.snapshot()

    assert add(running, name, coming).code == KILLED
    again = add(running, name)
    assert again.code == 0, again
    hooks = running.tenant(name).webhooks()
    assert sorted(hook.name for hook in hooks) == ["so-privacy", "so-privacy-watch"]
    slots = of_its_own(running, name, "slot, webhook_id FROM so_privacy.subscription")
    assert {(f"{running.url}/webhooks/{slot}", number) for slot, number in slots} == {
        (hook.target_url, hook.webhook_id) for hook in hooks
    }
    assert not add(running, name).json["created"]

    assert remove(running, name, going).code == KILLED
    ended = remove(running, name)
    if ended.code:  # it was killed when all was done
        ended.refused(66, "no_tenant")
    left = differences(content_of(tables_in(before, name)), content_of(running.tenant(name).tables))
    assert {(one["table"], one["what"]) for one in left} == {
        ("lists.sources", "added"), ("lists.purposes", "added"),
    }  # fmt: skip
    listed = running.good("provision", "--list")
    assert sorted(one["after"]["key"] for one in left) == sorted(one["key"] for one in listed["list_items"])
    assert all(one["after"]["deleted"] for one in left)
    assert of_its_own(running, name, "name FROM so_privacy.secret") == [("address_key",)]
    assert of_its_own(running, name, "slot FROM so_privacy.subscription") == []
    assert of_its_own(running, name, "key FROM so_privacy.provisioned") != []


def test_what_would_be_removed_is_said_first(running: Running, name: str) -> None:
    assert add(running, name).code == 0

    done = running.run("tenant", "remove", name)

    assert done.code == 1
    assert "  webhook so-privacy-watch: deleted\n" in done.out
    assert "  source CARD: marked deleted unless used\n" in done.out
    assert f"so-privacy tenant remove {name} --yes\n" in done.out
    assert "left in SuperOffice" in running.run("tenant", "remove", name, "--local").out
    asked = running.run("tenant", "remove", name, "--json")
    assert (asked.code, asked.json["removed"], len(asked.json["pieces"])) == (1, False, 14)

    ended = running.run("tenant", "remove", name, "--yes", settings={"SO_TEST_FAILPOINT": "none"})
    assert ended.code == 0
    assert "  webhook so-privacy: deleted\n" in ended.out
    assert "kept as evidence until " in ended.out
    assert ended.out.endswith(f"{name} is uninstalled\n")
    running.run("tenant", "show", name).refused(66, "no_tenant")


def test_a_tenant_that_lets_us_in_no_more_is_removed_here(running: Running, name: str) -> None:
    assert add(running, name).code == 0
    next(iter(running.tenant(name).tables.authorizations.values())).state = "Revoked"
    running.sandbox.world.tickets.expire(name)

    done = running.run("tenant", "remove", name, "--yes")

    assert done.code == 0, done
    assert "webhook so-privacy: left in SuperOffice, SuperOffice does not let us in any more" in done.out
    assert len(running.tenant(name).webhooks()) == 2


@pytest.mark.row("C09")
def test_the_list_is_what_the_app_manifest_says(running: Running) -> None:
    manifest = YAML(typ="safe", pure=True).load(
        (published.folder("manifests") / "app.yaml").read_text(encoding="utf-8")
    )
    listed = running.good("provision", "--list")

    assert listed["list_items"] == manifest["creates"]["list_items"]
    for webhook in listed["webhooks"]:
        webhook["target"] = webhook["target"].removeprefix(running.url)
    assert listed["webhooks"] == manifest["creates"]["webhooks"]
    printed = running.run("provision", "--list").out
    assert all(one["key"] in printed and one["name"] in printed for one in listed["list_items"])
    assert all(event in printed for webhook in listed["webhooks"] for event in webhook["events"])
    assert all(right in printed for kinds in manifest["rights"].values() for right in kinds["writes"])


def test_the_list_of_another_manifest(running: Running) -> None:
    file = running.folder / "own.yaml"
    text = (published.folder("manifests") / "rules" / "nordic-b2b.yaml").read_text(encoding="utf-8")
    file.write_text(text.replace("FAIR:     {new: true,", "FAIR:     {new: false,"))

    listed = running.good("provision", "--list", "--manifest", str(file))
    assert "FAIR" not in {one["key"] for one in listed["list_items"]}
    running.run("provision").refused(2, "usage", "--list")
    running.run("provision", "--list", "--manifest", "nowhere.yaml").refused(66, "nowhere.yaml")
