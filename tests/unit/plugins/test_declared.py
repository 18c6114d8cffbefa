from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, ClassVar

import pytest
from pydantic import BaseModel, PrivateAttr

from so_privacy_ext.errors import Refused
from so_privacy_ext.extension import Extension, FromSetting, Proposal
from so_privacy_ext.plugins.declared import described
from so_privacy_ext.plugins.described import read_description
from so_privacy_ext.sdk import Aspect, Condition, Facts, Ground, Predicate, Truth
from tests.unit.plugins import acme_vat


class Settings(BaseModel):
    smtp_host: str = "localhost"


class Right(Condition[bool]):
    """Whether it is right."""

    word = "acme_vat.right"

    def holds(self, _facts: Facts, /) -> Truth:
        return True


def extension(*words: type[Condition[Any]], name: str = "acme-vat", **more: Any) -> Extension:
    ext = Extension(name, **{"version": "1.0", "says": "Knows.", **more})
    for word in words:
        ext.condition(word)
    return ext


def mistakes(ext: Extension) -> str:
    with pytest.raises(Refused) as refused:
        described(ext)
    assert refused.value.code == "plugin_declaration"
    assert refused.value.how
    return refused.value.what


def test_a_right_declaration_says_all_that_a_tenant_agrees_to() -> None:
    description = read_description(described(acme_vat.ext))

    assert (description.name, description.version, description.namespace) == ("acme-vat", "1.0", "acme_vat")
    assert [one.word for one in description.words] == ["acme_vat.registered", "acme_vat.sector"]
    assert description.words[0].says == "Whether the person's company is registered for VAT."
    assert description.further == ["acme_vat.turnover", "acme_vat.asked_on"]
    assert description.detects_source
    assert description.proposal_reasons == {"listed": {"en": "her company is in the register"}}
    assert description.settings is not None
    assert "least" in description.settings["properties"]


def test_hosts_are_said_as_they_are_or_by_the_setting_that_names_them() -> None:
    hosts = ["api.example.com:443", FromSetting("smtp_host", port=587)]

    description = read_description(described(extension(Right, settings=Settings, hosts=hosts)))

    assert description.hosts == ["api.example.com:443", "{smtp_host}:587"]


@pytest.mark.parametrize(
    ("ext", "what"),
    [
        (extension(Right, name="Acme VAT"), "`Acme VAT` is no name of a plugin"),
        (extension(Right, says=" "), "it doesn't say what it is"),
        (extension(), "it adds nothing"),
        (extension(Right, hosts=["https://api.example.com"]), "`https://api.example.com` is no host"),
        (extension(Right, hosts=[FromSetting("host", port=1)]), "its settings have no `host`"),
        (extension(Right, settings=Settings, hosts=[FromSetting("x", port=1)]), "its settings have no `x`"),
        (extension(Right, Right), "`acme_vat.right` is declared twice"),
        (extension(Right, name="acme"), "`acme_vat.right` is not a name of its own"),
    ],
)
def test_what_is_wrong_with_an_extension_is_named(ext: Extension, what: str) -> None:
    assert what in mistakes(ext)


def test_all_that_is_wrong_is_named_at_once() -> None:
    assert mistakes(extension(says="")).count(";") == 1


def bare() -> type[Condition[Any]]:
    class Bare(Condition[bool]):
        word = "acme_vat.bare"

        def holds(self, _facts: Facts, /) -> Truth:
            return True

    return Bare


def unanswered() -> type[Condition[Any]]:
    class Unanswered(Condition[bool]):
        """Whether."""

        word = "acme_vat.unanswered"

    return Unanswered


def unnamed() -> type[Condition[Any]]:
    class Unnamed(Condition[bool]):
        """Whether."""

        def holds(self, _facts: Facts, /) -> Truth:
            return True

    return Unnamed


