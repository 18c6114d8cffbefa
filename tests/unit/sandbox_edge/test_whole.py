"""The edge and the web services together, as any client meets them."""

import base64
import socket
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import jwt
import pytest
import requests
import zeep
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding

import so_sandbox
from so_sandbox.login.tokens import CLAIM
from so_sandbox.server import RunningSandbox
from so_sandbox.world.tenant import Tenant
from tests.unit.sandbox_edge.target import Target

library: Any = zeep  # it has no types
NS = "{http://www.superoffice.net/ws/crm/NetServer/Services88}"


@pytest.fixture
def call(running: RunningSandbox) -> Any:
    credentials = running.credentials
    data = f"{credentials.system_user_tokens['Cust12345']}.{datetime.now(UTC):%Y%m%d%H%M}"
    signature = credentials.private_key.sign(data.encode(), padding.PKCS1v15(), hashes.SHA256())
    asked = {
        "SignedSystemToken": f"{data}.{base64.b64encode(signature).decode()}",
        "ApplicationToken": credentials.application_token,
        "ContextIdentifier": "Cust12345",
        "ReturnTokenType": "JWT",
    }
    login = f"{running.url}/Login/api/PartnerSystemUser/Authenticate"
    claims = jwt.decode(
        requests.post(login, json=asked, timeout=5).json()["Token"], options={"verify_signature": False}
    )
    endpoint = requests.get(f"{running.url}/api/state/Cust12345", timeout=5).json()["Endpoint"]

    def ask(agent: Any, operation: Any, *arguments: Any) -> Any:
        wsdl = Path(so_sandbox.__file__).parent / "wsdl" / f"{agent}.wsdl"
        with requests.Session() as session:
            client = library.Client(str(wsdl), transport=library.Transport(session=session))
            service = client.create_service(
                f"{NS}BasicHttpBinding_{agent}", f"{endpoint}/remote/services88/{agent}.svc"
            )
            answer = service[operation](
                *arguments,
                _soapheaders={
                    "ApplicationToken": credentials.application_token,
                    "Credentials": {"Ticket": claims[CLAIM + "ticket"]},
                },
            )
        assert answer.header.Succeeded is not None
        return answer

    return ask


def subscription(url: str) -> Any:
    return {
        "WebhookId": 0,
        "Name": "so-privacy",
        "Events": {"string": ["person.created", "person.consented"]},
        "TargetUrl": url,
        "Secret": "secret",
        "State": "Active",
        "Type": "webhook",
    }


def test_a_ticket_lets_a_subscription_in_and_its_events_come(
    running: RunningSandbox, tenant: Tenant, target: Target, call: Any
) -> None:
    saved = call("Webhook", "SaveWebhook", subscription(target.url))
    assert saved.header.Succeeded is True
    assert target.received[0].headers["X-Hook-Test"] == "true"

    person = tenant.create_person(firstname="Anna")
    call("Person", "SetConsent", person.person_id, "STORE", "API", "61F", "rule")
    assert running.dispatcher.wait_idle(5)
    assert [r.headers["X-SuperOffice-Event"] for r in target.received[1:]] == [
        "person.created",
        "person.consented",
    ]
    assert tenant.consent_keys(person.person_id)["STORE"] == ("61F", "API", "rule")
    assert not running.world.schema_violations


def test_a_subscription_whose_target_does_not_answer_is_not_saved(
    tenant: Tenant, target: Target, call: Any
) -> None:
    target.script = [204]

    assert call("Webhook", "SaveWebhook", subscription(target.url)).header.Succeeded is False
    assert not tenant.tables.webhooks


def test_an_expired_ticket_is_refused(running: RunningSandbox, call: Any) -> None:
    running.world.switches.turn("expired_ticket", "succeeded_false")
    running.world.tickets.expire()

    answer = call("Webhook", "GetAllWebhooks", None, None, "Unknown")
    assert answer.header.Succeeded is False
    assert answer.header.ExceptionInfo.ExceptionType.endswith("SoSessionException")


def test_who_is_gone_in_the_middle_of_a_request_has_asked_for_nothing(running: RunningSandbox) -> None:
    begun = b"POST /Cust12345/Remote/Services88/Person.svc HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n"
    with socket.create_connection(("127.0.0.1", urlsplit(running.url).port or 0), timeout=5) as killed:
        killed.sendall(begun + b"<half")
    assert requests.get(f"{running.url}/api/state/Cust12345", timeout=5).status_code == 200

    assert running.world.schema_violations == []
    assert [one.agent for one in running.world.calls.calls] == []


def test_who_is_gone_in_the_middle_of_a_request_is_no_mishap(
    running: RunningSandbox, caplog: pytest.LogCaptureFixture
) -> None:
    address = urlsplit(running.url)
    with socket.create_connection((address.hostname, address.port)) as client:
        client.sendall(
            b"POST /Login/api/PartnerSystemUser/Authenticate HTTP/1.1\r\nHost: x\r\n"
            b"Content-Length: 100\r\nContent-Type: application/json\r\n\r\n{"
        )
        client.shutdown(socket.SHUT_RDWR)
    requests.get(f"{running.url}/control/tenants", timeout=5)  # answered later than that was cut off

    assert "Traceback" not in caplog.text
    assert not [one for one in caplog.records if one.levelname == "ERROR"]
