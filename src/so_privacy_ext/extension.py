"""What a partner declares: an `Extension` with what it adds, carries and is told of, needs and holds.

A package names it by an entry point in the group `so_privacy_ext.extensions`. Nothing runs by declaring:
the product imports no plugin, it starts a process for it, which is asked.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

from pydantic import BaseModel

from so_privacy_ext.errands import DECISION
from so_privacy_ext.errors import Exit, Refused
from so_privacy_ext.sdk import Condition

GROUP = "so_privacy_ext.extensions"
"""The group of entry points by which packages name their extensions."""

Word = TypeVar("Word", bound=type[Condition[Any]])
Function = TypeVar("Function", bound=Callable[..., Any])
Lints = TypeVar("Lints", bound="Callable[..., Iterable[Finding]]")
Rows = TypeVar("Rows", bound=Callable[..., Iterable[Mapping[str, str | int | float | bool | None]]])
Shows = TypeVar("Shows", bound=Callable[..., Mapping[str, Any]])
Erases = TypeVar("Erases", bound="Callable[..., Erased]")


@dataclass(frozen=True, slots=True)
class FromSetting:
    """A host that the administrator names in the plugin's settings."""

    setting: str
    """The field of the settings that holds its name, or `name:port`."""
    port: int
    """Where the setting names none."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """What a detector takes a person's source to be."""

    source: str
    """Key of a source of the manifest."""
    confidence: float
    """From 0 to 1; below 0.5 it counts for nothing."""
    why: str
    """Code of one of the detector's reasons."""


@dataclass(frozen=True, slots=True)
class Finder:
    """A function that finds further facts."""

    names: tuple[str, ...]
    """As a manifest would say them, without the namespace."""
    function: Callable[..., Any]
    asks: frozenset[str]


@dataclass(frozen=True, slots=True)
class Detector:
    """The function that proposes sources."""

    function: Callable[..., Any]
    asks: frozenset[str]
    reasons: Mapping[str, Mapping[str, str]]


@dataclass(frozen=True, slots=True)
class Reaction:
    """A function that is told of something afterwards."""

    function: Callable[..., Any]
    asks: frozenset[str]
    kinds: frozenset[str]
    """`decision`, or names of events."""


@dataclass(frozen=True, slots=True)
class Holds:
    """What a plugin holds of persons elsewhere, in a service at its hosts."""

    what: str
    """Which data, for the administrator who switches it on."""
    why: str
    """The purpose for which it is held."""
    keep_days: int
    """After so many days it is gone, whoever asks for nothing."""


@dataclass(frozen=True, slots=True)
class Erased:
    """The receipt for what a plugin has erased: it is gone when this is given."""

    records: int
    """How many there were; none where nothing was held."""


@dataclass(frozen=True, slots=True)
class Holding:
    """A function that answers for what a plugin holds."""

    seam: str
    """`subject_access`, `subject_erase` or `tenant_erase`."""
    function: Callable[..., Any]
    asks: frozenset[str]


class NotSent(Exception):
    """Raised by a channel for a letter that certainly was not sent; after anything else nobody knows.

    Nothing of what it is given besides is kept or shown.
    """

    def __init__(self, *arguments: object, for_good: bool = False) -> None:
        """Say whether it may go again later, or, `for_good`, a human is to be asked at once."""
        super().__init__(*arguments)
        self.for_good = for_good


@dataclass(frozen=True, slots=True)
class Carrying:
    """The function that carries letters."""

    function: Callable[..., Any]
    asks: frozenset[str]


@dataclass(frozen=True, slots=True)
class Finding:
    """What a plugin says of a manifest; it refuses nothing."""

    code: str
    """Small letters, digits and underscores; shown after the namespace, as `acme_vat.no_fallback`."""
    what: str
    """What was found, in a sentence without its full stop."""
    how: str
    """What to do about it, likewise."""
    path: Sequence[str | int] = ()
    """Where, by keys and places from the manifest's beginning, such as `("rules", 0, "when")`."""
    level: Literal["warning", "note"] = "warning"


@dataclass(frozen=True, slots=True)
class Linter:
    """A function that looks at manifests."""

    function: Callable[..., Any]
    asks: frozenset[str]


@dataclass(frozen=True, slots=True)
class Export:
    """A function that makes rows of decisions, for somebody to take away."""

    name: str
    columns: tuple[str, ...]
    function: Callable[..., Any]
    asks: frozenset[str]


