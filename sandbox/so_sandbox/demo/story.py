"""The demo's story: install, let twelve persons enter, repeat everything, and see that nothing more happens."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from so_sandbox.demo.commands import Commands, Failed
from so_sandbox.demo.persons import PERSONS, Expected

TENANT = "Cust12345"
_QUIET = 30.0


class Story:
    """What has happened so far, and the ids of the persons in it."""

    def __init__(self, commands: Commands, say: Callable[[str], None]) -> None:
        self._commands = commands
        self._say = say
        self.ids: dict[int, int] = {}

    def install(self, manifest: Path, *, turned: bool) -> None:
        """Start both, install the tenant, activate the manifest; Lars is there already."""
        commands = self._commands
        self._say("starting a SuperOffice tenant on this machine")
        commands.start_sandbox()
        if turned:
            commands.tell("/switches", all="turned")
        lars = next(one for one in PERSONS if one.before)
        self._enter(lars)
        person = str(self.ids[lars.number])
        self._trigger(
            "person.consented", person=person, purpose="STORE", basis="61F", source="WEBFORM", by="user"
        )
        self._trigger("person.unconsented", person=person, purpose="EMARKETING")
        self._say("starting so-privacy with its own PostgreSQL")
        commands.start_product()
        self._say("installing the tenant and activating the manifest")
        token = commands.credentials / f"system_user_token.{TENANT}"
        commands.product(
            "tenant", "add", TENANT, "--environment", "sandbox", "--system-user-token-file", str(token)
        )
        commands.product("manifest", "activate", str(manifest), "--tenant", TENANT)

    def enter_all(self) -> None:
        """Let eleven persons enter and the twelfth change."""
        self._say("eleven persons enter, one is changed")
        for person in PERSONS:
            if person.before:
                self._trigger("person.changed", person=str(self.ids[person.number]), title="Director")
            else:
                self._enter(person)
        self.settle()

    def settle(self) -> None:
        """Wait until every delivery is answered and the inbox is empty, echoes included."""
        until = time.monotonic() + _QUIET
        quiet = 0
        while time.monotonic() < until:
            self._commands.tell("/deliveries/wait", timeout=10)
            quiet = quiet + 1 if self.shown()["open"] == 0 else 0
            if quiet >= 2:  # noqa: PLR2004 - twice in a row: an echo of the last write may have been on its way
                return
            time.sleep(0.2)
        raise Failed(f"after {_QUIET:.0f} s there are still {self.shown()['open']} events open")

    def repeat_all(self) -> int:
        """Send every delivery twice more and once under a fresh EventId, in any order; give how many."""
        sent = [self._commands.tell("/deliveries/again", times=2, shuffle=True, wait=60)["deliveries"]]
        sent.append(self._commands.tell("/deliveries/again", fresh=True, shuffle=True, wait=60)["deliveries"])
        self.settle()
        return sum(len(part) for part in sent)

    def forge(self) -> list[int]:
        """Send a forged delivery; give the statuses it was answered with."""
        forged = self._commands.tell("/deliveries/forge", tenant=TENANT, body='{"Event":"person.changed"}')
        return [attempt["status"] for one in forged["deliveries"] for attempt in one["attempts"]]

    def withdraw(self, number: int) -> None:
        """Have a person withdraw EMARKETING in the portal; then her title changes."""
        person = str(self.ids[number])
        self._trigger("person.unconsented", person=person, purpose="EMARKETING")
        self._trigger("person.changed", person=person, title="Director")
        self.settle()

    def person(self, number: int) -> Mapping[str, Any]:
        found = self._commands.ask("/persons", tenant=TENANT, person=self.ids[number])["persons"]
        shown: Mapping[str, Any] = found[0]
        return shown

    def decided(self, number: int) -> Mapping[str, Any]:
        """Give the first journal entry that says what was decided for a person."""
        words = ("journal", "--tenant", TENANT, "--person", str(self.ids[number]))
        entries = self._commands.product(*words)["entries"]
        found = next((one["content"] for one in entries if one["kind"] == "decision"), None)
        if found is None:
            raise Failed("nothing was decided")
        content: Mapping[str, Any] = found
        return content

    def shown(self) -> Mapping[str, Any]:
        tenant: Mapping[str, Any] = self._commands.product("tenant", "show", TENANT)
        return tenant

    def writes(self) -> int:
        """Count the consents that the sandbox was asked to write."""
        return int(self._commands.ask("/calls/counts", tenant=TENANT)["operations"].get("SetConsent", 0))

    def mails(self) -> list[Mapping[str, Any]]:
        found: list[Mapping[str, Any]] = self._commands.ask("/outbox", tenant=TENANT)["mails"]
        return found

    def violations(self) -> int:
        return len(self._commands.ask("/violations")["violations"])

    def chain_holds(self) -> bool:
        return bool(self._commands.product("journal", "verify", "--tenant", TENANT)["right"])

    def _enter(self, person: Expected) -> None:
        self.ids[person.number] = self._trigger("person.created", **person.settings)

    def _trigger(self, event: str, **settings: str) -> int:
        return int(self._commands.tell("/trigger", tenant=TENANT, event=event, set=settings)["id"])
