"""A tenant's partners' plugins: switched on and off, and at hand for all that they may be asked and told.

A plugin is installed beside the product by its operator, and switched on by a tenant's administrator, who
agrees to what it says of itself: that is kept, and what it asks for beyond that it doesn't get.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from so_privacy_ext.errands import Consumer
from so_privacy_ext.errors import Exit, Refused
from so_privacy_ext.model import ERASURES, PersonId, TenantId
from so_privacy_ext.plugins.asking import Asking, Enabled
from so_privacy_ext.plugins.calls import Call
from so_privacy_ext.plugins.carrying import PluginCarrier
from so_privacy_ext.plugins.described import (
    Description,
    PluginWord,
    asks_for_more,
    read_description,
    settings_mistakes,
    words,
)
from so_privacy_ext.plugins.exporting import Exporter
from so_privacy_ext.plugins.found import Found, found, not_installed
from so_privacy_ext.plugins.holding import Holder
from so_privacy_ext.plugins.hosts import Hosts
from so_privacy_ext.plugins.linting import looked_at
from so_privacy_ext.plugins.reacting import PluginConsumer, consumer_of
from so_privacy_ext.plugins.troubles import Trouble
from so_privacy_ext.ports import Carrier, Clock
from so_privacy_ext.processing.work import Consult
from so_privacy_ext.rules.conditions import Words
from so_privacy_ext.rules.findings import ManifestInvalid
from so_privacy_ext.rules.lint.law import LintFinding
from so_privacy_ext.rules.manifest import Manifest, asked, parse
from so_privacy_ext.rules.references import words_in
from so_privacy_ext.rules.vocabulary import PRODUCT_WORDS
from so_privacy_ext.storage import erasures, plugins, proposals, watching
from so_privacy_ext.storage.plugins import KeptPlugin, KeptTrouble
from so_privacy_ext.storage.proposals import Wish
from so_privacy_ext.storage.secrets import DataKey
from so_privacy_ext.storage.session import TenantSession
from so_privacy_ext.storage.turns import Turn


@dataclass(frozen=True, slots=True)
class TenantPlugin:
    """A plugin as it stands for a tenant: installed here, switched on by it, or both."""

    name: str
    installed: Found | None
    kept: KeptPlugin | None
    agreed: Description | None
    """What the tenant agreed to."""

    @property
    def is_on(self) -> bool:
        """Tell whether the tenant has it switched on, whether or not it is installed."""
        return self.kept is not None and self.kept.enabled_at is not None

    def asks_for_more(self, now: Description) -> Sequence[str]:
        """Say what it asks for as it is now, and the tenant has not agreed to; nothing while it is off."""
        return asks_for_more(self.agreed, now) if self.agreed is not None and self.is_on else ()

    @property
    def holds(self) -> bool:
        """Tell whether it may hold data of the tenant's, on or off."""
        return self.kept is not None and self.kept.holds

    @property
    def troubles(self) -> Sequence[KeptTrouble]:
        """Give what failed since it was switched on or set."""
        return () if self.kept is None else self.kept.troubles

    @property
    def settings(self) -> Mapping[str, Any]:
        """Give its settings, secrets and all."""
        return {} if self.kept is None else self.kept.settings


@dataclass(frozen=True, slots=True)
class _Of:
    """What a tenant has of plugins, as of so many changes."""

    changes: int
    words: Words
    enabled: Sequence[Enabled]


