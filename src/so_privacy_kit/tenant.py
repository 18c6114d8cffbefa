"""A tenant in which the product is installed, seen from both sides."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

from so_privacy_ext import published
from so_privacy_ext.rules.manifest import parse
from so_privacy_ext.storage import journal, reviews
from so_privacy_ext.storage.journal import Entry
from so_privacy_ext.storage.reviews import Review
from so_privacy_ext.storage.tenants import TenantSummary
from so_privacy_kit.outbox import Outbox
from so_privacy_kit.person import Person
from so_privacy_kit.product import Product
from so_sandbox.triggering import trigger
from so_sandbox.world.faults import Fault
from so_sandbox.world.tenant import Tenant as Crm
from so_sandbox.world.world import World

ENVIRONMENT = "sandbox"
_ALL = 100_000


class Tenant:
    """One customer's CRM and what the product keeps of it."""

    def __init__(self, product: Product, world: World, crm: Crm) -> None:
        self.product = product
        self._world = world
        self.crm = crm
        """The tenant of the sandbox, for what has no word here."""

    def __repr__(self) -> str:
        return f"<tenant {self.name}>"

    @property
    def name(self) -> str:
        """Give its context identifier, such as `Cust12345`."""
        return self.crm.context_identifier

    def person(self, settings: Mapping[str, object] | None = None, /, **more: object) -> Person:
        """Have a person enter by settings such as `country="DK"`; those with a dot come in a mapping."""
        return Person(self, self.trigger("person.created", settings, **more))

    def persons(self) -> list[Person]:
        """Give all who are there."""
        return [Person(self, row.person_id) for row in self.crm.persons()]

    @property
    def outbox(self) -> Outbox:
        """Give the mails that have left it."""
        return Outbox(self.crm)

    def trigger(self, event: str, settings: Mapping[str, object] | None = None, /, **more: object) -> int:
        """Have something happen in the CRM, as `so-sandbox trigger` does; gives the id it is about."""
        given = {name: str(value) for name, value in {**(settings or {}), **more}.items()}
        return trigger(self.crm, event, given)

    def fault(self, kind: str, operation: str = "*", *, nth: int = 1, times: int = 1) -> None:
        """Have calls to its CRM fail, such as `http_503` at `Person.SetConsent`; `times` 0 is all of them."""
        asked = Fault(kind, operation, self.name, nth, times)
        self._world.faults.add(asked)

    def no_faults(self) -> None:
        """Have nothing fail any more, in any tenant."""
        self._world.faults.clear()

    def activate(self, manifest: str | Path) -> None:
        """Let a manifest decide from now on, a text or a file; refused as in production if it is wrong."""
        content = manifest.read_bytes() if isinstance(manifest, Path) else manifest.encode()
        name = str(manifest) if isinstance(manifest, Path) else "manifest"
        with self.product.turn(self.summary) as turn:
            parsed = parse(content, name, self.product.words(turn.session))
            self.product.activating(turn).activate(
                parsed, content, who="test", tell_from=None, unprotect=_given_up(turn.manifest())
            )

    def enable(self, plugin: str, **settings: object) -> None:
        """Switch on a plugin that is installed here, set so; refused as in production."""
        extending = self.product.extending
        with self.product.turn(self.summary) as turn:
            extending.enable(turn, extending.describe(plugin), who="test", settings=settings)

    def disable(self, plugin: str, *, erase: bool | None = None) -> None:
        """Switch a plugin off; of one that holds data say whether it is to erase them."""
        with self.product.turn(self.summary) as turn:
            self.product.extending.disable(turn, plugin, who="test", erase=erase)

    @property
    def summary(self) -> TenantSummary:
        """Give the tenant at a glance, as `so-privacy tenant show` does."""
        return self.product.tenant(self.name, ENVIRONMENT)

    def journal(self, kind: str | None = None, person: Person | None = None) -> Sequence[Entry]:
        """Give what is journalled, oldest first."""
        with self.product.session(self.summary) as session:
            found = journal.latest(session, _ALL)
        return [
            one
            for one in found
            if kind in {None, one.kind} and (person is None or one.person_id == person.id)
        ]

    def reviews(self) -> Sequence[Review]:
        """Give what waits for a human, oldest first."""
        with self.product.session(self.summary) as session:
            return reviews.listed(session)


def published_manifest() -> Path:
    """Name the manifest that decides for a tenant until a test activates another."""
    return published.folder("manifests") / "rules" / "nordic-b2b.yaml"


def _given_up(standing: tuple[bytes, str] | None) -> Collection[str]:
    """Name what the published manifest protects where it still decides, since no test has asked for that."""
    file = published_manifest()
    if standing is None or standing[0] != file.read_bytes():
        return ()
    purposes = parse(standing[0], file.name).content.purposes
    return [key for key, one in purposes.items() if one.protect]
