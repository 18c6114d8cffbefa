"""What happens to a tenant as a whole, by the controls: states, denial, news, restores, clones, new keys."""

from __future__ import annotations

import json
from typing import Any

import jwt
import pytest
import requests

from so_sandbox.login.system_user import CODES
from so_sandbox.login.tokens import CLAIM
from so_sandbox.server import RunningSandbox
from so_sandbox.world.tenant import Tenant
from tests.unit.sandbox_edge.target import Target, webhook

NAME = "Cust12345"


@pytest.fixture
def tell(running: RunningSandbox) -> Any:
    def ask(path: str, status: int = 200, **content: Any) -> Any:
        answer = requests.post(f"{running.url}/_sandbox{path}", json=content, timeout=10)
        assert answer.status_code == status, answer.text
        return answer.json()

    return ask


def state(running: RunningSandbox) -> Any:
    return requests.get(f"{running.url}/api/state/{NAME}", timeout=10).json()


def test_states_come_one_at_each_look_up_and_the_last_one_stays(tell: Any, running: RunningSandbox) -> None:
    tell(f"/tenants/{NAME}/states", states=["Suspended", "Deleting", "Deleted"])

    found = [state(running) for _ in range(4)]
    assert [one["State"] for one in found] == ["Suspended", "Deleting", "Deleted", "Deleted"]
    assert {(one["IsRunning"], one["Endpoint"]) for one in found} == {(False, None)}


@pytest.mark.parametrize(
    ("path", "content", "said"),
    [
        (f"/tenants/{NAME}/states", {"states": ["Runing"]}, "Running"),
        (f"/tenants/{NAME}/states", {"states": "Running"}, "no list"),
        (f"/tenants/{NAME}/states", {"states": [1]}, "no list"),
        (f"/tenants/{NAME}/denied", {"reason": "licens"}, "licence"),
        (f"/tenants/{NAME}/news", {"change": "Moved"}, "Move"),
        (f"/tenants/{NAME}/news", {"change": "Move", "overrides": []}, ""),
        (f"/tenants/{NAME}/news", {"change": "Move", "overrides": [1]}, "no object"),
        (f"/tenants/{NAME}/snapshots/none/restore", {}, "no snapshot"),
        (f"/tenants/{NAME}/clone", {"as": "Cust 1"}, "can be called"),
        (f"/tenants/{NAME}/clone", {"as": "Cust54321"}, "already"),
        ("/application/rotate", {"what": "door"}, "key"),
    ],
)
def test_what_can_not_be_done_is_said(tell: Any, path: str, content: Any, said: str) -> None:
    if said:
        assert said in tell(path, 400, **content)["error"]
    else:
        assert tell(path, **content) == {"told": []}


def test_news_are_signed_and_told_to_who_is_let_in(
    tell: Any, running: RunningSandbox, target: Target, tenant: Tenant
) -> None:
    tell("/application", state_change_url=target.url)
    tenant.tables.host = "localhost:1"
    (told,) = tell(f"/tenants/{NAME}/news", change="Move", overrides={"FileVersion": "1"})["told"]
    assert (told["status"], told["error"]) == (200, "")
    (posted,) = target.received
    body = json.loads(posted.body)
    assert (body["ChangeType"], body["ContextIdentifier"], body["FileVersion"]) == (5, NAME, "1")
    assert body["PublicEndpoint"] == "localhost:1"
    claims = jwt.decode(body["Token"], options={"verify_signature": False})
    assert (claims["iss"], claims[f"{CLAIM}ctx"]) == (running.sandbox.site.issuer, NAME)

    tenant.tables.authorizations.clear()
    assert tell(f"/tenants/{NAME}/news", change="Upgrade") == {"told": []}


