"""A plugin that is told of something: what it sees, and what becomes of an errand that it fails at."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from so_privacy_ext.errands import DECISION, Done, Errand, Failed, Held
from so_privacy_ext.extension import Extension
from so_privacy_ext.plugins import process
from so_privacy_ext.plugins.asking import Enabled
from so_privacy_ext.plugins.declared import described as declared
from so_privacy_ext.plugins.described import asks_for_more, read_description
from so_privacy_ext.plugins.found import Found
from so_privacy_ext.plugins.hosts import REST, Hosts
from so_privacy_ext.plugins.reacting import PluginConsumer, consumer_of
from so_privacy_ext.plugins.troubles import Kind, Trouble
from so_privacy_ext.reactions import DecidedPurpose, Decision
from tests.unit.plugins.conftest import ACME, NOW, TENANT, Ask, Installed, Still, described, person
from tests.unit.plugins.test_host import plugin

REACTS = Found("reacts", "reacts", "1", "tests.unit.plugins.reacts:ext")
Make = Callable[..., PluginConsumer]


@pytest.fixture
def consumer(hosts: Hosts, installed: Installed, troubles: list[Trouble]) -> PluginConsumer:
    installed.put(REACTS, ACME)
    enabled = Enabled(described(hosts, REACTS))
    return PluginConsumer(hosts, TENANT, "sandbox/Cust1", enabled, Still(), troubles.append)


def content(basis: str = "61F", person_id: int = 7) -> dict[str, Any]:
    purpose = {"purpose": "STORE", "outcome": "give", "rule": "r", "because": "Since.", "basis": basis}
    return {
        "decision_id": 3,
        "person_id": person_id,
        "decided_at": NOW.isoformat(),
        "manifest": "ab" * 32,
        "purposes": [{**purpose, "source": "CARD", "expires": None, "result": "written"}],
        "withdrawn": ["EMARKETING"],
        "mail": "sent",
        "result": "effect",
    }


def errand(basis: str = "61F", key: str = "decision/3") -> Errand:
    return Errand(1, "plugin:reacts", DECISION, "person/7", key, content(basis), NOW, 0)


def test_it_wants_what_its_tenant_agreed_to(consumer: PluginConsumer, hosts: Hosts) -> None:
    assert consumer.name == consumer_of("reacts") == "plugin:reacts"
    assert consumer.wants(DECISION)
    assert not consumer.wants("sale.created")
    silent = PluginConsumer(hosts, TENANT, "", Enabled(described(hosts, ACME)), Still(), print)
    assert not silent.wants(DECISION)


def test_being_told_of_decisions_is_agreed_to() -> None:
    ext = Extension("mine", version="1", says="Mine.")
    ext.after_decision(print_nothing)
    now = read_description(declared(ext))
    before = now.model_copy(update={"after_decision": False})

    assert now.after_decision
    assert asks_for_more(before, now) == ("is told of decisions",)
    assert asks_for_more(now, now) == ()


def print_nothing(decision: Decision) -> None:
    del decision


def test_it_sees_the_decision_and_a_key_that_is_the_same_each_time() -> None:
    seen: list[tuple[Decision, str]] = []
    ext = Extension("mine", version="1", says="Mine.")

    @ext.after_decision
    def told(decision: Decision, key: str) -> None:
        seen.append((decision, key))

    @ext.after_decision
    def silent() -> None:
        pass

    here = plugin(ext)
    asked = {"kind": DECISION, "content": content(), "key": "k", "now": NOW.isoformat()}
    assert here.answer("react", asked) is None
    assert here.failures() == []

    ((decision, key),) = seen
    purpose = DecidedPurpose("give", "r", "Since.", "61F", "CARD", None, "written")
    assert dict(decision.purposes) == {"STORE": purpose}
    assert (decision.person_id, decision.decided_at, decision.mail, key) == (7, NOW, "sent", "k")
    assert decision.withdrawn == ("EMARKETING",)


def test_one_function_that_fails_keeps_no_other_from_being_told() -> None:
    told: list[int] = []
    ext = Extension("mine", version="1", says="Mine.")
    ext.after_decision(gives_something)
    ext.after_decision(lambda decision: told.append(decision.person_id))
    here = plugin(ext)

    here.answer("react", {"kind": DECISION, "content": content(), "key": "k", "now": NOW.isoformat()})

    assert told == [7]
    assert here.failures() == [["junk", "gives_something", "something, and nothing is taken of it"]]


def gives_something() -> int:
    return 1


def test_what_it_takes_is_done(consumer: PluginConsumer, troubles: list[Trouble]) -> None:
    assert consumer.take(errand()) == Done()
    assert troubles == []


def test_what_it_fails_at_is_tried_again_and_told_of_once(
    consumer: PluginConsumer, troubles: list[Trouble]
) -> None:
    assert consumer.take(errand("61A")) == Failed(Kind.RAISED)
    assert consumer.take(errand("61A")) == Failed(Kind.RAISED)
    assert consumer.take(errand("61C")) == Failed(Kind.JUNK)

    assert [one.kind for one in troubles] == [Kind.RAISED, Kind.JUNK]
    assert troubles[0].what == "`decided` raised ValueError at reacts.py:16"
    assert "Greta" not in repr(troubles)


def test_after_three_failures_it_is_left_alone_and_answers_all_the_same(
    consumer: PluginConsumer, ask: Ask, troubles: list[Trouble], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process, "BOX", 0.2)
    for _ in range(3):
        assert consumer.take(errand("61B")) == Failed(Kind.SLOW)

    assert consumer.take(errand()) == Held(Kind.RESTING, REST)
    assert [one.kind for one in troubles] == [Kind.SLOW, Kind.RESTING]
    monkeypatch.undo()
    assert ask("always", [person()], REACTS)  # what it is asked is another matter


def test_one_that_is_not_there_waits_as_a_whole(consumer: PluginConsumer, installed: Installed) -> None:
    del installed.plugins["reacts"]

    assert consumer.take(errand()) == Held(Kind.MISSING, REST)


def test_an_answer_that_nobody_asked_for_is_junk(
    consumer: PluginConsumer, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = process.Reply("something", ())
    monkeypatch.setattr(consumer.hosts, "ask", lambda *_, **__: said)

    assert consumer.take(errand()) == Failed(Kind.JUNK)


def test_no_two_tenants_keys_are_alike(consumer: PluginConsumer, monkeypatch: pytest.MonkeyPatch) -> None:
    keys: list[str] = []

    def note(*_: object, content: Any, **__: object) -> process.Reply:
        keys.append(content["key"])
        return process.Reply(None, ())

    monkeypatch.setattr(consumer.hosts, "ask", note)
    other = PluginConsumer(
        consumer.hosts, TENANT, "sandbox/Cust2", consumer.plugin, consumer.clock, consumer.noted
    )
    for one in (consumer, consumer, other):
        one.take(errand())
    consumer.take(errand(key="decision/4"))

    assert keys[0] == keys[1]
    assert len(set(keys)) == 3
