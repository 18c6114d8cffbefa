"""One request of a signed-in administrator, and what the console needs of the product to answer it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from so_privacy_ext.errors import Exit, Refused, Rejected
from so_privacy_ext.lifecycle.pieces import Piece, Uninstalled
from so_privacy_ext.model import PersonId, TenantId
from so_privacy_ext.plugins.described import Description
from so_privacy_ext.plugins.found import Found
from so_privacy_ext.ports import OfTenant
from so_privacy_ext.processing.work import Work
from so_privacy_ext.rules.conditions import Words
from so_privacy_ext.rules.lint.law import LintFinding
from so_privacy_ext.rules.manifest import Manifest, parse
from so_privacy_ext.runs import Progress, Run, Wishes
from so_privacy_ext.storage import tenants
from so_privacy_ext.storage.manifests import Agreed
from so_privacy_ext.storage.plugins import KeptPlugin, KeptTrouble
from so_privacy_ext.storage.proposals import LONGEST_REASON, Proposal
from so_privacy_ext.storage.run_register import Choice, ListedPerson
from so_privacy_ext.storage.session import TenantSession
from so_privacy_ext.storage.tenants import TenantSummary
from so_privacy_ext.storage.turns import Turn
from so_privacy_ext.trial.shadow import Shadow
from so_privacy_ext.web import forms, languages, noting
from so_privacy_ext.web.forms import Posted
from so_privacy_ext.web.languages import Texts
from so_privacy_ext.web.rendering import Pages
from so_privacy_ext.web.security import PAGE_HEADERS
from so_privacy_ext.web.sessions import Signed

HOME = "/configure"
APPROVALS = f"{HOME}/approvals"
TURN_SECONDS = 10.0
"""As long as somebody who waits for a page waits for a worker to let go of her tenant."""
SHOWN = 100
_LONGEST_NUMBER = 18


class Approvals(Protocol):
    """What two administrators agree on, under a turn."""

    def propose(
        self, manifest: Manifest, content: bytes, *, who: str, reason: str, tell_from: datetime | None
    ) -> Sequence[LintFinding]:
        """Propose that a manifest decide; raises `ManifestInvalid`."""

    def demand(self, *, who: str) -> bool: ...
    def propose_run(self, run_id: int, ground: str, *, who: str, reason: str) -> None: ...
    def propose_plugin(self, now: Description, *, who: str, reason: str) -> None: ...
    def propose_one_pair(self, *, who: str, reason: str) -> None: ...
    def approve(self, proposal_id: int, *, who: str) -> Proposal: ...
    def refuse(self, proposal_id: int, *, who: str) -> None: ...


class Replaying(Protocol):
    """What replays kept decisions, under a turn."""

    def compare(self, before: Manifest, after: Manifest, since: datetime) -> Shadow:
        """Tell whose outcome differs; raises `ManifestInvalid`."""


class Runs(Protocol):
    """A tenant's runs; every call may wait for its turn."""

    def start(
        self, run_id: int, *, who: str, wishes: Wishes | None = None, skip_changed: bool = False
    ) -> Progress: ...
    def stop(self, run_id: int) -> Progress: ...
    def undo(self, run_id: int, *, who: str) -> int: ...
    def progress(self, run_id: int) -> Progress: ...
    def persons(
        self, run_id: int, choice: Choice, *, after: int = 0, limit: int = 1000
    ) -> Sequence[ListedPerson]: ...
    def listed(self, limit: int = 100) -> Sequence[Run]: ...


class Draft(Protocol):
    """A plan that is being made, was made a moment ago, or came to nothing."""

    @property
    def persons(self) -> int: ...
    @property
    def share(self) -> int: ...
    @property
    def run_id(self) -> int | None: ...
    @property
    def failed(self) -> str | None: ...
    @property
    def broken(self) -> tuple[str, ...]: ...
    @property
    def under_way(self) -> bool: ...


class Drafts(Protocol):
    """Plans that are being made."""

    def of(self, tenant_id: TenantId) -> Draft | None: ...
    def begin(
        self, tenant: OfTenant, *, who: str, tell_from: datetime | None, allowed: Collection[str]
    ) -> bool:
        """Begin one; False if one is under way."""


class TenantPlugin(Protocol):
    """A plugin as it stands for a tenant."""

    @property
    def name(self) -> str: ...
    @property
    def installed(self) -> Found | None: ...
    @property
    def agreed(self) -> Description | None: ...
    @property
    def is_on(self) -> bool: ...
    @property
    def kept(self) -> KeptPlugin | None: ...
    @property
    def troubles(self) -> Sequence[KeptTrouble]: ...
    @property
    def settings(self) -> Mapping[str, Any]: ...
    def asks_for_more(self, now: Description, /) -> Sequence[str]: ...


class Extending(Protocol):
    """Partners' plugins; what can't be is `Refused`."""

    def listed(self, session: TenantSession) -> Sequence[TenantPlugin]: ...
    def shown(self, session: TenantSession, name: str) -> TenantPlugin: ...
    def describe(self, name: str) -> Description: ...
    def two_must_agree(self, session: TenantSession, now: Description) -> bool: ...
    def enable(
        self, turn: Turn, now: Description, *, who: str, settings: Mapping[str, Any] | None = None
    ) -> None: ...
    def set(self, turn: Turn, name: str, settings: Mapping[str, Any], *, who: str) -> None: ...
    def disable(self, turn: Turn, name: str, *, who: str, erase: bool | None = None) -> bool: ...


