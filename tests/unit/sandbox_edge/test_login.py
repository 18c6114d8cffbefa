import base64
import http.client
import json
import os
import socket
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import jwt
import pytest
import requests
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from lxml import etree

from so_sandbox.login.tokens import CLAIM
from so_sandbox.server import Options, RunningSandbox, run, start
from so_sandbox.world.faults import Fault
from so_sandbox.world.tenant import Tenant

PSU = "http://www.superoffice.com/superid/partnersystemuser/0.1"
SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
WRONG = "Wrong subdomain used to access tenant"


def signed(running: RunningSandbox) -> str:
    data = f"{running.credentials.system_user_tokens['Cust12345']}.{datetime.now(UTC):%Y%m%d%H%M}"
    signature = running.credentials.private_key.sign(data.encode(), padding.PKCS1v15(), hashes.SHA256())
    return f"{data}.{base64.b64encode(signature).decode()}"


def ask(
    running: RunningSandbox, path: str = "/Login/api/PartnerSystemUser/Authenticate", **changes: Any
) -> Any:
    body = {
        "SignedSystemToken": signed(running),
        "ApplicationToken": running.credentials.application_token,
        "ContextIdentifier": "Cust12345",
        "ReturnTokenType": "JWT",
        **changes,
    }
    answer = requests.post(running.url + path, json=body, timeout=5)
    assert answer.status_code == 200
    return answer.json()


def envelope(running: RunningSandbox, **changes: Any) -> Any:
    given = {"token": signed(running), "kind": "Jwt", "app": running.credentials.application_token, **changes}
    root = etree.Element(f"{{{SOAP}}}Envelope")
    header = etree.SubElement(root, f"{{{SOAP}}}Header")
    etree.SubElement(header, f"{{{PSU}}}ApplicationToken").text = given["app"]
    etree.SubElement(header, f"{{{PSU}}}ContextIdentifier").text = "Cust12345"
    request = etree.SubElement(etree.SubElement(root, f"{{{SOAP}}}Body"), f"{{{PSU}}}AuthenticationRequest")
    etree.SubElement(request, f"{{{PSU}}}SignedSystemToken").text = given["token"]
    etree.SubElement(request, f"{{{PSU}}}ReturnTokenType").text = given["kind"]
    return etree.tostring(root)


def by_soap(running: RunningSandbox, body: bytes) -> Any:
    url = running.url + "/login/services/PartnerSystemUserService.svc"
    answer = requests.post(url, data=body, headers={"Content-Type": "text/xml"}, timeout=5)
    return answer.status_code, etree.fromstring(answer.content)


def test_discovery_leads_to_the_key_that_signs(running: RunningSandbox) -> None:
    found = requests.get(running.url + "/login/.well-known/openid-configuration", timeout=5).json()
    keys = requests.get(found["jwks_uri"], timeout=5).json()["keys"]
    token = ask(running)["Token"]

    assert found["issuer"] == running.url
    assert jwt.get_unverified_header(token)["x5t"] == keys[0]["x5t"]
    serial = jwt.decode(token, options={"verify_signature": False})[CLAIM + "serial"]
    claims = jwt.decode(
        token, jwt.PyJWK(keys[0]), algorithms=["RS256"], audience=f"spn:{serial}", issuer="SuperOffice AS"
    )
    assert claims[CLAIM + "webapi_url"] == f"{running.url}/Cust12345/api/"


def test_the_certificate_can_be_had(running: RunningSandbox) -> None:
    answer = requests.get(running.url + "/login/.well-known/certificate", timeout=5)

    assert answer.text.startswith("-----BEGIN CERTIFICATE-----")
    assert "attachment" in answer.headers["Content-Disposition"]


def test_a_rotated_key_signs_and_the_old_one_stays(running: RunningSandbox) -> None:
    old = ask(running)["Token"]
    running.sandbox.login.rotate_key()
    keys = requests.get(running.url + "/login/.well-known/jwks", timeout=5).json()["keys"]

    assert [key["x5t"] for key in keys] == [
        jwt.get_unverified_header(ask(running)["Token"])["x5t"],
        jwt.get_unverified_header(old)["x5t"],
    ]


def test_a_ticket_is_good_for_its_tenant_alone(running: RunningSandbox) -> None:
    claims = jwt.decode(ask(running)["Token"], options={"verify_signature": False})
    ticket = claims[CLAIM + "ticket"]

    assert ticket.startswith("7T:")
    now = running.world.clock.now()
    assert running.world.tickets.use(ticket, "Cust12345", now) is not None
    assert running.world.tickets.use(ticket, "Cust54321", now) is None


