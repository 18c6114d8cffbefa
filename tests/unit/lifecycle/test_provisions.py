"""What app.yaml and `provision --list` say that we create is what an installation creates."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from so_privacy_ext import published
from so_privacy_ext.cli.output import plain
from so_privacy_ext.coming_and_going import default_items, provisions_for
from so_privacy_ext.superoffice.operations import ALLOWED
from so_sandbox.comparing import content_of, differences, tables_in
from tests.unit.lifecycle.stage import Stage

APP: dict[str, Any] = YAML(typ="safe", pure=True).load(
    (published.folder("manifests") / "app.yaml").read_text(encoding="utf-8")
)
LIST = {"lists.sources": "source", "lists.purposes": "purpose"}


def said() -> dict[str, Any]:
    found: dict[str, Any] = plain(provisions_for(default_items(), "/webhooks/"))
    return found


@pytest.mark.row("C09")
def test_the_app_manifest_says_what_the_list_says() -> None:
    listed = said()
    assert APP["creates"]["list_items"] == listed["list_items"]
    assert APP["creates"]["webhooks"] == listed["webhooks"]
    assert APP["system_user"] is listed["system_user"] is True
    assert APP["web_panels"] == []


@pytest.mark.row("C09")
def test_it_asks_for_exactly_the_operations_that_may_be_called() -> None:
    asked = {
        (agent, name, kind == "writes")
        for agent, kinds in APP["rights"].items()
        for kind, names in kinds.items()
        for name in names
    }
    assert asked == {(one.agent, one.name, one.writes) for one in ALLOWED.values()}
    assert {right["agent"]: (right["reads"], right["writes"]) for right in said()["rights"]} == {
        agent: (kinds["reads"], kinds["writes"]) for agent, kinds in APP["rights"].items()
    }


@pytest.mark.row("C08", "C09")
def test_an_installation_changes_exactly_that_in_the_tenant(stage: Stage) -> None:
    before = stage.running.world.snapshot()
    stage.install()

    found = differences(content_of(tables_in(before, stage.name)), content_of(stage.tenant.tables))

    assert {one["what"] for one in found} == {"added"}
    items = [
        {"list": LIST[one["table"]], "key": one["after"]["key"], "name": one["after"]["name"]}
        for one in found
        if one["table"] in LIST
    ]
    webhooks = [
        {
            "name": one["after"]["name"],
            "target": re.sub(r".*/[0-9a-f]{32}$", "/webhooks/{slot}", one["after"]["target_url"]),
            "events": [re.sub(r"^webhook\d+", "webhook{id}", event) for event in one["after"]["events"]],
        }
        for one in found
        if one["table"] == "webhooks"
    ]
    listed = said()
    assert len(items) + len(webhooks) == len(found)
    assert sorted(items, key=str) == sorted(listed["list_items"], key=str)
    assert sorted(webhooks, key=str) == sorted(listed["webhooks"], key=str)


@pytest.mark.row("C08")
def test_a_second_installation_changes_nothing_in_the_tenant(stage: Stage) -> None:
    stage.install()
    before = stage.running.world.snapshot()
    stage.install(stage.app())

    now = content_of(stage.tenant.tables)
    assert differences(content_of(tables_in(before, stage.name)), now, counters=True) == []


@pytest.mark.row("C08")
def test_the_items_of_the_manifest_that_decides_are_the_ones_that_are_created(stage: Stage) -> None:
    stage.install()
    stage.activate()
    lists = stage.tenant.tables.lists
    del lists.sources[next(one.item_id for one in lists.sources.values() if one.key == "FAIR")]

    assert [one.key for one in stage.install().created] == ["FAIR"]


def test_every_address_of_the_app_is_answered(stage: Stage) -> None:
    paths = [getattr(route, "path", "") for route in stage.apps[0].pages()]
    assert set(APP["urls"].values()) <= set(paths), sorted(set(APP["urls"].values()) - set(paths))


def test_the_rights_name_no_deletion_of_anybodys_data() -> None:
    writes = {name for kinds in APP["rights"].values() for name in kinds["writes"]}
    assert {name for name in writes if name.startswith(("Delete", "Remove"))} == {"DeleteWebhook"}
    assert Path(published.folder("manifests") / "app.yaml").is_file()
