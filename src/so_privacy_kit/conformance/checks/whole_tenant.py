"""All that a plugin does besides answering, in a whole tenant: once, however often SuperOffice tells."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pytest

from so_privacy_ext import exporting
from so_privacy_ext.plugins.linting import NOT_LOOKED_AT
from so_privacy_ext.plugins.reacting import consumer_of
from so_privacy_ext.plugins.troubles import HOW
from so_privacy_ext.rules.manifest import parse
from so_privacy_ext.storage import errands
from so_privacy_kit import Deliver, MailServer, Tenant
from so_privacy_kit.conformance.levels import Level, Unmet, check
from so_privacy_kit.conformance.story import by_channel
from so_privacy_kit.conformance.subject import Subject
from so_privacy_kit.tenant import published_manifest

Found = Callable[[str], None]
_TOLD = ("greta@example.com", "hanna@example.org")
_KEY = 1204
"""Of whatever the sandbox keeps no row of, such as a sale."""


@check(Level.GOLD, "in a whole tenant it carries, is told and gives rows, once however often things are told")
def test_all_seams(
    so_subject: Subject,
    so_plugin_settings: Mapping[str, Any],
    so_found: Found,
    request: pytest.FixtureRequest,
) -> None:
    said = so_subject.description
    if not (said.carries or said.after_decision or said.events or said.exports or said.lints):
        so_found("it does none of that")
        return
    tenant: Tenant = request.getfixturevalue("tenant")
    deliver: Deliver = request.getfixturevalue("deliver")
    tenant.enable(so_subject.name, **so_plugin_settings)
    if said.carries:
        tenant.activate(by_channel(so_subject.name))
    persons = [tenant.person(source="CARD", country="DK", email=one) for one in _TOLD]
    deliver()
    not_played = _happen(tenant, said.events)
    deliver()
    deliver.again()
    deliver.again(fresh=True)

    for one in tenant.journal("plugin_failed"):
        raise Unmet(str(one.content["what"]), HOW.get(one.content["kind"], "declare it, or leave it out"))
    assert all(one.held == {"STORE": "61F/CARD"} for one in persons)
    found = [f"{_taken(tenant, so_subject)} tellings"]
    if said.carries:
        mailed = [one["mail"] for person in persons for one in person.decisions[:1]]
        if mailed != ["sent"] * len(_TOLD):
            raise Unmet(f"of {len(_TOLD)} notices: {', '.join(mailed)}", "have it send what it is given")
        server: MailServer = request.getfixturevalue("mail_server")
        if server.connections and sorted(one.to for one in server.received) != sorted(_TOLD):
            raise Unmet(f"{len(server.received)} mails for {len(_TOLD)} persons", "send one for each letter")
        found.append(f"{len(_TOLD)} notices")
    found += [f"{count} rows" for count in _exported(tenant, so_subject)]
    found += _looked_at(tenant, so_subject)
    found += [f"the sandbox plays no {', '.join(not_played)}"] if not_played else []
    so_found(", ".join(found))


def _happen(tenant: Tenant, events: Sequence[str]) -> Sequence[str]:
    """Have each event happen that the sandbox can play alone; give the others."""
    company = next(iter(tenant.crm.tables.companies))
    not_played = []
    for name in events:
        if name.startswith("person."):
            continue  # these come with the persons
        try:
            tenant.trigger(name, key=company if name.startswith("contact.") else _KEY)
        except ValueError:
            not_played.append(name)
    return not_played


def _taken(tenant: Tenant, subject: Subject) -> int:
    """Count what it was told of; unmet where something waits."""
    with tenant.product.session(tenant.summary) as session:
        told = errands.listed(session, consumer=consumer_of(subject.name), limit=1000)
    for one in told:
        if one.state != "done":
            raise Unmet(f"told of `{one.kind}` it fails: {one.reason}", "have it take each that it asks for")
    return len(told)


def _exported(tenant: Tenant, subject: Subject) -> Sequence[int]:
    extending = tenant.product.extending
    with tenant.product.session(tenant.summary) as session:
        exports = [
            exporting.chosen(extending, session, f"{subject.name}.{one.name}")
            for one in subject.description.exports
        ]
        return [len(list(exporting.rows(one, session, since=None, until=None))) for one in exports]


def _looked_at(tenant: Tenant, subject: Subject) -> Sequence[str]:
    if not subject.description.lints:
        return ()
    content = published_manifest().read_bytes()
    with tenant.product.turn(tenant.summary) as turn:
        manifest = parse(content, "manifest", tenant.product.words(turn.session))
        said = tenant.product.extending.looked_at(turn, manifest)
    for one in said:
        if one.code == f"{subject.description.namespace}.{NOT_LOOKED_AT}":
            raise Unmet(one.what, one.how)
    return (f"{len(said)} findings",)
