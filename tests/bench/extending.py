"""What a plugin costs: until its first answer, for each event, and for each decision among many words."""

from __future__ import annotations

import itertools
import statistics
import time
from datetime import UTC, datetime
from types import MappingProxyType

import psutil

from so_privacy_ext.model import TenantId
from so_privacy_ext.plugins.asking import Asking, Enabled
from so_privacy_ext.plugins.described import Description, read_description, words
from so_privacy_ext.plugins.found import Found
from so_privacy_ext.plugins.hosts import Hosts
from so_privacy_ext.rules.activation import ActiveManifest
from so_privacy_ext.rules.alone import resolve_alone
from so_privacy_ext.rules.decide import decide
from so_privacy_ext.rules.manifest import parse
from so_privacy_ext.rules.vocabulary import PRODUCT_WORDS
from so_privacy_ext.sdk import Facts, Seen
from tests.bench import manifests
from tests.bench.figures import Figure

STARTS, SLICES, SLICE, WORDS, RULES, SECONDS = 5, 30, 200, 1000, 100, 2.0
_EMPTY = Found("empty", "empty", "1", "tests.bench.empty_plugin:ext")
_FACTS = Facts(
    event="created",
    changed=frozenset({"firstname", "country_id"}),
    creator="user",
    source="CARD",
    country="DK",
    language="da",
    has_email=True,
    email_domain="example.com",
    age=40,
    consents=MappingProxyType({"STORE": ("61B", "CARD")}),
)


class _Clock:
    def now(self) -> datetime:
        return datetime.now(UTC)


def measure() -> list[Figure]:
    """Ask a plugin that does nothing, and decide by rules of which each asks another of a thousand words."""
    starts, alone, in_slices, ours = [], [], [], 0.0
    for _ in range(STARTS):
        with Hosts(plugins=lambda: {"empty": _EMPTY}) as hosts:
            described = hosts.describe("empty")
            manifest = _manifest("empty.yes", description=described)
            asking = Asking(hosts, TenantId(1), [Enabled(described)], clock=_Clock(), noted=_fail)
            starts.append(_seconds(asking, manifest, 1))
            alone += [_seconds(asking, manifest, 1) for _ in range(SLICES)]
            begun = _cpu()
            in_slices += [_seconds(asking, manifest, SLICE) / SLICE for _ in range(SLICES)]
            ours += _cpu() - begun
    return [
        Figure("plugin_first_answer_ms", statistics.median(starts) * 1e3, "ms", goal=600),
        Figure("plugin_ms_per_event_alone", statistics.median(alone) * 1e3, "ms"),
        Figure("plugin_us_per_event_in_slices", statistics.median(in_slices) * 1e6, "µs"),
        Figure("plugin_cpu_us_per_event", ours / (STARTS * SLICES * SLICE) * 1e6, "µs"),
        Figure("decisions_per_s_1000_words", _decisions(), "/s"),
    ]


def _seconds(asking: Asking, manifest: ActiveManifest, count: int) -> float:
    persons = [Seen(number, number, _FACTS) for number in range(count)]
    begun = time.perf_counter()
    answered = asking.answer(persons, manifest)
    seconds = time.perf_counter() - begun
    if any(one.answers != {"empty.yes true": (True, "")} for one in answered):
        raise AssertionError("the plugin did not say yes")
    return seconds


def _cpu() -> float:
    """Give the CPU time of this process and the plugins'."""
    times = [one.cpu_times() for one in (psutil.Process(), *psutil.Process().children())]
    return sum(one.user + one.system for one in times)


def _fail(trouble: object) -> None:
    raise AssertionError(f"the plugin fails: {trouble}")


def _decisions() -> float:
    """Count decisions a second; all but the last of the rules hold for nobody."""
    names = [f"many.word{number}" for number in range(WORDS)]
    said = {"argument": {"type": "boolean"}, "says": "Whether."}
    described = read_description(
        {
            "name": "many",
            "version": "1",
            "says": "Has many words.",
            "words": [{"word": one, **said} for one in names],
        }
    )
    asked = names[:: WORDS // RULES]
    manifest = _manifest(*asked, description=described)
    answers = {f"{one} true": (one == asked[-1], "") for one in asked}
    facts = Facts(event="created", country="DK", answers=answers)
    count, begun = 0, time.process_time()
    for count in itertools.count(1):
        ruling = decide(facts, manifest)
        if count % 100 == 0 and time.process_time() - begun > SECONDS:
            break
    if ruling.decisions[0].rule_id != f"asks-{len(asked) - 1}":
        raise AssertionError("the last rule did not decide")
    return count / (time.process_time() - begun)


def _manifest(*asked: str, description: Description) -> ActiveManifest:
    text = manifests.asking(asked)
    return resolve_alone(parse(text.encode(), "bench.yaml", PRODUCT_WORDS + words(description)))