@pytest.mark.parametrize(
    "path", ["/login/API/partnersystemuser/authenticate", "/LOGIN/api/PartnerSystemUser/Authenticate"]
)
def test_paths_are_the_same_in_any_case(running: RunningSandbox, path: str) -> None:
    assert ask(running, path)["IsSuccessful"] is True


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"ApplicationToken": "wrong"}, "application token"),
        ({"ContextIdentifier": "Cust99999"}, "context identifier"),
        ({"ContextIdentifier": "Cust54321"}, "Denied"),
        ({"ContextIdentifier": None}, "context identifier"),
        ({"SignedSystemToken": 5}, "not of the form"),
        ({"ReturnTokenType": "Xml"}, "neither"),
    ],
)
def test_a_refusal_is_an_answer_with_its_reason(running: RunningSandbox, changes: Any, message: str) -> None:
    answer = ask(running, **changes)

    assert answer["IsSuccessful"] is False
    assert answer["Token"] is None
    assert message in answer["ErrorMessage"]


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b"[" * 100_000])
def test_nonsense_is_refused_like_any_other(running: RunningSandbox, body: bytes) -> None:
    url = running.url + "/Login/api/PartnerSystemUser/Authenticate"

    assert requests.post(url, data=body, timeout=5).json()["IsSuccessful"] is False


def test_a_moved_clock_does_not_make_signatures_old(running: RunningSandbox) -> None:
    requests.post(running.url + "/_sandbox/clock", json={"advance": "2d"}, timeout=5)

    assert ask(running)["IsSuccessful"] is True


@pytest.mark.parametrize("kind", ["Jwt", "Saml"])
def test_soap_gives_either_kind_of_token(running: RunningSandbox, kind: str) -> None:
    status, root = by_soap(running, envelope(running, kind=kind))

    assert status == 200
    assert root.findtext(f".//{{{PSU}}}IsSuccessful") == "true"
    token = root.findtext(f".//{{{PSU}}}Token")
    assert token.startswith("<saml:Assertion" if kind == "Saml" else "ey")


def test_soap_refuses_in_its_answer(running: RunningSandbox) -> None:
    status, root = by_soap(running, envelope(running, app="wrong"))

    assert status == 200
    assert root.findtext(f".//{{{PSU}}}IsSuccessful") == "false"
    assert "application token" in root.findtext(f".//{{{PSU}}}ErrorMessage")


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"no xml", "not XML"),
        (b"<a/>", "not a SOAP 1.1 envelope"),
        (b"<!DOCTYPE a [<!ENTITY b 'c'>]><a/>", "document type"),
        (f'<s:Envelope xmlns:s="{SOAP}"><s:Body><x/></s:Body></s:Envelope>'.encode(), "operation"),
        (
            f'<s:Envelope xmlns:s="{SOAP}"><s:Body><AuthenticationRequest xmlns="{PSU}"><ReturnTokenType>Xml'
            "</ReturnTokenType></AuthenticationRequest></s:Body></s:Envelope>".encode(),
            "schema",
        ),
    ],
)
def test_what_is_no_request_is_a_soap_fault(running: RunningSandbox, body: bytes, reason: str) -> None:
    status, root = by_soap(running, body)

    assert status == 500
    assert reason in root.findtext(".//faultstring")


def test_our_schema_is_the_vendors() -> None:
    """Only where the vendor's file is at hand; the committed facts stand in for it elsewhere."""
    folder = os.environ.get("SO_VENDOR_WSDL_DIR")
    ours = etree.parse(str(Path(start.__code__.co_filename).parent / "login/partner_system_user.xsd"))
    names = {e.get("name") for e in ours.getroot() if e.tag.endswith("element")}
    assert names == {
        "ApplicationToken",
        "ContextIdentifier",
        "AuthenticationRequest",
        "AuthenticationResponse",
    }
    if folder:
        theirs = etree.parse(str(Path(folder) / "PartnerSystemUserService.xml"))
        schema = next(s for s in theirs.iter("{*}schema") if s.get("targetNamespace") == PSU)
        for name in names:
            assert _shape(ours.getroot(), name) == _shape(schema, name)


def _shape(schema: Any, name: str) -> Any:
    element = next(e for e in schema if e.get("name") == name and e.tag.endswith("element"))
    return [
        (e.get("name"), e.get("type", "").rpartition(":")[2], e.get("minOccurs"), e.get("nillable"))
        for e in element.iter("{*}element")
    ]


@pytest.mark.parametrize("state", ["Running", "OnlineMaintenance"])
def test_a_running_tenant_tells_all_seven_fields(running: RunningSandbox, tenant: Tenant, state: str) -> None:
    tenant.tables.state = state
    told = requests.get(running.url + "/api/state/cust12345", timeout=5).json()

    valid_until = told.pop("ValidUntil")
    assert valid_until.endswith("Z")
    assert len(valid_until.partition(".")[2]) == 8
    assert told == {
        "ContextIdentifier": "Cust12345",
        "Endpoint": f"{running.url}/Cust12345",
        "State": state,
        "IsRunning": True,
        "Api": f"{running.url}/Cust12345/api",
        "Version": tenant.tables.version,
    }


