"""The plugin's side, run in the tests' own process and without its walls, which would hold us too."""

from __future__ import annotations

import _posixsubprocess
import json
import resource
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, date, datetime
from typing import Any, ClassVar

import pytest
from pydantic import BaseModel

from so_privacy_ext.extension import Extension, FromSetting, Proposal
from so_privacy_ext.plugins import host
from so_privacy_ext.plugins.guard import Guard
from so_privacy_ext.plugins.host_answering import Answering, place
from so_privacy_ext.plugins.wire import inward, outward, receive, send, untagged
from so_privacy_ext.sdk import Condition, Facts

ACME = "tests.unit.plugins.acme_vat:ext"
NOW = datetime(2026, 1, 2, tzinfo=UTC).isoformat()
DEADLINE = 60.0


class Settings(BaseModel):
    smtp_host: str = "Localhost"


class Asked(Condition[int]):
    """Whether."""

    word = "mine.asked"

    def holds(self, facts: Facts, /) -> bool:
        return facts.category_id == self.root


def extension(**more: Any) -> Extension:
    ext = Extension("mine", version="1", says="Mine.", **more)
    ext.condition(Asked)
    return ext


ext = extension()


class Deep:
    inside = ext


class Talk:
    """The product's end of the socket."""

    def __init__(self, product: socket.socket) -> None:
        self.socket = product
        self.number = 0

    def begin(self, settings: Mapping[str, Any] | None = None) -> Any:
        send(self.socket, {"settings": settings, "idle": DEADLINE})
        return receive(self.socket)

    def ask(self, do: str, **content: Any) -> Any:
        self.number += 1
        send(self.socket, {"number": self.number, "do": do, "content": content})
        said = receive(self.socket)
        assert said["number"] == self.number
        return said


@contextmanager
def serving(value: str, guard: Guard | None = None) -> Iterator[Talk]:
    product, plugin = socket.socketpair()
    guard = guard or Guard([])
    thread = threading.Thread(target=host.serve, args=(plugin, value, guard, lambda _guard: None))
    with product, plugin:
        thread.start()
        try:
            yield Talk(product)
        finally:
            product.close()
            thread.join(DEADLINE)
            assert not thread.is_alive()


def seen(person_id: int, company_id: int = 0, **facts: Any) -> Mapping[str, Any]:
    shown = outward(Facts(**facts), "acme_vat")
    return {"person_id": person_id, "company_id": company_id, "facts": shown}


def plugin(ext: Extension, settings: Mapping[str, Any] | None = None) -> Any:
    return Answering(ext, settings, Guard([]))


def test_it_says_what_it_is_and_answers_until_the_product_is_gone() -> None:
    with serving(ACME) as talk:
        assert talk.begin({"least": 5})["declaration"]["name"] == "acme-vat"

        facts = talk.ask("facts", persons=[seen(1, 4), seen(2, 500)], now=NOW)
        further = {name: untagged(value) for name, value in facts["answer"]["2"].items()}
        assert (list(facts["answer"]), facts["failed"], facts["kept_from"]) == (["2"], [], [])
        assert further == {"acme_vat.turnover": 500, "acme_vat.asked_on": date(2026, 1, 2)}

        persons = [outward(Facts(), "acme_vat"), outward(Facts(further=further), "acme_vat")]
        assert talk.ask("sources", persons=persons)["answer"] == [None, ["CARD", 0.8, "listed"]]
        asked = [["acme_vat.registered", True], ["acme_vat.registered", False]]
        assert talk.ask("conditions", questions=asked, persons=persons)["answer"] == [
            [[None, ""], [True, "big"]],
            [[None, ""], [False, "big"]],
        ]


