"""The applications that are registered with the vendor, and what each tenant lets them do."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(slots=True)
class Application:
    """One app of the developer portal: its id, its secret, its public key."""

    client_id: str
    name: str
    application_token: str
    public_key_pem: str = ""
    redirect_uris: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Authorization:
    """A tenant's leave for one app; `state` is Active, Revoked, Expired, Denied or NeedsReapproval."""

    client_id: str
    system_user_token: str
    associate_id: int
    """The associate that the app's system user acts as in this tenant."""
    state: str = "Active"
