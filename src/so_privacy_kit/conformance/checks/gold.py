"""Gold: it does what it is for, the same each time, and says why in words."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from so_privacy_ext.model import PersonId
from so_privacy_ext.plugins.troubles import PluginFailed
from so_privacy_ext.rules.wording import LANGUAGES
from so_privacy_ext.sdk import Facts
from so_privacy_kit.conformance import made_up
from so_privacy_kit.conformance.levels import Level, Unmet, check
from so_privacy_kit.conformance.subject import NO_ANSWERS, Said, Subject

Found = Callable[[str], None]


@check(Level.GOLD, "it works: nothing fails for ordinary persons")
def test_works(so_subject: Subject, so_works: Said, so_found: Found) -> None:
    if not so_subject.answers:
        so_found(NO_ANSWERS)
        return
    for one in so_works.troubles:
        raise Unmet(
            one.what,
            "mend it; where it needs a host, stand in for that, and give settings with its address by "
            "a fixture `so_plugin_settings` in the conftest.py beside pyproject.toml",
        )
    known = [one for one in so_works.facts if _said(one)]
    if not known:
        raise Unmet(
            f"of {len(so_works.facts)} persons it says nothing",
            "have the stand-in for its host know `example.com`, or what else its answer depends on",
        )
    so_found(f"it says something of {len(known)} of {len(so_works.facts)} persons")


def _said(facts: Facts) -> bool:
    return bool(facts.further or facts.proposed or any(one is not None for one, _ in facts.answers.values()))


@check(Level.GOLD, "the same facts have the same answers, in any order and company")
def test_same_answers(
    so_subject: Subject, so_plugin_settings: Mapping[str, Any], so_works: Said, so_found: Found
) -> None:
    if not so_subject.answers:
        so_found(NO_ANSWERS)
        return
    persons = made_up.persons()
    with so_subject.hosts() as hosts:
        backwards = so_subject.ask(persons[::-1], so_plugin_settings, hosts=hosts).facts[::-1]
        alone = [so_subject.ask([one], so_plugin_settings, hosts=hosts).facts[0] for one in persons[:10]]
    for person, first, *others in [
        *zip(persons, so_works.facts, backwards, strict=True),
        *zip(persons[:10], so_works.facts[:10], alone, strict=True),
    ]:
        if any(one != first for one in others):
            raise Unmet(
                f"of made-up person {person.person_id} it says something else when it is asked again",
                "let an answer depend on the facts alone: on no order, nobody before, no chance, no clock",
            )
    so_found(f"{len(persons)} persons, again in another order, and ten alone")


@check(Level.GOLD, f"what it says is said in all languages of explanations ({', '.join(LANGUAGES)})")
def test_languages(so_subject: Subject, so_found: Found) -> None:
    lacking = sorted(set(_lacking(so_subject)))
    if lacking:
        raise Unmet(", ".join(lacking), "add the sentences to `spoken` and `reasons`")
    so_found("every word, where it holds and where not, and every reason")


def _lacking(subject: Subject) -> Iterator[str]:
    said = subject.description
    reasons = [
        *((one.word, one.reasons) for one in said.words),
        ("the source detector", said.proposal_reasons),
    ]
    for language in LANGUAGES:
        yield from (
            f"`{one.word}` is not spoken in {language}" for one in said.words if language not in one.spoken
        )
        for whose, sentences in reasons:
            yield from (
                f"the reason `{code}` of {whose} has no sentence in {language}"
                for code, by_language in sentences.items()
                if language not in by_language
            )


@check(Level.GOLD, "what it holds of a person it shows, and no more after it was erased")
def test_holds(so_subject: Subject, so_plugin_settings: Mapping[str, Any], so_found: Found) -> None:
    if so_subject.description.holds is None:
        so_found("it holds nothing")
        return
    one, other, unheard_of = PersonId(1), PersonId(2), PersonId(10**9)
    with so_subject.hosts() as hosts:
        so_subject.ask(made_up.persons(), so_plugin_settings, hosts=hosts)
        holder = so_subject.holder(so_plugin_settings, hosts)
        try:
            nothing, others = holder.access(unheard_of), holder.access(other)
            records = holder.erase(one)
            after, twice, untouched = holder.access(one), holder.erase(one), holder.access(other)
            everything = holder.erase(None)
            left = holder.access(other)
        except PluginFailed as failed:
            raise Unmet(
                failed.troubles[0].what, "have each of its three functions answer, also twice"
            ) from None
    _as_it_should(after == nothing and not twice, "`subject_erase` leaves something of a person")
    _as_it_should(untouched == others, "`subject_erase` takes away something of somebody else")
    _as_it_should(left == nothing, "`tenant_erase` leaves something")
    so_found(f"{records} records of a person, {everything} of all others")


def _as_it_should(right: bool, wrong: str) -> None:
    if not right:
        raise Unmet(wrong, "have it erase all that it holds of whom it is asked, and of nobody else")


@check(Level.GOLD, "it is typed")
def test_typed(so_subject: Subject, so_found: Found) -> None:
    package = so_subject.package
    if package.is_file() or not (package / "py.typed").is_file():
        raise Unmet("it has no py.typed", "annotate it, and add an empty file py.typed to the package")
    so_found("py.typed")
