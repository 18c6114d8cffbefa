"""Looks at all persons of a tenant, as they are and as a manifest would have them; changes nothing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from itertools import chain
from pathlib import Path

from so_privacy_ext.crm_connections import CrmConnections
from so_privacy_ext.errors import Exit, Refused
from so_privacy_ext.extending import Extending
from so_privacy_ext.model import AddressHash, Epoch, LastIds, Person, PersonId
from so_privacy_ext.ports import Clock
from so_privacy_ext.processing.consulting import gathered
from so_privacy_ext.processing.list_digest import lists_digest
from so_privacy_ext.processing.plan_file import write_plan
from so_privacy_ext.processing.planned import PlanHead, PlannedPerson
from so_privacy_ext.processing.planning import Tally, as_told, plan_persons
from so_privacy_ext.processing.retaining import Retainer, Retention
from so_privacy_ext.processing.survey import Survey, Surveyor
from so_privacy_ext.processing.unheard import Heard
from so_privacy_ext.processing.work import Work
from so_privacy_ext.rounds import rounds
from so_privacy_ext.rules.activation import ActiveManifest, resolve, resolve_what_stands
from so_privacy_ext.rules.manifest import Manifest, parse
from so_privacy_ext.storage import registers
from so_privacy_ext.storage.manifests import none_decides
from so_privacy_ext.storage.turns import Turn
from so_privacy_ext.superoffice.changes import CrmChanges
from so_privacy_ext.superoffice.everybody import Everybody, Noticed

Take = Callable[[], AbstractContextManager[Turn]]
Fit = Callable[[Turn, Manifest], object]
Tell = Callable[[int, int, int], None]
"""Told how many persons were read, the number of the last of them, and that of the last there is."""


@dataclass(frozen=True, slots=True)
class Beginning:
    """What a reading began with."""

    tenant: str
    made_at: datetime
    epoch: Epoch
    last_ids: LastIds


class Foresight:
    """Made for one tenant; holds its turn for a moment at a time."""

    def __init__(
        self, take: Take, crms: CrmConnections, clock: Clock, fit: Fit, extending: Extending
    ) -> None:
        self._take = take
        self._crms = crms
        self._clock = clock
        self._fit = fit
        self._extending = extending

    def survey(self, tell: Tell = lambda *_: None) -> Survey:
        """Look at everybody, and count."""
        with self._take() as turn:
            beginning = self._begin(turn)
            templates = [one.item_id for one in self._crms.crm(turn).lists().templates if one.is_privacy]
            surveyor = Surveyor(set(registers.informed(turn.session, turn.tenant.epoch)))
        mails, everybody = Noticed(templates), Everybody(PersonId(beginning.last_ids.person))

        def step(turn: Turn) -> Sequence[Person] | None:
            crm = self._crms.crm(turn)
            if not mails.ended:
                surveyor.noticed.update(crm.read_noticed(mails))
                return ()
            if everybody.ended:
                return None
            persons = self._read(turn, beginning, everybody)
            for person in persons:
                surveyor.look(person, crm.lists(), turn.tenant.own_associate_id, self._clock.now())
            tell(surveyor.persons, everybody.after, beginning.last_ids.person)
            return persons

        for _ in rounds(self._take, step):
            pass
        return surveyor.result(beginning.tenant, beginning.made_at)

    def retention(self, manifest: Manifest | None = None, tell: Tell = lambda *_: None) -> Retention:
        """Find whom nobody has dealt with for as long as a manifest's `retention` says."""
        with self._take() as turn:
            ready = self._ready(turn, manifest)
            beginning = self._begin(turn)
            lists = self._crms.crm(turn).lists()
        retainer = Retainer(ready.retention, beginning.made_at)
        everybody = Everybody(PersonId(beginning.last_ids.person), fields=ready.fields)
        held: Sequence[Person] | None = None

        def step(turn: Turn) -> Sequence[Person] | None:
            nonlocal held
            self._refuse_other_epoch(turn, beginning)
            if held is None and everybody.ended:
                self._refuse_other_lists(turn, lists_digest(lists))
                return None
            held = persons = self._read(turn, beginning, everybody) if held is None else held
            crm, work = self._crms.crm(turn), self._work(turn, ready, None)
            facts = gathered(work, [(one, ()) for one in persons], crm.lists(), ready)
            retainer.look(persons, facts, crm.lists(), turn.tenant.own_associate_id, crm.active_since)
            held = None  # read once, and kept until its activities were had too
            tell(retainer.persons, everybody.after, beginning.last_ids.person)
            return persons

        for _ in rounds(self._take, step) if ready.retention else ():
            pass
        return Retention(
            tenant=beginning.tenant,
            made_at=beginning.made_at,
            manifest_name=ready.name,
            manifest=ready.digest,
            persons=retainer.persons,
            proposals=retainer.proposals(),
        )

    def plan(
        self,
        path: Path | None = None,
        manifest: Manifest | None = None,
        *,
        tell_from: datetime | None = None,
        tell: Tell = lambda *_: None,
    ) -> PlanHead:
        """Plan everybody by a manifest, or by the one that decides; write the plan where there is a path.

        `tell_from`: persons registered since then are told; without it nobody is. Raises `ManifestInvalid`
        where the manifest could not be activated.
        """
        with self._take() as turn:
            ready = self._ready(turn, manifest)
            beginning, tenant = self._begin(turn), turn.tenant
            lists = self._crms.crm(turn).lists()
        tally = Tally()
        everybody = Everybody(PersonId(beginning.last_ids.person), fields=ready.fields)

        def step(turn: Turn) -> Sequence[PlannedPerson] | None:
            if everybody.ended:
                self._refuse_other_lists(turn, lists_digest(lists))
                return None
            persons = self._read(turn, beginning, everybody)
            work = self._work(turn, ready, tell_from)
            planned = list(plan_persons(work, persons, tally, partial(_heard_of, turn)))
            tell(tally.persons, everybody.after, beginning.last_ids.person)
            return planned

        def head() -> PlanHead:
            return tally.head(
                ready,
                tenant=tenant,
                lists=lists,
                made_at=beginning.made_at,
                last_ids=beginning.last_ids,
                tell_from=tell_from,
            )

        persons = chain.from_iterable(rounds(self._take, step))
        if path is not None:
            return write_plan(path, persons, head, tenant.address_key)
        for _ in persons:
            pass
        return head()

    def _begin(self, turn: Turn) -> Beginning:
        changes = CrmChanges(self._crms.client(turn), turn.tenant.own_associate_id)
        return Beginning(
            turn.tenant.context_identifier, self._clock.now(), turn.tenant.epoch, changes.last_ids()
        )

    def _ready(self, turn: Turn, manifest: Manifest | None) -> ActiveManifest:
        if manifest is not None:
            self._fit(turn, manifest)
            return resolve(manifest, self._crms.crm(turn).lists())
        active = turn.manifest()
        if active is None:
            raise none_decides("name one with --manifest FILE")
        words = self._extending.words_in_turn(turn)
        return resolve_what_stands(parse(active[0], active[1][:12], words), self._crms.crm(turn).lists())

    def _read(self, turn: Turn, beginning: Beginning, everybody: Everybody) -> Sequence[Person]:
        self._refuse_other_epoch(turn, beginning)
        return self._crms.crm(turn).read_next(everybody)

    def _refuse_other_epoch(self, turn: Turn, beginning: Beginning) -> None:
        if turn.tenant.epoch != beginning.epoch:
            what = "SuperOffice was set back to a backup while it was read"
            raise Refused("epoch_changed", what, "begin again", Exit.UNAVAILABLE)

    def _refuse_other_lists(self, turn: Turn, digest: str) -> None:
        if lists_digest(self._crms.crm(turn).lists()) != digest:
            what = "the tenant's lists were changed while everybody was read"
            raise Refused("lists_changed", what, "begin again", Exit.UNAVAILABLE)

    def _work(self, turn: Turn, ready: ActiveManifest, tell_from: datetime | None) -> Work:
        return Work(
            tenant=as_told(turn.tenant, tell_from),
            manifest=ready,
            manifest_of=lambda _: ready,
            crm=self._crms.crm(turn),
            ledgers=turn.ledgers,
            clock=self._clock,
            must_yield=lambda: False,
            consult=self._extending.consult(turn),
        )


def _heard_of(turn: Turn, persons: Sequence[PersonId], addresses: Sequence[AddressHash], /) -> Heard:
    return Heard(*registers.heard_of(turn.session, turn.tenant.epoch, persons, addresses))
