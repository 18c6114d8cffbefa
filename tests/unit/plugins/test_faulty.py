"""Faulty plugins, each stopped where it should be, with a word of what to do."""

from __future__ import annotations

from pathlib import Path

import pytest

from so_privacy_ext.errors import Refused
from so_privacy_ext.plugins import process
from so_privacy_ext.plugins.asking import Asking, Enabled
from so_privacy_ext.plugins.declared import described
from so_privacy_ext.plugins.described import read_description
from so_privacy_ext.plugins.hosts import Hosts
from so_privacy_ext.plugins.troubles import Kind, Trouble
from so_privacy_ext.rules.decide import decide
from so_privacy_ext.sdk import Facts, Seen
from tests.unit.plugins import acme_vat
from tests.unit.plugins.conftest import ACME, TENANT, Ask, Installed, Still, faulty, manifest, person

ASKED = "{faulty.asked: true}"
KEY = "faulty.asked true"


def told(troubles: list[Trouble]) -> list[Kind]:
    assert all(one.plugin == "faulty" and one.what and one.how for one in troubles)
    assert "Greta" not in repr(troubles)
    return [one.kind for one in troubles]


@pytest.mark.parametrize(
    ("name", "kind", "what"),
    [
        ("forks", Kind.REFUSED_PROCESS, "it starts or signals a process"),
        ("starts", Kind.REFUSED_PROCESS, "it starts or signals a process"),
        ("reads", Kind.REFUSED_FILE, "it reads a file outside of Python's own"),
        ("swallows", Kind.REFUSED_FILE, "it reads a file outside of Python's own"),
        ("writes", Kind.REFUSED_FILE, "it writes to a file"),
        ("talks", Kind.REFUSED_HOST, "it talks to a host where it may not: on import, or in a condition"),
        ("looks_inside", Kind.REFUSED_OTHER, "it imports the product's insides or its database"),
        ("exits", Kind.ENDED, "its process ended when it is asked for conditions"),
    ],
)
def test_what_a_plugin_may_not_do_leaves_its_word_unknown_and_the_others_alone(
    ask: Ask, troubles: list[Trouble], name: str, kind: Kind, what: str
) -> None:
    asked = "{all: [{faulty.asked: true}, {acme_vat.sector: public}]}"

    (facts,) = ask(asked, [person(category_id=7)], faulty(name), ACME)

    assert facts.answers == {'acme_vat.sector "public"': (True, "")}
    assert told(troubles) == [kind]
    assert troubles[0].what == what
    assert not Path("/tmp/faulty.txt").exists()


def test_one_that_raises_fails_for_that_person_alone(ask: Ask, troubles: list[Trouble]) -> None:
    one, other = ask(ASKED, [person(category_id=7), person()], faulty("raises"))

    assert one.answers == {}
    assert other.answers == {KEY: (True, "")}
    assert told(troubles) == [Kind.RAISED]
    assert troubles[0].what == "`faulty.asked` raised ValueError at raises.py:18"


def test_one_that_sleeps_is_ended_when_its_time_is_up(
    ask: Ask, troubles: list[Trouble], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process, "BOX", 0.3)

    (facts,) = ask(ASKED, [person()], faulty("sleeps"))

    assert facts.answers == {}
    assert told(troubles) == [Kind.SLOW]
    assert troubles[0].what == "it took more than 0.3 s when it is asked for conditions"


@pytest.mark.parametrize("argument", ["text", "one", "reason", "list"])
def test_nonsense_is_no_answer(ask: Ask, troubles: list[Trouble], argument: str) -> None:
    (facts,) = ask(f"{{faulty.asked: {argument}}}", [person()], faulty("junk"))

    assert facts.answers == {}
    assert told(troubles) == [Kind.JUNK]


