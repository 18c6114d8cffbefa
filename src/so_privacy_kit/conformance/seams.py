"""The other ways to ask a plugin than about persons: to carry, to be told, for findings and for rows.

Each time it is a process of its own, unless one place for them is given, as it is after a crash.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

from so_privacy_ext.errands import Errand, Outcome
from so_privacy_ext.errors import Applied, CrmFailure, NeedsHuman
from so_privacy_ext.extension import Extension
from so_privacy_ext.model import TenantId
from so_privacy_ext.plugins.asking import Enabled
from so_privacy_ext.plugins.carrying import PluginCarrier
from so_privacy_ext.plugins.described import DescribedExport, words
from so_privacy_ext.plugins.exporting import Exporter
from so_privacy_ext.plugins.hosts import Hosts
from so_privacy_ext.plugins.reacting import PluginConsumer
from so_privacy_ext.plugins.troubles import PluginFailed, Trouble
from so_privacy_ext.ports import Letter
from so_privacy_ext.rules.manifest import Manifest, parse
from so_privacy_ext.rules.vocabulary import PRODUCT_WORDS
from so_privacy_kit.conformance import made_up
from so_privacy_kit.conformance.relay import Relay, relayed
from so_privacy_kit.conformance.subject import Still, Subject

Settings = Mapping[str, Any]
TENANT = TenantId(1)


@dataclass(frozen=True, slots=True)
class Carried:
    """What came of a letter."""

    failure: CrmFailure | None
    """None where the plugin has sent it."""
    troubles: tuple[Trouble, ...]

    @property
    def goes_later(self) -> bool:
        """Tell whether it certainly was not sent, and may be tried again without a human."""
        failed = self.failure
        return failed is not None and failed.applied is Applied.NO and not isinstance(failed, NeedsHuman)


def carry(subject: Subject, settings: Settings, letters: Sequence[Letter]) -> Sequence[Carried]:
    """Have it carry letters, one after another."""
    carried = []
    with subject.hosts() as hosts:
        for letter in letters:
            troubles: list[Trouble] = []
            enabled = Enabled(subject.description, settings)
            carrier = PluginCarrier(hosts, TENANT, enabled, Still(), troubles.append)
            failure = None
            try:
                carrier.carry(letter)
            except CrmFailure as failed:
                failure = failed
            carried.append(Carried(failure, tuple(troubles)))
    return carried


def tell(
    subject: Subject, settings: Settings, errands: Sequence[Errand]
) -> tuple[Sequence[Outcome], Sequence[Trouble]]:
    """Tell it of decisions and events; SuperOffice, which it may ask meanwhile, has nothing."""
    troubles: list[Trouble] = []
    with subject.hosts() as hosts:
        consumer = PluginConsumer(
            hosts,
            TENANT,
            "sandbox/Cust12345",
            Enabled(subject.description, settings),
            Still(),
            troubles.append,
            again=lambda _: None,
            call=lambda _operation, _arguments: None,
        )
        return [consumer.take(one) for one in errands], troubles


def overheard(
    subject: Subject, settings: Settings, errands: Sequence[Errand]
) -> tuple[Sequence[Outcome], Sequence[Relay]]:
    """Tell it likewise, and give what it said to its hosts meanwhile, as far as these can be set."""
    with ExitStack() as stack:
        relays = {}
        for setting, port in made_up.hosts_set(subject.description).items():
            relays[setting] = stack.enter_context(relayed(str(settings[setting]), port))
        here = {setting: f"127.0.0.1:{relay.port}" for setting, relay in relays.items()}
        outcomes, _ = tell(subject, {**settings, **here}, errands)
    return outcomes, tuple(relays.values())


def read(subject: Subject, text: str) -> Manifest:
    """Read a manifest as a tenant's that has the plugin on."""
    return parse(text.encode(), "conformance.yaml", PRODUCT_WORDS + words(subject.description))


def findings(subject: Subject, settings: Settings, manifest: Manifest, hosts: Hosts) -> list[Any]:
    """Have it look at a manifest; each finding as code, what, how, path and level. Raises `PluginFailed`."""
    content = {"manifest": manifest.root.plain()}
    reply = hosts.ask(TENANT, subject.description, settings, do="lint", content=content, persons=0)
    if reply.troubles:
        raise PluginFailed(*reply.troubles)
    said: list[Any] = reply.answer
    return said


def rows_of(
    subject: Subject, settings: Settings, export: DescribedExport, hosts: Hosts
) -> Callable[[Sequence[Mapping[str, Any]]], Sequence[Sequence[Any]]]:
    """Give what makes the rows of decisions, which raises `PluginFailed`."""
    return Exporter(hosts, TENANT, Enabled(subject.description, settings), export).rows


def channel(subject: Subject, settings: Settings) -> Callable[[Letter], None]:
    """Give its channel as a function of this process, where what it prints and logs is heard."""
    module, _, path = subject.found.value.partition(":")
    extension: Any = importlib.import_module(module)
    for name in path.split("."):
        extension = getattr(extension, name)
    assert isinstance(extension, Extension)  # noqa: S101 - it was started as one
    (carrying,), model = extension.channels, extension.settings
    offered = {"settings": model and model.model_validate(dict(settings)), "clock": Still()}

    def send(letter: Letter) -> None:
        known = {**offered, "letter": letter}
        carrying.function(**{name: known[name] for name in carrying.asks})

    return send
