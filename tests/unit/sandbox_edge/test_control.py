import time
from pathlib import Path
from typing import Any

import pytest
import requests

from so_sandbox.server import RunningSandbox, start
from so_sandbox.world.rows import Webhook
from so_sandbox.world.switches import Switches
from so_sandbox.world.tenant import Tenant
from tests.unit.sandbox_edge.target import Target


@pytest.fixture
def tell(running: RunningSandbox) -> Any:
    def ask(method: Any, path: str, status: int = 200, **content: Any) -> Any:
        answer = requests.request(
            method,
            f"{running.url}/_sandbox{path}",
            json=content if method != "GET" else None,
            params=content if method == "GET" else None,
            timeout=10,
        )
        assert answer.status_code == status, answer.text
        return answer.json()

    return ask


def enter(tell: Any, **settings: Any) -> Any:
    return tell("POST", "/trigger", event="person.created", set={"source": "CARD", **settings})["id"]


def test_it_says_what_it_is(tell: Any, running: RunningSandbox) -> None:
    told = tell("GET", "/about")

    assert told["tenants"] == ["Cust12345", "Cust54321"]
    assert told["url"] == running.url
    assert (told["violations"], told["open_deliveries"]) == (0, 0)


def test_a_person_is_shown_with_consents_by_keys(tell: Any) -> None:
    number = enter(tell, firstname="Anna", country="DK", email="anna@example.com")
    (person,) = tell("GET", "/persons", person=number)["persons"]

    assert (person["name"], person["country"], person["emails"]) == ("Anna", "DK", ["anna@example.com"])
    (consent,) = person["consents"]
    assert (consent["purpose"], consent["basis"], consent["source"], consent["updated"]) == (
        "STORE", "61B", "CARD", None,
    )  # fmt: skip


def test_deleted_persons_are_shown_on_request(tell: Any) -> None:
    number = str(enter(tell))
    tell("POST", "/trigger", event="person.softdeleted", set={"person": number})

    assert tell("GET", "/persons")["persons"] == []
    assert len(tell("GET", "/persons", deleted="1")["persons"]) == 1


def test_the_outbox_lists_the_crms_own_mail(tell: Any) -> None:
    enter(tell, source="CHAT", country="NO", email="b@example.com")
    (mail,) = tell("GET", "/outbox", tenant="Cust12345")["mails"]

    assert (mail["by"], mail["to"], mail["tenant"]) == ("crm", "b@example.com", "Cust12345")
    assert tell("GET", "/outbox", tenant="Cust54321")["mails"] == []


def test_reset_begins_anew_and_lets_the_app_in_again(tell: Any, running: RunningSandbox) -> None:
    enter(tell)
    before = dict(running.credentials.system_user_tokens)
    tell("POST", "/reset")

    assert tell("GET", "/persons")["persons"] == []
    tenant = running.world.tenants["Cust12345"]
    leaves = list(tenant.tables.authorizations.values())
    assert [leave.system_user_token for leave in leaves] == [before["Cust12345"]]


def test_seeding_adds_a_tenant_and_its_files(tmp_path: Path) -> None:
    with start(directory=tmp_path) as running:
        url = f"{running.url}/_sandbox/seed"
        told = requests.post(url, json={"tenant": "Cust20001", "persons": 20}, timeout=10).json()

        assert len(told["persons"]) == 20
        token = (tmp_path / "system_user_token.Cust20001").read_text().strip()
        assert token == running.credentials.system_user_tokens["Cust20001"]
        refused = requests.post(url, json={"tenant": "../x"}, timeout=10)
        assert refused.status_code == 400


@pytest.mark.usefixtures("hook")
def test_seeding_is_quiet_unless_told_otherwise(tell: Any, running: RunningSandbox) -> None:
    tell("POST", "/seed", persons=3)
    assert running.dispatcher.open == 0
    assert not running.dispatcher.log
    tell("POST", "/seed", persons=3, tell=True)
    assert tell("POST", "/deliveries/wait", timeout=10)["idle"]
    assert len(tell("GET", "/deliveries", event="person.created")["deliveries"]) == 3


