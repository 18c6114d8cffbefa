"""What receiving costs: CPU beside a bare route, requests a second, how long the slowest wait at 500/s."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
from typing import Any

from so_privacy_ext.model import ContextIdentifier
from so_privacy_ext.settings import Settings
from so_privacy_ext.storage import tenants
from so_privacy_ext.storage.secrets import DataKey
from tests.bench.figures import Figure, percentile, ratio_of_rounds
from tests.bench.processes import cpu_seconds
from tests.bench.stage import Stage, StageError
from tests.bench.web import BARE

ROUNDS, SECONDS, CONNECTIONS = 5, 3.0, 64
RATE, RATE_ROUNDS, RATE_SECONDS = 500, 3, 5.0
TENANT = "Cust99001"


def measure(stage: Stage) -> list[Figure]:
    """Measure with no worker running, so that the database does nothing but store."""
    key = DataKey.load_or_make(Settings(data_dir=stage.folder / "data").data_key_path)
    added = tenants.add(
        stage.dsn,
        key,
        environment="sandbox",
        context_identifier=ContextIdentifier(TENANT),
        system_user_token=b"never used",
    )
    stage.start("web", "-m", "tests.bench.web")
    stage.await_url("web", f"{stage.url}/healthz/ready")
    try:
        return _figures(stage, f"/webhooks/{added.slot}", added.webhook_secret)
    finally:
        stage.end("web")
        stage.database.execute("TRUNCATE so_privacy.inbox")


def _figures(stage: Stage, path: str, secret: str) -> list[Figure]:
    for warm_up in (path, BARE):
        _load(stage, warm_up, secret, seed=1, seconds=1.0, connections=CONNECTIONS)
    costs, rates = [], []
    for number in range(ROUNDS):
        durable, rate = _cpu_per_request(stage, path, secret, seed=10 + number)
        bare, _ = _cpu_per_request(stage, BARE, secret, seed=20 + number)
        costs.append((durable, bare))
        rates.append(rate)
    at_rate = [_latencies(stage, path, secret, seed=30 + number) for number in range(RATE_ROUNDS)]
    return [
        Figure("receiver_cpu_ratio", ratio_of_rounds(costs), at_most=5.0, goal=3.5),
        Figure("receiver_cpu_us", statistics.median(cost for cost, _ in costs) * 1e6, "µs"),
        Figure("bare_route_cpu_us", statistics.median(cost for _, cost in costs) * 1e6, "µs"),
        Figure("receiver_requests_per_s", statistics.median(rates), "/s"),
        Figure("receiver_p99_ms_at_500", statistics.median(percentile(one, 99) for one in at_rate), "ms"),
        Figure("receiver_p50_ms_at_500", statistics.median(percentile(one, 50) for one in at_rate), "ms"),
    ]


def _cpu_per_request(stage: Stage, path: str, secret: str, *, seed: int) -> tuple[float, float]:
    """Give CPU seconds of web and PostgreSQL for one request, and requests a second."""
    pids = (stage.running["web"].pid, stage.postgres_pid)
    before = cpu_seconds(*pids)
    done = _load(stage, path, secret, seed=seed, seconds=SECONDS, connections=CONNECTIONS)
    used = cpu_seconds(*pids) - before
    answered = done["statuses"]["200"]
    return used / answered, answered / done["seconds"]


def _latencies(stage: Stage, path: str, secret: str, *, seed: int) -> list[float]:
    """Give how long each request waited from when it was due, in milliseconds, at a fixed rate."""
    done = _load(stage, path, secret, seed=seed, seconds=RATE_SECONDS, connections=CONNECTIONS, rate=RATE)
    return [seconds * 1000 for seconds in done["latencies"]]


def _load(stage: Stage, path: str, secret: str, **wanted: Any) -> Any:
    """Have the generator load a path; whatever is not answered 200 spoils the figure."""
    given = {
        "host": "127.0.0.1", "port": stage.port, "path": path, "tenant": TENANT, "secret": secret, **wanted,
    }  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench.load"],
        input=json.dumps(given).encode(),
        capture_output=True,
        check=True,
    )
    result = json.loads(done.stdout)
    if set(result["statuses"]) != {"200"}:
        raise StageError(f"{path} was answered {result['statuses']}")
    return result