@pytest.mark.parametrize("state", ["Suspended", "OfflineMaintenance", "Deleted", "MigrationPending"])
def test_a_tenant_that_does_not_run_has_no_endpoint(
    running: RunningSandbox, tenant: Tenant, state: str
) -> None:
    tenant.tables.state = state
    told = requests.get(running.url + "/api/state/Cust12345", timeout=5).json()

    assert (told["State"], told["IsRunning"], told["Endpoint"], told["Api"]) == (state, False, None, None)


def test_a_tenant_nobody_knows_is_unknown(running: RunningSandbox) -> None:
    told = requests.get(running.url + "/api/state/Cust1", timeout=5).json()

    assert (told["State"], told["IsRunning"], told["Version"]) == ("Unknown", False, None)


def test_a_moved_tenant_is_at_another_host(running: RunningSandbox, tenant: Tenant) -> None:
    port = running.url.rpartition(":")[2]
    tenant.tables.host = f"localhost:{port}"

    told = requests.get(running.url + "/api/state/Cust12345", timeout=5).json()
    assert told["Endpoint"] == f"http://localhost:{port}/Cust12345"
    old = requests.get(f"{running.url}/cust12345/api", timeout=5)
    assert (old.status_code, old.text) == (421, WRONG)
    connection = http.client.HTTPConnection("127.0.0.1", int(port), timeout=5)
    connection.request("GET", "/Cust12345/api", headers={"Host": f"LOCALHOST:{port}"})
    assert connection.getresponse().status == 200
    connection.close()


def test_the_api_tells_its_versions(running: RunningSandbox) -> None:
    assert requests.get(running.url + "/Cust12345/api/", timeout=5).json()["ServicesCurrent"] == "Services88"
    assert requests.get(running.url + "/Cust1/api", timeout=5).status_code == 404


def test_a_target_may_be_absolute(running: RunningSandbox) -> None:
    host = running.url.removeprefix("http://")
    with socket.create_connection(("127.0.0.1", int(host.rpartition(":")[2])), timeout=5) as line:
        target = f"http://{host}/API/State/Cust12345"
        line.sendall(f"GET {target} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode())
        answer = b"".join(iter(lambda: line.recv(65536), b""))

    assert json.loads(answer.partition(b"\r\n\r\n")[2])["State"] == "Running"


def test_everything_may_lie_below_a_prefix() -> None:
    with run(Options(prefix="/crm", issuer="https://login.example.com")) as sandbox:
        found = requests.get(f"{sandbox.url}/Login/.well-known/openid-configuration", timeout=5).json()
        told = requests.get(f"{sandbox.url}/api/state/Cust12345", timeout=5).json()

        assert sandbox.url.endswith("/crm")
        assert found["issuer"] == "https://login.example.com"
        assert told["Endpoint"] == f"{sandbox.url}/Cust12345"
        assert (
            requests.get(sandbox.url.removesuffix("/crm") + "/api/state/Cust12345", timeout=5).status_code
            == 404
        )
        assert requests.get(f"{sandbox.url}/", timeout=5).status_code == 200


@pytest.mark.parametrize(
    ("kind", "status", "starts"),
    [
        ("http_503", 503, "<h1>"),
        ("html", 200, "<h1>"),
        ("empty", 200, ""),
        ("truncated", 200, '{"ContextIdentifier"'),
        ("soap_fault", 500, "<h1>"),
        ("delay:0.05", 200, "{"),
    ],
)
def test_state_fails_as_asked(running: RunningSandbox, kind: str, status: int, starts: str) -> None:
    running.world.faults.add(Fault(kind=kind, operation="State.Get", headers={"Retry-After": "7"}))
    answer = requests.get(running.url + "/api/state/Cust12345", timeout=5)

    assert (answer.status_code, answer.text[: len(starts)]) == (status, starts)
    if kind == "http_503":
        assert answer.headers["Retry-After"] == "7"
    if kind in {"truncated", "empty", "html"}:
        with pytest.raises(ValueError, match=r".*"):
            answer.json()
    assert running.sandbox.login.calls.of(operation="Get")[-1].status == f"fault:{kind}"


@pytest.mark.parametrize("kind", ["drop", "apply_then_drop"])
def test_a_connection_is_cut_as_asked(running: RunningSandbox, kind: str) -> None:
    running.world.faults.add(Fault(kind=kind, operation="Login.Authenticate"))

    with pytest.raises(requests.ConnectionError):
        ask(running)
    assert len(running.world.tickets.out) == (kind == "apply_then_drop")
    assert ask(running)["IsSuccessful"] is True
