"""One soak: build, let live under fire, heal, wait for rest, compare, replay everything, compare again."""

from __future__ import annotations

import importlib
import shutil
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import TracebackType
from typing import Self

from so_sandbox import credentials, server
from so_sandbox.demo_tenant import add_demo_tenant
from so_sandbox.dispatcher import Dispatcher
from so_sandbox.login.site import Site
from so_sandbox.sandbox import Sandbox
from so_sandbox.server import RunningSandbox
from so_sandbox.world.subscribing import ACTIVE
from tests.chaos import ledger, partner
from tests.chaos.accounts import Account, Findings, by_person, mails_of, writes_of
from tests.chaos.door import Door, busiest_second
from tests.chaos.fortunes import Fortunes
from tests.chaos.herd import Herd
from tests.chaos.living import Living
from tests.chaos.plan import Plan
from tests.chaos.product import ROOT, Database, Product, listen, site_of, wait_until
from tests.chaos.storm import Storm
from tests.chaos.troubling import Troublemaker
from tests.chaos.verdict import Verdict
from tests.chaos.watched import WatchedTenant, WatchedWorld

MANIFEST = ROOT / "manifests" / "rules" / "nordic-b2b.yaml"
_AT_REST = 240.0
"""Seconds until everything must have come to rest after the fire."""

_WIND_FORWARD = (
    "UPDATE inbox SET not_before = so_now() WHERE state = 'open' AND not_before > so_now()",
    "UPDATE tenant SET parked_until = NULL WHERE parked_until IS NOT NULL",
    "UPDATE environment_pause SET probe_at = so_now() WHERE ended_at IS NULL",
)
"""What has been put off is due now, as if its time had come."""
_WATCH_NOW = "UPDATE due SET at = so_now() WHERE kind = 'watchdog'"
_SWEEP_NOW = "UPDATE due SET at = so_now() WHERE kind = 'sweep'"
_LOST = {"discarded", "dropped", "lost"}
_A_QUARTER_LATER = (
    "UPDATE mail SET claimed_at = claimed_at - interval '20 min', look_up_at = so_now()"
    " WHERE state IN ('claimed', 'unknown')"
)

Say = Callable[[str], None]


def behind_a_door(world: WatchedWorld, folder: Path) -> tuple[Door, RunningSandbox]:
    """Start a sandbox that is known by the address of its door."""
    listener = server._listen("127.0.0.1", 0)
    door = Door(listener.getsockname()[1], folder / "calls")
    host = f"127.0.0.1:{door.port}"
    site = Site("http", host, "", f"http://{host}")
    dispatcher = Dispatcher(world, concurrency=2, timeout=10.0)
    sandbox = Sandbox(world, site, credentials.new_credentials(), dispatcher)
    sandbox.begin()
    credentials.write(folder / "sandbox", sandbox.credentials, site)
    running = RunningSandbox(sandbox, listener)
    running.begin()
    return door, running


