"""Silver: whatever happens around it, no event is lost, nothing is allowed by it, and it is named."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from so_privacy_ext.model import PersonId
from so_privacy_ext.plugins.troubles import Kind, PluginFailed
from so_privacy_kit import Deliver, ManifestInvalid, Tenant
from so_privacy_kit.conformance import made_up
from so_privacy_kit.conformance.levels import Level, Unmet, check
from so_privacy_kit.conformance.stand_in import ALL_WAYS, Certificates, misbehaving
from so_privacy_kit.conformance.subject import NO_ANSWERS, NOT_SET, Said, Subject

Found = Callable[[str], None]
_HONEST = {Kind.RAISED}
"""What it may do when its host fails; the product takes it for unknown."""


@pytest.mark.parametrize("way", ALL_WAYS)
@check(Level.SILVER, "it says nothing wrong when a host fails")
def test_host(
    so_subject: Subject,
    so_plugin_settings: Mapping[str, Any],
    so_works: Said,
    so_certificates: Certificates,
    so_found: Found,
    monkeypatch: pytest.MonkeyPatch,
    way: str,
) -> None:
    if not so_subject.answers:
        so_found(NO_ANSWERS)
        return
    if not made_up.hosts_set(so_subject.description):
        so_found("it talks to nobody" if not so_subject.description.hosts else NOT_SET)
        return
    monkeypatch.setenv("SSL_CERT_FILE", str(so_certificates.authority))
    with misbehaving(way, so_certificates) as port:
        settings = so_subject.elsewhere(so_plugin_settings, f"127.0.0.1:{port}")
        said = so_subject.ask(made_up.persons(), settings)
    _nothing_else(so_works, said, f"where its host {way}")
    for one in said.troubles:
        if one.kind not in _HONEST:
            raise Unmet(f"where its host {way}: {one.what}", _mend(one.kind))
    failed = ", ".join(one.what for one in said.troubles) or "it lives without"
    so_found(f"its host {way}: {failed}")


def _mend(kind: Kind) -> str:
    if kind is Kind.SLOW:
        return "give each of its calls a timeout that is shorter than two seconds for all of them together"
    return "have it raise where its host does not answer as it should; what it then would say is unknown"


def _nothing_else(works: Said, said: Said, when: str) -> None:
    """Refuse what is neither unknown nor what it says where all is well."""
    for before, now in zip(works.facts, said.facts, strict=True):
        wrong = [name for name, value in now.further.items() if before.further.get(name) != value]
        wrong += [
            key
            for key, answer in now.answers.items()
            if answer[0] is not None and before.answers.get(key, (None, ""))[0] != answer[0]
        ]
        if now.proposed is not None and now.proposed != before.proposed:
            wrong.append("a source")
        if wrong:
            raise Unmet(
                f"{when} it says otherwise than where all is well: {', '.join(wrong)}",
                "say None, or leave the fact out, where something can't be known",
            )


@check(Level.SILVER, "it calls nothing erased that it could not erase")
def test_not_erased(so_subject: Subject, so_plugin_settings: Mapping[str, Any], so_found: Found) -> None:
    if so_subject.description.holds is None or not made_up.hosts_set(so_subject.description):
        so_found("it holds nothing" if not so_subject.description.holds else NOT_SET)
        return
    nobody = so_subject.elsewhere(so_plugin_settings, made_up.NOBODY)
    for person, which in ((PersonId(1), "subject_erase"), (None, "tenant_erase")):
        with so_subject.hosts() as hosts:
            try:
                records = so_subject.holder(nobody, hosts).erase(person)
            except PluginFailed:
                continue
        raise Unmet(
            f"with its host down `{which}` says that it has erased {records} records",
            "have it raise where it was not erased; it is then asked again until it answers",
        )
    so_found("with its host down it fails, and is asked again")


@check(Level.SILVER, "it is killed, and goes on as before")
def test_killed(
    so_subject: Subject, so_plugin_settings: Mapping[str, Any], so_works: Said, so_found: Found
) -> None:
    if not so_subject.answers:
        so_found(NO_ANSWERS)
        return
    with so_subject.hosts() as hosts:
        so_subject.ask(made_up.persons(5), so_plugin_settings, hosts=hosts)
        for process in _processes():
            os.kill(process, signal.SIGKILL)
        killed = so_subject.ask(made_up.persons(), so_plugin_settings, hosts=hosts)
        again = so_subject.ask(made_up.persons(), so_plugin_settings, hosts=hosts)
    _nothing_else(so_works, killed, "after it was killed")
    _nothing_else(so_works, again, "after it was started again")
    so_found(", ".join(one.what for one in killed.troubles) or "nobody noticed")


def _processes() -> Iterator[int]:
    """Give the plugins' processes that this one has started."""
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
            started = (
                parent == os.getpid() and b"so_privacy_ext.plugins.host" in (folder / "cmdline").read_bytes()
            )
        except OSError:
            continue  # it has ended meanwhile
        if started:
            yield int(folder.name)


