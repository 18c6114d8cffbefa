"""The demo's story: install, let twelve persons enter, repeat everything, see that nothing more happens."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from so_sandbox.demo.commands import Commands, Failed
from so_sandbox.demo.persons import PERSONS, Expected

TENANT = "Cust12345"
EXISTING = 1000
"""Persons who were there before."""
_QUIET = 60.0
_LOOKED_UP = 20.0
"""Seconds that the first look for the CRM's own mail may take."""

Say = Callable[[str], object]


@dataclass(frozen=True, slots=True)
class Seen:
    """What is found of all persons at one moment, by person id."""

    decided: Mapping[int, Mapping[str, Any]]
    """The first journal entry that says what was decided."""
    persons: Mapping[int, Mapping[str, Any]]
    mails: Mapping[int, list[Mapping[str, Any]]]


@dataclass(frozen=True, slots=True)
class Before:
    """What had happened before the newcomers entered, and is not counted with them."""

    writes: int = 0
    mails: int = 0
    reviews: int = 0
    delivery: int = 0
    """The last one."""


class Story:
    """What has happened so far, and the ids of the persons in it."""

    def __init__(self, commands: Commands, say: Say, progress: Say) -> None:
        self._commands = commands
        self.say = say
        self._progress = progress
        self.ids: dict[int, int] = {}
        self.product = commands.product
        self._before = Before()
        self._settled: Mapping[str, Any] = {}
        """What the product said of the tenant when all was settled last; nothing was done since."""

    def start(self, *, keep: bool, switches: Mapping[str, Any]) -> None:
        """Start both."""
        commands = self._commands
        self.say("starting a SuperOffice tenant on this machine")
        commands.start_sandbox(keep=keep)
        if switches:
            commands.tell("/switches", **switches)
        self.say("starting so-privacy with its own PostgreSQL")
        commands.start_product()

    def install(self, manifest: Path) -> None:
        """Install from the store where others and Lars are already, and activate the manifest."""
        self._commands.tell("/seed", tenant=TENANT, persons=EXISTING, existing=True)
        lars = next(one for one in PERSONS if one.before)
        self._enter(lars)
        person = str(self.ids[lars.number])
        self._trigger(
            "person.consented", person=person, purpose="STORE", basis="61F", source="WEBFORM", by="user"
        )
        self._trigger("person.unconsented", person=person, purpose="EMARKETING")
        self.say("an administrator signs in, approves and so installs")
        self._commands.install(TENANT)
        self.say(f"activating {manifest.name}")
        self._commands.product("manifest", "activate", str(manifest), "--tenant", TENANT)

    def enter_all(self) -> None:
        """Let eleven persons enter and the twelfth change."""
        self.say("eleven persons enter, one is changed")
        for person in PERSONS:
            if person.before:
                self._trigger("person.changed", person=str(self.ids[person.number]), title="Director")
            else:
                self._enter(person)
        self.settle()

    def settle(self) -> None:
        """Wait until every delivery is answered and the inbox is empty, echoes of our own writes included."""
        until = time.monotonic() + _QUIET
        while True:
            brought = self._brought()
            shown = self._show()
            if shown["open"] == 0 and brought is not None and brought == self._brought():
                self._progress("")
                self._settled = shown
                return
            if time.monotonic() > until:
                raise Failed(self._stuck(shown))
            self._progress(f"{shown['open']} events open, {self.writes()} consents written")
            time.sleep(0.2)

    def repeat_all(self) -> int:
        """Send every delivery twice more and once under a fresh EventId, in any order; give how many."""
        self.say("every delivery comes twice more, and once under a fresh EventId")
        again = {"after": self._before.delivery, "shuffle": True, "wait": 60}
        sent = [self._commands.tell("/deliveries/again", times=2, **again)["deliveries"]]
        sent.append(self._commands.tell("/deliveries/again", fresh=True, **again)["deliveries"])
        self.settle()
        return sum(len(part) for part in sent)

    def forge(self) -> list[int]:
        """Send a forged delivery; give the statuses it was answered with."""
        forged = self._commands.tell("/deliveries/forge", tenant=TENANT, body='{"Event":"person.changed"}')
        return [attempt["status"] for one in forged["deliveries"] for attempt in one["attempts"]]

    def withdraw(self, number: int) -> None:
        """Have a person withdraw EMARKETING in the portal; then her title changes."""
        self.say("Hanna takes back her consent in the portal")
        person = str(self.ids[number])
        self._trigger("person.unconsented", person=person, purpose="EMARKETING")
        self._trigger("person.changed", person=person, title="Director")
        self.settle()

    def look(self) -> Seen:
        """Look all persons up in the product's journal, the CRM and its outbox."""
        decided: dict[int, Mapping[str, Any]] = {}
        for entry in self._commands.product("journal", "--tenant", TENANT, "--limit", "100000")["entries"]:
            if entry["kind"] == "decision":
                decided.setdefault(entry["person_id"], entry["content"])
        mails: dict[int, list[Mapping[str, Any]]] = {}
        for mail in self.mails():
            mails.setdefault(mail["person_id"], []).append(mail)
        return Seen(decided, {one["person_id"]: one for one in self.persons()}, mails)

    def persons(self) -> list[Mapping[str, Any]]:
        found: list[Mapping[str, Any]] = self._commands.ask("/persons", tenant=TENANT)["persons"]
        return found

    def shown(self) -> Mapping[str, Any]:
        """Give what the product has said of the tenant since all was settled."""
        return {**self._settled, "reviews": self._settled["reviews"] - self._before.reviews}

    @property
    def plan_file(self) -> str:
        """Name the file of the plan."""
        return str(self._commands.folder / "plan.json")

    def begin_counting(self) -> None:
        """Count from now on what comes of the newcomers."""
        self._before = Before(
            self.writes(), len(self.mails()), int(self.shown()["reviews"]), self._brought() or 0
        )

    def shown_with(self, key: str, value: object) -> Mapping[str, Any]:
        """Give what the product says of the tenant, waiting a little until one figure is as expected."""
        until = time.monotonic() + _LOOKED_UP
        while self._settled[key] != value and time.monotonic() < until:
            time.sleep(0.5)
            self._settled = self._show()
        return self.shown()

    def writes(self) -> int:
        """Count the consents that the sandbox was asked to write."""
        counts = self._commands.ask("/calls/counts", tenant=TENANT)["operations"]
        return int(counts.get("SetConsent", 0)) - self._before.writes

    def mails(self) -> list[Mapping[str, Any]]:
        """Give the mails that went out, oldest first."""
        found: list[Mapping[str, Any]] = self._commands.ask("/outbox", tenant=TENANT)["mails"]
        return found[self._before.mails :]

    def violations(self) -> int:
        return len(self._commands.ask("/violations")["violations"])

    def chain_holds(self) -> bool:
        return bool(self._commands.product("journal", "verify", "--tenant", TENANT)["right"])

    def _show(self) -> Mapping[str, Any]:
        shown: Mapping[str, Any] = self._commands.product("tenant", "show", TENANT)
        return shown

    def _brought(self) -> int | None:
        """Give the number of the last delivery once all are answered."""
        if not self._commands.tell("/deliveries/wait", timeout=10)["idle"]:
            return None
        newest = self._commands.ask("/deliveries", limit=1)["deliveries"]
        return int(newest[0]["delivery_id"]) if newest else 0

    def _stuck(self, shown: Mapping[str, Any]) -> str:
        parked = f", parked: {shown['parked_reason']} until {shown['parked_until']}"
        return (
            f"after {_QUIET:.0f} s there are still {shown['open']} events open"
            f"{parked if shown['parked_reason'] else ''}; so-privacy's last word: "
            f"{self._commands.last_word('so-privacy')}"
        )

    def _enter(self, person: Expected) -> None:
        self.ids[person.number] = self._trigger("person.created", **person.settings)

    def _trigger(self, event: str, **settings: str) -> int:
        return int(self._commands.tell("/trigger", tenant=TENANT, event=event, set=settings)["id"])