class Extending:
    """The plugins of all tenants in this process; starts none before one is asked."""

    def __init__(self, data_key: DataKey, clock: Clock) -> None:
        self._data_key = data_key
        self._clock = clock
        self._hosts = Hosts()
        self._known: dict[TenantId, _Of] = {}
        self._guard = threading.Lock()

    def words(self, session: TenantSession, changes: int | None = None) -> Words:
        """Give the words of a tenant's manifests; who holds its turn knows how often plugins changed."""
        return self._of(session, plugins.changes(session) if changes is None else changes).words

    def words_in_turn(self, turn: Turn) -> Words:
        """Give the words of a tenant's manifests, as of the turn's beginning."""
        return self.words(turn.session, turn.tenant.plugins)

    def consult(self, turn: Turn) -> Consult | None:
        """Give what asks the tenant's plugins; None where it has switched none on."""
        enabled = self._enabled(turn)
        if not enabled:
            return None
        noted = self._noting(turn)
        return Asking(self._hosts, turn.tenant.tenant_id, enabled, clock=self._clock, noted=noted).answer

    def consult_aside(self, session: TenantSession, noted: Callable[[Trouble], None]) -> Consult | None:
        """Give what asks a tenant's plugins of made-up persons, without its turn; None where none is on.

        `noted` is told of what fails, which is kept nowhere.
        """
        enabled = self._of(session, plugins.changes(session)).enabled
        if not enabled:
            return None
        return Asking(self._hosts, session.tenant_id, enabled, clock=self._clock, noted=noted).answer

    def consumers(self, turn: Turn, call: Call) -> Sequence[Consumer]:
        """Give the tenant's plugins, as those that are told of what was recorded; `call` calls its CRM."""
        tenant, noted, inbox = turn.tenant, self._noting(turn), turn.ledgers.inbox
        name = f"{tenant.environment}/{tenant.context_identifier}"

        def again(person_ids: Sequence[PersonId]) -> None:
            with turn.ledgers.together():
                for one in person_ids:
                    inbox.decide_again(one)

        return [
            PluginConsumer(self._hosts, tenant.tenant_id, name, one, self._clock, noted, again, call)
            for one in self._enabled(turn)
        ]

    def events(self, turn: Turn) -> frozenset[str]:
        """Give the events that the tenant's plugins are told of, and its webhook must ask for."""
        now = plugins.changes(turn.session) if turn.tenant.plugins else 0
        enabled = self._of(turn.session, now).enabled
        return frozenset[str]().union(*(one.description.events for one in enabled))

    def carriers(self, turn: Turn) -> Mapping[str, Carrier]:
        """Give the tenant's plugins that carry notices, by name."""
        noted = self._noting(turn)
        return {
            one.description.name: PluginCarrier(self._hosts, turn.tenant.tenant_id, one, self._clock, noted)
            for one in self._enabled(turn)
            if one.description.carries
        }

    def channels(self, session: TenantSession) -> frozenset[str]:
        """Give the names of a tenant's plugins that carry notices."""
        enabled = self._of(session, plugins.changes(session)).enabled
        return frozenset(one.description.name for one in enabled if one.description.carries)

    def listed(self, session: TenantSession) -> Sequence[TenantPlugin]:
        """Give the plugins that are installed, and those that the tenant has or had switched on."""
        here = found()
        kept = {one.name: one for one in plugins.listed(session, self._data_key)}
        return [_plugin(name, here.get(name), kept.get(name)) for name in sorted({*here, *kept})]

    def shown(self, session: TenantSession, name: str) -> TenantPlugin:
        """Give one plugin; refused where it is neither installed nor known to the tenant."""
        for one in self.listed(session):
            if one.name == name:
                return one
        raise not_installed(name, found())

    def describe(self, name: str) -> Description:
        """Have a plugin say what it is now, started for nobody; refused where it can't."""
        return self._hosts.describe(name)

    def described(self, plugin: TenantPlugin) -> Description:
        """Give what a plugin says of itself now or, where it is not installed, when it was agreed to."""
        if plugin.installed is None and plugin.agreed is not None:
            return plugin.agreed
        return self.describe(plugin.name)

    def two_must_agree(self, session: TenantSession, now: Description) -> bool:
        """Tell whether a second administrator must agree to a plugin as it is now, and has not yet."""
        before = self.shown(session, now.name)
        is_agreed_to = before.agreed is not None and before.agreed.fingerprint == now.fingerprint
        if (before.is_on and is_agreed_to) or not proposals.demanded(session):
            return False
        return not proposals.agreed_to(session, Wish.PLUGIN, wished(now))

    def enable(
        self,
        turn: Turn,
        now: Description,
        *,
        who: str,
        settings: Mapping[str, Any] | None = None,
        alone: bool = False,
    ) -> None:
        """Switch a plugin on as it is now, by which its tenant agrees to all that it says of itself.

        `settings` replace those of before. Refused where it can't work by them, where the manifest that
        decides could not be read any more, or where two must agree and have not, unless `alone`.
        """
        before = self.shown(turn.session, now.name)
        if not alone and self.two_must_agree(turn.session, now):
            raise proposals.second_pair_of_eyes("a plugin")
        _refuse_what_is_held(turn, before, now)
        chosen = before.settings if settings is None else settings
        self._refuse_settings(now, chosen)
        content = now.model_dump(mode="json")
        kept = KeptPlugin(now.name, content, _former(before.kept, now), who, None, settings=chosen)
        self._refuse_unreadable(turn, kept)
        with turn.ledgers.transaction():
            self._keep(turn, kept, now, who, alone=alone)
            proposals.done(turn.session, turn.ledgers, Wish.PLUGIN, wished(now))

    def set(self, turn: Turn, name: str, settings: Mapping[str, Any], *, who: str) -> None:
        """Give a plugin that is on other settings; what was agreed to stays as it is."""
        before = self.shown(turn.session, name)
        if before.kept is None or before.agreed is None or not before.is_on:
            how = f"so-privacy plugin enable {name}, which takes settings too"
            raise Refused("plugin_off", f"`{name}` is not switched on for this tenant", how, Exit.USAGE)
        self._refuse_settings(before.agreed, settings)
        self._keep(turn, replace(before.kept, settings=settings), before.agreed, who)

    def disable(self, turn: Turn, name: str, *, who: str, erase: bool | None = None) -> bool:
        """Switch a plugin off, which says nothing and is told nothing from now on. False if it was not on.

        Of one that holds data it must be said whether it is to `erase` all of them or may keep them, which
        nobody decides for the tenant; what is kept is erased person by person, as she goes.
        """
        plugin = self.shown(turn.session, name)
        if plugin.holds and erase is None:
            held = (
                ""
                if plugin.agreed is None or plugin.agreed.holds is None
                else f": {plugin.agreed.holds.what}"
            )
            how = "say --erase-data to have it erase all, or --keep-data to let it keep them"
            raise Refused("plugin_holds_data", f"`{name}` holds data elsewhere{held}", how, Exit.USAGE)
        with turn.ledgers.transaction():
            turn.ledgers.errands.drop(consumer_of(name), "plugin_off")
            told = {"data": "to_erase" if erase else "kept"} if plugin.holds else {}
            changed = plugins.disable(turn.session, turn.ledgers, name, who=who, told=told)
            if changed and plugin.agreed is not None and plugin.agreed.events:
                watching.look_anew(turn)
            if plugin.holds and erase:
                erasures.owe_all(turn.session, name)
                turn.ledgers.journal.append("erasure_asked", None, {"plugin": name, "who": who})
                turn.due(ERASURES, 0.0)
        return changed

    def holders(self, session: TenantSession, noted: Callable[[Trouble], object]) -> Sequence[Holder]:
        """Give the plugins that may hold data of a tenant's, on or off, in the order of their names."""
        return [
            Holder(
                self._hosts,
                session.tenant_id,
                Enabled(read_description(one.description), one.settings),
                noted,
            )
            for one in plugins.listed(session, self._data_key)
            if one.holds
        ]

    def looked_at(self, turn: Turn, manifest: Manifest) -> Sequence[LintFinding]:
        """Give what the tenant's plugins say of a manifest, in the order of the file."""

        def note(trouble: Trouble) -> None:
            plugins.failed(turn.session, turn.ledgers, trouble)

        enabled = self._of(turn.session, turn.tenant.plugins).enabled
        said = [
            finding
            for one in enabled
            if one.description.lints
            for finding in looked_at(self._hosts, turn.tenant.tenant_id, one, manifest, note)
        ]
        return sorted(said, key=lambda one: (one.line, one.column, one.code, one.what))

    def exporters(self, session: TenantSession) -> Sequence[Exporter]:
        """Give the exports of the plugins that a tenant has switched on."""
        enabled = self._of(session, plugins.changes(session)).enabled
        return [
            Exporter(self._hosts, session.tenant_id, one, export)
            for one in enabled
            for export in one.description.exports
        ]

    def unanswered(self, turn: Turn) -> Mapping[str, Sequence[str]]:
        """Give the words that the manifest that decides asks of plugins that are off, by plugin."""
        active, found = turn.manifest(), dict[str, list[str]]()
        if active is None:
            return found
        on = {one.description.name for one in self._of(turn.session, turn.tenant.plugins).enabled}
        manifest = parse(active[0], active[1][:12], self.words_in_turn(turn))
        for condition in (word for one in asked(manifest) for word in words_in(one.when)):
            if isinstance(condition, PluginWord) and condition.plugin not in on:
                words = found.setdefault(condition.plugin, [])
                words += [condition.word] if condition.word not in words else []
        return found

    def close(self) -> None:
        """End all plugins of this process."""
        self._hosts.close()

    def _enabled(self, turn: Turn) -> Sequence[Enabled]:
        """Give the plugins that the turn's tenant has on; one that never had any is asked nothing."""
        return self._of(turn.session, turn.tenant.plugins).enabled

    def _noting(self, turn: Turn) -> Callable[[Trouble], None]:
        def note(trouble: Trouble) -> None:
            plugins.failed(turn.session, turn.ledgers, trouble)

        return note

    def _keep(self, turn: Turn, kept: KeptPlugin, now: Description, who: str, *, alone: bool = False) -> None:
        declared = {"version": now.version, "declaration": now.fingerprint}
        told = {**declared, "settings": sorted(kept.settings), **({"alone": True} if alone else {})}
        with turn.ledgers.transaction():
            before = next((one for one in self._enabled(turn) if one.description.name == now.name), None)
            plugins.enable(turn.session, turn.ledgers, self._data_key, kept, who=who, told=told)
            if set(now.events) != (set() if before is None else set(before.description.events)):
                watching.look_anew(turn)

    def _refuse_unreadable(self, turn: Turn, new: KeptPlugin) -> None:
        active = turn.manifest()
        if active is None:
            return
        others = (one for one in plugins.listed(turn.session, self._data_key) if one.name != new.name)
        try:
            parse(active[0], active[1][:12], (*PRODUCT_WORDS, *_words([*others, new])))
        except ManifestInvalid as invalid:
            what = f"the manifest that decides asks `{new.name}` otherwise than it can be asked now"
            how = f"{invalid.findings[0].what}; activate a manifest that does without it first"
            raise Refused("plugin_words", what, how, Exit.BAD_DATA) from None

    def _refuse_settings(self, description: Description, settings: Mapping[str, Any]) -> None:
        mistakes = settings_mistakes(description, settings)
        if mistakes:
            how = f"so-privacy plugin show {description.name} names all settings"
            raise Refused("plugin_settings", "; ".join(mistakes), how, Exit.BAD_DATA)
        self._hosts.try_settings(description, settings)

    def _of(self, session: TenantSession, changes: int) -> _Of:
        """Read what a tenant has, unless that is known as of so many changes."""
        if not changes:
            return _NOTHING
        with self._guard:
            known = self._known.get(session.tenant_id)
        if known is not None and known.changes == changes:
            return known
        kept = plugins.listed(session, self._data_key)
        found = _Of(changes, (*PRODUCT_WORDS, *_words(kept)), tuple(_enabled(kept)))
        with self._guard:
            self._known[session.tenant_id] = found
        return found


