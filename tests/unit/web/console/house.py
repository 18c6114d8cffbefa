"""The product's web server in a thread, on a real database and a sandbox, and tenants that have all."""

from __future__ import annotations

import hashlib
import json
import re
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import requests

from so_privacy_ext.app import App
from so_privacy_ext.model import (
    AddressHash,
    AssociateId,
    ContextIdentifier,
    Decision,
    Delivery,
    Event,
    EventId,
    LastIds,
    Mark,
    Outcome,
    PersonId,
    Ruling,
    Slot,
    TenantId,
)
from so_privacy_ext.ports import EffectIntent
from so_privacy_ext.processing.applying import head_json, planned_json
from so_privacy_ext.processing.planned import PlanHead, PlannedPerson, PlannedWrite, RuleCount
from so_privacy_ext.settings import Settings
from so_privacy_ext.storage import manifests, proposals, run_register, tenants
from so_privacy_ext.storage.manifests import Agreed
from so_privacy_ext.storage.proposals import NewProposal, Wish
from so_privacy_ext.storage.run_register import NewPerson, NewRun
from so_privacy_ext.storage.sessions import Sessions
from so_privacy_ext.storage.turns import Turn
from so_privacy_ext.web.floods import Floods
from so_privacy_ext.web.server import listen
from so_privacy_ext.web.sessions import COOKIE
from so_sandbox.server import RunningSandbox
from so_sandbox.server import start as start_sandbox
from tests.unit.web.conftest import serving

MANIFEST = Path(__file__).resolve().parents[4] / "manifests" / "rules" / "nordic-b2b.yaml"
FIRST, SECOND = "Cust12345", "Cust54321"
ALICE = AssociateId(7)
_TOKEN = re.compile(r'name="csrf" value="([^"]+)"')


@dataclass(frozen=True)
class Objects:
    """What stands in a tenant, one of each kind, by id."""

    open_event: int
    dead_event: int
    quarantined: int
    review: int
    mail_review: int
    version: int = 0
    proposal: int = 0
    run: int = 0


@dataclass
class Visitor:
    """A browser of somebody who is signed in, or of nobody."""

    url: str
    session_id: str | None
    csrf: str = ""
    headers: dict[str, str] = field(default_factory=dict)

    def get(self, path: str, **more: Any) -> requests.Response:
        return self.ask("GET", path, **more)

    def post(self, path: str, fields: Any = None, *, token: bool = True, **more: Any) -> requests.Response:
        """Post a form as our page would; a list of pairs as it is."""
        if token and not isinstance(fields, list):
            fields = {"csrf": self.csrf, **(fields or {})}
        headers = {"Origin": self.url, **more.pop("headers", {})}
        return self.ask("POST", path, data=fields, headers=headers, **more)

    def ask(self, method: str, path: str, **more: Any) -> requests.Response:
        headers = {"Accept": "text/html", **self.headers, **more.pop("headers", {})}
        if self.session_id is not None:
            headers["Cookie"] = f"{COOKIE}={self.session_id}"
        given = {"allow_redirects": False, "timeout": 30, **more}
        return requests.request(method, self.url + path, headers=headers, **given)