def prepared() -> type[Condition[Any]]:
    class Prepared(Right):
        """Whether."""

        def prepare(self, ground: Ground, /) -> Predicate:
            return Predicate(lambda _facts: ground.home == "DK", lambda _facts: None)

    return Prepared


def aspects() -> type[Condition[Any]]:
    class Aspects(Right):
        """Whether."""

        def aspects(self, _ground: Ground, /) -> Iterable[Aspect]:
            return ()

    return Aspects


def cached() -> type[Condition[Any]]:
    class Cached(Right):
        """Whether."""

        cache: ClassVar[dict[str, bool]] = {}

    return Cached


def private() -> type[Condition[Any]]:
    class Private(Right):
        """Whether."""

        _seen: list[int] = PrivateAttr(default_factory=list)

    return Private


def inherited() -> type[Condition[Any]]:
    class Inherited(cached()):  # type: ignore[misc]  # a base that is made here
        """Whether."""

    return Inherited


def shapeless() -> type[Condition[Any]]:
    class Shapeless(Condition[Callable[[], int]]):
        """Whether."""

        word = "acme_vat.shapeless"

        def holds(self, _facts: Facts, /) -> Truth:
            return True

    return Shapeless


def oddly_reasoned() -> type[Condition[Any]]:
    class Reasoned(Right):
        """Whether."""

        reasons: ClassVar = {"Not Listed": {"da": "nej"}}

    return Reasoned


@pytest.mark.parametrize(
    ("word", "what"),
    [
        (unnamed, "`Unnamed` is not a name of its own"),
        (bare, "`acme_vat.bare` has no docstring"),
        (unanswered, "`acme_vat.unanswered` has no `holds`"),
        (prepared, "`acme_vat.right` has a `prepare`"),
        (aspects, "`acme_vat.right` has a `aspects`"),
        (cached, "`acme_vat.right` keeps something in `cache`"),
        (inherited, "`acme_vat.right` keeps something in `cache`"),
        (private, "`acme_vat.right` keeps something in `_seen`"),
        (shapeless, "the argument of `acme_vat.shapeless` has no JSON Schema"),
        (oddly_reasoned, "`acme_vat.right` has a reason `Not Listed`"),
        (oddly_reasoned, "`acme_vat.right` doesn't say its reason `Not Listed` in English"),
    ],
)
def test_what_is_wrong_with_a_condition_is_named(word: Callable[[], Any], what: str) -> None:
    assert what in mistakes(extension(word()))


def test_two_detectors_are_one_too_many() -> None:
    ext = extension()
    for _ in range(2):
        ext.detect_source(reasons={})(lambda facts: Proposal("CARD", 1, "x") if facts.retired else None)

    assert mistakes(ext) == "it has two source detectors"


def test_what_nobody_can_give_a_function_is_refused_where_it_is_declared() -> None:
    with pytest.raises(
        Refused, match=r"`look_up` asks for `person`, `crm`; it may ask for `clock`, `persons`"
    ):

        @extension().facts("size")
        def look_up(person: int, crm: object) -> None:
            raise NotImplementedError


def test_a_condition_that_a_partner_tries_alone_is_prepared_by_its_own_answer() -> None:
    class Reasoned(Right):
        """Whether."""

        def holds(self, facts: Facts, /) -> Any:
            return facts.retired, "why"

    ground = Ground("DK", "en", {})

    assert Right(True).prepare(ground).truth(Facts()) is True
    assert Reasoned(True).prepare(ground).truth(Facts()) is False
    assert Reasoned(True).prepare(ground).found(Facts()) == (False, "why")
    with pytest.raises(NotImplementedError, match="has neither `holds` nor `prepare`"):
        unanswered()(True).prepare(ground).truth(Facts())


def test_a_function_that_is_told_of_nothing_and_operations_that_nobody_calls_are_named() -> None:
    ext = extension(Right, operations=["MDO.GetList"])
    ext.on()(nothing)

    assert mistakes(ext) == "`nothing` is told of no event; it names operations and calls none"


def nothing() -> None:
    pass
