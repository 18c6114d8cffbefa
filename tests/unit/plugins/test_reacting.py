"""A plugin that is told of something: what it sees, and what becomes of an errand that it fails at."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from so_privacy_ext.errands import DECISION, Done, Errand, Failed, Held
from so_privacy_ext.errors import (
    Applied,
    CrmFailure,
    Exit,
    Fault,
    NeedsHuman,
    Park,
    Refused,
    Retry,
    StorageUnavailable,
)
from so_privacy_ext.extension import Extension
from so_privacy_ext.plugins import process
from so_privacy_ext.plugins.asking import Enabled
from so_privacy_ext.plugins.declared import described as declared
from so_privacy_ext.plugins.described import asks_for_more, read_description
from so_privacy_ext.plugins.found import Found
from so_privacy_ext.plugins.guard import UNDECLARED_OPERATION
from so_privacy_ext.plugins.hosts import REST, Hosts
from so_privacy_ext.plugins.reacting import CRM_WAIT, PluginConsumer, consumer_of
from so_privacy_ext.plugins.troubles import Kind, Trouble
from so_privacy_ext.reactions import Again, Crm, DecidedPurpose, Decision, Event
from tests.unit.plugins.conftest import ACME, NOW, TENANT, Ask, Installed, Still, described, person
from tests.unit.plugins.test_host import plugin

REACTS = Found("reacts", "reacts", "1", "tests.unit.plugins.reacts:ext")
Make = Callable[..., PluginConsumer]


@dataclass
class Called:
    """What SuperOffice answers, or fails with."""

    answer: Any = field(default_factory=lambda: {"Categories": 9})
    asked: list[tuple[str, Mapping[str, Any]]] = field(default_factory=list)
    takes: float = 0.0

    def __call__(self, operation: str, arguments: Mapping[str, Any]) -> Any:
        self.asked.append((operation, arguments))
        time.sleep(self.takes)
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


@pytest.fixture
def crm() -> Called:
    return Called()


@pytest.fixture
def looked_at() -> list[int]:
    return []


@pytest.fixture
def consumer(
    hosts: Hosts, installed: Installed, troubles: list[Trouble], looked_at: list[int], crm: Called
) -> PluginConsumer:
    installed.put(REACTS, ACME)
    enabled = Enabled(described(hosts, REACTS))
    return PluginConsumer(
        hosts, TENANT, "sandbox/Cust1", enabled, Still(), troubles.append, looked_at.extend, crm
    )


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
    assert consumer.wants("sale.created")
    assert not consumer.wants("sale.sold")
    assert not replace(consumer, plugin=Enabled(described(hosts, ACME))).wants(DECISION)


def test_being_told_of_decisions_is_agreed_to() -> None:
    ext = Extension("mine", version="1", says="Mine.")
    ext.after_decision(print_nothing)
    ext.on("sale.created")(takes_crm)
    ext.operations = ("MDO.GetList",)
    now = read_description(declared(ext))
    before = now.model_copy(update={"after_decision": False, "events": [], "operations": []})

    assert (now.after_decision, now.events, now.operations) == (True, ["sale.created"], ["MDO.GetList"])
    assert asks_for_more(before, now) == (
        "is told of decisions",
        "is told of `sale.created`",
        "has SuperOffice asked by `MDO.GetList`",
    )
    assert asks_for_more(now, now) == ()


def takes_crm(crm: Crm) -> None:
    del crm


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
    assert troubles[0].what == "`decided` raised ValueError at reacts.py:17"
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
    other = replace(consumer, tenant="sandbox/Cust2")
    for one in (consumer, consumer, other):
        one.take(errand())
    consumer.take(errand(key="decision/4"))

    assert keys[0] == keys[1]
    assert len(set(keys)) == 3


def event(number: int, name: str = "sale.created") -> Errand:
    content = {
        "event_id": "e-1",
        "name": name,
        "primary_key": number,
        "changes": ["amount"],
        "changed_by": 5,
        "timestamp": NOW.isoformat(),
    }
    return Errand(2, "plugin:reacts", name, f"sale/{number}", "event/e-1", content, NOW, 0)


@pytest.mark.parametrize("at", [NOW, None])
def test_it_sees_the_event_and_nothing_of_what_it_did_not_ask_for(at: Any) -> None:
    seen: list[Event] = []
    ext = Extension("mine", version="1", says="Mine.")

    @ext.on("sale.created")
    def told(event: Event) -> Again:
        seen.append(event)
        return Again((7, 8))

    @ext.on("sale.sold")
    def other() -> None:
        raise AssertionError

    content = {**event(12).content, "timestamp": at and at.isoformat()}
    asked = {"kind": "sale.created", "content": content, "key": "k", "now": NOW.isoformat()}
    assert plugin(ext).answer("react", asked) == {"again": [7, 8]}

    assert seen == [Event("e-1", "sale.created", 12, frozenset({"amount"}), 5, at)]


@pytest.mark.parametrize("given", [Again([1] * 1001), Again(["7"]), Again({7}), Again([True]), [7]])  # type: ignore[arg-type, list-item]
def test_who_is_to_be_looked_at_again_must_be_persons(given: object) -> None:
    ext = Extension("mine", version="1", says="Mine.")
    ext.on("sale.created")(lambda: given)
    here = plugin(ext)

    assert (
        here.answer(
            "react", {"kind": "sale.created", "content": event(1).content, "key": "", "now": NOW.isoformat()}
        )
        is None
    )
    ((kind, _, _),) = here.failures()
    assert kind == "junk"


def test_who_is_to_be_looked_at_again_is_handed_on() -> None:
    ext = Extension("mine", version="1", says="Mine.")
    ext.on("sale.created")(lambda: Again([7, 8]))
    asked = {"kind": "sale.created", "content": event(1).content, "key": "", "now": NOW.isoformat()}

    assert plugin(ext).answer("react", asked) == {"again": [7, 8]}


def test_persons_are_decided_on_anew_each_once(consumer: PluginConsumer, looked_at: list[int]) -> None:
    assert consumer.take(event(1)) == Done()

    assert looked_at == [7, 8]


def test_superoffice_is_called_for_it_and_no_time_of_its_own_goes_by(
    consumer: PluginConsumer, looked_at: list[int], crm: Called, monkeypatch: pytest.MonkeyPatch
) -> None:
    consumer.take(event(1))
    monkeypatch.setattr(process, "BOX", 0.4)
    crm.takes = 0.6

    assert consumer.take(event(2)) == Done()

    assert looked_at == [7, 8, 9]
    assert crm.asked == [("List.GetCategories", {"Asked": True})]


def test_it_calls_only_what_it_declared(
    consumer: PluginConsumer, crm: Called, troubles: list[Trouble]
) -> None:
    assert consumer.take(event(3)) == Failed(Kind.REFUSED_OPERATION)

    assert crm.asked == []
    assert (troubles[0].what, troubles[0].how) == (UNDECLARED_OPERATION.what, UNDECLARED_OPERATION.how)


def test_it_calls_only_what_its_tenant_agreed_to(consumer: PluginConsumer, crm: Called) -> None:
    """Whatever its process says of itself."""
    agreed = consumer.plugin.description.model_copy(update={"operations": ["List.GetLegalBases"]})
    other = replace(consumer, plugin=Enabled(agreed))
    consumer.take(event(1))  # it runs already

    assert other.take(event(8)) == Failed(Kind.REFUSED_OPERATION)
    assert crm.asked == []


def test_it_calls_twenty_times_at_the_most(consumer: PluginConsumer, crm: Called) -> None:
    assert consumer.take(event(4)) == Failed(Kind.REFUSED_OPERATION)

    assert len(crm.asked) == 20


@pytest.mark.parametrize(
    ("answer", "what"),
    [
        (Refused("arguments", "it can't", "name them", Exit.BAD_DATA), "raised"),
        ({"Categories": "x" * 1_100_000}, "raised"),
    ],
)
def test_wrong_arguments_and_too_large_results_are_the_plugins_matter(
    consumer: PluginConsumer, crm: Called, answer: Any, what: str
) -> None:
    crm.answer = answer

    assert consumer.take(event(8)) == Failed(what)
    assert consumer.take(event(5)) == Done()  # it knows what to do about that


@pytest.mark.parametrize(
    "failed",
    [
        (Retry(Fault.TRANSPORT, "GetCategories"), Failed("crm_transport")),
        (NeedsHuman(Fault.ACCESS_DENIED, "GetCategories"), Failed("crm_access_denied")),
        (Retry(Fault.THROTTLED, "GetCategories", wait=2.0), Held("crm_throttled", CRM_WAIT)),
        (
            Park(Fault.UNAVAILABLE, "GetCategories", applied=Applied.NO, wait=90.0),
            Held("crm_unavailable", 90.0),
        ),
    ],
)
@pytest.mark.parametrize("number", [5, 8])
def test_what_superoffice_fails_with_never_counts_against_the_plugin(
    consumer: PluginConsumer,
    crm: Called,
    troubles: list[Trouble],
    failed: tuple[CrmFailure, object],
    number: int,
) -> None:
    crm.answer, outcome = failed
    for _ in range(4):
        assert consumer.take(event(number)) == outcome

    assert troubles == []
    crm.answer = {"Categories": 9}
    assert consumer.take(event(2)) == Done()


def test_a_turn_that_is_lost_in_between_leaves_nothing_behind(
    consumer: PluginConsumer, crm: Called, looked_at: list[int]
) -> None:
    crm.answer = StorageUnavailable("the turn is lost")
    with pytest.raises(StorageUnavailable):
        consumer.take(event(8))

    crm.answer = {"Categories": 9}
    assert consumer.take(event(2)) == Done()
    assert looked_at == [9]


@pytest.mark.parametrize("answer", [{"again": [0]}, {"again": [1] * 1001}, {"again": "7"}, ["again"]])
def test_an_answer_that_names_no_persons_is_junk(
    consumer: PluginConsumer, answer: Any, looked_at: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    said = process.Reply(answer, ())
    monkeypatch.setattr(consumer.hosts, "ask", lambda *_, **__: said)

    assert consumer.take(event(1)) == Failed(Kind.JUNK)
    assert looked_at == []
