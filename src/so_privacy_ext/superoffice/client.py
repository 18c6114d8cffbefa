"""The one way to call an operation: status, ticket, pace, exchange, strict reading, repeats."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import tenacity
from lxml import etree

from so_privacy_ext import metrics
from so_privacy_ext.errors import Applied, CrmFailure, Fault
from so_privacy_ext.superoffice import envelope, faults, operations
from so_privacy_ext.superoffice.connection import TenantConnection
from so_privacy_ext.superoffice.documents import document
from so_privacy_ext.superoffice.envelope import Reply
from so_privacy_ext.superoffice.faults import POLICIES
from so_privacy_ext.superoffice.operations import Operation
from so_privacy_ext.superoffice.tickets import Ticket
from so_privacy_ext.superoffice.wire import HttpReply

_LAST_REPEAT = 20.0
"""Seconds after which a call is not begun again, so that no worker is stuck for a minute."""
_XML = "text/xml"
_ASK_WHO_WE_ARE = frozenset({Fault.EXPIRED_TICKET, Fault.ACCESS_DENIED})
"""Signing in anew mends the first; of the second it tells whether our secret or our leave is gone."""


class SoapClient:
    """Calls the allowed operations of one tenant; made for a turn, since `pace` is the turn's."""

    def __init__(self, connection: TenantConnection, pace: Callable[[], None], *, mass: bool = False) -> None:
        """Without `mass` no operation that touches many persons at once ever leaves."""
        self.connection = connection
        self._pace = pace
        self._mass = mass
        self._placed = False
        """Whether the next call has its place in the pace already."""

    @contextmanager
    def place(self) -> Iterator[None]:
        """Wait for the tenant, a ticket and a place in the pace, so that the next call within leaves at once.

        A place that no call took is given up at the end, since others may have been taken after it.
        """
        self.connection.endpoint()
        self.connection.tickets.get()
        self._pace()
        self._placed = True
        try:
            yield
        finally:
            self._placed = False

    def call(self, name: str, **parameters: Any) -> Any:
        """Call an operation and give zeep's reading of its `Response`; None where it returns nothing."""
        operation = operations.ALLOWED[name]
        return document(operation.agent).result(operation, self._call(operation, parameters))

    def items(self, name: str, **parameters: Any) -> list[Any]:
        """Call an operation that returns an array and give what is in it; zeep has None for an empty one."""
        return getattr(self.call(name, **parameters), operations.ALLOWED[name].item, None) or []

    def tree(self, name: str, **parameters: Any) -> etree._Element:
        """Call an operation and give its checked response element, unread by zeep."""
        return self._call(operations.ALLOWED[name], parameters).response

    def _call(self, operation: Operation, parameters: dict[str, Any]) -> Reply:
        if operation.mass and not self._mass:
            detail = "mass operations are not opened here"
            raise faults.failure(Fault.VALIDATION, operation.full_name, applied=Applied.NO, detail=detail)
        repeats = _Repeats(operation)
        retrying = tenacity.Retrying(
            retry=tenacity.retry_if_exception(repeats.allow),
            wait=repeats.pause,
            stop=tenacity.stop_after_delay(_LAST_REPEAT),
            reraise=True,
        )
        return retrying(self._once, operation, parameters)

    def _once(self, operation: Operation, parameters: dict[str, Any]) -> Reply:
        connection = self.connection
        endpoint = connection.endpoint()
        ticket = connection.tickets.get()
        headers = {
            "ApplicationToken": connection.application.application_token,
            "Credentials": {"Ticket": ticket.value},
            "TimeZone": {"SoTimeZoneLocationCode": "UTC"},
        }
        body = document(operation.agent).build(operation, headers, parameters)
        try:
            with connection.breakers.of(operation.full_name).guard():
                return self._ask(operation, endpoint, body)
        except CrmFailure as failure:
            connection.react(failure)
            if failure.fault in _ASK_WHO_WE_ARE:
                self._renew(ticket, failure.applied)
            raise

    def _ask(self, operation: Operation, endpoint: str, body: bytes) -> Reply:
        if not self._placed:
            self._pace()
        self._placed = False
        with metrics.crm_call(operation.full_name):
            reply = self.connection.wire.exchange(
                operation.full_name,
                "POST",
                f"{endpoint}/Remote/Services88/{operation.agent}.svc",
                headers={"Content-Type": f"{_XML}; charset=utf-8", "SOAPAction": operation.soap_action},
                body=body,
            )
            return self._read(operation, reply)

    def _renew(self, stale: Ticket, applied: Applied) -> None:
        """Have a new ticket ready; a refusal says nothing of what the refused call may have done."""
        try:
            self.connection.tickets.renew(stale)
        except CrmFailure as refusal:
            lost = faults.again(refusal)
            lost.applied = applied
            raise lost from None

    def _read(self, operation: Operation, reply: HttpReply) -> Reply:
        """Judge by status and type first, then by the envelope and by what the operation promises."""
        name = operation.full_name
        is_xml = reply.media_type == _XML and reply.charset in ("", "utf-8")
        if reply.status != 200:
            fault = envelope.soap_fault(reply.content, name) if reply.status == 500 and is_xml else None
            raise fault or faults.of_status(
                reply.status, reply.headers.get("Retry-After"), name, self.connection.clock.now()
            )
        if not is_xml:
            raise faults.protocol(name, "media type")
        read = envelope.read(reply.content, name)
        operations.check(operation, read.response)
        return read


class _Repeats:
    """Counts, per fault, how often one call was repeated, and knows how long to pause."""

    def __init__(self, operation: Operation) -> None:
        self._writes = operation.writes
        self._done: Counter[Fault] = Counter()
        self._pause = 0.0

    def allow(self, error: BaseException) -> bool:
        if not isinstance(error, CrmFailure):
            return False
        policy = POLICIES[error.fault]
        done = self._done[error.fault]
        scatter = random.uniform(0.75, 1.25)  # noqa: S311 - spreads callers, guards nothing
        self._pause = policy.pause * 2.0**done * scatter
        self._done[error.fault] += 1
        return done < (policy.repeats_of_write if self._writes else policy.repeats)

    def pause(self, _: tenacity.RetryCallState) -> float:
        return self._pause