@pytest.mark.parametrize(
    ("value", "code"),
    [
        ("tests.unit.plugins.not_there:ext", "plugin_import"),
        ("tests.unit.plugins.acme_vat:other", "plugin_import"),
        ("tests.unit.plugins.faulty.no_extension:ext", "plugin_entry"),
        ("tests.unit.plugins.faulty.taken:ext", "plugin_declaration"),
        ("tests.unit.plugins.faulty.asks_for_too_much:ext", "plugin_argument"),
    ],
)
def test_one_that_can_not_be_used_says_why_and_ends(value: str, code: str) -> None:
    with serving(value) as talk:
        refused = talk.begin()

        assert (refused["refused"][0], refused["kept_from"]) == (code, [])


def test_an_extension_may_lie_deeper_in_its_module() -> None:
    with serving("tests.unit.plugins.test_host:Deep.inside") as talk:
        assert talk.begin()["declaration"]["name"] == "mine"


def test_settings_that_its_own_model_refuses_are_named_without_their_values() -> None:
    with serving(ACME) as talk:
        code, what, how = talk.begin({"least": "many"})["refused"]

    assert (code, what) == ("plugin_settings", "settings that it can't use: least")
    assert "many" not in what + how


def test_a_product_that_is_gone_before_it_asked_ends_it() -> None:
    with serving(ACME):
        pass


def test_what_the_guard_refused_is_told_with_the_answer() -> None:
    guard = Guard([])
    with serving(ACME, guard) as talk:
        talk.begin()
        with pytest.raises(PermissionError):
            guard.hook("os.fork", ())

        assert talk.ask("conditions", questions=[], persons=[])["kept_from"] == ["starts"]


def test_it_may_talk_only_while_it_is_asked_for_facts_or_sources() -> None:
    heard: list[bool] = []
    asked = plugin(extension(hosts=["api.example.com:443"]))

    def find(persons: object) -> Mapping[int, Any]:
        heard.append(asked._guard.may_talk)
        return {}

    def detect(facts: object) -> None:
        heard.append(asked._guard.may_talk)

    asked._extension.facts("size")(find)
    asked._extension.detect_source(reasons={})(detect)

    asked.answer("facts", {"persons": [seen(1)], "now": NOW})
    asked.answer("sources", {"persons": [outward(Facts(), "mine")]})

    assert heard == [True, True]
    assert not asked._guard.may_talk
    assert asked._guard.hosts == {("api.example.com", 443)}
    assert asked.failures() == []


def test_a_host_that_a_setting_names_is_that_of_the_settings() -> None:
    ext = extension(settings=Settings, hosts=[FromSetting("smtp_host", 587)])

    assert plugin(ext, {"smtp_host": "Mail.example.com"})._guard.hosts == {("mail.example.com", 587)}
    assert plugin(ext, {"smtp_host": "Mail.example.com:2525"})._guard.hosts == {("mail.example.com", 2525)}
    assert plugin(ext)._guard.hosts == frozenset()


@pytest.mark.parametrize(
    ("given", "what"),
    [
        (None, "no mapping by person id"),
        ({9: {"size": 1}}, "a person who was not asked about"),
        ({1: 5}, "no mapping of facts by name"),
        ({1: {"other": 5}}, "a fact that it did not declare"),
        ({1: {"size": object()}}, "a fact that is no text, number, day, true, false or None"),
        ({1: {"size": "x" * 1001}}, "a fact that is no text, number, day, true, false or None"),
        ({1: {"size": 2**60}}, "a fact that is no text, number, day, true, false or None"),
        ({1: {"size": float("nan")}}, "a fact that is no text, number, day, true, false or None"),
    ],
)
def test_nonsense_instead_of_facts_is_none(given: Any, what: str) -> None:
    asked = plugin(extension())

    def size(persons: object) -> Any:
        return given

    asked._extension.facts("size")(size)

    assert asked.answer("facts", {"persons": [seen(1)], "now": NOW}) == {}
    assert asked.failures() == [["junk", "size", what]]
    assert asked.failures() == []


@pytest.mark.parametrize("value", [None, True, 5, 1.5, "x", date(2026, 1, 2)])
def test_facts_are_texts_numbers_days_true_false_or_nothing(value: object) -> None:
    asked = plugin(extension())
    asked._extension.facts("size")(lambda: {1: {"size": value}})

    answer = json.loads(json.dumps(asked.answer("facts", {"persons": [seen(1)], "now": NOW})))

    assert untagged(answer["1"]["mine.size"]) == value
    assert asked.failures() == []