def test_news_that_reach_nobody_say_why(tell: Any) -> None:
    tell("/application", state_change_url="http://127.0.0.1:9/x")
    (told,) = tell(f"/tenants/{NAME}/news", change="Upgrade")["told"]
    assert told["status"] is None
    assert told["error"]
    tell("/application", state_change_url="http://example.com/x")
    (told,) = tell(f"/tenants/{NAME}/news", change="Upgrade")["told"]
    assert told["error"] == "the target must use HTTPS"


def test_a_restore_rewinds_rows_and_numbers_and_nothing_else(
    tell: Any, running: RunningSandbox, tenant: Tenant
) -> None:
    tenant.tables.webhooks[7] = webhook("http://127.0.0.1:9/")
    tell("/snapshots/backup")
    given = {"source": "CHAT", "country": "NO", "email": "a@example.com"}
    anna = tell("/trigger", event="person.created", set=given)["id"]
    tenant.tables.webhooks.clear()
    leave = next(iter(tenant.tables.authorizations.values()))
    leave.state = "Expired"
    tell(f"/tenants/{NAME}/snapshots/backup/restore")

    restored = running.world.tenants[NAME]
    assert anna not in restored.tables.persons
    assert list(restored.tables.webhooks) == [7]
    assert [mail.to for mail in restored.tables.outbox] == ["a@example.com"]
    assert next(iter(restored.tables.authorizations.values())).state == "Expired"
    assert tell("/trigger", event="person.created", set={"source": "CARD"})["id"] == anna


def test_a_snapshot_without_the_tenant_can_not_be_gone_back_to(tell: Any, running: RunningSandbox) -> None:
    tell("/snapshots/early")
    tell("/seed", tenant="Cust777")
    assert "Cust777" in tell("/tenants/Cust777/snapshots/early/restore", 400)["error"]


def test_a_clone_posts_under_the_secret_of_its_original(
    tell: Any, running: RunningSandbox, target: Target, tenant: Tenant
) -> None:
    hook = webhook(target.url)
    tenant.tables.webhooks[hook.webhook_id] = hook
    tell(f"/tenants/{NAME}/clone", **{"as": "Cust99999"})
    tell("/trigger", tenant="Cust99999", event="person.created", set={"source": "CARD"})
    assert running.dispatcher.wait_idle(10)

    bodies = [json.loads(one.body) for one in target.received]
    assert {one["ContextIdentifier"] for one in bodies} == {"Cust99999"}
    assert running.world.tenants["Cust99999"].tables.webhooks[hook.webhook_id].secret == hook.secret


@pytest.mark.parametrize(("what", "name"), [("key", "private_key_pem"), ("secret", "application_token")])
def test_a_replaced_key_or_secret_is_the_only_one_that_counts(
    tell: Any, running: RunningSandbox, what: str, name: str
) -> None:
    before = getattr(running.credentials, name)
    assert tell("/application/rotate", what=what, write=True) == {"rotated": what, "written": False}
    application = running.world.applications[running.credentials.client_id]
    assert getattr(running.credentials, name) != before
    assert application.application_token == running.credentials.application_token


@pytest.mark.parametrize("code", list(CODES))
def test_system_users_are_refused_by_each_of_the_vendors_codes(
    tell: Any, running: RunningSandbox, code: str
) -> None:
    tell(f"/tenants/{NAME}", authorization=code)
    leave = running.world.tenants[NAME].tables.authorizations[running.credentials.client_id]
    assert leave.state == code


@pytest.mark.parametrize(("answer", "status"), [("refused", 200), ("http_401", 401)])
def test_a_client_secret_that_is_not_the_apps(
    tell: Any, running: RunningSandbox, answer: str, status: int
) -> None:
    tell("/switches", set={"wrong_secret": answer})
    said = requests.post(
        f"{running.url}/login/api/PartnerSystemUser/Authenticate",
        json={"ApplicationToken": "old", "ContextIdentifier": NAME, "SignedSystemToken": "a.b.c"},
        timeout=10,
    )
    assert said.status_code == status