def test_a_snapshot_brings_everything_back(tell: Any) -> None:
    number = enter(tell, firstname="Anna")
    assert tell("POST", "/snapshots/one")["snapshots"] == ["one"]
    tell("POST", "/trigger", event="person.changed", set={"person": str(number), "firstname": "Eva"})
    tell("POST", "/snapshots/one/restore")

    assert tell("GET", "/persons")["persons"][0]["firstname"] == "Anna"
    assert "there are: one" in tell("POST", "/snapshots/two/restore", status=400)["error"]


def test_the_clock_moves_ahead_and_late_rows_come(tell: Any, running: RunningSandbox) -> None:
    running.world.switches.turn("default_row", "late")
    running.world.switches.late_seconds = 10.0
    number = enter(tell)
    assert tell("GET", "/persons", person=number)["persons"][0]["consents"] == []
    assert tell("POST", "/clock", advance="20s")["ahead_seconds"] == 20
    assert len(tell("GET", "/persons", person=number)["persons"][0]["consents"]) == 1
    assert tell("GET", "/clock")["ahead_seconds"] == 20


def test_late_rows_come_by_themselves(tell: Any, running: RunningSandbox) -> None:
    running.world.switches.turn("default_row", "late")
    running.world.switches.late_seconds = 0.1
    number = enter(tell)
    until = time.monotonic() + 5
    while not tell("GET", "/persons", person=number)["persons"][0]["consents"]:
        assert time.monotonic() < until
        time.sleep(0.05)


def test_switches_are_turned_one_by_one_or_all(tell: Any, running: RunningSandbox) -> None:
    assert tell("GET", "/switches")["switches"]["delivery"] == {
        "answer": "discard",
        "answers": ["discard", "requeue"],
    }
    tell("POST", "/switches", set={"delivery": "requeue"}, late_seconds=1)
    assert (running.world.switches.delivery, running.world.switches.late_seconds) == ("requeue", 1.0)
    tell("POST", "/switches", all="turned")
    assert running.world.switches == Switches.turned()
    tell("POST", "/switches", all="default")
    assert running.world.switches == Switches()
    assert "discard, requeue" in tell("POST", "/switches", status=400, set={"delivery": "never"})["error"]
    assert "default or turned" in tell("POST", "/switches", status=400, all="some")["error"]


def test_faults_are_asked_for_listed_and_cleared(tell: Any) -> None:
    told = tell(
        "POST", "/faults", kind="http_503", operation="State.Get", times=2, headers={"Retry-After": 5}
    )
    assert (told["kind"], told["times"], told["headers"]) == ("http_503", 2, {"Retry-After": "5"})
    assert len(tell("GET", "/faults")["faults"]) == 1
    assert tell("DELETE", "/faults")["faults"] == []
    assert "no fault 'bogus'" in tell("POST", "/faults", status=400, kind="bogus")["error"]
    assert "whole number" in tell("POST", "/faults", status=400, kind="drop", nth=1.5)["error"]
    assert "no number" in tell("POST", "/faults", status=400, kind="drop", nth="x")["error"]
    assert "no object" in tell("POST", "/faults", status=400, kind="drop", headers=[1])["error"]
    assert "no text" in tell("POST", "/faults", status=400, kind=5)["error"]
    assert tell("POST", "/faults", kind="http_500", apply=True)["apply"] is True


def test_calls_are_counted_and_forgotten(tell: Any, running: RunningSandbox) -> None:
    running.world.calls.add(at=1.0, tenant="Cust12345", agent="Person", operation="SetConsent", status="ok")
    requests.get(running.url + "/api/state/Cust12345", timeout=5)

    counts = tell("GET", "/calls/counts", tenant="Cust12345")
    assert (counts["counts"], counts["operations"]) == ({"Person.SetConsent": 1}, {"SetConsent": 1})
    assert counts["busiest_second"]["Cust12345"] == 1
    assert len(tell("GET", "/calls")["calls"]) == 1
    assert tell("GET", "/calls", login="1")["calls"][0]["operation"] == "Get"
    tell("DELETE", "/calls")
    assert tell("GET", "/calls")["calls"] == []
    assert tell("GET", "/violations") == {"violations": []}


