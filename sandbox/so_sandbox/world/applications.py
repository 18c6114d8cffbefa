"""The applications that are registered with the vendor, and what each tenant lets them do."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Unattended:
    """An answer given without anybody looking."""

    approve: bool = True
    tenant: str = ""
    """Unless the request names one; empty = the first."""
    administrator: bool = True
    """Whether an administrator answers, or a plain user."""


@dataclass(slots=True)
class Application:
    """One app of the developer portal: its id, its secret, its public key."""

    client_id: str
    name: str
    application_token: str
    public_key_pem: str = ""
    redirect_uris: list[str] = field(default_factory=list)
    """Where a browser may be sent back to, letter by letter."""
    unattended: Unattended | None = None
    """Who answers for a human when somebody signs in; None shows the approval page."""
    state_change_url: str = ""
    """Where it is told of what becomes of tenants; empty = nowhere."""

    @property
    def address(self) -> str:
        """Give where its pages are: the store's Buy and Configure lead beside its first redirect address."""
        return self.redirect_uris[0].rpartition("/")[0] if self.redirect_uris else ""


@dataclass(slots=True)
class Authorization:
    """A tenant's leave for one app; `state` is Active, Revoked, Expired, Denied or NeedsReapproval."""

    client_id: str
    system_user_token: str
    associate_id: int
    """The associate that the app's system user acts as in this tenant."""
    state: str = "Active"
