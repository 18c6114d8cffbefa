"""Where the sandbox is found: every address that it hands out is built here."""

from __future__ import annotations

from dataclasses import dataclass

from so_sandbox.world.tenant import Tenant

WRONG_SUBDOMAIN = "Wrong subdomain used to access tenant"


@dataclass(frozen=True, slots=True)
class Site:
    """The address it is reached at, a path prefix, and the issuer, which is only a name."""

    scheme: str
    host: str
    """With its port."""
    prefix: str
    """Empty, or a path with a leading and no trailing slash."""
    issuer: str

    @property
    def url(self) -> str:
        return f"{self.scheme}://{self.host}{self.prefix}"

    def endpoint(self, tenant: Tenant) -> str:
        """Give a tenant's own base address, without a trailing slash."""
        return f"{self.scheme}://{tenant.tables.host or self.host}{self.prefix}/{tenant.context_identifier}"

    def misdirected(self, tenant: Tenant, host: str) -> bool:
        """Tell whether a request for this tenant came to another host than its own."""
        wanted = tenant.tables.host
        return bool(wanted) and host.casefold() != wanted.casefold()
