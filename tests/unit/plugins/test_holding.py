"""What a plugin declares to hold elsewhere, and how it answers for it."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from so_privacy_ext.errors import Refused
from so_privacy_ext.extension import Erased, Extension, Holds
from so_privacy_ext.model import PersonId, TenantId
from so_privacy_ext.plugins import asking
from so_privacy_ext.plugins.asking import Enabled
from so_privacy_ext.plugins.declared import described
from so_privacy_ext.plugins.described import Description, asks_for_more, read_description
from so_privacy_ext.plugins.holding import Holder
from so_privacy_ext.plugins.host_holding import answer_for
from so_privacy_ext.plugins.hosts import Hosts
from so_privacy_ext.plugins.nonsense import Nonsense
from so_privacy_ext.plugins.process import Reply
from so_privacy_ext.plugins.troubles import Kind, PluginFailed, Trouble
from so_privacy_ext.sdk import Facts, Seen
from tests.unit.plugins.conftest import TENANT, Ask, Installed, faulty
from tests.unit.plugins.test_declared import Right
from tests.unit.plugins.test_host import serving

HELD = Holds(what="numbers", why="to find them again", keep_days=30)
SEAMS = ("subject_access", "subject_erase", "tenant_erase")


def extension(
    *seams: str, holds: Holds | None = HELD, hosts: Sequence[str] = ("a.example.com:443",)
) -> Extension:
    ext = Extension("acme-vat", version="1", says="Holds.", hosts=hosts, holds=holds)
    ext.condition(Right)
    for seam in seams:
        getattr(ext, seam)(lambda: Erased(1))
    return ext


def test_what_is_held_is_part_of_what_a_tenant_agrees_to() -> None:
    description = read_description(described(extension(*SEAMS)))

    assert description.holds is not None
    assert (description.holds.what, description.holds.why, description.holds.keep_days) == (
        "numbers", "to find them again", 30
    )  # fmt: skip
    assert read_description(described(extension(holds=None))).holds is None


@pytest.mark.parametrize(
    ("ext", "what"),
    [
        (extension(*SEAMS[:2]), "it holds data and has no `@ext.tenant_erase`"),
        (extension(), "it holds data and has no `@ext.subject_access`, `@ext.subject_erase`, `@ext.tenant_"),
        (extension("tenant_erase", holds=None), "it has `@ext.tenant_erase`, and doesn't say that it holds"),
        (extension(*SEAMS, "tenant_erase"), "it has two functions for `tenant_erase`"),
        (extension(*SEAMS, hosts=()), "it holds data and talks to no host"),
        (extension(*SEAMS, holds=Holds(" ", "why", 1)), "it doesn't say what it holds, or why"),
        (extension(*SEAMS, holds=Holds("what", "", 1)), "it doesn't say what it holds, or why"),
        (extension(*SEAMS, holds=Holds("what", "why", 0)), "it holds data for 0 days"),
        (extension(*SEAMS, holds=Holds("what", "why", 40_000)), "it holds data for 40000 days"),
        (extension(*SEAMS, holds=Holds("what", "why", "ever")), "it holds data for ever days"),  # type: ignore[arg-type]  # wrong
    ],
)
def test_what_is_wrong_with_what_is_held_is_named(ext: Extension, what: str) -> None:
    with pytest.raises(Refused) as refused:
        described(ext)

    assert what in refused.value.what
    assert refused.value.how


def test_what_nobody_can_give_a_function_is_refused_where_it_is_declared() -> None:
    with pytest.raises(Refused, match=r"asks for `person_id`; it may ask for `settings`"):

        @Extension("acme-vat", version="1", says="x").tenant_erase
        def erase(person_id: int) -> Erased:
            raise NotImplementedError


@pytest.mark.parametrize(
    ("now", "more"),
    [
        (None, ()),
        (HELD, ()),
        (Holds("numbers", "to find them again", 10), ()),
        (Holds("numbers", "to find them again", 31), ("holds for 31 days: numbers (to find them again)",)),
        (Holds("names", "to find them again", 30), ("holds for 30 days: names (to find them again)",)),
        (Holds("numbers", "to sell them", 30), ("holds for 30 days: numbers (to sell them)",)),
    ],
)
def test_to_hold_more_needs_a_new_agreement(now: Holds | None, more: tuple[str, ...]) -> None:
    def of(holds: Holds | None) -> Description:
        return read_description(described(extension(*(SEAMS if holds else ()), holds=holds)))

    assert asks_for_more(of(HELD), of(now)) == more
    if now is not None:
        assert len(asks_for_more(of(None), of(now))) == 1


def by_number(person_id: int) -> Erased:
    return Erased(person_id)


def answering(seam: str, function: Callable[..., Any]) -> Extension:
    ext = extension()
    getattr(ext, seam)(function)
    return ext


def test_a_function_is_given_what_it_asks_for() -> None:
    offered = {"person_id": 7, "settings": "s"}

    assert answer_for(answering("subject_erase", by_number), "subject_erase", offered) == 7
    assert (
        answer_for(answering("tenant_erase", lambda settings: Erased(len(settings))), "tenant_erase", offered)
        == 1
    )
    shown = answering("subject_access", lambda person_id, settings: {"number": person_id, "by": (settings,)})
    assert answer_for(shown, "subject_access", offered) == {"number": 7, "by": ["s"]}


@pytest.mark.parametrize(
    ("seam", "given", "what"),
    [
        ("subject_erase", None, "no `Erased`"),
        ("subject_erase", 3, "no `Erased`"),
        ("tenant_erase", Erased(-1), "without a number"),
        ("tenant_erase", Erased(True), "without a number"),
        ("tenant_erase", Erased(2**53), "without a number"),
        ("subject_access", [1], "no mapping"),
        ("subject_access", {"at": object()}, "no plain JSON"),
        ("subject_access", {"at": math.nan}, "no plain JSON"),
        ("subject_access", {"much": "x" * (1024 * 1024)}, "more than a mebibyte"),
    ],
)
def test_what_is_no_receipt_and_what_is_no_plain_value_is_nonsense(
    seam: str, given: object, what: str
) -> None:
    with pytest.raises(Nonsense, match=what):
        answer_for(answering(seam, lambda: given), seam, {})


class Answering(Hosts):
    """Gives one answer, whoever asks for what."""

    def __init__(self, answer: object) -> None:
        super().__init__(plugins=dict)
        self.answer = answer

    def ask(self, *_given: Any, **_named: Any) -> Reply:
        return Reply(self.answer, ())


@pytest.mark.parametrize("answer", [None, True, -1, "3", [3]])
def test_a_receipt_that_is_none_is_no_receipt(answer: object) -> None:
    holder = Holder(Answering(answer), TENANT, Enabled(read_description(described(extension(*SEAMS)))), print)

    for person_id in (PersonId(7), None):
        with pytest.raises(PluginFailed) as failed:
            holder.erase(person_id)
        assert failed.value.troubles[0].kind is Kind.JUNK
    with pytest.raises(PluginFailed):
        holder.access(PersonId(7))


def test_a_receipt_is_a_number_of_records() -> None:
    holder = Holder(Answering(3), TENANT, Enabled(read_description(described(extension(*SEAMS)))), print)

    assert (holder.erase(PersonId(7)), holder.erase(None)) == (3, 3)


@pytest.fixture
def holder(hosts: Hosts, installed: Installed) -> Callable[[str], tuple[Holder, list[Trouble]]]:
    def made(name: str) -> tuple[Holder, list[Trouble]]:
        installed.put(faulty(name))
        noted: list[Trouble] = []
        return Holder(hosts, TenantId(1), Enabled(hosts.describe("faulty")), noted.append), noted

    return made


def test_a_plugin_answers_for_what_it_holds_in_its_own_process(
    holder: Callable[[str], tuple[Holder, list[Trouble]]],
) -> None:
    mine, noted = holder("never_erases")
    assert mine.name == "faulty"

    assert mine.access(PersonId(7)) == {"number": 7}
    for _ in range(2):
        with pytest.raises(PluginFailed, match="gave no `Erased`"):
            mine.erase(PersonId(7))
    with pytest.raises(PluginFailed, match="TimeoutError"):
        mine.erase(None)
    with pytest.raises(PluginFailed, match="rests"):
        mine.access(PersonId(7))
    assert [one.kind for one in noted] == [Kind.JUNK, Kind.RAISED, Kind.RESTING]  # each once in an hour
    assert "Greta" not in repr(noted)


def test_only_who_says_what_it_holds_is_told_whom_it_is_asked_about(ask: Ask) -> None:
    persons = [Seen(one, 0, Facts()) for one in (7, 8, 0, 7, -5)]

    found = ask("always", persons, faulty("never_erases"))
    assert [one.further["faulty.number"] for one in found] == [7, 8, -3, -4, -5]

    assert asking._numbers(persons, by_id=False) == [0, 1, 2, 3, 4]


def test_the_plugins_side_answers_for_what_is_held() -> None:
    with serving("tests.unit.plugins.faulty.never_erases:ext") as talk:
        assert talk.begin({})["declaration"]["holds"]["keep_days"] == 30
        assert talk.ask("subject_access", person_id=7)["answer"] == {"number": 7}
        nothing = talk.ask("subject_erase", person_id=7)
        assert (nothing["answer"], nothing["failed"]) == (None, [["junk", "subject_erase", "no `Erased`"]])
        ((kind, where, what),) = talk.ask("tenant_erase")["failed"]
        assert (kind, where, what.split()[0]) == ("raised", "tenant_erase", "TimeoutError")


def test_who_holds_nothing_can_not_be_asked_for_it(hosts: Hosts) -> None:
    nothing = Enabled(read_description(described(extension(holds=None))))

    with pytest.raises(ValueError, match="`acme-vat` doesn't say what it holds"):
        Holder(hosts, TENANT, nothing, print)
