"""One request of a signed-in administrator, and what the console needs of the product to answer it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from so_privacy_ext.errors import Exit, Refused, Rejected
from so_privacy_ext.lifecycle.pieces import Piece, Uninstalled
from so_privacy_ext.model import PersonId, TenantId
from so_privacy_ext.ports import OfTenant
from so_privacy_ext.rules.lint.law import LintFinding
from so_privacy_ext.rules.manifest import Manifest
from so_privacy_ext.storage import tenants
from so_privacy_ext.storage.manifests import Agreed
from so_privacy_ext.storage.proposals import Proposal
from so_privacy_ext.storage.session import TenantSession
from so_privacy_ext.storage.tenants import TenantSummary
from so_privacy_ext.storage.turns import Turn
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
    def propose_one_pair(self, *, who: str, reason: str) -> None: ...
    def approve(self, proposal_id: int, *, who: str) -> Proposal: ...
    def refuse(self, proposal_id: int, *, who: str) -> None: ...


class Tenancy(Protocol):
    """What the console needs of the product; every call may wait."""

    def session(self, tenant: OfTenant) -> AbstractContextManager[TenantSession]: ...
    def turn(self, tenant: OfTenant, *, wait: float) -> AbstractContextManager[Turn]: ...
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
