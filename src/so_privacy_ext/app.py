"""Wires adapters to the core from `Settings`; nobody else builds an adapter."""

from __future__ import annotations

import hmac
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from so_privacy_ext.activating import Activated, Activating
from so_privacy_ext.announcing import Announcing
from so_privacy_ext.application_files import read_application
from so_privacy_ext.approving import Approving
from so_privacy_ext.calling import Poster
from so_privacy_ext.coming_and_going import ComingAndGoing
from so_privacy_ext.crm_connections import CrmConnections
from so_privacy_ext.doctor.address import certificate_seconds
from so_privacy_ext.doctor.channels import examine_channels
from so_privacy_ext.doctor.endpoints import examine_endpoints
from so_privacy_ext.doctor.errands import examine_errands
from so_privacy_ext.doctor.examination import Practice
from so_privacy_ext.doctor.plugins import examine_plugins
from so_privacy_ext.drafting import Drafts
from so_privacy_ext.endpoints import Endpoints
from so_privacy_ext.errands import ERRANDS
from so_privacy_ext.errors import CrmFailure, Exit, Fault, Refused
from so_privacy_ext.extending import Extending
from so_privacy_ext.foresight import Foresight
from so_privacy_ext.healing import Healing
from so_privacy_ext.held_elsewhere import HeldElsewhere
from so_privacy_ext.lifecycle import restoring
from so_privacy_ext.lifecycle.attending import STATE, attend
from so_privacy_ext.lifecycle.pieces import Installed, Piece, Uninstalled
from so_privacy_ext.lifecycle.probing import let_in, paused_for
from so_privacy_ext.lifecycle.restoring import RESTORED
from so_privacy_ext.mailing import Mailing
from so_privacy_ext.model import (
    ENDS,
    ERASURES,
    NEW_SWEEP,
    WATCHDOG,
    WHOLE_SWEEP,
    SweepKind,
    TenantId,
    TenantLists,
)
from so_privacy_ext.ports import Clock, MassWriter, OfTenant
from so_privacy_ext.processing.expiring import end_due
from so_privacy_ext.processing.work import Work
from so_privacy_ext.reacting import Reacting
from so_privacy_ext.replaying import Replaying
from so_privacy_ext.rules.activation import ActiveManifest, resolve_what_stands
from so_privacy_ext.rules.conditions import Words
from so_privacy_ext.rules.lint.law import LintFinding
from so_privacy_ext.rules.manifest import Manifest, parse
from so_privacy_ext.running_plans import TenantRuns, in_turn
from so_privacy_ext.runs import RUN
from so_privacy_ext.settings import Settings
from so_privacy_ext.storage import embedded, keys, news, purging, tenants, turns
from so_privacy_ext.storage.database import connect
from so_privacy_ext.storage.epochs import EpochBook
from so_privacy_ext.storage.manifests import Agreed
from so_privacy_ext.storage.overview import Figure, read_overview
from so_privacy_ext.storage.pauses import PauseBook
from so_privacy_ext.storage.purging import Periods
from so_privacy_ext.storage.receiving import ReceivingStore
from so_privacy_ext.storage.secrets import DataKey
from so_privacy_ext.storage.session import TenantSession, open_session
from so_privacy_ext.storage.sessions import Sessions as KeptSessions
from so_privacy_ext.storage.signing import SigningSecrets
from so_privacy_ext.storage.tenants import TenantSummary
from so_privacy_ext.storage.turns import Turn
from so_privacy_ext.superoffice import state_change
from so_privacy_ext.superoffice.crm import SuperOfficeCrm
from so_privacy_ext.superoffice.lists import is_strict
from so_privacy_ext.superoffice.sign_in import SuperId
from so_privacy_ext.superoffice.state_change import StateChange
from so_privacy_ext.superoffice.subscriptions import Registered, Signing, list_own
from so_privacy_ext.superoffice.system_user import Application
from so_privacy_ext.worker import NO_MANIFEST, Chore

if TYPE_CHECKING:
    from starlette.routing import BaseRoute

PURGE = "purge"
"""The kind of work that takes away what need not be kept any more."""
DAY = 86400.0
_TURN_WAIT = 30.0
"""Seconds that a command waits for a worker to let go of a tenant."""


class SystemClock:
    """The machine's clock, aware and UTC."""

    def now(self) -> datetime:
        return datetime.now(UTC)


