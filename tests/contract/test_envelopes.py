"""A broken envelope fails the judge, whichever schemas it judges by."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from so_sandbox.soap.contract import NAMESPACE, Contract
from so_sandbox.soap.judge import read
from so_sandbox.soap.routes import WSDL

ENVELOPE = "http://schemas.xmlsoap.org/soap/envelope/"
GOOD = (
    f'<s:Envelope xmlns:s="{ENVELOPE}" xmlns:n="{NAMESPACE}" xmlns:i="http://www.w3.org/2001/XMLSchema-instance">'
    "<s:Header><n:ApplicationToken>a</n:ApplicationToken><n:Credentials><n:Ticket>t</n:Ticket></n:Credentials>"
    "</s:Header><s:Body><n:SetConsent><n:PersonId>5</n:PersonId><n:Purpose>STORE</n:Purpose>"
    "<n:Source>API</n:Source><n:LegalBase>61F</n:LegalBase><n:Comment>c</n:Comment></n:SetConsent></s:Body>"
    "</s:Envelope>"
)
BROKEN_REQUESTS = {
    "wrong order": (
        "<n:PersonId>5</n:PersonId><n:Purpose>STORE</n:Purpose>",
        "<n:Purpose>STORE</n:Purpose><n:PersonId>5</n:PersonId>",
    ),
    "wrong namespace": ("<n:Source>API</n:Source>", '<Source xmlns="urn:other">API</Source>'),
    "no namespace": ("<n:Source>API</n:Source>", "<Source>API</Source>"),
    "missing value": ("<n:PersonId>5</n:PersonId>", "<n:PersonId/>"),
    "nil where a value must be": ("<n:PersonId>5</n:PersonId>", '<n:PersonId i:nil="true"/>'),
    "wrong type": ("<n:PersonId>5</n:PersonId>", "<n:PersonId>five</n:PersonId>"),
    "twice": ("<n:Source>API</n:Source>", "<n:Source>API</n:Source><n:Source>API</n:Source>"),
    "unknown element": ("<n:Comment>c</n:Comment>", "<n:Comment>c</n:Comment><n:Reason>r</n:Reason>"),
    "wrong case": ("<n:Source>API</n:Source>", "<n:source>API</n:source>"),
    "unknown header": ("</s:Header>", "<n:Priority>1</n:Priority></s:Header>"),
    "header twice": ("</s:Header>", "<n:ApplicationToken>b</n:ApplicationToken></s:Header>"),
    "broken header": ("<n:Ticket>t</n:Ticket>", "<n:Token>t</n:Token>"),
    "second body child": ("</n:SetConsent>", "</n:SetConsent><n:SetConsent/>"),
    "empty body": (GOOD[GOOD.index("<s:Body>") : GOOD.index("</s:Body>")], "<s:Body>"),
    "header after body": ("</s:Body>", "</s:Body><s:Header/>"),
    "other envelope": (ENVELOPE, "http://www.w3.org/2003/05/soap-envelope"),
}
BROKEN_ANSWERS = {
    "missing header": ("<n0:Succeeded>true</n0:Succeeded>", ""),
    "missing value": ("<n0:Succeeded>true</n0:Succeeded>", "<n0:Succeeded/>"),
    "nil": ("<n0:Succeeded>true</n0:Succeeded>", '<n0:Succeeded i:nil="true"/>'),
    "other response": ("SetConsentResponse", "RemoveConsentResponse"),
}


@pytest.fixture(scope="module")
def contract() -> Contract:
    ours = WSDL / "Person.wsdl"
    vendor = os.environ.get("SO_VENDOR_WSDL_DIR")
    judged_by = Path(vendor) / "WSDL-Services88-Person.xml" if vendor else ours
    return Contract("Person", wsdl=ours, judged_by=judged_by)


def test_a_right_request_passes(contract: Contract) -> None:
    assert contract.request_violations(contract.operations["SetConsent"], read(GOOD.encode())) == []


def test_what_may_be_left_out_passes(contract: Contract) -> None:
    short = GOOD.replace("<n:Comment>c</n:Comment>", "").replace("<n:Source>API</n:Source>", "")
    assert contract.request_violations(contract.operations["SetConsent"], read(short.encode())) == []


@pytest.mark.parametrize("what", BROKEN_REQUESTS)
def test_a_broken_request_fails(contract: Contract, what: str) -> None:
    right, wrong = BROKEN_REQUESTS[what]
    broken = GOOD.replace(right, wrong)
    assert broken != GOOD
    assert contract.request_violations(contract.operations["SetConsent"], read(broken.encode())) != []


@pytest.mark.parametrize("what", BROKEN_ANSWERS)
def test_a_broken_answer_fails(contract: Contract, what: str) -> None:
    operation = contract.operations["SetConsent"]
    good = contract.answer(operation, None, {"Succeeded": True, "TimeZone": {}})
    assert contract.response_violations(operation, read(good)) == []
    right, wrong = BROKEN_ANSWERS[what]
    broken = good.decode().replace(right, wrong)
    assert broken.encode() != good
    assert contract.response_violations(operation, read(broken.encode())) != []


@pytest.mark.parametrize(
    "text", ["", "<a>", "<a/><b/>", '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', "<a>\x00</a>"]
)
def test_what_is_no_xml_of_ours_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"not well-formed|DOCTYPE"):
        read(text.encode())
