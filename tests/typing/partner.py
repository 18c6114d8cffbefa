"""What partners write, with each public name: judged by mypy and by pyright at their strictest, never run.

Each `type: ignore` stands where a mistake must be found: without the mistake it would be reported as unused.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar, Literal, assert_type

from pydantic import BaseModel, SecretStr

from so_privacy_ext import (
    UNKNOWN,
    Again,
    Clock,
    Condition,
    Crm,
    DecidedPurpose,
    Decision,
    Erased,
    Event,
    Extension,
    Facts,
    Finding,
    FromSetting,
    Holds,
    Letter,
    NotSent,
    OneOrMany,
    Proposal,
    Seen,
    Truth,
    Unknown,
)
from so_privacy_ext.webhooks import BadSignature, Quarantine, WebhookEvent, events, read
from so_privacy_kit import (
    Clock as KitClock,
)
from so_privacy_kit import (
    Consent,
    Deliver,
    Mail,
    MailServer,
    ManifestInvalid,
    Outbox,
    Person,
    Player,
    Received,
    Rest,
    Tenant,
)


class Settings(BaseModel):
    host: str
    key: SecretStr
    least: int = 0


ext = Extension(
    "acme-vat",
    version="1.0",
    says="Knows which companies are registered for VAT.",
    settings=Settings,
    hosts=["api.example.com:443", FromSetting("host", port=443)],
    holds=Holds(what="numbers of persons", why="to account for look-ups", keep_days=90),
)
assert_type(ext.namespace, str)


@ext.condition
class Registered(Condition[bool]):
    """Whether the person's company is registered for VAT."""

    word = "acme_vat.registered"
    spoken: ClassVar = {"en": ("her company is registered", "her company is not registered")}
    reasons: ClassVar[Mapping[str, Mapping[str, str]]] = {"unlisted": {"en": "it is in no register"}}

    def holds(self, facts: Facts, /) -> tuple[Truth, str]:
        turnover = facts.further.get("acme_vat.turnover")
        if not isinstance(turnover, int):
            return None, "unlisted"
        return (turnover > 100) is self.root, ""


@ext.condition
class Sector(Condition[OneOrMany[Literal["trade", "public"]]]):
    """The sector of the person's company."""

    word = "acme_vat.sector"

    def holds(self, facts: Facts, /) -> Truth:
        assert_type(self.root, tuple[Literal["trade", "public"], ...])
        if facts.country is UNKNOWN:
            return None
        return facts.country == "DK" and "public" in self.root


@ext.condition
class AnswersText(Condition[bool]):
    """A condition that answers a text."""

    word = "acme_vat.text"

    def holds(self, facts: Facts, /) -> str:  # type: ignore[override]
        return facts.form or ""


@ext.condition
class AsksForMore(Condition[bool]):
    """A condition that wants more than the facts."""

    word = "acme_vat.more"

    def holds(self, facts: Facts, company: int, /) -> Truth:  # type: ignore[override]
        return facts.category_id == company


class NoCondition:
    """No condition at all."""

    word = "acme_vat.none"


ext.condition(NoCondition)  # type: ignore[type-var]


@ext.facts("turnover", "asked_on")
def turnover(
    persons: Sequence[Seen], settings: Settings, clock: Clock
) -> Mapping[int, Mapping[str, int | date | None]]:
    now = clock.now()
    assert_type(now, datetime)
    return {
        one.person_id: {"turnover": one.company_id + settings.least, "asked_on": now.date()}
        for one in persons
        if one.source_is_open
    }


@ext.detect_source(reasons={"listed": {"en": "her company is in the register"}})
def source(facts: Facts) -> Proposal | None:
    return Proposal("VENDOR", 0.8, "listed") if facts.has_email else None


@ext.after_decision
def decided(decision: Decision, key: str, clock: Clock) -> None:
    assert_type(decision.purposes["STORE"], DecidedPurpose)
    assert_type(decision.purposes["STORE"].basis, str | None)
    decision.mail = f"{key} {clock.now()}"  # type: ignore[misc]


@ext.on("sale.created")
def sold(event: Event, crm: Crm) -> Again | None:
    assert_type(event.timestamp, datetime | None)
    assert_type(crm.call("List.GetCategories"), Any)
    Again(7)  # type: ignore[arg-type]
    return Again([event.primary_key])