@pytest.mark.parametrize(
    ("given", "what"),
    [
        ("CARD", "neither a `Proposal` nor None"),
        (Proposal("two words", 1, "known"), "a source that is no key"),
        (Proposal(5, 1, "known"), "a source that is no key"),  # type: ignore[arg-type]  # a plugin's fault
        (Proposal("CARD", 1.5, "known"), "a confidence that is not between 0 and 1"),
        (Proposal("CARD", float("nan"), "known"), "a confidence that is not between 0 and 1"),
        (Proposal("CARD", True, "known"), "a confidence that is not between 0 and 1"),
        (Proposal("CARD", 1, "Greta"), "a reason that is not among its `reasons`"),
    ],
)
def test_nonsense_instead_of_a_proposal_is_none(given: Any, what: str) -> None:
    asked = plugin(extension())

    def source() -> Any:
        return given

    asked._extension.detect_source(reasons={"known": {"en": "known"}})(source)

    assert asked.answer("sources", {"persons": [outward(Facts(), "mine")]}) == [None]
    assert asked.failures() == [["junk", "source", what]]


def test_one_without_a_detector_proposes_nothing() -> None:
    assert plugin(extension()).answer("sources", {"persons": [outward(Facts(), "mine")]}) == [None]


def test_an_argument_that_its_own_type_refuses_is_no_answer() -> None:
    asked = plugin(extension())

    answer = asked.answer(
        "conditions", {"questions": [["mine.asked", "x"]], "persons": [outward(Facts(), "mine")]}
    )

    assert answer == [[None]]
    assert asked.failures()[0][:2] == ["raised", "mine.asked"]


@pytest.mark.parametrize(
    ("held", "answer", "what"),
    [
        (True, [True, ""], ""),
        ((None, "known"), [None, "known"], ""),
        ((False, ""), [False, ""], ""),
        ("yes", None, "neither true, false nor None"),
        (1, None, "neither true, false nor None"),
        ((True, "Greta"), None, "a reason that is not among its `reasons`"),
        ((True, 5), None, "a reason that is not among its `reasons`"),
        ((True, "known", 5), None, "neither true, false nor None"),
    ],
)
def test_nonsense_instead_of_an_answer_is_none(held: Any, answer: Any, what: str) -> None:
    class Says(Asked):
        """Whether."""

        word = "mine.says"
        reasons: ClassVar = {"known": {"en": "known"}}

        def holds(self, _facts: Facts, /) -> Any:
            return held

    ext = Extension("mine", version="1", says="Mine.")
    ext.condition(Says)
    asked = plugin(ext)
    content = {"questions": [["mine.says", 5]], "persons": [outward(Facts(), "mine")]}

    assert asked.answer("conditions", content) == [[answer]]
    assert asked.failures() == ([["junk", "mine.says", what]] if what else [])


def test_an_answer_that_rests_on_changed_facts_is_none() -> None:
    class Changes(Asked):
        """Whether."""

        word = "mine.changes"

        def holds(self, facts: Facts, /) -> bool:
            object.__setattr__(facts, "country", "NO")
            return facts.country == "NO"

    ext = Extension("mine", version="1", says="Mine.")
    ext.condition(Changes)
    asked = plugin(ext)
    content = {"questions": [["mine.changes", 5]], "persons": [outward(Facts(), "mine")]}

    assert asked.answer("conditions", content) == [[None]]
    assert asked.failures() == [["junk", "mine.changes", "the facts another value"]]


class Leaky(Exception):
    """An error of the plugin's own."""


def raised(make: Callable[[], BaseException]) -> BaseException:
    def fail() -> None:
        raise make()

    try:
        fail()
    except BaseException as error:  # noqa: BLE001  # also those that end a process
        return error
    raise AssertionError