def test_tickets_expire_and_keys_rotate(tell: Any, running: RunningSandbox) -> None:
    running.world.tickets.issue_ticket(
        context_identifier="Cust12345", associate_id=1, client_id="x", now=running.world.clock.now()
    )

    assert tell("POST", "/tickets/expire", tenant="Cust54321") == {"expired": 0}
    assert tell("POST", "/tickets/expire") == {"expired": 1}
    assert len(tell("POST", "/login/rotate")["keys"]) == 2


def test_a_tenant_is_shown_and_changed(tell: Any, tenant: Tenant) -> None:
    shown = tell(
        "POST", "/tenants/cust12345", state="Suspended", authorization="Revoked", bouncing="A@example.com",
        host="localhost:1", preferences={"GDPR/GdprUseDefaultsForNew": "false"},
    )  # fmt: skip

    assert (shown["state"], shown["company"]) == ("Suspended", "Eksempel A/S")
    assert set(shown["authorizations"].values()) == {"Revoked"}
    assert "localhost:1" in shown["endpoint"]
    assert tenant.tables.bouncing == {"a@example.com"}
    assert tenant.preference("GDPR", "GdprUseDefaultsForNew") == "false"
    assert len(tell("GET", "/tenants")["tenants"]) == 2
    assert "did you mean Running" in tell("POST", "/tenants/Cust12345", status=400, state="Runing")["error"]
    assert "no authorization" in tell("POST", "/tenants/Cust12345", status=400, authorization="x")["error"]
    assert "no tenant" in tell("POST", "/tenants/Cust1", status=400)["error"]


def test_a_subscription_is_shown_stopped_started_and_deleted(tell: Any, hook: Webhook) -> None:
    (shown,) = tell("GET", "/subscriptions")["subscriptions"]
    assert (shown["state"], shown["signed"]) == ("Active", True)
    assert "secret" not in shown
    hook.consecutive_errors = 9
    assert tell("POST", "/subscriptions/1", state="Stopped")["subscriptions"][0]["state"] == "Stopped"
    assert tell("POST", "/subscriptions/1", state="Active")["subscriptions"][0]["consecutive_errors"] == 0
    assert "no state" in tell("POST", "/subscriptions/1", status=400, state="Asleep")["error"]
    assert tell("POST", "/subscriptions/1", state="Deleted")["subscriptions"] == []
    assert "no such webhook" in tell("POST", "/subscriptions/1", status=400, state="Active")["error"]


@pytest.mark.usefixtures("hook")
def test_deliveries_are_listed_and_sent_again(tell: Any, target: Target) -> None:
    enter(tell)
    assert tell("POST", "/deliveries/wait", timeout=5) == {"idle": True, "open": 0}
    (first,) = tell("GET", "/deliveries", body="1", state="delivered", limit=5)["deliveries"]
    assert "EventId" in first["body"]
    again = tell("POST", "/deliveries/again", times=2, shuffle=True)["deliveries"]
    assert [(one["state"], one["event_id"]) for one in again] == [("delivered", first["event_id"])] * 2
    fresh = tell("POST", "/deliveries/again", fresh=True, delivery_id=first["delivery_id"])["deliveries"]
    assert fresh[0]["event_id"] != first["event_id"]
    assert tell("GET", "/deliveries", after=fresh[0]["delivery_id"])["deliveries"] == []
    unsigned = tell("POST", "/deliveries/again", signature="", wait=5)["deliveries"]
    assert len(unsigned) == 1
    assert "X-SuperOffice-Signature" not in target.received[-1].headers
    assert tell("DELETE", "/deliveries") == {"deliveries": []}


@pytest.mark.usefixtures("hook")
def test_a_forged_delivery_has_a_wrong_signature(tell: Any, target: Target) -> None:
    target.script = [401]
    (forged,) = tell("POST", "/deliveries/forge", body='{"Event":"person.changed"}')["deliveries"]
    assert (forged["state"], forged["attempts"][0]["status"]) == ("failed", 401)
    tell("POST", "/deliveries/forge", signed=True, body="x", event_id="mine", retry=2, signature="ignored")
    wrong, right = target.received
    assert wrong.headers["X-SuperOffice-Signature"] != right.headers["X-SuperOffice-Signature"]
    assert (right.headers["X-SuperOffice-EventId"], right.headers["X-SuperOffice-Retry"]) == ("mine", "2")
    assert "no such webhook" in tell("POST", "/deliveries/forge", status=400, webhook_id=7)["error"]


