"""Asks a tenant's plugins about a slice of persons: further facts, then sources, then their conditions.

Whatever a plugin does, each person comes back with her facts; what it did not say is unknown.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, TypeVar

from so_privacy_ext.model import FieldValue, TenantId
from so_privacy_ext.plugins.described import Description, PluginWord
from so_privacy_ext.plugins.hosts import Hosts
from so_privacy_ext.plugins.troubles import HOW, Kind, PluginFailed, Trouble
from so_privacy_ext.plugins.wire import is_fact, outward, untagged
from so_privacy_ext.ports import Clock
from so_privacy_ext.rules.activation import DEFAULT_SOURCE, ActiveManifest
from so_privacy_ext.rules.reach.space import leaves_of
from so_privacy_ext.sdk import Answer, Facts, Proposed, Seen

BATCH = 200
"""Persons asked about at once."""
Read = TypeVar("Read")
LEAST_CONFIDENCE = 0.5
"""Below it a proposal counts for nothing."""


@dataclass(frozen=True, slots=True)
class Enabled:
    """A plugin that a tenant has switched on."""

    description: Description
    """As it was agreed to."""
    settings: Mapping[str, Any] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class Question:
    """A word with its argument, as a manifest asks it."""

    plugin: str
    word: str
    argument: Any
    key: str


def questions(manifest: ActiveManifest) -> tuple[Question, ...]:
    """Give all that a manifest asks of plugins, each once."""
    whens = [*(rule.when for rule in manifest.rules), *(entry.when for entry in manifest.retention)]
    asked: dict[str, Question] = {}
    for leaf in (leaf for when in whens for leaf in leaves_of(when)):
        word = leaf.condition
        if isinstance(word, PluginWord):
            asked.setdefault(word.key, Question(word.plugin, word.word, word.root, word.key))
    return tuple(asked.values())


class Asking:
    """What a tenant's plugins say."""

    def __init__(
        self,
        hosts: Hosts,
        tenant_id: TenantId,
        plugins: Sequence[Enabled],
        *,
        clock: Clock,
        noted: Callable[[Trouble], None],
    ) -> None:
        """Prepare to ask.

        Args:
            hosts: this process's plugins.
            tenant_id: for whom.
            plugins: those that the tenant has switched on.
            clock: the product's.
            noted: is told of a trouble, once in an hour for each plugin and kind; what it raises goes up.
        """
        self._hosts = hosts
        self._tenant_id = tenant_id
        self._plugins = sorted(plugins, key=lambda one: one.description.name)
        self._clock = clock
        self._noted = noted

    def answer(self, persons: Sequence[Seen], manifest: ActiveManifest) -> tuple[Facts, ...]:
        """Give each person's facts, in this order, with what plugins said; none can make it fail."""
        if not self._plugins:
            return tuple(one.facts for one in persons)
        asked = questions(manifest)
        batches = (persons[start : start + BATCH] for start in range(0, len(persons), BATCH))
        return tuple(facts for batch in batches for facts in self._batch(batch, manifest, asked))

    def _batch(
        self, persons: Sequence[Seen], manifest: ActiveManifest, asked: Sequence[Question]
    ) -> list[Facts]:
        silent: set[str] = set()
        persons = self._with_facts(persons, silent)
        persons = self._with_sources(persons, manifest)
        return self._with_answers(persons, asked, silent)

    def _with_facts(self, persons: Sequence[Seen], silent: set[str]) -> Sequence[Seen]:
        """Add what the plugins found, and to `silent` those that failed at it."""
        further: list[dict[str, FieldValue]] = [{} for _ in persons]
        for plugin in self._plugins:
            described = plugin.description
            if not described.further:
                continue
            numbers = _numbers(persons, by_id=described.holds is not None)
            shown = [
                {
                    "person_id": number,
                    "company_id": one.company_id,
                    "facts": outward(one.facts, described.namespace),
                }
                for number, one in zip(numbers, persons, strict=True)
            ]
            now = self._clock.now().isoformat()
            places = {str(number): place for place, number in enumerate(numbers)}
            read = partial(_further, described.further, places)
            found, whole = self._ask(plugin, "facts", {"persons": shown, "now": now}, read)
            if not whole:
                silent.add(described.name)
            for place, facts in found:
                further[place] |= facts
        return [
            replace(one, facts=replace(one.facts, further={**one.facts.further, **more})) if more else one
            for one, more in zip(persons, further, strict=True)
        ]

    def _with_sources(self, persons: Sequence[Seen], manifest: ActiveManifest) -> Sequence[Seen]:
        places = [place for place, one in enumerate(persons) if one.source_is_open]
        best: dict[int, tuple[str, Proposed]] = {}
        for plugin in self._plugins:
            described = plugin.description
            if not described.detects_source or not places:
                continue
            shown = [outward(persons[place].facts, described.namespace) for place in places]
            read = partial(_sources, described, places)
            for place, source, proposed in self._ask(plugin, "sources", {"persons": shown}, read)[0]:
                if source not in manifest.articles and source != DEFAULT_SOURCE:
                    what = "it proposes a source that the manifest doesn't name"
                    how = "add the source to the manifest's `sources`, or set the plugin otherwise"
                    self._note(Trouble(described.name, Kind.JUNK, what, how))
                elif proposed.confidence >= LEAST_CONFIDENCE and (
                    place not in best or proposed.confidence > best[place][1].confidence
                ):
                    best[place] = source, proposed
        chosen = list(persons)
        for place, (source, proposed) in best.items():
            facts = replace(persons[place].facts, source=source, proposed=proposed)
            chosen[place] = replace(persons[place], facts=facts)
        return chosen

    def _with_answers(
        self, persons: Sequence[Seen], asked: Sequence[Question], silent: Collection[str]
    ) -> list[Facts]:
        """Add what the plugins' conditions said.

        That one doesn't know is no answer where its plugin failed to find the facts to know it by.
        """
        answers: list[dict[str, Answer]] = [{} for _ in persons]
        for plugin in self._plugins:
            described = plugin.description
            known = {one.word for one in described.words}  # a manifest may ask what it could be asked before
            mine = [one for one in asked if one.word in known]
            if not mine:
                continue
            shown = [outward(one.facts, described.namespace) for one in persons]
            content = {"questions": [[one.word, one.argument] for one in mine], "persons": shown}
            read = partial(_answers, described, mine, len(persons))
            for place, key, answer in self._ask(plugin, "conditions", content, read)[0]:
                if answer[0] is not None or described.name not in silent:
                    answers[place][key] = answer
        return [
            replace(one.facts, answers={**one.facts.answers, **more}) if more else one.facts
            for one, more in zip(persons, answers, strict=True)
        ]

    def _ask(
        self, plugin: Enabled, do: str, content: Mapping[str, Any], read: Callable[[Any], Iterator[Read]]
    ) -> tuple[list[Read], bool]:
        """Give what a plugin said, nothing if it can't be read, and whether all of it went well."""
        described = plugin.description
        try:
            reply = self._hosts.ask(
                self._tenant_id,
                described,
                plugin.settings,
                do=do,
                content=content,
                persons=len(content["persons"]),
            )
            for trouble in reply.troubles:
                self._note(trouble)
            return list(read(reply.answer)), not reply.troubles
        except PluginFailed as failed:
            for trouble in failed.troubles:
                self._note(trouble)
        except (ValueError, TypeError, AttributeError, RecursionError):
            what = "it gave something that is no answer"
            self._note(Trouble(described.name, Kind.JUNK, what, HOW[Kind.JUNK]))
        return [], False

    def _note(self, trouble: Trouble) -> None:
        if self._hosts.is_news(self._tenant_id, trouble):
            self._noted(trouble)


