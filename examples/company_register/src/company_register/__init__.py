"""Looks in a company register whether a person's company is listed, and proposes that she came from there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from pydantic import BaseModel, Field

from company_register.register import listed_since, used
from so_privacy_ext import Decision, Extension, Facts, FromSetting, Proposal, Seen


class Settings(BaseModel):
    host: str = Field(
        title="Register", description="Where the register is: a host, with its port if that is not 443."
    )
    source: str = Field(
        default="VENDOR",
        title="Source",
        description="Key of the source, in the manifest, of those whose company is listed.",
    )
    reports_use: bool = Field(
        default=False,
        title="Report use",
        description="Tell the register, which may charge for it, each time that its word became a source.",
    )


ext = Extension(
    "company-register",
    version="1.0.0",
    says="Asks a company register for the domains of persons' addresses, and for nothing else of theirs.",
    settings=Settings,
    hosts=[FromSetting("host", port=443)],
)


@ext.facts("listed", "since")
def found(persons: Sequence[Seen], settings: Settings) -> Mapping[int, Mapping[str, bool | date]]:
    """Ask once for all persons; what the register does not say stays unknown."""
    domains = {one.facts.email_domain for one in persons if one.facts.email_domain is not None}
    if not domains:
        return {}
    since = listed_since(settings.host, sorted(domains))
    return {
        one.person_id: _facts(since.get(one.facts.email_domain))
        for one in persons
        if one.facts.email_domain is not None
    }


def _facts(since: date | None) -> Mapping[str, bool | date]:
    return {"listed": False} if since is None else {"listed": True, "since": since}


@ext.detect_source(
    reasons={
        "listed": {
            "en": "the domain of her address is a listed company's",
            "da": "hendes adresses domæne tilhører en registreret virksomhed",
        }
    }
)
def source(facts: Facts, settings: Settings) -> Proposal | None:
    """Propose the register for whoever's company is in it; nobody's word in the CRM is overruled by that."""
    if facts.further.get("company_register.listed") is not True:
        return None
    return Proposal(settings.source, 0.8, "listed")


@ext.after_decision
def report_use(decision: Decision, key: str, settings: Settings) -> None:
    """Tell the register that its word was used, if the administrator wants that; nothing of whom, but once."""
    if not settings.reports_use:
        return
    if any(one.source == settings.source and one.result == "written" for one in decision.purposes.values()):
        used(settings.host, key)