@ext.lint
def looks(manifest: Mapping[str, Any]) -> Iterator[Finding]:
    yield Finding("no_rules", "it has no rules", "add one", ("rules", 0), level="note")
    yield Finding("bad", "it is bad", "mend it", level="error")  # type: ignore[arg-type]


@ext.export("by-rule", columns=["rule", "person"])
def rows(decisions: Sequence[Decision], settings: Settings) -> Iterator[Mapping[str, str | int]]:
    for one in decisions:
        yield {"rule": one.purposes["STORE"].rule, "person": one.person_id}


@ext.export("texts", columns=["rule"])  # type: ignore[type-var]
def no_rows(decisions: Sequence[Decision]) -> int:
    return decisions[0].decision_id


@ext.channel
def carried(letter: Letter, settings: Settings) -> None:
    assert_type(letter.to, str)
    if not letter.html:
        raise NotSent(settings.host, for_good=letter.version > 1)
    letter.to = ""  # type: ignore[misc]


@ext.subject_access
def shown(person_id: int, settings: Settings) -> Mapping[str, str | int]:
    return {"number": person_id, "at": settings.host}


@ext.subject_erase
def erased(person_id: int) -> Erased:
    return Erased(records=person_id)


@ext.tenant_erase
def all_erased() -> Erased:
    return Erased(0)


@ext.subject_erase  # type: ignore[type-var]
def no_receipt(person_id: int) -> int:
    return person_id


assert_type(erased(7), Erased)
Holds(what="numbers", why="no reason")  # type: ignore[call-arg]
assert_type(source(Facts(country="DK")), Proposal | None)
Facts(country="DK", colour="red")  # type: ignore[call-arg]
Extension("acme-vat", version="1.0")  # type: ignore[call-arg]
Extension("acme-vat", version="1.0", says="It.", settings=Settings(host="", key=SecretStr("")))  # type: ignore[arg-type]
FromSetting("host")  # type: ignore[call-arg]
Proposal("VENDOR", "sure", "listed")  # type: ignore[arg-type]
Facts().country = "NO"  # type: ignore[misc]


def known(country: str | Unknown) -> str:
    return "" if country is UNKNOWN else country


def received(body: bytes, headers: Mapping[str, str], secret: str) -> int:
    """Answer a webhook."""
    try:
        event = read(body, headers, [secret], context_identifier="Cust12345")
    except BadSignature as refused:
        return refused.status
    except Quarantine as kept:
        assert_type(kept.reason, str)
        return 200
    assert_type(event, WebhookEvent)
    if isinstance(event, events.SaleChanged):
        assert_type(event.contact_id, int | None)
    model: type[WebhookEvent] = events.EVENTS["sale.sold"]
    return 200 if isinstance(event, model) else 202


read(b"", {}, "secret")  # type: ignore[call-arg]


def test_a_story(  # noqa: PLR0917 - pytest gives them by name
    tenant: Tenant,
    tenants: Callable[[str], Tenant],
    person: Callable[..., Person],
    deliver: Deliver,
    outbox: Outbox,
    clock: KitClock,
    scenario: Player,
    mail_server: MailServer,
) -> None:
    anna = person(source="CARD", country="DK")
    assert_type(deliver(), Rest)
    assert_type(deliver.again(2, fresh=True).parked, str | None)
    assert_type(anna.consents, Mapping[str, Consent])
    assert_type(anna.held["STORE"], str)
    assert_type(outbox[0], Mail)
    assert_type(outbox[:2], Sequence[Mail])
    assert_type([mail.language for mail in outbox.to("anna@example.com")], list[str])
    assert_type(clock.advance(timedelta(days=1), hours=2), datetime)
    assert_type(tenants("Cust54321").persons(), list[Person])
    assert_type(scenario("merge")["anna"], Any)
    assert_type(mail_server.received, list[Received])
    mail_server.answers["RCPT"] = f"450 later, on port {mail_server.port}"
    tenant.enable("acme-vat", host="api.example.com")
    anna.consent("EMARKETING", basis="61A")
    anna.consent(5)  # type: ignore[arg-type]
    try:
        tenant.activate(Path("rules.yaml"))
    except ManifestInvalid as invalid:
        assert_type(invalid.filename, str)
