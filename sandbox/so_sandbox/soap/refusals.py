"""How a call is refused: SOAP fault, Succeeded=false, or a bare HTTP status."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from xml.sax.saxutils import escape

from so_sandbox.soap.judge import ENVELOPE

XML = "text/xml; charset=utf-8"
HTML = "text/html; charset=utf-8"
WCF = "http://schemas.datacontract.org/2004/07/System.ServiceModel"
"""Namespace of what a service that shows its exceptions adds to a fault."""


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP answer, and how the call log names it."""

    status: int
    body: bytes
    outcome: str
    content_type: str = XML
    headers: Mapping[str, str] = field(default_factory=dict)


def soap_fault(message: str, outcome: str, *, code: str = "Client", stack_trace: str = "") -> Answer:
    """Answer with a SOAP 1.1 fault, status 500 as the protocol demands."""
    shown = (
        f'<detail><ExceptionDetail xmlns="{WCF}"><Message>{escape(message)}</Message>'
        f"<StackTrace>{escape(stack_trace)}</StackTrace></ExceptionDetail></detail>"
    )
    detail = shown if stack_trace else ""
    body = (
        f'<s:Envelope xmlns:s="{ENVELOPE[1:-1]}"><s:Body><s:Fault><faultcode>s:{code}</faultcode>'
        f"<faultstring>{escape(message)}</faultstring>{detail}</s:Fault></s:Body></s:Envelope>"
    )
    return Answer(500, body.encode(), outcome)


def bare(status: int, text: str, outcome: str, headers: Mapping[str, str] | None = None) -> Answer:
    """Answer with a status and a small page, as a web server before the service would."""
    page = (
        f"<!DOCTYPE html><html><head><title>{status}</title></head><body><p>{escape(text)}</p></body></html>"
    )
    return Answer(status, page.encode(), outcome, HTML, dict(headers or {}))


def exception_info(message: str, exception_type: str) -> dict[str, object]:
    return {
        "Message": message,
        "StackTrace": "",
        "FriendlyText": message,
        "ExceptionType": exception_type,
        "Source": "SoSandbox",
    }