def test_of_an_error_its_kind_and_place_are_told_and_nothing_that_may_be_somebodys() -> None:
    line = raised.__code__.co_firstlineno + 2
    own = type("Greta Olsen", (Exception,), {})

    assert place(raised(lambda: ValueError("Greta"))) == f"ValueError at test_host.py:{line}"
    assert place(raised(SystemExit)) == f"SystemExit at test_host.py:{line}"
    assert place(raised(Leaky)) == f"Leaky at test_host.py:{line}"
    assert place(raised(own)) == f"an error of its own at test_host.py:{line}"
    assert place(ValueError("Greta")) == "ValueError"
    odd: dict[str, Any] = {}
    exec(compile("def fail(): raise ValueError", "Greta Olsen.py", "exec"), odd)
    with pytest.raises(ValueError) as error:  # noqa: PT011  # it says nothing
        odd["fail"]()
    assert place(error.value) == "ValueError"


def test_it_ends_when_the_product_is_gone_whatever_it_does() -> None:
    left: list[int] = []
    product, theirs = socket.socketpair()
    thread = threading.Thread(target=host.end_with, args=(theirs.fileno(), left.append))
    thread.start()
    assert left == []

    product.close()
    thread.join(DEADLINE)
    theirs.close()

    assert left == [0]


def test_a_process_puts_up_its_walls_before_it_imports_the_plugin(monkeypatch: pytest.MonkeyPatch) -> None:
    hooks: list[Callable[..., None]] = []
    limits: dict[int, Any] = {}
    left = threading.Event()
    monkeypatch.setattr(sys, "addaudithook", hooks.append)
    monkeypatch.setattr(resource, "setrlimit", limits.__setitem__)
    monkeypatch.setattr(socket, "getaddrinfo", socket.getaddrinfo)
    monkeypatch.setattr(_posixsubprocess, "fork_exec", _posixsubprocess.fork_exec)
    product, theirs = socket.socketpair()
    monkeypatch.setattr(sys, "argv", ["-c", str(theirs.detach()), ACME])
    thread = threading.Thread(target=host.main, args=(lambda _code: left.set(),))
    with product:
        thread.start()
        declared = Talk(product).begin()
        with pytest.raises(PermissionError):
            hooks[0]("os.fork", ())
        with pytest.raises(PermissionError):
            _posixsubprocess.fork_exec()  # type: ignore[call-arg]  # whatever it is called with
    thread.join(DEADLINE)

    assert declared["declaration"]["name"] == "acme-vat"
    assert limits[resource.RLIMIT_FSIZE] == (0, 0)
    assert left.wait(DEADLINE)


def test_what_comes_when_its_time_is_up_does_not_count() -> None:
    product, theirs = socket.socketpair()
    with product, theirs:
        send(theirs, {"late": True})

        with pytest.raises(TimeoutError):
            receive(product, deadline=time.monotonic())


def test_facts_come_over_as_they_were() -> None:
    facts = Facts(
        event="changed",
        changed=frozenset({"title"}),
        email_domain="example.com",
        age=14,
        consents={"STORE": ("61B", "CARD")},
        fields={"a": date(2026, 1, 2), "b": None},
        further={"mine.size": 5, "other.size": 6},
        answers={"mine.asked 5": (True, "")},
    )

    shown = json.loads(json.dumps(outward(facts, "mine")))
    back = Facts(**inward(shown))

    assert back.further == {"mine.size": 5}
    assert back.answers == {}
    assert (back.consents, back.fields, back.changed) == (facts.consents, facts.fields, facts.changed)
    assert (back.country, back.age) == (facts.country, 14)
    with pytest.raises(TypeError):
        back.fields["a"] = 1  # type: ignore[index]  # that is what is tried


@pytest.mark.parametrize(
    "junk", [[], {}, {"day": 5}, {"day": "no"}, {"unknown": False}, {"a": 1}, {"map": 5}, float("inf")]
)
def test_what_is_no_value_of_a_fact_is_refused(junk: object) -> None:
    with pytest.raises(ValueError, match=r"no value of a fact|Invalid isoformat"):
        untagged(junk)