def test_what_one_changes_in_the_facts_nobody_else_sees_and_its_answer_is_none(
    ask: Ask, troubles: list[Trouble]
) -> None:
    persons = [person(), person()]

    found = ask("{any: [{faulty.asked: true}, {faulty.asked: false}]}", persons, faulty("mutates"))

    assert [one.country for one in found] == ["DK", "DK"]
    assert persons == [person(), person()]
    assert [one.answers for one in found] == [{}, {}]
    assert told(troubles) == [Kind.JUNK]
    assert troubles[0].what == "`faulty.asked` gave the facts another value"


def test_what_one_prints_or_logs_goes_nowhere(
    ask: Ask, troubles: list[Trouble], capfd: pytest.CaptureFixture[str]
) -> None:
    (facts,) = ask(ASKED, [person()], faulty("prints"))

    assert facts.answers == {KEY: (True, "")}
    assert capfd.readouterr() == ("", "")
    assert troubles == []


def test_an_undeclared_host_is_not_called(ask: Ask, troubles: list[Trouble]) -> None:
    (facts,) = ask("always", [person()], faulty("calls_out"))

    assert facts.further == {}
    assert told(troubles) == [Kind.REFUSED_HOST]
    assert troubles[0].what == "it talks to a host that it did not declare"


@pytest.mark.parametrize(
    ("name", "code", "what"),
    [
        ("taken", "plugin_declaration", "`country` is not a name of its own"),
        ("breaks_on_import", "plugin_import", "importing it fails: SystemExit at breaks_on_import.py:5"),
        ("no_extension", "plugin_entry", "its entry point names a str"),
    ],
)
def test_a_declaration_that_can_not_be_is_refused_when_a_tenant_looks_at_it(
    hosts: Hosts, installed: Installed, name: str, code: str, what: str
) -> None:
    installed.put(faulty(name))

    with pytest.raises(Refused) as refused:
        hosts.describe("faulty")

    assert (refused.value.code, refused.value.what) == (code, what)
    assert refused.value.how


def test_one_that_is_gone_leaves_its_words_readable_and_unknown(
    hosts: Hosts, installed: Installed, troubles: list[Trouble]
) -> None:
    installed.put(faulty("prints"))
    enabled = [Enabled(hosts.describe("faulty"))]
    installed.plugins.clear()
    asking = Asking(hosts, TENANT, enabled, clock=Still(), noted=troubles.append)

    (facts,) = asking.answer([Seen(1, 0, Facts())], manifest(ASKED, enabled))

    assert facts == Facts()
    assert told(troubles) == [Kind.MISSING]


@pytest.mark.parametrize("message", range(15))
def test_one_that_speaks_for_its_process_is_not_believed(
    ask: Ask, troubles: list[Trouble], message: int
) -> None:
    (facts,) = ask("always", [Seen(1, message, Facts())], faulty("forges"))

    assert facts == Facts()
    assert told(troubles) == [Kind.JUNK]


def test_half_a_message_delays_nobody(
    ask: Ask, troubles: list[Trouble], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process, "BOX", 0.3)

    (facts,) = ask("always", [Seen(1, 15, Facts())], faulty("forges"))

    assert facts == Facts()
    assert told(troubles) == [Kind.SLOW]


def test_one_that_speaks_before_it_is_asked_is_refused(hosts: Hosts, installed: Installed) -> None:
    installed.put(faulty("forges_its_name"))

    with pytest.raises(Refused, match="it said something that is no declaration"):
        hosts.describe("faulty")


def test_nothing_that_one_says_counts_for_what_a_person_withdrew(ask: Ask) -> None:
    """The arbiter is the core's, whatever a plugin finds, proposes or answers."""
    when = "{acme_vat.registered: true}"
    withdrew = Facts(consents={"STORE": ("WITHDRAWN", "WEBFORM")})

    one, other = ask(
        when, [Seen(1, 500, withdrew, source_is_open=True), Seen(2, 500, Facts(), source_is_open=True)], ACME
    )

    gives = manifest(when, [Enabled(read_description(described(acme_vat.ext)))])
    assert [one.answers, one.source] == [other.answers, other.source]
    assert decide(one, gives).decisions == ()
    assert decide(one, gives).withdrawn == ("STORE",)
    assert decide(other, gives).decisions != ()