class Soak:
    """Everything that runs in one soak; leave it as a context manager."""

    def __init__(self, plan: Plan, seed: int, say: Say) -> None:
        self.plan, self.seed, self._say = plan, seed, say
        # A socket's path must be short.
        self.folder = Path(tempfile.mkdtemp(prefix="sop-", dir="/tmp"))
        self.world = WatchedWorld()
        self.storm = Storm(plan.fault_every, plan.kinds, seed)
        self.world.faults = self.storm
        for number in range(plan.tenants):
            add_demo_tenant(self.world, f"Cust{71001 + number}")
        self.tenants = self.world.watched()
        self.door, self.sandbox = behind_a_door(self.world, self.folder)
        self.database = Database(self.folder / "data")
        self.listener = listen()
        settings = self.folder / "sandbox" / "settings.env"
        self.with_plugin = [one.context_identifier for one in self.tenants[: plan.with_plugin]]
        if self.with_plugin:
            partner.install(site_of(self.folder))
        self.product = Product(self.folder, settings, self.database, self.listener, plan.bug)
        if plan.bug:
            importlib.import_module(f"tests.chaos.bugs.{plan.bug}").prepare(self.database)
        self.herd = Herd(self.product, self.database, plan, seed + 1)
        dispatcher = self.sandbox.dispatcher
        self.trouble = Troublemaker(dispatcher, self.tenants, plan, seed + 2)
        application = self.world.applications[self.sandbox.credentials.client_id]
        application.state_change_url = f"{self.product.url}/state-changes/sandbox"
        self.fortunes = Fortunes(
            self.sandbox, self.tenants, plan, folder=self.folder, door_port=self.door.port, seed=seed + 3
        )
        self.living = [Living(one, plan, seed + 10 + n) for n, one in enumerate(self.tenants)]
        self.timings: dict[str, float] = {}
        self.lost = self.disabled = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.herd.end()
        self.sandbox.stop()
        self.door.close()
        self.database.stop()
        self.listener.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def run(self) -> Verdict:
        """Run the whole soak and give its verdict."""
        self._timed("installing", self._install)
        self._timed("under fire", self._fire)
        self._timed("healing", self._heal)
        findings = Findings()
        figures = self._compare(findings)
        self._timed("replaying", lambda: self._replay(findings, figures))
        self._look_over(findings)
        return Verdict(self.plan, self.seed, findings, figures, self.timings)

    def _timed(self, what: str, work: Callable[[], None]) -> None:
        self._say(what)
        begun = time.monotonic()
        work()
        self.timings[what] = round(time.monotonic() - begun, 1)

    def _install(self) -> None:
        for one in self.living:
            one.enter_the_known(self.sandbox.dispatcher)
        self.herd.begin()
        with ThreadPoolExecutor(2) as pool:
            list(pool.map(self._install_one, [one.context_identifier for one in self.tenants]))
        for tenant in self.tenants:
            tenant.history.installed = True
            tenant.history.number_at_installation = tenant.history.number

    def _install_one(self, name: str) -> None:
        token = self.sandbox.credentials.system_user_tokens[name]
        words = ("tenant", "add", name, "--environment", "sandbox", "--system-user-token-file", "-")
        self.product.command(*words, given=token)
        if name in self.with_plugin:
            partner.switch_on(self.product, name, self.seed, percent=self.plan.plugin_fails)
        else:
            self.product.command("manifest", "activate", str(MANIFEST), "--tenant", name)

    def _fire(self) -> None:
        self.storm.blowing = True
        self.sandbox.dispatcher.lose(self.plan.lost, seed=self.seed)
        self.trouble.begin()
        self.fortunes.begin()
        self.herd.begin_striking()
        for one in self.living:
            one.begin()
        begun, told, swept = time.monotonic(), 0.0, 0.0
        while (elapsed := time.monotonic() - begun) < self.plan.seconds:
            time.sleep(0.2)
            if elapsed - swept > self.plan.sweep_every:
                swept = elapsed
                self.database.execute(_SWEEP_NOW)
            if elapsed - told > 30:
                told = elapsed
                for statement in _WIND_FORWARD:
                    self.database.execute(statement)
                self._say(f"  {elapsed:4.0f} s: {self._progress()}")
        for one in self.living:
            one.join()

    def _progress(self) -> str:
        sent = len(self.sandbox.dispatcher.log)
        mails, faults = len(mails_of(self.tenants)), sum(self.storm.dealt.values())
        return (
            f"{sent} deliveries, {writes_of(self.tenants)} writes, {mails} mails, "
            f"{faults} faults, {self.herd.killed} kills, {self.herd.stops} freezes, "
            f"{self._open_events()} open"
        )

    def _open_events(self) -> int:
        return int(self.database.rows("SELECT count(*) AS n FROM inbox WHERE state = 'open'")[0]["n"])

    def _heal(self) -> None:
        """End all trouble, have webhooks mended, sweep, and wait until nothing is left to do."""
        self.trouble.end()
        self.fortunes.end()
        self.herd.end_striking()
        self.storm.blowing = False
        dispatcher = self.sandbox.dispatcher
        wait_until("deliveries are still on their way", lambda: dispatcher.wait_idle(1.0), 120)
        dispatcher.lose(0.0)
        self.lost = sum(not one.once and one.state in _LOST for one in tuple(dispatcher.log))
        self.disabled = sum(hook.state != ACTIVE for one in self.tenants for hook in one.webhooks())
        wait_until("webhooks are not mended", self._mended, _AT_REST, every=0.5)
        self._rest()
        for tenant in self.tenants:
            self._sweep(tenant)
        self._rest()
        # As if a quarter of an hour had gone by: what is unknown is looked up for the last time.
        self.database.execute(_A_QUARTER_LATER)
        self._rest()

    def _mended(self) -> bool:
        """Tell whether every webhook is active, after winding the watchdog's time forward."""
        for statement in (*_WIND_FORWARD, _WATCH_NOW):
            self.database.execute(statement)
        return all(hook.state == ACTIVE for one in self.tenants for hook in one.webhooks())

    def _sweep(self, tenant: WatchedTenant) -> None:
        """Sweep as an operator does: whoever changed since the installation is told of as by an event."""
        words = ("sweep", "--tenant", tenant.context_identifier, "--wait", "0")
        self.product.command(*words, expected=(0, 1))
        history = tenant.history
        for person_id, entries in history.entries.items():
            if entries[-1].number > history.number_at_installation:
                history.told[person_id].append(history.next())

    def _rest(self) -> None:
        """Wait for rest, winding forward what was put off for later."""
        quiet = 0
        until = time.monotonic() + _AT_REST
        while quiet < 3 and time.monotonic() < until:
            for statement in _WIND_FORWARD:
                self.database.execute(statement)
            time.sleep(0.7)
            idle = self.sandbox.dispatcher.wait_idle(5.0)
            owed = self.database.rows("SELECT count(*) AS n FROM mail WHERE look_up_at <= so_now()")[0]["n"]
            quiet = quiet + 1 if idle and self._open_events() == 0 and owed == 0 else 0

    def _compare(self, findings: Findings) -> Counter[str]:
        figures: Counter[str] = Counter()
        log = list(self.sandbox.dispatcher.log)
        forged = {one for one, kind in self.trouble.forged.items() if kind != "foreign context"}
        foreign = self.trouble.forged.keys() - forged
        for account in self._accounts(findings):
            theirs = [one for one in log if one.context_identifier == account.name]
            account.settle_deliveries(theirs, forged, set(foreign))
            account.settle_persons()
            account.settle_outbox()
            account.settle_effects()
            figures += account.figures
        if figures["repeated_writes"] > self.herd.stops:
            findings.counts["repeated_writes"] = figures["repeated_writes"]
        if figures["left_to_a_human"] > max(3, figures["persons"] // 20):
            findings.add("too_much_left_to_humans", str(figures["left_to_a_human"]))
        figures.update(partner.settle(self.database, self.with_plugin, findings))
        self._count(figures)
        return figures

    def _accounts(self, findings: Findings) -> Iterator[Account]:
        ledgers = ledger.read(self.database)
        for tenant, living in zip(self.tenants, self.living, strict=True):
            name = tenant.context_identifier
            plugin = name in self.with_plugin
            yield Account(tenant, ledgers[name], living.lives, findings, plugin=plugin)

    def _count(self, figures: Counter[str]) -> None:
        log = self.sandbox.dispatcher.log
        figures["events"] = len({one.event_id for one in log if one.event != "test"})
        figures["deliveries"] = sum(len(one.attempts) for one in log)
        figures["deliveries_lost"] = self.lost
        figures["webhooks_disabled_at_the_end"] = self.disabled
        figures["held_back"] = self.trouble.held_back
        figures["faults"] = sum(self.storm.dealt.values())
        figures["kinds_of_faults"] = len(self.storm.dealt)
        figures["kills_web"], figures["kills_worker"] = self.herd.kills["web"], self.herd.kills["worker"]
        figures["failpoints_hit"] = sum(self.herd.points_hit.values())
        figures["kinds_of_failpoints_hit"] = len(self.herd.points_hit)
        figures["freezes"] = self.herd.stops
        figures["database_crashes"] = self.database.restarts
        for kind, times in (self.trouble.sent + self.fortunes.befell).items():
            figures[kind] = times

    def _replay(self, findings: Findings, figures: Counter[str]) -> None:
        """Bring the whole inbox twice more, shuffled, under fresh EventIds: nothing may come of it.

        Something may for whom the plugin had not answered; she must stand as the oracle says then, too.
        """
        before, pending = by_person(self.tenants), partner.pending(self.database)
        dispatcher = self.sandbox.dispatcher
        whole = [one for one in dispatcher.log if not one.once and one.state == "delivered"]
        for _ in range(2):
            self.trouble._rng.shuffle(whole)
            for start in range(0, len(whole), 500):
                dispatcher.again(whole[start : start + 500], fresh=True)
                dispatcher.wait_idle(60.0)
            self._rest()
        for name, was, now in zip(
            ("replay_writes", "replay_mails"), before, by_person(self.tenants), strict=True
        ):
            for whom, more in (now - was).items():
                if whom in pending:
                    figures[f"{name}_answered_at_last"] += more
                else:
                    findings.counts[name] += more
        for account in (one for one in self._accounts(findings) if one.plugin):
            account.settle_persons()
            account.settle_outbox()
        if left := self._open_events():
            findings.counts["open_at_rest"] += left

    def _look_over(self, findings: Findings) -> None:
        """Look at what holds for the whole of it: schemas, pace, chain, operations."""
        for text in self.world.schema_violations:
            findings.add("schema_violations", text[:200])
        for tenant in self.tenants:
            name = tenant.context_identifier
            busiest = busiest_second(self.door.visits(name))
            self.timings["max_calls_per_s"] = max(self.timings.get("max_calls_per_s", 0), busiest)
            if busiest > 10:
                findings.add("more_than_10_calls_a_second", f"{name}: {busiest}")
            if not self.product.command("journal", "verify", "--tenant", name, expected=(0, 1))["right"]:
                findings.add("journal_broken", name)
        for what in self.herd.unexpected:
            findings.add("unexpected_ends", what)
        for call in tuple(self.world.calls.calls):
            if call.status == "fault:not_imitated":
                findings.add("operations_not_allowed", f"{call.agent}.{call.operation}")