class Tenancy(Protocol):
    """What the console needs of the product; every call may wait."""

    def session(self, tenant: OfTenant) -> AbstractContextManager[TenantSession]: ...
    def turn(self, tenant: OfTenant, *, wait: float) -> AbstractContextManager[Turn]: ...
    def make_work(self, turn: Turn, must_yield: Callable[[], bool]) -> Work | None:
        """Give what decides for the tenant now; None while no manifest does."""

    def words(self, session: TenantSession) -> Words:
        """Give the words of which the tenant's manifests are made."""

    def put_right(self, turn: Turn) -> None:
        """Put our webhooks right, those that a human stopped too."""

    def fit(self, turn: Turn, manifest: Manifest) -> Sequence[LintFinding]:
        """Give warnings; raises `ManifestInvalid` with all that the tenant lacks and that breaks a law."""

    def activate(
        self,
        turn: Turn,
        manifest: Manifest,
        content: bytes,
        *,
        who: str,
        tell_from: datetime | None,
        agreed: Agreed | None,
    ) -> object: ...
    def approving(self, turn: Turn) -> Approvals:
        """Give what is needed where two must agree."""

    def replaying(self, turn: Turn) -> Replaying: ...
    def runs(self, tenant: OfTenant) -> Runs: ...
    @property
    def drafts(self) -> Drafts: ...
    @property
    def extending(self) -> Extending: ...
    def pieces(self, tenant_id: TenantId) -> Sequence[Piece]:
        """Give what of ours is in the tenant's CRM."""

    def uninstall(self, tenant: TenantSummary) -> Uninstalled:
        """Take all of ours away, in the CRM and here."""


@dataclass(frozen=True, slots=True)
class Visit:
    """Who asks for what, with what was posted."""

    request: Request
    signed: Signed
    tenancy: Tenancy
    pages: Pages
    posted: Posted

    @property
    def language(self) -> str:
        return languages.chosen(self.request, self.signed.language)

    @property
    def texts(self) -> Texts:
        return languages.texts(self.language)

    def session(self) -> AbstractContextManager[TenantSession]:
        """Read as this tenant."""
        return self.tenancy.session(self.signed)

    def turn(self) -> AbstractContextManager[Turn]:
        """Hold this tenant's turn, as whatever writes must."""
        return self.tenancy.turn(self.signed, wait=TURN_SECONDS)

    def manifest(self, session: TenantSession, content: bytes, name: str) -> Manifest:
        """Read a manifest by the words of this tenant; raises `ManifestInvalid`."""
        return parse(content, name, self.tenancy.words(session))

    @property
    def who(self) -> str:
        """Name who does it, by number."""
        return f"associate {self.signed.associate_id}"

    def reason(self) -> str | None:
        """Give the posted reason; None where it is lacking or too long."""
        text = self.posted.fields.get("reason", "").strip()
        return text if 0 < len(text) <= LONGEST_REASON else None

    def summary(self, session: TenantSession) -> TenantSummary:
        """Give the tenant at a glance; one that was removed a moment ago is nowhere any more."""
        found = tenants.summary(session)
        if found is None:
            raise Rejected("not_found", 404)
        return found

    def page(self, template: str, *, status: int = 200, **values: object) -> Response:
        """Render a page of the console."""
        done = self.request.query_params.get("done", "")
        return self.pages.render(
            self.request,
            f"console/{template}",
            status=status,
            language=self.language,
            signed=self.signed,
            path=self.request.url.path,
            done=done if f"done.{done}" in self.texts else None,
            asked=self.request.method != "POST",
            **values,
        )

    def note(self, event: str, **more: str | int) -> None:
        """Log who did it, by numbers."""
        signed = self.signed
        noting.note(
            self.request.scope,
            event,
            tenant_id=signed.tenant_id,
            associate_id=signed.associate_id,
            refused=False,
            **more,
        )

    def done(self, path: str, what: str) -> Response:
        """Lead on to a page that says what was done, so that loading it again does nothing again."""
        return RedirectResponse(f"{path}?done={what}", 303, PAGE_HEADERS)

    def field(self, name: str) -> str:
        """Give a posted text; `Rejected` without it."""
        value = self.posted.fields.get(name)
        if value is None:
            raise Rejected("field_missing", 400)
        return value

    def person(self) -> PersonId | None:
        """Give the person that a list is narrowed to, if it is."""
        asked = forms.only_value(self.request, "person")
        return PersonId(number(asked)) if asked else None

    def wanted(self) -> Mapping[str, str]:
        """Give what a list is narrowed by, as it was asked."""
        return {"person": self.request.query_params.get("person", "")}


def number(text: str) -> int:
    """Read an id; what can't be one is answered as one that isn't there."""
    if not (text.isascii() and text.isdigit() and 0 < len(text) <= _LONGEST_NUMBER and int(text) > 0):
        raise Refused("not_found", "it is no id", "see the list", Exit.NO_INPUT)
    return int(text)