def _numbers(persons: Sequence[Seen], *, by_id: bool) -> list[int]:
    """Number persons for a plugin: by their place or, where it says what it holds of whom, by their ids.

    Who is made up has a number below 0 then, which is nobody's.
    """
    if not by_id:
        return list(range(len(persons)))
    numbers: dict[int, None] = {}
    for place, one in enumerate(persons):
        is_hers = one.person_id > 0 and one.person_id not in numbers
        numbers[one.person_id if is_hers else -1 - place] = None
    return list(numbers)


def _further(
    names: Sequence[str], places: Mapping[str, int], said: Any
) -> Iterator[tuple[int, dict[str, FieldValue]]]:
    for number, facts in said.items():
        values = {name: untagged(value) for name, value in facts.items()}
        right = values.keys() <= set(names) and all(is_fact(one) for one in values.values())
        if not right or number not in places:
            raise ValueError("not what was asked for")
        yield places[number], values


def _sources(
    description: Description, places: Sequence[int], said: Any
) -> Iterator[tuple[int, str, Proposed]]:
    for place, proposal in zip(places, said, strict=True):
        if proposal is not None:
            source, confidence, why = proposal
            if why not in description.proposal_reasons or not 0 <= confidence <= 1:
                raise ValueError("no proposal")
            yield place, str(source), Proposed(description.name, float(confidence), why)


def _answers(
    description: Description, asked: Sequence[Question], count: int, said: Any
) -> Iterator[tuple[int, str, Answer]]:
    reasons = {one.word: one.reasons for one in description.words}
    for question, answers in zip(asked, said, strict=True):
        if len(answers) != count:
            raise ValueError("not as many answers as persons")
        for place, answer in enumerate(answers):
            if answer is None:
                continue
            truth, reason = answer
            if not (truth is None or isinstance(truth, bool)):
                raise ValueError("neither true, false nor unknown")
            if reason and reason not in reasons[question.word]:
                reason = ""  # of a newer version; its sentence was not agreed to
            yield place, question.key, (truth, reason)
