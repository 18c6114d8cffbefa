"""Turns a right answer into the failure that was asked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from so_sandbox.soap.contract import Contract, Operation
from so_sandbox.soap.refusals import HTML, Answer, bare, exception_info, soap_fault
from so_sandbox.world.faults import Fault

ASKED = "asked for by a fault"


def breakage(fault: Fault, contract: Contract, operation: Operation, answer: Answer) -> Answer | None:
    """Return the broken answer; None where the fault leaves the answer as it is."""
    if fault.name.startswith("http_"):
        return bare(int(fault.name.removeprefix("http_")), ASKED, fault.name, fault.headers)
    if fault.name in INVENTED:
        return INVENTED[fault.name](fault, contract, operation)
    if fault.name in SPOILT:
        return Answer(answer.status, SPOILT[fault.name](answer.body), fault.name)
    return None


def _soap_fault(fault: Fault, contract: Contract, operation: Operation) -> Answer:
    del contract, operation
    message = fault.argument or ASKED
    return soap_fault(message, fault.name, code="Server", stack_trace=_stack_trace(message))


def _succeeded_false(fault: Fault, contract: Contract, operation: Operation) -> Answer:
    exception_type, _, message = fault.argument.partition(":")
    info = exception_info(message or ASKED, exception_type or "SuperOffice.Exceptions.SoServerException")
    info["StackTrace"] = _stack_trace(message or ASKED)
    headers = {"ExceptionInfo": info, "Succeeded": False, "TimeZone": {}}
    return Answer(200, contract.answer(operation, None, headers), fault.name)


def _stack_trace(message: str) -> str:
    """Quote the message, as the parameters in a real one may quote whatever the call was about."""
    return f"   at SuperOffice.CRM.Services.Implementation.Agent.Call({message})"


def _html(fault: Fault, contract: Contract, operation: Operation) -> Answer:
    del contract, operation
    return Answer(200, bare(200, ASKED, fault.name).body, fault.name, HTML)


def _empty(fault: Fault, contract: Contract, operation: Operation) -> Answer:
    del contract, operation
    return Answer(200, b"", fault.name)


def _empty_body(fault: Fault, contract: Contract, operation: Operation) -> Answer:
    del operation
    return Answer(200, contract.envelope("<s:Header/><s:Body/>"), fault.name)


def _wrong_response(fault: Fault, contract: Contract, operation: Operation) -> Answer:
    headers = {"Succeeded": True, "TimeZone": {}}
    others = [other for other in contract.operations.values() if other.name != operation.name]
    body = contract.answer((others or [operation])[0], None, headers)
    if not others:
        body = body.replace(f"{operation.name}Response".encode(), b"GetProviderNamesResponse")
    return Answer(200, body, fault.name)


def _without_header(body: bytes) -> bytes:
    start, found, rest = body.partition(b"<s:Header>")
    return start + b"<s:Body>" + rest.partition(b"<s:Body>")[2] if found else body


def _half(body: bytes) -> bytes:
    return body[: len(body) // 2]


INVENTED: Mapping[str, Callable[[Fault, Contract, Operation], Answer]] = {
    "soap_fault": _soap_fault,
    "succeeded_false": _succeeded_false,
    "html": _html,
    "empty": _empty,
    "empty_body": _empty_body,
    "wrong_response": _wrong_response,
}
SPOILT: Mapping[str, Callable[[bytes], bytes]] = {"no_header": _without_header, "truncated": _half}
