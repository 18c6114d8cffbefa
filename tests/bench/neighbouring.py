"""How much later a consent stands while another tenant's plugin hangs, over how soon it stands without."""

from __future__ import annotations

import statistics
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import chain

from tests.bench import installing, manifests, reacting
from tests.bench.figures import Figure, percentile, ratio_of_rounds
from tests.bench.stage import Stage, StageError, until
from tests.packages import install

TENANT, PLUGIN = "Cust99010", "hanging"
ROUNDS, SAMPLES = 5, 8
_PAUSE = 0.25
"""Seconds between two persons of the tenant with the plugin, in all rounds alike."""

_DECISIONS = """
SELECT count(*) FROM so_privacy.decision d JOIN so_privacy.tenant t USING (tenant_id)
WHERE t.context_identifier = %s AND (d.facts -> 'answers' IS NOT NULL) = %s
"""
_SLOW = """
SELECT count(*) FROM so_privacy.journal j JOIN so_privacy.tenant t USING (tenant_id)
WHERE t.context_identifier = %s AND j.kind = 'plugin_failed' AND j.content ->> 'kind' = 'slow'
"""


def measure(stage: Stage) -> list[Figure]:
    """Let persons enter a tenant without plugins while another's hangs, and while that is off, in turn."""
    _prepare(stage)
    beside: list[list[float]] = []
    without: list[list[float]] = []
    with _persons_enter(stage):
        for _ in range(ROUNDS):
            _switch(stage, on=True)
            beside.append(_samples(stage))
            _switch(stage, on=False)
            without.append(_samples(stage))
    if not stage.scalar(_SLOW, TENANT):
        raise StageError("the plugin did not hang")
    stage.await_quiet()
    medians = [
        (statistics.median(one), statistics.median(other)) for one, other in zip(beside, without, strict=True)
    ]
    slowest = [percentile([*chain(*rounds)], 95) for rounds in (beside, without)]
    return [
        Figure(
            "other_tenants_latency_ratio",
            ratio_of_rounds(medians),
            at_most=1.5,
            goal=1.1,
        ),
        Figure("other_tenants_latency_ratio_p95", slowest[0] / slowest[1]),
        Figure("event_to_consent_p95_s_beside_a_plugin", slowest[0], "s"),
    ]


def _prepare(stage: Stage) -> None:
    """Install a tenant whose manifest asks the plugin and writes nothing, whether it answers or not."""
    install(stage.site, PLUGIN, "tests.bench.hanging_plugin:ext")
    installing.add(stage, (TENANT,), manifests.WRITING)
    stage.product("plugin", "enable", PLUGIN, "--tenant", TENANT)
    installing.activate(stage, (TENANT,), manifests.asking([f"{PLUGIN}.yes"]))


def _switch(stage: Stage, *, on: bool) -> None:
    """Switch the plugin on or off, and wait until somebody was decided about with its answer, or without."""
    before = stage.scalar(_DECISIONS, TENANT, on)
    stage.product("plugin", "enable" if on else "disable", PLUGIN, "--tenant", TENANT)
    until(lambda: stage.scalar(_DECISIONS, TENANT, on) > before, "the plugin is not switched")


def _samples(stage: Stage) -> list[float]:
    return [reacting.react(stage) for _ in range(SAMPLES)]


@contextmanager
def _persons_enter(stage: Stage) -> Iterator[None]:
    """Let persons enter the tenant with the plugin, one after another, all the while."""
    over, failed = threading.Event(), []

    def enter() -> None:
        try:
            while not over.wait(_PAUSE):
                stage.tell("/trigger", event="person.created", tenant=TENANT, set={"country": "DK"})
        except Exception as error:  # noqa: BLE001  # whatever it is, the figures are worth nothing
            failed.append(error)

    thread = threading.Thread(target=enter, name="persons")
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
    if failed:
        raise StageError(f"nobody entered beside: {failed[0]}")