@dataclass
class House:
    """The running product, and hands to put things into it."""

    app: App
    url: str
    sandbox: RunningSandbox
    superuser: str

    def add(self, name: str = FIRST) -> tenants.TenantSummary:
        """Add a tenant as an installation would, but for its webhook in the CRM."""
        if self.sandbox.world.tenant(name) is None:
            self.sandbox.sandbox.seed(name, 0, quietly=True)
        assert self.sandbox.directory is not None
        token = (self.sandbox.directory / f"system_user_token.{name}").read_text().strip()
        added = tenants.add(
            self.app.dsn,
            self.app.data_key,
            environment="sandbox",
            context_identifier=ContextIdentifier(name),
            system_user_token=token.encode(),
        )
        summary = self.app.tenant(name)
        assert summary.tenant_id == added.tenant_id
        with self.app.session(summary) as session:
            tenants.registered(session, Slot(added.slot), webhook_id=1, own_associate_id=AssociateId(9))
        return summary

    def sign_in(self, tenant: tenants.TenantSummary, who: AssociateId = ALICE) -> Visitor:
        sessions = Sessions(self.app.dsn, self.app.data_key)
        session_id = sessions.begin(tenant.tenant_id, who)
        found = sessions.find(session_id)
        assert found is not None
        return Visitor(self.url, session_id, found.csrf)

    def nobody(self) -> Visitor:
        return Visitor(self.url, None)

    def deliver(
        self,
        tenant: TenantId,
        *,
        person: int = 18,
        name: str = "person.changed",
        body: bytes | None = None,
        reason: str | None = None,
    ) -> None:
        """Have a delivery stored, or quarantined for a reason."""
        number = str(uuid.uuid4())
        raw = json.dumps({"EventId": number}).encode() if body is None else body
        event = None if reason else Event(EventId(number), name, person)
        delivery = Delivery(tenant, raw, hashlib.sha256(raw).digest(), event, reason)
        receiving = self.app.receiving()
        try:
            receiving.store([delivery])
        finally:
            receiving.close()

    @contextmanager
    def turn(self, tenant: tenants.TenantSummary) -> Iterator[Turn]:
        with self.app.turn(tenant) as turn:
            yield turn

    def fill(self, tenant: tenants.TenantSummary, text: str = "odd") -> Objects:
        """Put one of everything into a tenant, each with a text that others could have written."""
        number = tenant.tenant_id
        self.deliver(number, person=18)
        self.deliver(number, person=19)
        self.deliver(number, body=json.dumps({"WebhookName": text}).encode(), reason="bad_shape")
        with self.turn(tenant) as turn:
            first, second = turn.ledgers.inbox.claim(2)
            turn.ledgers.inbox.dead([second.inbox_id], text)
            reviews = turn.ledgers.reviews
            reviews.open(PersonId(18), "purpose", text, {"because": text, "more": [text]})
            reviews.open(PersonId(18), text, text, {text: text})
            claim = turn.ledgers.mails.claim(
                PersonId(20),
                mail="notice13",
                version=1,
                address_hash=AddressHash("x" * 64),
                template_id=1,
                retell=False,
            )
            assert claim is not None
            reviews.open(PersonId(20), "mail", str(claim.mail_id), {"mail": text, "version": 1})
            turn.ledgers.mails.open_duty(
                PersonId(18),
                mail=text,
                article=14,
                due_at=datetime.now(UTC) + timedelta(days=3),
                reason="mail",
            )
            content = MANIFEST.read_bytes() + f"# {text!a}\n".encode()
            manifests.activate(turn.session, turn.ledgers, content, who=text, agreed=Agreed(text))
            keep_run(turn, hashlib.sha256(content).hexdigest(), text)
            wish = NewProposal(Wish.ONE_PAIR, "", text, "", "associate 8")
            proposals.keep(turn.session, turn.ledgers, wish)
            decide(turn, hashlib.sha256(content).hexdigest(), text)
        ids = self.rows(
            "SELECT (SELECT quarantine_id FROM so_privacy.quarantine WHERE tenant_id = %(t)s),"
            " (SELECT min(review_id) FROM so_privacy.review WHERE tenant_id = %(t)s),"
            " (SELECT max(review_id) FROM so_privacy.review WHERE tenant_id = %(t)s),"
            " (SELECT max(manifest_id) FROM so_privacy.manifest WHERE tenant_id = %(t)s),"
            " (SELECT max(proposal_id) FROM so_privacy.proposal WHERE tenant_id = %(t)s),"
            " (SELECT max(run_id) FROM so_privacy.run WHERE tenant_id = %(t)s)",
            {"t": number},
        )[0]
        return Objects(first.inbox_id, second.inbox_id, *ids)

    def rows(self, statement: str, values: Mapping[str, Any] | None = None) -> list[tuple[Any, ...]]:
        """Ask the database as its owner."""
        with psycopg.connect(self.superuser, autocommit=True) as connection:
            return connection.execute(statement.encode(), values).fetchall()

    def change(self, statement: str, **values: Any) -> None:
        """Change the database as its owner, where the product has no way there yet."""
        with psycopg.connect(self.superuser, autocommit=True) as connection:
            connection.execute(statement.encode(), values)

    def dump(self) -> str:
        """Give all that is kept, but for the uses of sessions."""
        names = self.rows("SELECT tablename FROM pg_tables WHERE schemaname = 'so_privacy' ORDER BY 1", None)
        whole = "\n".join(
            f"{name}: {self.rows(f'SELECT row_to_json(t)::text FROM so_privacy.{name} t ORDER BY 1')}'"
            for (name,) in names
            if name != "web_session"
        )
        return re.sub(r'"turned_at":"[^"]*"', "", whole)  # a turn in which nothing is done leaves this


