"""A channel: what it says of a letter is so, whatever its host does, and nobody else hears of it."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

import pytest

from so_privacy_ext.plugins.process import BOXES
from so_privacy_ext.plugins.troubles import Kind
from so_privacy_ext.ports import Letter
from so_privacy_kit import MailServer
from so_privacy_kit.conformance import made_up
from so_privacy_kit.conformance.levels import Level, Unmet, check
from so_privacy_kit.conformance.made_up_afterwards import letters
from so_privacy_kit.conformance.seams import carry, channel
from so_privacy_kit.conformance.stand_in import DOWN, UNTRUSTED, Certificates, misbehaving
from so_privacy_kit.conformance.subject import NOT_SET, Subject

Found = Callable[[str], None]
NONE = "it carries nothing"
REFUSING = (
    DOWN, UNTRUSTED, "says nothing", "hangs up", "answers noise", "is overloaded", "lets nobody in",
    "answers a page",
)  # fmt: skip
"""Ways of a host that has certainly taken no letter."""
_HONEST = {Kind.RAISED, Kind.NOT_SENT}
_STAND_IN = (
    "mend it; where it needs a host, stand in for that, as by the kit's `mail_server`, and give settings "
    "with its address by a fixture `so_plugin_settings` in the conftest.py beside pyproject.toml"
)


def _not_judged(subject: Subject) -> str:
    """Say why nobody can see what it does where its host fails; empty where that can be seen."""
    if not subject.description.carries:
        return NONE
    return "" if made_up.hosts_set(subject.description) else NOT_SET


@pytest.mark.parametrize("way", REFUSING)
@check(Level.SILVER, "it calls no letter sent that its host did not take, and says so in time")
def test_letter_refused(
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
    monkeypatch.setenv("SSL_CERT_FILE", str(so_certificates.authority))
    with misbehaving(way, so_certificates) as port:
        settings = so_subject.elsewhere(so_plugin_settings, f"127.0.0.1:{port}")
        (carried,) = carry(so_subject, settings, letters()[:1])
    if carried.failure is None:
        raise Unmet(
            f"where its host {way} it calls a letter sent",
            "have it raise: `NotSent` where it certainly has not gone, anything else where nobody knows",
        )
    for one in carried.troubles:
        if one.kind is Kind.SLOW:
            how = f"give its calls timeouts that are shorter than {BOXES['carry']:.0f} seconds in all"
            raise Unmet(f"where its host {way}: {one.what}", how)
        if one.kind not in _HONEST:
            raise Unmet(f"where its host {way}: {one.what}", one.how)
    so_found(f"its host {way}: {'goes later' if carried.goes_later else 'a human is asked'}")


@check(Level.GOLD, "a letter goes later, and no human is asked, where its host is down")
def test_letter_later(so_subject: Subject, so_plugin_settings: Mapping[str, Any], so_found: Found) -> None:
    why = _not_judged(so_subject)
    if why:
        so_found(why)
        return
    nobody = so_subject.elsewhere(so_plugin_settings, made_up.NOBODY)
    (carried,) = carry(so_subject, nobody, letters()[:1])
    if not carried.goes_later:
        raise Unmet(
            "where its host is down a human is asked about each letter",
            "have it raise `NotSent` until the host has been given the letter, not `for_good`",
        )
    so_found("`NotSent`")


@check(Level.GOLD, "a letter that it calls sent has gone once, whole, and by its `message_id`")
def test_letter_sent(
    so_subject: Subject,
    so_plugin_settings: Mapping[str, Any],
    so_found: Found,
    request: pytest.FixtureRequest,
) -> None:
    if not so_subject.description.carries:
        so_found(NONE)
        return
    server: MailServer = request.getfixturevalue("mail_server")
    one, other = letters()
    for carried in carry(so_subject, so_plugin_settings, (one, other, one)):
        if carried.failure is not None:
            why = next((trouble.what for trouble in carried.troubles), "it refuses a letter for good")
            raise Unmet(why, _STAND_IN)
    if not server.connections:
        so_found("two letters, one of them twice; what arrives is only seen at the kit's `mail_server`")
        return
    _as_asked(server, other, times=(1,))
    _as_asked(server, one, times=(1, 2))
    so_found("two letters, one of them twice, all as they were given")


def _as_asked(server: MailServer, letter: Letter, times: tuple[int, ...]) -> None:
    mails = [one for one in server.received if one.to == letter.to]
    if len(mails) not in times:
        raise Unmet(f"of a letter {len(mails)} mails arrive", "send one mail, to the letter's `to`, for each")
    ids = {str(one.mail["Message-ID"]) for one in mails}
    if len(ids) > 1 or letter.message_id not in next(iter(ids)):
        raise Unmet(
            "the same letter goes by another Message-ID each time, or by none of the product's",
            "put the letter's `message_id` before the @ of its Message-ID, so that a human finds it",
        )
    for mail in mails:
        told = " ".join(mail.text.split())
        if letter.subject not in str(mail.mail["Subject"]) or " ".join(letter.text.split()) not in told:
            raise Unmet("what arrives has not the letter's subject and text", "send both whole")


@check(Level.PLATINUM, "C23: nothing of a letter gets into what it prints or logs")
def test_c23_letter(
    so_subject: Subject,
    so_plugin_settings: Mapping[str, Any],
    so_found: Found,
    capfd: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    if not so_subject.description.carries:
        so_found(NONE)
        return
    nobody = so_subject.elsewhere(so_plugin_settings, made_up.NOBODY)
    one = letters()[0]
    capfd.readouterr()
    with caplog.at_level(logging.DEBUG):
        for settings in (so_plugin_settings, nobody):
            with suppress(Exception):  # what it raises is read by nobody
                channel(so_subject, settings)(one)
    heard = "".join((*capfd.readouterr(), caplog.text))
    known = {"address": one.to, "subject": one.subject, "text": one.text.strip()}
    leaked = [what for what, said in known.items() if said in heard]
    if leaked:
        raise Unmet(f"it prints or logs the {', the '.join(leaked)} of a letter", "leave that out")
    so_found("nothing, of one that goes and one that does not")
