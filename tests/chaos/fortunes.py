"""Lets things befall whole tenants, and the app: downtime, moves, leave taken and given, keys replaced."""

from __future__ import annotations

import random
import threading
from collections import Counter
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

from so_sandbox import credentials, news
from so_sandbox.login.keys import new_private_key
from so_sandbox.server import RunningSandbox
from tests.chaos.plan import Plan
from tests.chaos.watched import WatchedTenant

_DOWN = ("OfflineMaintenance", "Suspended", "MigrationPending", "Provisioning")
_SHORTEST, _LONGEST = 1.0, 8.0
"""Seconds that something lasts."""

Undo = Callable[[], None]


class Fortunes:
    """Has one thing after another befall a tenant or the app for some seconds; in the end all is well."""

    def __init__(
        self,
        running: RunningSandbox,
        tenants: list[WatchedTenant],
        plan: Plan,
        *,
        folder: Path,
        door_port: int,
        seed: int,
    ) -> None:
        self._sandbox = running.sandbox
        self._tenants = tenants
        self._plan = plan
        self._folder = folder
        self._port = door_port
        self._rng = random.Random(seed)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="fortunes")
        self._keys_turned = False
        self.befell: Counter[str] = Counter()

    def begin(self) -> None:
        self._thread.start()

    def end(self) -> None:
        """Let nothing more happen; what lasts is undone before this returns."""
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        if not self._plan.fortunes:
            return
        every = self._plan.seconds / self._plan.fortunes
        while not self._stop.wait(self._rng.uniform(0.5, 1.5) * every):
            tenant = self._rng.choice(self._tenants)
            name, befall = self._rng.choice(list(_FORTUNES.items()))
            undo = befall(self, tenant)
            self.befell[name] += 1
            self._stop.wait(self._rng.uniform(_SHORTEST, _LONGEST))
            undo()

    def down(self, tenant: WatchedTenant) -> Undo:
        """Have the tenant not run for a while; news tell of both, as the vendor sends them."""
        tenant.tables.state = self._rng.choice(_DOWN)
        news.tell(self._sandbox, tenant, "Suspend")

        def up() -> None:
            tenant.tables.state = "Running"
            news.tell(self._sandbox, tenant, "Resume")

        return up

    def move(self, tenant: WatchedTenant) -> Undo:
        """Move the tenant to the other name of this machine, for good; the old one answers 421."""
        names = [f"127.0.0.1:{self._port}", f"localhost:{self._port}"]
        tenant.tables.host = names[tenant.tables.host != names[1]]
        return partial(_nothing, news.tell(self._sandbox, tenant, "Move"))

    def lose_tickets(self, tenant: WatchedTenant) -> Undo:
        self._sandbox.world.tickets.expire(tenant.context_identifier)
        return _nothing

    def lose_licence(self, tenant: WatchedTenant) -> Undo:
        tenant.tables.denied = self._rng.choice(("licence", "rights", "http_403"))
        return partial(setattr, tenant.tables, "denied", "")

    def lose_leave(self, tenant: WatchedTenant) -> Undo:
        """Have the administrator take back her approval, and give it again."""
        (leave,) = tenant.tables.authorizations.values()
        leave.state = self._rng.choice(("Revoked", "Expired", "Denied", "NeedsReapproval"))
        return partial(setattr, leave, "state", "Active")

    def turn_login_key(self, tenant: WatchedTenant) -> Undo:
        """Have login sign with another key: once, since an unknown key is fetched every five minutes."""
        del tenant
        if not self._keys_turned:
            self._sandbox.login.rotate_key()
            self._keys_turned = True
        return _nothing

    def replace_our_key(self, tenant: WatchedTenant) -> Undo:
        """Have the app's key replaced at the vendor's before the operator has put the new one in place."""
        del tenant
        with self._sandbox.world.lock:
            self._sandbox.credentials.private_key = new_private_key()
            self._sandbox.credentials.register(self._sandbox.world)

        def put_in_place() -> None:
            credentials.write(self._folder / "sandbox", self._sandbox.credentials, self._sandbox.site)

        return put_in_place


def _nothing(*_: object) -> None:
    """Undo nothing: it was over at once, or stays."""


_FORTUNES: Mapping[str, Callable[[Fortunes, WatchedTenant], Undo]] = {
    "down for a while": Fortunes.down,
    "moved": Fortunes.move,
    "tickets expired": Fortunes.lose_tickets,
    "access denied": Fortunes.lose_licence,
    "leave taken and given": Fortunes.lose_leave,
    "login's key turned": Fortunes.turn_login_key,
    "our key replaced": Fortunes.replace_our_key,
}
