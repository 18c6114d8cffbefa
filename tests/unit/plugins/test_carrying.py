"""A plugin that carries letters: each way in which one ends, and whether it may have gone."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import Any

import pytest

from so_privacy_ext.errors import Applied, CrmFailure, Fault, NeedsHuman, Refused, Retry
from so_privacy_ext.extension import Extension
from so_privacy_ext.plugins import process
from so_privacy_ext.plugins.asking import Enabled
from so_privacy_ext.plugins.carrying import PluginCarrier
from so_privacy_ext.plugins.declared import described as declared
from so_privacy_ext.plugins.described import asks_for_more, read_description
from so_privacy_ext.plugins.found import Found
from so_privacy_ext.plugins.hosts import FAILURES, Hosts
from so_privacy_ext.plugins.process import Reply
from so_privacy_ext.plugins.troubles import Kind, Trouble
from so_privacy_ext.plugins.wire import NOT_SENT, REFUSED, SENT
from so_privacy_ext.ports import Letter
from tests.unit.plugins.carries import ext
from tests.unit.plugins.conftest import ACME, NOW, TENANT, Installed, Still, described
from tests.unit.plugins.test_host import plugin

CARRIES = Found("carries", "carries", "1", "tests.unit.plugins.carries:ext")
LETTER = Letter("anna@example.com", "Subject", "Text", "<p>Text</p>", "en", "notice", 1, "so-privacy.1")


@pytest.fixture
def carrier(hosts: Hosts, installed: Installed, troubles: list[Trouble]) -> PluginCarrier:
    installed.put(CARRIES)
    return PluginCarrier(hosts, TENANT, Enabled(described(hosts, CARRIES)), Still(), troubles.append)


def test_a_letter_that_it_sends_is_sent(carrier: PluginCarrier, troubles: list[Trouble]) -> None:
    carrier.carry(LETTER)
    assert not troubles


@pytest.mark.row("F32")
@pytest.mark.parametrize(
    ("mail", "failure", "applied", "kind"),
    [
        ("later", Retry, Applied.NO, Kind.NOT_SENT),
        ("never", NeedsHuman, Applied.NO, None),
        ("raises", Retry, Applied.MAYBE, Kind.RAISED),
        ("gives", Retry, Applied.MAYBE, Kind.JUNK),
        ("hangs", Retry, Applied.MAYBE, Kind.SLOW),
        ("ends", Retry, Applied.MAYBE, Kind.ENDED),
        ("opens", Retry, Applied.MAYBE, Kind.REFUSED_FILE),
    ],
)
def test_each_failure_says_whether_the_letter_may_have_gone(  # noqa: PLR0917  # a table's columns
    carrier: PluginCarrier,
    troubles: list[Trouble],
    monkeypatch: pytest.MonkeyPatch,
    mail: str,
    failure: type[CrmFailure],
    applied: Applied,
    kind: Kind | None,
) -> None:
    monkeypatch.setitem(process.BOXES, "carry", 0.5 if mail == "hangs" else 20.0)
    with pytest.raises(failure) as raised:
        carrier.carry(replace(LETTER, mail=mail))
    fault = Fault.CHANNEL_REFUSED if failure is NeedsHuman else Fault.CHANNEL
    assert (raised.value.applied, raised.value.fault) == (applied, fault)
    assert [one.kind for one in troubles] == ([] if kind is None else [kind])
    assert "anna" not in f"{raised.value} {troubles}"


@pytest.mark.parametrize(
    ("mail", "answer", "failed"),
    [
        ("notice", SENT, []),
        ("later", NOT_SENT, [["not_sent", "carry", "that a letter could not go"]]),
        ("never", REFUSED, []),
        ("gives", None, [["junk", "carry", "something, and nothing is taken of it"]]),
    ],
)
def test_its_process_says_what_became_of_a_letter(
    mail: str, answer: str | None, failed: list[list[str]]
) -> None:
    carrying = plugin(ext)
    content = {"letter": asdict(replace(LETTER, mail=mail)), "now": NOW.isoformat()}
    assert carrying.answer("carry", content) == answer
    assert carrying.failures() == failed


def test_its_process_sends_nothing_where_it_has_no_channel() -> None:
    ext = Extension("silent", version="1", says="Is told of decisions.")
    ext.after_decision(lambda decision: None)
    silent = plugin(ext)
    assert silent.answer("carry", {"letter": asdict(LETTER), "now": NOW.isoformat()}) == NOT_SENT
    assert silent.failures() == [["not_sent", "channel", "that a letter could not go"]]


def test_one_that_was_not_asked_has_certainly_not_sent(
    carrier: PluginCarrier, installed: Installed, troubles: list[Trouble]
) -> None:
    installed.plugins.clear()
    for _ in range(FAILURES + 1):
        with pytest.raises(Retry) as raised:
            carrier.carry(LETTER)
        assert raised.value.applied is Applied.NO
    assert [one.kind for one in troubles] == [Kind.MISSING, Kind.RESTING]


def test_letters_rest_apart_from_what_it_is_asked(
    carrier: PluginCarrier, hosts: Hosts, troubles: list[Trouble]
) -> None:
    for mail in (*["later"] * FAILURES, "notice"):
        with pytest.raises(Retry):
            carrier.carry(replace(LETTER, mail=mail))
    assert [one.kind for one in troubles] == [Kind.NOT_SENT, Kind.RESTING]
    description = carrier.plugin.description
    nothing: dict[str, Any] = {"questions": [], "persons": []}
    reply = hosts.ask(TENANT, description, {}, do="conditions", content=nothing, persons=0)
    assert reply.answer == []


def test_a_version_that_carries_nothing_any_more_has_certainly_not_sent(
    hosts: Hosts, installed: Installed, troubles: list[Trouble]
) -> None:
    installed.put(ACME)
    agreed = described(hosts, ACME).model_copy(update={"carries": True})
    carrier = PluginCarrier(hosts, TENANT, Enabled(agreed), Still(), troubles.append)
    with pytest.raises(Retry) as raised:
        carrier.carry(LETTER)
    assert raised.value.applied is Applied.NO
    assert [one.kind for one in troubles] == [Kind.NOT_SENT]


def test_an_answer_that_is_none_leaves_the_letter_unknown(
    carrier: PluginCarrier, troubles: list[Trouble], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Hosts, "ask", lambda *_, **__: Reply("perhaps", ()))
    with pytest.raises(Retry) as raised:
        carrier.carry(LETTER)
    assert raised.value.applied is Applied.MAYBE
    assert [one.kind for one in troubles] == [Kind.JUNK]


def carrying(name: str = "carries", *, hosts: bool = True) -> Extension:
    return Extension(name, version="1", says="Carries.", hosts=["a.example.com:25"] if hosts else [])


def test_what_it_carries_is_agreed_to() -> None:
    ext = carrying()
    ext.channel(lambda letter: None)
    now = read_description(declared(ext))
    assert now.carries
    before = now.model_copy(update={"carries": False})
    assert asks_for_more(before, now) == ("carries notices, and sees the address and text of each",)
    assert asks_for_more(now, now) == ()


@pytest.mark.parametrize("name", ["smtp", "crm"])
def test_a_channel_of_the_product_s_is_taken(name: str) -> None:
    ext = carrying(name)
    ext.channel(lambda letter: None)
    with pytest.raises(Refused, match=f"`{name}` is a channel of the product's"):
        declared(ext)


def test_wrong_channels_are_named() -> None:
    twice = carrying(hosts=False)
    twice.channel(lambda clock: None)
    twice.channel(lambda letter: None)
    with pytest.raises(Refused) as raised:
        declared(twice)
    for one in ("it has two channels", "its channel takes no letter", "talks to no host"):
        assert one in raised.value.what
    with pytest.raises(Refused, match="asks for `person`"):
        carrying().channel(lambda letter, person: None)