def decide(turn: Turn, digest: str, because: str, person: int = 18) -> None:
    """Keep and finish a decision of a rule of the published manifest, with what it wrote."""
    given = Decision("STORE", Outcome.GIVE, "met-in-person", because, "61F", "CARD", "P12M")
    ruling = Ruling(digest, (given, Decision("EMARKETING", Outcome.DENY, "minor", because)), ("NEWSLETTER",))
    decisions = turn.ledgers.decisions
    kept = decisions.keep(PersonId(person), ruling, {"event": "created"}, [])
    decisions.intend(kept.decision_id, [EffectIntent(PersonId(person), "STORE", "61F", "CARD", "tag", None)])
    decisions.effected(kept.decision_id, "STORE", "written")
    decisions.finish(kept.decision_id, "effect")


def keep_run(turn: Turn, digest: str, who: str) -> int:
    """Keep a run that is not begun, of a plan of two persons."""
    tenant = turn.tenant
    rule = RuleCount("met-in-person", gets=1, touched=1, mails=1, max_changes="5%")
    head = PlanHead(
        tenant=tenant.context_identifier,
        environment=tenant.environment,
        epoch=tenant.epoch,
        manifest=digest,
        manifest_name="nordic-b2b-default",
        lists="0" * 64,
        made_at=datetime(2026, 11, 1, tzinfo=UTC),
        last_ids=LastIds(20, 20, 20),
        tell_from=None,
        persons=40,
        rules=(rule,),
        no_mail={"before_start": 39},
    )
    write = PlannedWrite("STORE", "met-in-person", "61F", "CARD")
    person = PlannedPerson(
        PersonId(18),
        Mark(),
        {},
        {"STORE": "met-in-person"},
        (write,),
        mail="notice13",
        mail_rule="met-in-person",
    )
    new = NewRun(tenant.epoch, uuid.uuid4().hex, digest, "0" * 64, head_json(head), who)
    people = [NewPerson(PersonId(18), planned_json(person), mails=True, acts=True)]
    return run_register.add(turn.session, new, people)


def _unlimited() -> Floods:
    """Count nobody out: tests are refused more often in a second than any caller of one address."""
    return Floods(burst=100_000)


@contextmanager
def housed(folder: Path, dsn: str) -> Iterator[House]:
    """Run product and sandbox on a database."""
    listening = listen("127.0.0.1", 0)
    url = "http://127.0.0.1:{1}".format(*listening.getsockname())
    with start_sandbox(directory=folder / "sandbox", speed=10.0) as sandbox:
        assert sandbox.directory is not None
        settings = Settings(
            data_dir=folder / "data",
            public_url=url,
            client_id=(sandbox.directory / "client_id").read_text().strip(),
            application_token_file=sandbox.directory / "application_token",
            private_key_file=sandbox.directory / "private_key.pem",
            environments_file=sandbox.directory / "environments.json",
        )
        app = App(settings, dsn)
        receiving = app.receiving()
        try:
            with serving(receiving, listening=listening, routes=app.pages(), floods=_unlimited):
                yield House(app, url, sandbox, dsn)
        finally:
            receiving.close()
            app.close()


def token_of(page: str) -> str:
    found = _TOKEN.search(page)
    assert found is not None
    return found[1]
