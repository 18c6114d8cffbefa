"""Plays what happens to one person of a rule test, step by step, by the engine that production runs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from so_privacy_ext.model import (
    STORE,
    WITHDRAWN,
    AssociateId,
    Authority,
    Consent,
    Decision,
    EmailAddress,
    NoMail,
    Outcome,
    PersonId,
    Ruling,
    TenantLists,
)
from so_privacy_ext.proof.arbiter import Leave, settle
from so_privacy_ext.rules import languages, periods
from so_privacy_ext.rules.activation import ActiveMail, ActiveManifest
from so_privacy_ext.rules.decide import decide
from so_privacy_ext.rules.made_up import facts_of, standing_of
from so_privacy_ext.rules.silence import hindrance, silence
from so_privacy_ext.sdk import EventWord, Facts
from so_privacy_ext.trial.shape import TrialPerson

_NOBODY = AssociateId(0)

Ask = Callable[[Facts], Facts]
"""Adds to the facts about a made-up person what plugins say of her."""


@dataclass(frozen=True, slots=True)
class Decided:
    """What came of one purpose."""

    decision: Decision
    until: datetime | None
    """When the basis that a rule gives ends; what no rule of ours has written has no end."""
    left: str | None
    """Why nothing is written, although a rule gives a basis; None otherwise."""
    is_new: bool
    """Something is written, a human is asked, or the word is another than at the last step."""


@dataclass(frozen=True, slots=True)
class Happened:
    """What came of one step."""

    facts: Facts
    ruling: Ruling
    decided: Mapping[str, Decided]
    """By purpose."""
    tell: str | None
    """The mail that goes out."""
    language: str | None
    no_mail: NoMail | None
    """Why none goes out."""


@dataclass(slots=True)
class _Row:
    basis: str
    source: str
    by: Authority


@dataclass(slots=True)
class Scene:
    """One made-up person in a made-up tenant, between two steps."""

    manifest: ActiveManifest
    lists: TenantLists
    tell_from: datetime | None
    registered: datetime
    ask: Ask | None = None
    _words: TrialPerson = field(default_factory=TrialPerson)
    _rows: dict[str, _Row] = field(default_factory=dict)
    _first: dict[tuple[str, str], datetime] = field(default_factory=dict)
    """(Purpose, basis) → when it was first written."""
    _last: dict[str, tuple[Outcome, str]] = field(default_factory=dict)
    """Purpose → what was decided last, and by which rule."""
    _told: set[tuple[str, int]] = field(default_factory=set)
    """Mail and version."""

    def change(self, person: TrialPerson) -> None:
        """Have the person be as said; what is not said stays."""
        said = {name: getattr(person, name) for name in person.model_fields_set}
        if said.get("has_email") is False:
            said.setdefault("email_domain", None)
        self._words = self._words.model_copy(update=said)
        if person.source is not None:
            basis = self._rows[STORE].basis if STORE in self._rows else self.lists.default_basis
            self._rows[STORE] = _Row(basis, person.source, Authority.CRM_DEFAULT)
        for purpose in person.consents:
            standing = standing_of(person, purpose)
            self._rows[purpose] = _Row(standing.basis, standing.source or "", Authority(standing.by))
        self._told |= {(key, self.manifest.mails[key].version) for key in person.told}

    def play(self, event: EventWord, changed: frozenset[str], now: datetime) -> Happened:
        """Decide as production does, and have the world be as it is after that."""
        facts = self._facts(event, changed)
        ruling = decide(facts, self.manifest)
        decided = dict(self._settle(ruling, now))
        self._last |= {key: (one.decision.outcome, one.decision.rule_id) for key, one in decided.items()}
        mail, reason = self._mail(ruling)
        if mail is None:
            return Happened(facts, ruling, decided, None, None, reason)
        self._told.add((mail.key, mail.version))
        language = languages.of_mail(facts, mail.languages, self.manifest.fallback)
        return Happened(facts, ruling, decided, mail.key, language, None)

    def _facts(self, event: EventWord, changed: frozenset[str]) -> Facts:
        facts = facts_of(self._words, self.lists, event, changed)
        store = self._rows.get(STORE)
        texts = {one.key for one in self.lists.purposes if one.has_text}
        facts = replace(
            facts,
            source=store.source if store else None,
            consents={key: (row.basis, row.source) for key, row in self._rows.items()},
            wordings=facts.wordings | texts,
        )
        return facts if self.ask is None else self.ask(facts)

    def _settle(self, ruling: Ruling, now: datetime) -> Iterator[tuple[str, Decided]]:
        for decision in ruling.decisions:
            purpose = decision.purpose
            row = self._rows.get(purpose)
            if decision.outcome is not Outcome.GIVE or decision.basis is None or decision.source is None:
                is_new = self._last.get(purpose) != (decision.outcome, decision.rule_id)
                yield purpose, Decided(decision, None, None, is_new)
                continue
            settled = settle(decision, _consent(purpose, row, now) if row else None, row.by if row else None)
            if not isinstance(settled, Leave):
                self._first.setdefault((purpose, decision.basis), now)
            first = self._first.get((purpose, decision.basis))
            until = periods.add(first, decision.expires) if first and decision.expires else None
            if isinstance(settled, Leave):
                yield purpose, Decided(decision, until, settled.reason, is_new=False)
                continue
            self._rows[purpose] = _Row(settled.basis, settled.source, Authority.RULE)
            yield purpose, Decided(decision, until, None, is_new=True)

    def _mail(self, ruling: Ruling) -> tuple[ActiveMail | None, NoMail | None]:
        """Give the mail that goes out, or the first reason for which none does."""
        store = self._rows.get(STORE)
        silent = silence(
            ruling,
            store_withdrawn=store is not None and store.basis == WITHDRAWN,
            before_start=self.tell_from is not None and self.registered < self.tell_from,
        )
        if silent is not None or ruling.tell is None:
            return None, silent
        mail = self.manifest.mails[ruling.tell]
        if (mail.key, mail.version) in self._told or (self._told and not mail.retell):
            return None, NoMail.ALREADY_TOLD
        address = EmailAddress("", 1, int(self._words.bounced)) if self._words.has_email else None
        mailing = {one.key for one in self.lists.sources if one.mail_template_id}
        crm_mails = store is not None and store.source in mailing
        hindered = hindrance(crm_mails=crm_mails, address=address, has_template=mail.has_text)
        return (None, hindered) if hindered is not None else (mail, None)


def _consent(purpose: str, row: _Row, now: datetime) -> Consent:
    return Consent(PersonId(0), purpose, row.basis, row.source, "", now, _NOBODY, None, _NOBODY, 0)
