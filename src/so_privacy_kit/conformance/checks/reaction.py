"""Being told afterwards: nothing is taken for told that was not, and a repeat can be told from the next."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import pytest

from so_privacy_ext.errands import Done, Errand
from so_privacy_kit.conformance import made_up
from so_privacy_kit.conformance.levels import Level, Unmet, check
from so_privacy_kit.conformance.made_up_afterwards import told_of_decisions, told_of_events
from so_privacy_kit.conformance.seams import overheard, tell
from so_privacy_kit.conformance.stand_in import DOWN, Certificates, misbehaving
from so_privacy_kit.conformance.subject import NOT_SET, Subject

Found = Callable[[str], None]
NONE = "it is told of nothing"
SILENT = "it says nothing to a host"
REFUSING = (DOWN, "hangs up", "is overloaded", "lets nobody in")
"""Ways of a host that has certainly heard nothing."""


def _told(subject: Subject, *, otherwise: bool = False) -> Iterator[tuple[str, Sequence[Errand]]]:
    """Give what it is told of; otherwise, of other causes that are the same in all else."""
    said = subject.description
    if said.after_decision:
        yield "decisions", told_of_decisions(otherwise=otherwise)
    if said.events:
        yield "events", told_of_events(said.events, otherwise=otherwise)


def _not_judged(subject: Subject) -> str:
    """Say why there is nothing to hear; empty where there may be."""
    if not any(_told(subject)):
        return NONE
    if not made_up.hosts_set(subject.description):
        return NOT_SET if subject.description.hosts else SILENT
    return ""


@check(Level.GOLD, "it takes each decision and event of which it is told, and needs no more than it is given")
def test_told(so_subject: Subject, so_plugin_settings: Mapping[str, Any], so_found: Found) -> None:
    counts = []
    for kind, errands in _told(so_subject):
        if kind == "events" and so_subject.description.operations:
            continue  # it may need what it asks SuperOffice for, so a whole tenant tells it
        outcomes, troubles = tell(so_subject, so_plugin_settings, errands)
        for one in troubles:
            raise Unmet(f"told of {kind}: {one.what}", one.how)
        counts.append(f"{len(outcomes)} {kind}")
    told_by_tenant = "of events it is told by a whole tenant" if any(_told(so_subject)) else NONE
    so_found(", ".join(counts) or told_by_tenant)


@pytest.mark.parametrize("way", REFUSING)
@check(Level.SILVER, "what its host did not hear it does not take for told")
def test_told_in_vain(
    so_subject: Subject,
    so_plugin_settings: Mapping[str, Any],
    so_certificates: Certificates,
    so_found: Found,
    monkeypatch: pytest.MonkeyPatch,
    way: str,
) -> None:
    why = _not_judged(so_subject)
    if why:
        so_found(why)
        return
    talks = [
        (kind, errands)
        for kind, errands in _told(so_subject)
        if any(one.said for one in overheard(so_subject, so_plugin_settings, errands)[1])
    ]
    monkeypatch.setenv("SSL_CERT_FILE", str(so_certificates.authority))
    for kind, errands in talks:
        with misbehaving(way, so_certificates) as port:
            settings = so_subject.elsewhere(so_plugin_settings, f"127.0.0.1:{port}")
            outcomes, _ = tell(so_subject, settings, errands)
        if all(isinstance(one, Done) for one in outcomes):
            raise Unmet(
                f"told of {kind} it takes that for done where its host {way}",
                "have it raise where its host has not heard it; it is then told again later",
            )
    so_found(f"its host {way}: it is told again" if talks else SILENT)


@check(Level.GOLD, "told twice of one thing, it lets its host know the second for a repeat")
def test_told_twice(so_subject: Subject, so_plugin_settings: Mapping[str, Any], so_found: Found) -> None:
    why = _not_judged(so_subject)
    if why:
        so_found(why)
        return
    heard = []
    others = dict(_told(so_subject, otherwise=True))
    for kind, errands in _told(so_subject):
        first, again, other = (
            overheard(so_subject, so_plugin_settings, told)[1] for told in (errands, errands, others[kind])
        )
        for one, repeated, of_another in zip(first, again, other, strict=True):
            if one.encrypted:
                heard.append(f"what it says of {kind} can't be read: let it talk plainly to a stand-in")
            elif repeated.said and not (one.words & repeated.words) - of_another.words:
                raise Unmet(
                    f"told twice of the same {kind}, after a crash, it says nothing by which that is seen",
                    "have it give its host the `key`, which is the same each time and no other's",
                )
            elif repeated.said:
                heard.append(f"of {kind} it names what a repeat is known by")
    so_found(", ".join(heard) or SILENT)