class Extension:
    """Says in one place all that a plugin is: its name, what it adds, and what it needs."""

    def __init__(
        self,
        name: str,
        *,
        version: str,
        says: str,
        settings: type[BaseModel] | None = None,
        hosts: Sequence[str | FromSetting] = (),
        operations: Sequence[str] = (),
        holds: Holds | None = None,
    ) -> None:
        """Declare a plugin.

        Args:
            name: small letters, digits and hyphens, such as `acme-vat`; that of its entry point.
            version: its own; a new one that asks for more is off until the administrator has agreed.
            says: one sentence for the administrator who switches it on.
            settings: a pydantic model of what the administrator may set.
            hosts: all to which it talks, as `"api.example.com:443"` or `FromSetting("host", port=587)`.
            operations: all of SuperOffice's that it has called, as `"Archive.GetArchiveListByColumns2"`.
            holds: what it holds of persons at these hosts; then it must also be able to show and erase that.
        """
        self.name = name
        self.version = version
        self.says = says
        self.settings = settings
        self.hosts = tuple(hosts)
        self.operations = tuple(operations)
        self.holds = holds
        self.words: list[type[Condition[Any]]] = []
        self.finders: list[Finder] = []
        self.detectors: list[Detector] = []
        self.reactions: list[Reaction] = []
        self.holdings: list[Holding] = []
        self.exports: list[Export] = []
        self.linters: list[Linter] = []
        self.channels: list[Carrying] = []

    @property
    def namespace(self) -> str:
        """Give what its words and facts begin with."""
        return self.name.replace("-", "_")

    def condition(self, word: Word) -> Word:
        """Add a word to a manifest's `when`: a `Condition` with a `holds`."""
        self.words.append(word)
        return word

    def facts(self, *names: str) -> Callable[[Function], Function]:
        """Add facts that are found for all persons of a slice at once.

        The function takes any of `persons` (a sequence of `Seen`), `settings` and `clock` by name, and gives
        by person id the facts it found by name; whom it leaves out, of her it knows nothing.
        """

        def added(function: Function) -> Function:
            asks = _asks(function, frozenset({"persons", "settings", "clock"}))
            self.finders.append(Finder(names, function, asks))
            return function

        return added

    def detect_source(self, *, reasons: Mapping[str, Mapping[str, str]]) -> Callable[[Function], Function]:
        """Have a function propose where a person comes from, for whom the CRM knows no source.

        The function takes any of `facts` and `settings` by name, and gives a `Proposal` or None.
        """

        def added(function: Function) -> Function:
            asks = _asks(function, frozenset({"facts", "settings"}))
            self.detectors.append(Detector(function, asks, reasons))
            return function

        return added

    def after_decision(self, function: Function) -> Function:
        """Have a function told of each decision after it was carried out; it gives nothing.

        It takes any of `decision` (a `Decision`), `key`, `settings` and `clock` by name. It is told at least
        once, in the order of each person's decisions, and again later if it raises; `key` is the same then.
        """
        asks = _asks(function, frozenset({"decision", "key", "settings", "clock"}))
        self.reactions.append(Reaction(function, asks, frozenset({DECISION})))
        return function

    def on(self, *events: str) -> Callable[[Function], Function]:
        """Have a function told of SuperOffice's events by these names, such as `"sale.created"`.

        It takes any of `event` (an `Event`), `crm` (a `Crm`), `key`, `settings` and `clock` by name, and
        gives nothing, or `Again` with persons to decide on anew. It is told at least once, in the order of
        each sale, company or whatever it is, and again later if it raises; `key` is the same then.
        """

        def added(function: Function) -> Function:
            asks = _asks(function, frozenset({"event", "crm", "key", "settings", "clock"}))
            self.reactions.append(Reaction(function, asks, frozenset(events)))
            return function

        return added

    def lint(self, function: Lints) -> Lints:
        """Have a function look at each manifest that is checked, activated or edited for a tenant.

        It takes any of `manifest` and `settings` by name: the manifest as it is written, presets included, as
        mappings and tuples that can't be changed; and gives any number of `Finding`. It has no network.
        """
        self.linters.append(Linter(function, _asks(function, frozenset({"manifest", "settings"}))))
        return function

    def export(self, name: str, *, columns: Sequence[str]) -> Callable[[Rows], Rows]:
        """Have a function make rows of decisions, for an operator to take away by `so-privacy export`.

        It takes any of `decisions` (a sequence of `Decision`) and `settings` by name, and gives rows: by
        column texts, numbers, true, false or None; a column that is left out is empty. It is called for some
        hundred decisions at a time, in their order, and keeps nothing from one time to the next.
        """

        def added(function: Rows) -> Rows:
            asks = _asks(function, frozenset({"decisions", "settings"}))
            self.exports.append(Export(name, tuple(columns), function, asks))
            return function

        return added

    def channel(self, function: Function) -> Function:
        """Have a function carry notices: mails of a manifest that name the plugin as their `channel`.

        It takes `letter` (a `Letter`), and any of `settings` and `clock`, by name. It is asked once for each
        letter, and gives nothing when it has sent it. It raises `NotSent` where it certainly has not; where
        it raises anything else, or is too slow, nobody knows, and a human is asked.
        """
        asks = _asks(function, frozenset({"letter", "settings", "clock"}))
        self.channels.append(Carrying(function, asks))
        return function

    def subject_access(self, function: Shows) -> Shows:
        """Have a function show all that is held of one person, for whom she asks (GDPR art. 15).

        It takes any of `person_id` and `settings` by name, and gives a mapping of plain JSON values.
        """
        return self._holding("subject_access", function, "person_id", "settings")

    def subject_erase(self, function: Erases) -> Erases:
        """Have a function erase all that is held of one person, who is gone from the CRM.

        It takes any of `person_id` and `settings` by name, and gives `Erased` once all is gone. It is asked
        again until it does, so that erasing what is gone must be no error.
        """
        return self._holding("subject_erase", function, "person_id", "settings")

    def tenant_erase(self, function: Erases) -> Erases:
        """Have a function erase all that is held for the tenant by whose settings it is asked.

        It takes `settings` by name if it wants to, and gives `Erased`; asked again until it does.
        """
        return self._holding("tenant_erase", function, "settings")

    def _holding(self, seam: str, function: Function, *offered: str) -> Function:
        self.holdings.append(Holding(seam, function, _asks(function, frozenset(offered))))
        return function


def _asks(function: Callable[..., Any], offered: frozenset[str]) -> frozenset[str]:
    """Give the arguments that a function asks for; raises `Refused` for what nobody can give it."""
    asked = inspect.signature(function).parameters
    wrong = [name for name in asked if name not in offered]
    if wrong:
        raise Refused(
            "plugin_argument",
            f"`{function.__name__}` asks for {', '.join(f'`{name}`' for name in wrong)}",
            f"it may ask for {', '.join(f'`{name}`' for name in sorted(offered))}, by these names",
            Exit.BAD_DATA,
        )
    return frozenset(asked)
