"""Items of the privacy lists, in the sandbox: created, brought back, marked deleted, and what uses one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from so_privacy_ext.errors import CrmFailure, Fault, Refused
from so_privacy_ext.model import ListItem
from so_privacy_ext.superoffice import archive, list_items
from so_privacy_ext.superoffice.client import SoapClient
from so_sandbox import server
from so_sandbox.server import RunningSandbox
from so_sandbox.world.faults import Fault as Asked
from so_sandbox.world.tenant import Tenant
from tests.unit.superoffice.test_crm import connect

SURVEY = ListItem("source", "SURVEY", {"da": "Undersøgelse", "nb": 'Kalt "spørring"', "tlh": "?"})
PANEL = ListItem("purpose", "PANEL", {"": "Panel"})


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSandbox]:
    with server.start(directory=tmp_path_factory.mktemp("sandbox")) as sandbox:
        yield sandbox


@pytest.fixture
def client(running: RunningSandbox) -> Iterator[SoapClient]:
    connection = connect(running)
    yield SoapClient(connection, lambda: None)
    connection.close()
    running.world.faults.clear()
    running.sandbox.reset()
    assert running.world.schema_violations == []


@pytest.fixture
def tenant(running: RunningSandbox) -> Tenant:
    found = running.world.tenant("Cust12345")
    assert found is not None
    return found


@pytest.mark.parametrize("item", [SURVEY, PANEL], ids=["source", "purpose"])
def test_an_item_comes_goes_and_comes_back_as_the_same(client: SoapClient, tenant: Tenant, item: Any) -> None:
    assert item.key not in list_items.find(client, item.kind)
    rank = list_items.last_rank(client, item.kind) + 1

    item_id = list_items.create(client, item, None, rank=rank)

    rows: dict[int, Any] = getattr(tenant.tables.lists, f"{item.kind}s")
    assert (rows[item_id].key, rows[item_id].rank, rows[item_id].deleted) == (item.key, rank, False)
    assert list_items.find(client, item.kind)[item.key] == item_id
    rows[item_id].name = "renamed by an administrator"
    assert list_items.retire(client, item.kind, item.key, item_id)
    assert rows[item_id].deleted
    assert item.key not in list_items.find(client, item.kind)
    assert not list_items.retire(client, item.kind, item.key, item_id)

    assert list_items.create(client, item, item_id, rank=99) == item_id
    assert (rows[item_id].name, rows[item_id].rank, rows[item_id].deleted) == (
        "renamed by an administrator",
        rank,
        False,
    )


def test_a_purpose_is_active_and_keeps_its_texts(client: SoapClient, tenant: Tenant) -> None:
    item_id = list_items.create(client, PANEL, None, rank=9)
    row = tenant.tables.lists.purposes[item_id]
    assert row.active
    row.consent_text, row.form_text = "Yes, ask me.", "All of it."

    list_items.retire(client, "purpose", "PANEL", item_id)

    assert (row.consent_text, row.form_text, row.active) == ("Yes, ask me.", "All of it.", 1)


@pytest.mark.parametrize("case", ["gone", "another key"])
def test_an_item_that_is_not_ours_any_more_is_left_alone(
    client: SoapClient, tenant: Tenant, case: str
) -> None:
    item_id = list_items.create(client, SURVEY, None, rank=9)
    row = tenant.tables.lists.sources[item_id]
    if case == "gone":
        del tenant.tables.lists.sources[item_id]
    else:
        row.key = "THEIRS"

    assert not list_items.retire(client, "source", "SURVEY", item_id)
    assert not row.deleted
    assert list_items.create(client, ListItem("source", "SURVEY", {"": "New"}), item_id, rank=9) != item_id


def test_a_read_that_fails_is_no_absence(client: SoapClient, running: RunningSandbox) -> None:
    item_id = list_items.create(client, SURVEY, None, rank=9)
    running.world.faults.add(Asked("http_500", operation="List.GetConsentSource", times=0))
    with pytest.raises(CrmFailure) as caught:
        list_items.retire(client, "source", "SURVEY", item_id)
    assert caught.value.fault is Fault.TRANSIENT


def test_a_key_or_name_that_is_taken(client: SoapClient) -> None:
    with pytest.raises(Refused, match="list_item_taken"):
        list_items.create(client, ListItem("source", "USER", {"": "x"}), None, rank=1)


def test_another_item_that_comes_back_is_no_success(
    client: SoapClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = SoapClient.call

    def other(self: SoapClient, name: str, **parameters: Any) -> Any:
        answer = real(self, name, **parameters)
        if name.startswith("Save"):
            answer.Key = "OTHER"
        return answer

    monkeypatch.setattr(SoapClient, "call", other)
    with pytest.raises(CrmFailure) as caught:
        list_items.create(client, SURVEY, None, rank=9)
    assert caught.value.fault is Fault.PROTOCOL


def test_what_uses_an_item(client: SoapClient, tenant: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    source, purpose = (list_items.create(client, one, None, rank=9) for one in (SURVEY, PANEL))
    card = list_items.find(client, "source")["CARD"]
    both = {source: "SURVEY", card: "CARD"}
    assert list_items.used(client, "source", both) == {}
    assert list_items.used(client, "purpose", {purpose: "PANEL"}) == {}

    tenant.tables.preferences["GDPR", "GdprDefaultSource"] = "SURVEY"
    assert list(list_items.used(client, "source", both)) == [source]
    for key in ("CARD", "SURVEY"):
        by = tenant.associate("user").associate_id
        tenant.set_consent(tenant.create_person().person_id, "PANEL", "61F", key, by=by)
    found = list_items.used(client, "source", both)
    assert set(found) == {source, card}
    assert {*found.values(), *list_items.used(client, "purpose", {purpose: "PANEL"}).values()} == {
        "persons have consents with it"
    }


def test_consents_that_fill_a_page_hide_no_other_item(
    client: SoapClient, tenant: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archive.read, "__kwdefaults__", {"page_size": 2})
    ids = list_items.find(client, "source")
    by = tenant.associate("user").associate_id
    for key in ("CARD", "CARD", "CARD", "ERP"):
        tenant.set_consent(tenant.create_person().person_id, "STORE", "61F", key, by=by)

    asked = {ids[key]: key for key in ("CARD", "ERP", "FAIR")}
    assert set(list_items.used(client, "source", asked)) == {ids["CARD"], ids["ERP"]}


def test_a_name_is_written_the_crms_way() -> None:
    assert list_items.written(SURVEY.names) == 'DA:"Undersøgelse";NO:"Kalt \u201dspørring\u201d"'
    assert list_items.written({"": "Panel"}) == "Panel"
    assert list_items.written({"tlh": "only this"}) == "only this"
