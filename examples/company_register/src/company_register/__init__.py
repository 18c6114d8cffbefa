"""Looks in a company register whether a person's company is listed, and proposes that she came from there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from pydantic import BaseModel, Field

from company_register.register import forget, listed_since, lookups, used
from so_privacy_ext import (
    Again,
    Crm,
    Decision,
    Erased,
    Event,
    Extension,
    Facts,
    Finding,
    FromSetting,
    Holds,
    Proposal,
    Seen,
)


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
    version="1.1.0",
    says="Asks a company register for the domains of persons' addresses, and for nothing else of theirs.",
    settings=Settings,
    hosts=[FromSetting("host", port=443)],
    operations=["Archive.GetArchiveListByColumns2"],
    holds=Holds(
        what="each look-up: the number of the person, the domain of her address, and when it was",
        why="the register must be able to say for whom it was asked",
        keep_days=90,
    ),
)


@ext.facts("listed", "since")
def found(persons: Sequence[Seen], settings: Settings) -> Mapping[int, Mapping[str, bool | date]]:
    """Ask once for all persons; what the register does not say stays unknown."""
    askers: dict[str, list[int]] = {}
    for one in persons:
        if one.facts.email_domain is not None:
            of_domain = askers.setdefault(one.facts.email_domain, [])
            of_domain += [one.person_id] if one.person_id > 0 else []  # who is made up has no number
    if not askers:
        return {}
    since = listed_since(settings.host, askers)
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
    """Tell the register that its word was used, if the administrator wants that; of nobody, but once."""
    if not settings.reports_use:
        return
    if any(one.source == settings.source and one.result == "written" for one in decision.purposes.values()):
        used(settings.host, key)


@ext.on("contact.changed")
def company_changed(event: Event, crm: Crm) -> Again:
    """Have the persons of a company that changed looked at again: it may have been listed since."""
    page = crm.call(
        "Archive.GetArchiveListByColumns2",
        ProviderName="Dynamic",
        Columns="person.person_id",
        SortOrder="person.person_id asc",
        Restrictions=f"person.contact_id = {event.primary_key}",
        Entities="",
        Page=0,
        PageSize=1000,  # as many as can be looked at again because of one event
    )
    rows = (page or {}).get("ArchiveListItem") or []
    return Again([_number(row["ColumnData"]["ColumnDataKeyValuePair"][0]["Value"]) for row in rows])


def _number(value: Mapping[str, str]) -> int:
    """Read a number as the archive writes it, `[I:10001]`."""
    return int(value["DisplayValue"].removeprefix("[I:").removesuffix("]"))


@ext.lint
def names_the_source(manifest: Mapping[str, Any], settings: Settings) -> Iterator[Finding]:
    """Say so where what is proposed would be nobody's source, or no rule asks for it."""
    if settings.source not in manifest.get("sources", {}):
        what = f"it names no source `{settings.source}`, which is proposed for whoever is in the register"
        yield Finding("no_source", what, "add it to `sources`, or set another", ("sources",))
        return
    asked = [rule["when"] for rule in manifest["rules"] if "source" in repr(rule.get("when"))]
    if not any(settings.source in repr(when) for when in asked):
        what = f"no rule asks for the source `{settings.source}`, which the register is asked for"
        yield Finding("not_asked", what, "add a rule for it, or switch the plugin off", ("rules",), "note")


@ext.export("used", columns=["at", "person", "purpose", "written"])
def word_used(decisions: Sequence[Decision], settings: Settings) -> Iterator[Mapping[str, str | int | None]]:
    """Decisions whose source is the register's."""
    for decision in decisions:
        for purpose, one in decision.purposes.items():
            if one.source == settings.source:
                at = decision.decided_at.isoformat()
                yield {"at": at, "person": decision.person_id, "purpose": purpose, "written": one.result}


@ext.subject_access
def shown(person_id: int, settings: Settings) -> Mapping[str, Any]:
    """Show a person, who asks for it, which look-ups the register keeps."""
    return {"lookups": list(lookups(settings.host, person_id))}


@ext.subject_erase
def forgotten(person_id: int, settings: Settings) -> Erased:
    """Have the register forget a person who is gone."""
    return Erased(forget(settings.host, person_id))


@ext.tenant_erase
def all_forgotten(settings: Settings) -> Erased:
    """Have it forget all look-ups, as whoever switches the plugin off may want."""
    return Erased(forget(settings.host))