@pytest.mark.usefixtures("hook")
def test_deliveries_are_held_back_and_let_go(tell: Any, running: RunningSandbox) -> None:
    assert tell("POST", "/deliveries/pause") == {"paused": True}
    enter(tell)
    assert tell("POST", "/deliveries/wait", timeout=0.1) == {"idle": False, "open": 1}
    assert tell("POST", "/deliveries/resume") == {"paused": False}
    assert tell("POST", "/deliveries/wait", timeout=5)["idle"]
    assert running.dispatcher.log[0].state == "delivered"


@pytest.mark.parametrize("body", [b"{", b"[]", b"5"])
def test_a_body_that_is_no_object_is_refused(running: RunningSandbox, body: bytes) -> None:
    answer = requests.post(f"{running.url}/_sandbox/trigger", data=body, timeout=5)

    assert answer.status_code == 400
    assert "JSON" in answer.json()["error"]


def test_a_tenant_is_compared_with_what_it_was(tell: Any, tenant: Tenant) -> None:
    tell("POST", "/snapshots/before")
    assert tell("GET", "/difference", before="before")["difference"] == []

    number = str(enter(tell, email="anna@example.com"))
    tenant.tables.preferences["GDPR", "GdprDefaultSource"] = "CARD"
    source = tenant.item_id("sources", "CARD")
    tenant.tables.lists.sources[source].deleted = True
    del tenant.tables.lists.sources[tenant.item_id("sources", "ERP")]
    found = tell("GET", "/difference", before="before")["difference"]

    told = {(one["table"], one["what"]): one for one in found}
    assert told["persons", "added"]["row"] == number
    assert told["lists.sources", "changed"] == {
        "table": "lists.sources",
        "row": str(source),
        "what": "changed",
        "before": {"deleted": False},
        "after": {"deleted": True},
    }
    assert told["lists.sources", "removed"]["before"]["key"] == "ERP"
    assert told["preferences", "changed"]["before"] == "USER"
    assert not [one for one in found if one["table"] == "last_ids"]
    counted = tell("GET", "/difference", before="before", counters="1")["difference"]
    assert {
        "table": "last_ids",
        "row": "person",
        "what": "changed",
        "before": 10_000,
        "after": 10_001,
    } in counted
    tell("POST", "/snapshots/after")
    assert tell("GET", "/difference", before="before", after="after")["difference"] == found
    assert tell("GET", "/difference", before="after")["difference"] == []


def test_a_tenants_content_shows_no_secret(tell: Any, tenant: Tenant, running: RunningSandbox) -> None:
    token = running.credentials.system_user_tokens["Cust12345"]
    shown = tell("GET", "/content")

    assert shown["tenant"] == "Cust12345"
    (leave,) = shown["content"]["authorizations"].values()
    assert leave["system_user_token"].startswith("sha256:")
    assert token not in str(shown)
    assert shown["content"]["tenant"]["state"] == "Running"
    assert tell("GET", "/content", snapshot="never", status=400)["error"].startswith("no snapshot")


def test_a_tenant_that_was_not_there_yet_is_not_compared(tell: Any) -> None:
    tell("POST", "/snapshots/before")
    tell("POST", "/seed", tenant="Cust40001", bare=True)

    told = tell("GET", "/difference", before="before", tenant="Cust40001", status=400)
    assert "no tenant Cust40001" in told["error"]


def test_a_bare_tenant_has_only_what_the_vendor_ships(tell: Any, running: RunningSandbox) -> None:
    tell("POST", "/seed", tenant="Cust40002", bare=True)
    tenant = running.world.tenant("Cust40002")

    assert tenant is not None
    assert [one.key for one in tenant.tables.lists.purposes.values()] == ["STORE", "EMARKETING"]
    assert len(tenant.tables.lists.sources) == 9
    assert len(tenant.tables.lists.legal_bases) == 7