class App:
    """The product, wired: one per process."""

    def __init__(
        self, settings: Settings, dsn: str, data_key: DataKey | None = None, clock: Clock | None = None
    ) -> None:
        self.settings = settings
        self.dsn = dsn
        self.data_key = data_key or keys.open_key(dsn, settings.data_key_path)
        self.clock = clock or SystemClock()
        self.crms = CrmConnections(settings, dsn, self.data_key, self.clock)
        self.extending = Extending(self.data_key, self.clock)
        self._poster = Poster(settings.outward_networks, settings.ca_file)
        self.endpoints = Endpoints(self.data_key, self._poster, self.clock)
        self.announcing = Announcing(dsn, self.data_key, self._poster, self.clock, self.take)
        self.reacting = Reacting(self.extending, self.crms, self.endpoints)
        self.held = HeldElsewhere(dsn, self.data_key, self.extending)
        self._coming = ComingAndGoing(
            dsn, self.data_key, self.crms, settings.public_url, extending=self.extending, held=self.held
        )
        self.mailing = Mailing(self.data_key, self.clock, settings.ca_file)
        self._manifests: dict[tuple[str, int], tuple[TenantLists, Words, ActiveManifest]] = {}
        self.sessions = KeptSessions(dsn, self.data_key)
        self._super_id: SuperId | None = None
        self._drafts = Drafts(self)
        self._guard = threading.Lock()

    def refuse_strange_key(self) -> None:
        """Refuse to work with a data key that lacks what the tenants' secrets were sealed with."""
        keys.refuse_strange(self.dsn, self.data_key, self.settings.data_key_path)

    def receiving(self) -> ReceivingStore:
        return ReceivingStore(self.dsn, self.data_key)

    def pages(self) -> Sequence[BaseRoute]:
        """Give the routes of all pages."""
        # What no command needs and no worker: a seventh of what importing costs.
        from so_privacy_ext.web.console.routes import console_routes  # noqa: PLC0415
        from so_privacy_ext.web.install import Entrance  # noqa: PLC0415
        from so_privacy_ext.web.rendering import Pages  # noqa: PLC0415
        from so_privacy_ext.web.sessions import Sessions  # noqa: PLC0415
        from so_privacy_ext.web.state_changes import StateChanges  # noqa: PLC0415

        pages, sessions = Pages(), Sessions(self.sessions)
        entrance = Entrance(sessions, self.sessions, self, pages)
        return [
            *entrance.routes(),
            *console_routes(sessions, self, pages),
            StateChanges(self._state_change, self._tell_of).route(),
        ]

    def super_id(self) -> SuperId:
        """Give the login service where we are registered, made at its first use."""
        from so_privacy_ext.web.install import CALLBACK  # noqa: PLC0415 - as in `pages`

        with self._guard:
            if self._super_id is None:
                settings = self.settings
                self.application()  # without which nobody could come back from there
                if not settings.client_id:
                    raise Refused(
                        "missing_setting",
                        "SO_PRIVACY_CLIENT_ID is not set",
                        "set it to the client id of the app in SO_PRIVACY_ENVIRONMENT",
                        Exit.CONFIG,
                    )
                self._super_id = SuperId(
                    self.crms.environment(settings.environment),
                    client_id=settings.client_id,
                    application=self.application,
                    redirect_uri=f"{settings.public_url}{CALLBACK}",
                    clock=self.clock,
                    ca_file=settings.ca_file,
                )
            return self._super_id

    def installed(self, context_identifier: str, environment: str) -> TenantId | None:
        """Find a tenant that is installed."""
        try:
            return self.tenant(context_identifier, environment).tenant_id
        except Refused as refused:
            if refused.code != "no_tenant":
                raise
            return None

    def knows_token(self, tenant_id: TenantId, system_user_token: str) -> bool:
        """Tell whether this is the token by which we act in a tenant, and are let in as far as we know."""
        with open_session(self.dsn, tenant_id) as session:
            seen = tenants.summary(session)
        if seen is not None and seen.parked_reason == Fault.AUTHORIZATION_LOST:
            return False
        return hmac.compare_digest(self.crms.token(tenant_id).encode(), system_user_token.encode())

    def overview(self) -> Sequence[Figure]:
        """Count what waits, over all tenants."""
        return read_overview(self.dsn)

    def chores(self) -> Mapping[str, Chore]:
        """Give the work that every tenant owes again and again, by kind."""
        return {
            WATCHDOG: Chore(lambda turn, _: self.healing(turn).watch(), within=60.0),
            NEW_SWEEP: Chore(self._sweeping(SweepKind.NEW), within=300.0),
            WHOLE_SWEEP: Chore(self._sweeping(SweepKind.WHOLE), within=DAY),
            RUN: Chore(in_turn(self.make_work), within=DAY),
            ENDS: Chore(self._end_due, within=3600.0),
            ERRANDS: Chore(self.reacting.work, within=DAY),
            ERASURES: Chore(self.held.in_turn, within=DAY, while_paused=True),
            PURGE: Chore(self._purge_in_turn, within=DAY, while_paused=True),
        }

    def purge(self, tenant: TenantSummary) -> Mapping[str, int]:
        """Take away what need not be kept of a tenant any more; tell how many rows of each kind."""
        with self.session(tenant) as session:
            return purging.purge(session, self._periods())

    def take(self, tenant_id: TenantId, *, wait: float = 0.0) -> Turn | None:
        """Take a tenant's turn if nobody has it, or if it is let go within so many seconds."""
        return turns.take(self.dsn, tenant_id, self.data_key, wait=wait)

    def make_work(self, turn: Turn, must_yield: Callable[[], bool]) -> Work | None:
        """Give all that a slice of a tenant's work needs; None while no manifest decides for it."""
        active = turn.manifest()
        if active is None:
            return None
        crm = self.crm(turn)

        def manifest_of(digest: str) -> ActiveManifest:
            return self._ready(turn, digest, crm.lists())

        return Work(
            tenant=turn.tenant,
            manifest=manifest_of(active[1]),
            manifest_of=manifest_of,
            crm=crm,
            ledgers=turn.ledgers,
            clock=self.clock,
            must_yield=must_yield,
            mass=self.mass_writer(turn) if turn.tenant.mass_writes else None,
            channels={**self.mailing.carriers(turn), **self.extending.carriers(turn)},
            consult=self.extending.consult(turn),
            consumers=self.reacting.listeners(turn),
        )

    def mass_writer(self, turn: Turn) -> MassWriter:
        """Give what writes in bulk; refused to a tenant that has not opted in."""
        return self.crms.mass_writer(turn)

    def attend(self, turn: Turn) -> bool:
        """See that the environment lets us in and the tenant runs; False when the turn is to end."""
        connection = self.crms.of(turn)
        pauses = PauseBook(turn.session, turn.tenant.environment)
        if not let_in(pauses, connection, turn.tenant.environment):
            return False
        if not attend(turn, connection, lambda: self._erase(turn)):
            return False
        if turn.tenant.paused:
            return False
        past, crm = EpochBook(turn.session, turn.tenant.epoch), self.crm(turn)
        if turn.tenant.reconciling and not restoring.reconcile(turn, past, crm):
            return False
        return restoring.look(turn, past, crm)

    def failed(self, turn: Turn, failure: CrmFailure) -> bool:
        """Have the whole environment wait for what is wrong with us, and begin anew with a CRM set back."""
        if failure.fault is Fault.REISSUED:
            restoring.begin(turn, EpochBook(turn.session, turn.tenant.epoch), "number_reissued")
            return True
        pauses = PauseBook(turn.session, turn.tenant.environment)
        return paused_for(pauses, failure, turn.tenant.environment)

    def beside(self) -> None:
        """Do what is owed to tenants that are gone."""
        self.held.ask_for_removed()

    def crm(self, turn: Turn) -> SuperOfficeCrm:
        """Give a tenant's CRM, at the pace of its turn."""
        return self.crms.crm(turn)

    def application(self) -> Application:
        """Give what proves that we are the app that the vendor knows, as the files say now."""
        return self.crms.application_files()

    def tenant(self, context_identifier: str | None, environment: str | None = None) -> TenantSummary:
        """Find a tenant by name, or environment/name; without a name, the only one there is."""
        if context_identifier is not None and environment is None and "/" in context_identifier:
            environment, _, context_identifier = context_identifier.partition("/")
        with connect(self.dsn, application_name="so-privacy") as connection:
            if context_identifier is not None:
                return tenants.find(connection, context_identifier, environment)
            known = tenants.listed(connection)
        if len(known) == 1:
            return known[0]
        names = ", ".join(one.context_identifier for one in known)
        what = f"there are several: {names}" if known else "there is no tenant yet"
        how = "name one with --tenant" if known else "add one with `so-privacy tenant add`"
        raise Refused("which_tenant", what, how, Exit.USAGE)

    @contextmanager
    def session(self, tenant: OfTenant) -> Iterator[TenantSession]:
        """Read as one tenant."""
        with open_session(self.dsn, tenant.tenant_id) as session:
            yield session

    @contextmanager
    def turn(self, tenant: OfTenant, *, wait: float = _TURN_WAIT) -> Iterator[Turn]:
        """Hold a tenant's turn for a command; a worker lets go of it between two chunks."""
        turn = self.take(tenant.tenant_id, wait=wait)
        if turn is None:
            raise Refused(
                "tenant_busy", "a worker holds this tenant", "try again in a moment", Exit.UNAVAILABLE
            )
        with turn:
            yield turn

    def words(self, session: TenantSession) -> Words:
        """Give the words of which a tenant's manifests are made: the product's, and those of its plugins."""
        return self.extending.words(session)

    def channels(self, session: TenantSession) -> frozenset[str]:
        """Give what can carry a tenant's notices, by the names that its manifests have for it."""
        return self.mailing.names(session) | self.extending.channels(session)

    def activating(self, turn: Turn) -> Activating:
        """Give what lets a manifest decide for a tenant."""
        words, channels = self.extending.words_in_turn(turn), self.channels(turn.session)
        return Activating(
            turn,
            self.crm(turn),
            lambda: is_strict(self.crms.client(turn)),
            self.clock,
            words,
            channels=channels,
        )

    def replaying(self, turn: Turn) -> Replaying:
        """Give what replays a tenant's kept decisions by other manifests."""
        return Replaying(turn, self.crm(turn).lists)

    def fit(self, turn: Turn, manifest: Manifest) -> Sequence[LintFinding]:
        """Give a manifest's warnings; raises `ManifestInvalid` if it can't decide for this tenant now."""
        return [*self.activating(turn).fit(manifest), *self.extending.looked_at(turn, manifest)]

    def activate(
        self,
        turn: Turn,
        manifest: Manifest,
        content: bytes,
        *,
        who: str,
        tell_from: datetime | None,
        agreed: Agreed | None = None,
    ) -> Activated:
        """Let a manifest decide from now on, if it fits and everybody asked has agreed."""
        return self.activating(turn).activate(manifest, content, who=who, tell_from=tell_from, agreed=agreed)

    def approving(self, turn: Turn) -> Approving:
        """Give what is needed where two administrators must agree."""
        return Approving(turn, self.activating(turn))

    def foresight(self, tenant: OfTenant) -> Foresight:
        """Give what looks at all persons of a tenant, and plans."""
        return Foresight(lambda: self.turn(tenant), self.crms, self.clock, self.fit, self.extending)

    def healing(self, turn: Turn) -> Healing:
        """Give what mends a tenant's webhooks and finds what no event told of."""
        client = self.crms.client(turn)
        public_url, ca_file = self.settings.public_url, self.settings.ca_file
        return Healing(
            turn,
            client,
            self.clock,
            self.data_key,
            public_url=public_url,
            ca_file=ca_file,
            further=self.extending.events(turn),
        )

    def runs(self, tenant: OfTenant) -> TenantRuns:
        """Give a tenant's runs: plans that are applied and taken back."""
        return TenantRuns(self, tenant)

    @property
    def drafts(self) -> Drafts:
        """Give the plans that are being made for administrators' pages."""
        return self._drafts

    def put_right(self, turn: Turn) -> None:
        """Put our webhooks right because their administrator asks for it, those that a human stopped too."""
        self.healing(turn).watch(by_hand=True)

    def _end_due(self, turn: Turn, must_yield: Callable[[], bool]) -> float:
        work = self.make_work(turn, must_yield)
        return NO_MANIFEST if work is None else end_due(work)

    def _sweeping(self, kind: SweepKind) -> Callable[[Turn, Callable[[], bool]], float]:
        def do(turn: Turn, must_yield: Callable[[], bool]) -> float:
            if turn.manifest() is None:
                return NO_MANIFEST  # nobody decides yet about whom it would find
            return self.healing(turn).sweep_on(kind, must_yield)

        return do

    def webhooks(self, turn: Turn) -> Sequence[Registered]:
        """Give our own webhooks as they stand in a tenant."""
        return list_own(self.crms.client(turn))

    def practice(self) -> Practice:
        """Give what an examination asks."""
        return Practice(
            now=self.clock.now,
            application=lambda: read_application(self.settings),
            key_ids=lambda: self.data_key.key_ids,
            keys_in_use=lambda: keys.in_use(self.dsn),
            time_at=self.crms.time_at,
            turn=self.turn,
            webhooks=self.webhooks,
            lists=self.crms.lists_now,
            words=self.extending.words_in_turn,
            is_strict=lambda turn: is_strict(self.crms.client(turn)),
            plugins=lambda turn: examine_plugins(turn, self.extending, self.clock.now()),
            events=self.extending.events,
            errands=examine_errands,
            channels=lambda turn: examine_channels(
                turn, self.mailing, self.channels(turn.session), self.extending.words_in_turn(turn)
            ),
            endpoints=examine_endpoints,
            webhook_address=self._coming.webhook_address,
        )

    def certificate_seconds(self) -> float | None:
        """Tell for how long the public address's certificate is believed; None where there is none."""
        public_url, ca_file = self.settings.public_url, self.settings.ca_file
        return certificate_seconds(public_url, ca_file=ca_file, now=self.clock.now())

    def signing(self, turn: Turn) -> tuple[Signing, SigningSecrets]:
        """Give both sides of a change of the webhooks' secrets."""
        client = self.crms.client(turn)
        return Signing(client), SigningSecrets(turn.session, self.data_key)

    def install(
        self,
        context_identifier: str,
        environment: str,
        system_user_token: str,
        tell: Callable[[str], None] = lambda _: None,
    ) -> Installed:
        """Install a tenant, or complete it; a tenant that has all is left as it is."""
        return self._coming.install(context_identifier, environment, system_user_token, tell)

    def uninstall(
        self,
        tenant: TenantSummary,
        tell: Callable[[str], None] = lambda _: None,
        *,
        local: bool = False,
    ) -> Uninstalled:
        """Uninstall a tenant: from its CRM unless `local`, and here; begun once, it can only be ended."""
        return self._coming.uninstall(tenant, tell, local=local)

    def pieces(self, tenant_id: TenantId) -> Sequence[Piece]:
        """Give what of ours is in a tenant's CRM, as it is kept."""
        return self._coming.pieces(tenant_id)

    def close(self) -> None:
        if self._super_id is not None:
            self._super_id.close()
        self.extending.close()
        self._poster.close()
        self.crms.close()

    def _purge_in_turn(self, turn: Turn, _must_yield: Callable[[], bool]) -> float:
        purging.purge(turn.session, self._periods())
        purging.forget_tenants(turn.connection)
        return DAY

    def _periods(self) -> Periods:
        events, quarantine, facts = (
            timedelta(days=days)
            for days in (
                self.settings.keep_events_days,
                self.settings.keep_quarantine_days,
                self.settings.keep_facts_days,
            )
        )
        return Periods(events, quarantine, facts)

    def _state_change(self, environment: str, content: bytes) -> StateChange:
        allowed = self.crms.environment(environment)
        return state_change.read(content, allowed, self.crms.signing_keys(allowed), self.clock.now())

    def _tell_of(self, environment: str, change: StateChange) -> TenantId | None:
        """Have a tenant's state asked for anew; nothing else comes of what a notification says."""
        kinds = [STATE, RESTORED] if change.kind == state_change.BACKUP_RESTORED else [STATE]
        return news.hint(self.dsn, environment, change.context_identifier, kinds)

    def _erase(self, turn: Turn) -> None:
        """Keep nothing of a tenant that SuperOffice has deleted but what the law lets us keep."""
        tenant = turn.tenant
        turn.release()  # an uninstallation takes the turn itself
        self.uninstall(self.tenant(tenant.context_identifier, tenant.environment), local=True)

    def _ready(self, turn: Turn, digest: str, lists: TenantLists) -> ActiveManifest:
        """Resolve a manifest once per version, reading of the tenant's lists and state of its plugins."""
        key, words = (digest, turn.tenant.tenant_id), self.extending.words_in_turn(turn)
        known = self._manifests.get(key)
        if known is not None and known[0] is lists and known[1] is words:
            return known[2]
        content = turn.manifest_of(digest)
        if content is None:
            raise KeyError(digest)
        ready: ActiveManifest = resolve_what_stands(parse(content, digest[:12], words), lists)
        self._manifests[key] = lists, words, ready
        return ready


def find_database(settings: Settings) -> str:
    """Give the database's address: the operator's, else the embedded one that runs in the data folder."""
    dsn = settings.database_url or embedded.running(settings.data_dir)
    if dsn is None:
        raise Refused(
            "no_database",
            f"nothing runs in {settings.data_dir} and DATABASE_URL is not set",
            "start `so-privacy up`, or set DATABASE_URL",
            Exit.UNAVAILABLE,
        )
    return dsn