@check(Level.SILVER, "what it was asked for one tenant changes nothing for another")
def test_tenants_apart(
    so_subject: Subject, so_plugin_settings: Mapping[str, Any], so_works: Said, so_found: Found
) -> None:
    if not so_subject.answers:
        so_found(NO_ANSWERS)
        return
    with so_subject.hosts() as hosts:
        so_subject.ask(made_up.persons(200)[60:], so_plugin_settings, hosts=hosts, tenant=2)
        said = so_subject.ask(made_up.persons(), so_plugin_settings, hosts=hosts, tenant=1)
    if said.facts != so_works.facts:
        raise Unmet("it answers otherwise when another tenant was asked before", "keep nothing between calls")
    so_found(f"{len(said.facts)} persons, after 140 of another tenant")


@check(Level.SILVER, "in a whole tenant no event is lost by it, and a no stands")
def test_story(
    so_subject: Subject,
    so_plugin_settings: Mapping[str, Any],
    tenant: Tenant,
    deliver: Deliver,
    so_found: Found,
) -> None:
    tenant.enable(so_subject.name, **so_subject.elsewhere(so_plugin_settings, made_up.NOBODY))
    tenant.activate(so_subject.manifest())
    anna = tenant.person(country="DK", source="CARD", email="anna@example.com")
    hanna = tenant.person({"consent.STORE": "61F/CARD"}, country="DK", email="hanna@example.org")
    hanna.withdraw("STORE")
    _all_done(deliver, "with its hosts out of reach")
    hanna.change(title="Director")
    holds = so_subject.description.holds is not None
    tenant.disable(so_subject.name, erase=True if holds else None)
    berit = tenant.person(country="NO", source="CARD", email="berit@example.com")
    _all_done(deliver, "after it was switched off")
    assert anna.decisions
    assert berit.decisions
    assert hanna.consents["STORE"].basis == "WITHDRAWN"
    failed = tenant.journal("plugin_failed")
    assert all(one.content["plugin"] == so_subject.name for one in failed)
    so_found(", ".join(sorted({one.content["kind"] for one in failed})) or "nothing failed")


def _all_done(deliver: Deliver, when: str) -> None:
    rest = deliver()
    if rest.waiting or rest.parked:
        raise Unmet(f"{when} {rest.waiting} events wait", "have it answer within two seconds")


@check(Level.SILVER, "a tenant that has not switched it on knows nothing of it")
def test_not_switched_on(
    so_subject: Subject,
    so_plugin_settings: Mapping[str, Any],
    tenant: Tenant,
    tenants: Callable[[str], Tenant],
    deliver: Deliver,
    so_found: Found,
) -> None:
    tenant.enable(so_subject.name, **so_plugin_settings)
    other = tenants("Cust54321")
    if so_subject.description.words:
        with pytest.raises(ManifestInvalid, match=so_subject.description.namespace):
            other.activate(so_subject.manifest())
    anna = other.person(country="DK", source="CARD", email="anna@example.com")
    deliver()
    assert anna.held == {"STORE": "61F/CARD"}
    assert not other.journal("plugin_failed")
    so_found("its words are refused there" if so_subject.description.words else "it has no words")