_NOTHING = _Of(0, PRODUCT_WORDS, ())


def wished(now: Description) -> str:
    """Name what two must agree to before a plugin is switched on: all that it says of itself."""
    return f"{now.name} {now.fingerprint}"


def _plugin(name: str, found: Found | None, kept: KeptPlugin | None) -> TenantPlugin:
    return TenantPlugin(name, found, kept, None if kept is None else read_description(kept.description))


def _words(kept: Sequence[KeptPlugin]) -> Iterator[Any]:
    """Give all words of all plugins that the tenant has or had, so that any of its manifests can be read."""
    for one in kept:
        description = read_description(one.description)
        yield from words(description)
        if one.former:
            yield from words(read_description({**one.description, "words": list(one.former)}))


def _enabled(kept: Sequence[KeptPlugin]) -> Iterator[Enabled]:
    for one in kept:
        if one.enabled_at is not None:
            yield Enabled(read_description(one.description), one.settings)


def _refuse_what_is_held(turn: Turn, before: TenantPlugin, now: Description) -> None:
    """Refuse a version that would not know what it held, and one that is to have erased all first."""
    if before.holds and now.holds is None:
        what = f"`{now.name}` {now.version} doesn't say any more that it holds data, and it does"
        how = f"first have the other version erase them: so-privacy plugin disable {now.name} --erase-data"
        raise Refused("plugin_holds_data", what, how, Exit.BAD_DATA)
    if any(one.plugin == now.name and one.of_all for one in erasures.counted(turn.session)):
        what = f"`{now.name}` has not erased yet what it held, as it was asked to"
        how = "wait until it has; so-privacy erasures list says why it has not"
        raise Refused("plugin_erases", what, how, Exit.BAD_DATA)


def _former(kept: KeptPlugin | None, now: Description) -> Sequence[Mapping[str, Any]]:
    """Give the words that a plugin once had and has no more, each as it was last."""
    if kept is None:
        return ()
    has = {one.word for one in now.words}
    once = {one["word"]: one for one in (*kept.former, *kept.description["words"])}
    return [one for word, one in once.items() if word not in has]
