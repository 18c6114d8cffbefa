"""Takes one call from its bytes to its answer: who asks, what, may they, and what comes of it."""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping
from contextlib import nullcontext
from dataclasses import dataclass, replace
from pathlib import Path

from lxml import etree

from so_sandbox.agents.caller import Agent, Caller
from so_sandbox.soap.breaking import breakage
from so_sandbox.soap.contract import NAMESPACE, Contract, Operation, load
from so_sandbox.soap.judge import ENVELOPE, read
from so_sandbox.soap.refusals import Answer, bare, exception_info, soap_fault
from so_sandbox.world.errors import AccessDenied, CrmError, LicenceMissing, NoSession
from so_sandbox.world.faults import Fault
from so_sandbox.world.tenant import Tenant
from so_sandbox.world.world import World

N = f"{{{NAMESPACE}}}"
TIME_ZONE = {"SoTimeZoneId": 0, "SoTimeZoneLocationCode": "UTC"}


@dataclass(frozen=True, slots=True)
class Served:
    """An answer, and the fault that was asked for on its way."""

    answer: Answer
    fault: Fault | None = None


@dataclass(slots=True)
class Visit:
    """One call on its way in; `operation` is what the SOAPAction says until the Body says better."""

    at: float
    tenant: str
    agent: str
    operation: str
    fault: Fault | None = None


