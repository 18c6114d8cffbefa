"""How soon a consent stands after its event: alone, and beside a tenant with a burst of 5,000 events."""

from __future__ import annotations

import json
import random
import subprocess
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from so_privacy_ext.model import Slot
from so_privacy_ext.settings import Settings
from so_privacy_ext.storage.receiving import ReceivingStore
from so_privacy_ext.storage.secrets import DataKey
from tests.bench.figures import Figure, percentile
from tests.bench.stage import Stage, StageError, until

QUIET, NOISY = "Cust99008", "Cust99009"
SAMPLES, SAMPLES_BESIDE = 50, 8
BURST, BURST_PERSONS = 5000, 2500
_SECONDS = 60.0


def idle(stage: Stage) -> list[Figure]:
    """Let one person enter at a time, with nothing else to do."""
    pauses = random.Random(1)
    samples = []
    for _ in range(SAMPLES):
        samples.append(react(stage))
        until(lambda: stage.open_events(QUIET) == 0, "the echo is still open")
        time.sleep(pauses.uniform(0.0, 0.2))
    return [
        Figure("event_to_consent_p50_s", percentile(samples, 50), "s"),
        Figure("event_to_consent_p95_s", percentile(samples, 95), "s", goal=1.0),
    ]


def beside_a_burst(stage: Stage) -> list[Figure]:
    """Burst upon one tenant, with a write to do for each person, and let single persons enter another.

    The burst's work goes on after this has been measured.
    """
    persons = stage.tell("/seed", tenant=NOISY, persons=BURST_PERSONS)["persons"]
    with ThreadPoolExecutor(1) as pool:
        burst = pool.submit(_burst, stage, persons)
        samples = [react(stage) for _ in range(SAMPLES_BESIDE)]
        statuses = burst.result()["statuses"]
    if statuses != {"200": BURST}:
        raise StageError(f"the burst was answered {statuses}")
    return [Figure("noisy_neighbour_delay_s", max(samples), "s", at_most=5.0)]


def react(stage: Stage) -> float:
    """Let a person enter; give the seconds from her event until her consent is written in the CRM."""
    before = len(_writes(stage))
    person = stage.tell(
        "/trigger", event="person.created", tenant=QUIET, set={"country": "DK", "source": "CARD"}
    )["id"]
    until(lambda: len(_writes(stage)) > before, f"person {person} is not written", seconds=_SECONDS)
    written = _writes(stage)[before]
    told = stage.ask("/deliveries", tenant=QUIET, event="person.created", limit=3)["deliveries"]
    created = next(one["created"] for one in told if one["primary_key"] == person)
    return float(written["at"] + written["seconds"] - created)


def _writes(stage: Stage) -> list[Any]:
    calls: list[Any] = stage.ask("/calls", tenant=QUIET, operation="SetConsent")["calls"]
    return calls


def _burst(stage: Stage, persons: Sequence[int]) -> Any:
    """Bring signed events of these persons as fast as they are taken."""
    address = stage.ask("/subscriptions", tenant=NOISY)["subscriptions"][0]["target_url"]
    path = address.removeprefix(stage.url)
    receiving = ReceivingStore(
        stage.dsn, DataKey.load_or_make(Settings(data_dir=stage.folder / "data").data_key_path)
    )
    keys = receiving.look_up(Slot(path.rpartition("/")[2]))
    receiving.close()
    if keys is None:
        raise StageError(f"{NOISY} has no slot")
    wanted = {
        "host": "127.0.0.1", "port": stage.port, "path": path,
        "tenant": NOISY, "secret": keys.secrets[0].decode(), "seed": 77,
        "persons": list(persons), "most": BURST, "seconds": _SECONDS, "connections": 32,
    }  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench.load"],
        input=json.dumps(wanted).encode(),
        capture_output=True,
        check=True,
    )
    return json.loads(done.stdout)
