"""One agent's WSDL: its operations, how their requests are read and their answers written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from lxml import etree
from zeep import xsd
from zeep.helpers import serialize_object
from zeep.settings import Settings
from zeep.transports import Transport
from zeep.wsdl import Document

from so_sandbox.soap.encoding import Encoder, Write
from so_sandbox.soap.judge import ENVELOPE, Judge

NAMESPACE = "http://www.superoffice.net/ws/crm/NetServer/Services88"
HEADERS_OUT = ("ExceptionInfo", "ExtraInfo", "Succeeded", "TimeZone")


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation as the WSDL declares it."""

    name: str
    action: str
    request: Any
    request_headers: tuple[str, ...]
    response: str
    response_headers: tuple[str, ...]
    result: str
    """The name of the response's only child; empty for a void operation."""
    write_response: Write
    write_headers: Mapping[str, Write]


class Contract:
    """All of one agent's operations, with the judge of their envelopes."""

    def __init__(self, agent: str, *, wsdl: Path, judged_by: Path) -> None:
        self.agent = agent
        self.judge = Judge(judged_by)
        no_transport: Any = Transport
        self._document = Document(str(wsdl), no_transport(), settings=Settings(strict=True))
        self._encoder = Encoder()
        binding: Any = next(iter(self._document.bindings.values()))
        self.operations = {name: self._operation(name, bound) for name, bound in binding.all().items()}
        self._by_request = {operation.request.qname.text: operation for operation in self.operations.values()}

    def find(self, envelope: etree._Element) -> Operation | None:
        """Find the operation that an envelope asks for by the name of its Body's child."""
        body = envelope.find(f"{ENVELOPE}Body")
        child = None if body is None else next(iter(body), None)
        return None if child is None else self._by_request.get(str(child.tag))

    def request_violations(self, operation: Operation, envelope: etree._Element) -> list[str]:
        return self.judge.violations(
            envelope,
            body=operation.request.qname.text,
            headers=operation.request_headers,
            all_headers=False,
        )

    def response_violations(self, operation: Operation, envelope: etree._Element) -> list[str]:
        return self.judge.violations(
            envelope, body=operation.response, headers=operation.response_headers, all_headers=True
        )

    def arguments(self, operation: Operation, envelope: etree._Element) -> dict[str, Any]:
        """Read the arguments of a judged request by name; what was left out is its type's zero."""
        child = next(envelope.iterfind(f"{ENVELOPE}Body/*"))
        value = operation.request.parse(child, self._document.types)
        plain: Any = serialize_object
        arguments: dict[str, Any] = {}
        for name, element in operation.request.type.elements:
            given = None if value is None else getattr(value, name)
            if isinstance(element.type, xsd.ComplexType):
                arguments[name] = plain(given, dict)
            else:
                arguments[name] = _or_zero(given, element.type)
        return arguments

    def answer(self, operation: Operation, result: Any, headers: Mapping[str, Any]) -> bytes:
        """Write the envelope of an answer; fields that `result` leaves out are nil or zero."""
        out: list[str] = ["<s:Header>"]
        for name, write in operation.write_headers.items():
            write(headers.get(name), out)
        out.append("</s:Header><s:Body>")
        operation.write_response({operation.result: result} if operation.result else {}, out)
        out.append("</s:Body>")
        return self.envelope("".join(out))

    def envelope(self, content: str) -> bytes:
        """Put content, written by this contract's writers, into an envelope."""
        opening = f'<s:Envelope xmlns:s="{ENVELOPE[1:-1]}"{self._encoder.namespaces()}>'
        return f"{opening}{content}</s:Envelope>".encode()

    def _operation(self, name: str, bound: Any) -> Operation:
        response = bound.output.body
        fields = [field for field, _ in response.type.elements]
        headers_out = dict(bound.output.header.type.elements)
        return Operation(
            name=name,
            action=bound.soapaction,
            request=bound.input.body,
            request_headers=tuple(e.qname.text for _, e in bound.input.header.type.elements),
            response=response.qname.text,
            response_headers=tuple(e.qname.text for e in headers_out.values()),
            result=fields[0] if fields else "",
            write_response=self._encoder.element(response),
            write_headers={field: self._encoder.element(e) for field, e in headers_out.items()},
        )


@cache
def load(agent: str, wsdl: Path, judged_by: Path) -> Contract:
    """Load a contract once for all worlds of the process; it holds no state."""
    return Contract(agent, wsdl=wsdl, judged_by=judged_by)


def _or_zero(value: Any, kind: Any) -> Any:
    if value is not None:
        return value
    if isinstance(kind, xsd.Boolean):
        return False
    if isinstance(kind, xsd.Integer):
        return 0
    return "" if isinstance(kind, xsd.String) else None