class Turned(Exception):  # no error: the call ends here with this answer
    """The call is answered before it reached its operation."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.outcome)
        self.answer = answer


class Desk:
    """Serves the calls of all tenants of one world."""

    def __init__(
        self,
        world: World,
        agents: Mapping[str, Agent],
        *,
        waiting: Collection[str],
        wsdl: Path,
        vendor: Path | None,
    ) -> None:
        self.world = world
        self.agents = dict(agents)
        self.waiting = waiting
        self.spelling = {name.casefold(): name for name in agents}
        self.contracts = {
            name: load(
                name,
                wsdl / f"{name}.wsdl",
                vendor / f"WSDL-Services88-{name}.xml" if vendor else wsdl / f"{name}.wsdl",
            )
            for name in agents
        }

    def serve(self, context: str, agent: str, *, host: str, action: str, body: bytes) -> Served:
        """Answer one call and log it."""
        name = self.spelling.get(agent.casefold(), agent)
        visit = Visit(time.time(), context, name, action.strip('"').rpartition("/")[2])
        try:
            tenant = self._tenant(visit, host)
            answer = self._attend(visit, tenant, action.strip('"'), body)
        except Turned as turned:
            answer = turned.answer
        status = f"fault:{visit.fault.name}" if visit.fault is not None else answer.outcome
        self.world.calls.add(
            at=visit.at, tenant=visit.tenant, agent=name, operation=visit.operation, status=status
        )
        return Served(answer, visit.fault)

    def _tenant(self, visit: Visit, host: str) -> Tenant:
        tenant = self.world.tenant(visit.tenant)
        if tenant is None:
            raise Turned(bare(404, "no such tenant", "http_404"))
        visit.tenant = tenant.context_identifier
        if tenant.tables.host and host.casefold() != tenant.tables.host.casefold():
            raise Turned(bare(421, "Wrong subdomain used to access tenant", "http_421"))
        if not tenant.is_running:
            raise Turned(bare(503, f"the tenant is {tenant.tables.state}", "http_503"))
        if tenant.tables.denied == "http_403":
            raise Turned(bare(403, "the application may not be used in this tenant", "http_403"))
        if visit.agent not in self.agents:
            raise Turned(bare(404, f"the sandbox does not imitate the agent {visit.agent}", "http_404"))
        return tenant

    def _attend(self, visit: Visit, tenant: Tenant, action: str, body: bytes) -> Answer:
        self.world.settle()
        contract = self.contracts[visit.agent]
        try:
            envelope = read(body)
        except ValueError as error:
            return self._violation(f"{visit.agent}.{visit.operation or '?'}: {error}")
        operation = contract.find(envelope)
        if operation is None or operation.name not in self.agents[visit.agent]:
            what = f"{visit.agent}.{visit.operation or 'this operation'}"
            return soap_fault(f"the sandbox does not imitate {what}", "fault:not_imitated")
        visit.operation = operation.name
        wrong = contract.request_violations(operation, envelope)
        if action != operation.action:
            wrong.append(f"the SOAPAction is {action!r}")
        if wrong:
            return self._violation(f"request {visit.agent}.{operation.name}: {'; '.join(wrong)}")
        visit.fault = self.world.faults.take(tenant.context_identifier, visit.agent, operation.name)
        return self._broken_or_done(visit, tenant, operation, envelope)

    def _broken_or_done(
        self, visit: Visit, tenant: Tenant, operation: Operation, envelope: etree._Element
    ) -> Answer:
        contract, fault = self.contracts[visit.agent], visit.fault
        if fault is None or fault.name == "half_done":
            return self._done(contract, tenant, operation, envelope, half_done=fault is not None)
        if fault.name == "expired_ticket":
            return self._no_session(contract, operation)
        if fault.applied:
            answer = self._done(contract, tenant, operation, envelope)
        else:
            idle = contract.answer(operation, None, {"Succeeded": True, "TimeZone": TIME_ZONE})
            answer = Answer(200, idle, fault.name)
        return breakage(fault, contract, operation, answer) or answer

    def _done(
        self,
        contract: Contract,
        tenant: Tenant,
        operation: Operation,
        envelope: etree._Element,
        *,
        half_done: bool = False,
    ) -> Answer:
        try:
            caller = replace(self._caller(tenant, envelope), half_done=half_done)
            arguments = contract.arguments(operation, envelope)
            with nullcontext() if contract.agent in self.waiting else tenant.change():
                result = self.agents[contract.agent][operation.name](caller, arguments)
        except NoSession:
            return self._no_session(contract, operation)
        except CrmError as error:
            return self._refused(contract, operation, error)
        body = contract.answer(operation, result, {"Succeeded": True, "TimeZone": TIME_ZONE})
        return self._judged(contract, operation, Answer(200, body, "ok"))

    def _caller(self, tenant: Tenant, envelope: etree._Element) -> Caller:
        header = envelope.find(f"{ENVELOPE}Header")
        shown = ("", "")
        if header is not None:
            shown = (
                header.findtext(f"{N}ApplicationToken") or "",
                header.findtext(f"{N}Credentials/{N}Ticket") or "",
            )
        application = self.world.application_of(shown[0])
        if application is None:
            raise AccessDenied("the application token is not known")
        ticket = self.world.tickets.use(shown[1], tenant.context_identifier, self.world.clock.now())
        leave = tenant.tables.authorizations.get(application.client_id)
        if ticket is None or ticket.client_id != application.client_id:
            raise NoSession("the ticket is not valid")
        if leave is None or leave.state != "Active":
            raise NoSession("the application has lost its authorization")
        if tenant.tables.denied == "licence":
            raise LicenceMissing("the tenant has no licence for Development Tools")
        if tenant.tables.denied == "rights":
            raise AccessDenied("the system user has no rights any more")
        return Caller(self.world, tenant, ticket.associate_id, application.client_id)

    def _refused(self, contract: Contract, operation: Operation, error: CrmError) -> Answer:
        headers = {
            "ExceptionInfo": exception_info(str(error), error.exception_type),
            "Succeeded": False,
            "TimeZone": TIME_ZONE,
        }
        kind = error.exception_type.rpartition(".")[2]
        answer = Answer(200, contract.answer(operation, None, headers), f"refused:{kind}")
        return self._judged(contract, operation, answer)

    def _no_session(self, contract: Contract, operation: Operation) -> Answer:
        form = self.world.switches.expired_ticket
        if form == "http_401":
            return bare(401, "the ticket is not valid", "http_401")
        if form == "soap_fault":
            return soap_fault("the ticket is not valid", "fault:expired_ticket")
        return self._refused(contract, operation, NoSession("the ticket is not valid"))

    def _judged(self, contract: Contract, operation: Operation, answer: Answer) -> Answer:
        wrong = contract.response_violations(operation, read(answer.body))
        if wrong:
            return self._violation(f"answer {contract.agent}.{operation.name}: {'; '.join(wrong)}")
        return answer

    def _violation(self, text: str) -> Answer:
        self.world.schema_violations.append(text)
        return soap_fault(f"the envelope breaks the contract: {text}", "violation")
