"""The login service itself: its keys, and the one way in for system users."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from so_sandbox.login.authorizing import Asked, RefusedRequestError
from so_sandbox.login.grants import Grant, GrantError, Grants
from so_sandbox.login.keys import SigningKey, current_signing_key, next_signing_key
from so_sandbox.login.saml import system_user_saml
from so_sandbox.login.site import Site
from so_sandbox.login.system_user import CLOCK_WINDOW, AdmissionError, admit
from so_sandbox.login.tokens import SignedInUser, SystemUser, id_token, system_user_jwt
from so_sandbox.world.call_log import CallLog
from so_sandbox.world.rows import Associate
from so_sandbox.world.tenant import Tenant
from so_sandbox.world.world import World

STATE_LIFETIME = timedelta(seconds=60)
"""How long an answer about a tenant's state says that it is good."""
UNKNOWN_APPLICATION = "The application token is not known"


def real_time() -> datetime:
    return datetime.now(UTC)


class Login:
    """Lives by real time: a clock that was moved ahead must not make honest signatures look old.

    Unless it is told to live by another: whose own clock is moved along with the sandbox's signs by that one.
    """

    def __init__(
        self,
        world: World,
        site: Site,
        *,
        state_lifetime: timedelta = STATE_LIFETIME,
        now: Callable[[], datetime] = real_time,
    ) -> None:
        self.world = world
        self.site = site
        self.now = now
        self.state_lifetime = state_lifetime
        self.calls = CallLog()
        """Calls of login and state; those of the web services are in the world's own log."""
        self.grants = Grants()
        self.waiting: dict[str, Asked] = {}
        """Sign-ins whose approval page somebody has open, by the page's own number."""
        self._keys = [current_signing_key()]

    @property
    def keys(self) -> list[SigningKey]:
        """The published keys; the first one signs."""
        return list(self._keys)

    def rotate_key(self) -> None:
        """Sign with another key from now on and go on publishing the old one."""
        self._keys = [next_signing_key(), current_signing_key()]

    def reset(self) -> None:
        """Go back to the first key and an empty log; nobody is granted anything any more."""
        self._keys = [current_signing_key()]
        self.grants = Grants()
        self.waiting.clear()
        self.calls.clear()

    def authenticate(
        self,
        *,
        application_token: str | None,
        context_identifier: str | None,
        signed_system_token: str | None,
        token_type: str | None,
    ) -> str:
        """Give a signed JWT or SAML token with a ticket in it; raises AdmissionError with the reason."""
        now = self.now()
        application = self.world.application_of(application_token or "")
        if application is None:
            raise AdmissionError(UNKNOWN_APPLICATION)
        tenant = self.world.tenant(context_identifier or "")
        if tenant is None:
            raise AdmissionError("The context identifier is not known")
        kind = (token_type or "Jwt").casefold()
        if kind not in {"jwt", "saml"}:
            raise AdmissionError("The return token type is neither JWT nor SAML")
        authorization = admit(
            application,
            tenant.tables.authorizations.get(application.client_id),
            signed_system_token,
            now=now,
            window=CLOCK_WINDOW if self.world.switches.signing_window == "five_minutes" else None,
        )
        with self.world.lock:
            ticket = self.world.tickets.issue_ticket(
                context_identifier=tenant.context_identifier,
                associate_id=authorization.associate_id,
                client_id=application.client_id,
                now=self.world.clock.now(),
            )
        endpoint = self.site.endpoint(tenant)
        user = SystemUser(
            context_identifier=tenant.context_identifier,
            serial=tenant.serial,
            associate_id=authorization.associate_id,
            ticket=ticket.value,
            netserver_url=f"{endpoint}/Remote/Services88/",
            webapi_url=f"{endpoint}/api/",
        )
        sign = system_user_saml if kind == "saml" else system_user_jwt
        return sign(user, self.keys[0], now)

    def approve(self, asked: Asked, tenant: Tenant, associate: Associate) -> str:
        """Sign somebody in and give the code; an administrator lets the app into her tenant by that.

        Raises RefusedRequestError for a plain user of a tenant that has not let the app in.
        """
        client_id = asked.application.client_id
        with self.world.lock:
            if associate.role == "administrator":
                tenant.authorize(client_id, asked.application.name)
            leave = tenant.tables.authorizations.get(client_id)
            if leave is None or leave.state != "Active":
                raise RefusedRequestError("access_denied", "an administrator has to approve the application")
            grant = Grant(
                client_id=client_id,
                redirect_uri=asked.back.redirect_uri,
                context_identifier=tenant.context_identifier,
                associate_id=associate.associate_id,
                nonce=asked.nonce,
                challenge=asked.challenge,
                challenge_method=asked.challenge_method,
            )
            return self.grants.issue_code(grant, self.world.clock.now())

    def tokens(self, grant: Grant) -> dict[str, str | int]:
        """Give what a grant is worth now; raises GrantError once the tenant has taken its leave back."""
        now = self.now()
        with self.world.lock:
            tenant = self.world.tenant(grant.context_identifier)
            associate = tenant.tables.associates.get(grant.associate_id) if tenant else None
            leave = tenant.tables.authorizations.get(grant.client_id) if tenant else None
            if tenant is None or associate is None or leave is None or leave.state != "Active":
                raise GrantError("the tenant does not let the application in any more")
            access = self.world.tickets.issue_access_token(
                context_identifier=tenant.context_identifier,
                associate_id=associate.associate_id,
                client_id=grant.client_id,
                now=self.world.clock.now(),
            )
            endpoint = self.site.endpoint(tenant)
            user = SignedInUser(
                context_identifier=tenant.context_identifier,
                serial=tenant.serial,
                company_name=tenant.company_name,
                associate_id=associate.associate_id,
                name=associate.name,
                is_administrator=associate.role == "administrator",
                netserver_url=f"{endpoint}/Remote/Services88/",
                webapi_url=f"{endpoint}/api/",
                system_user_token=leave.system_user_token,
            )
        token = id_token(
            user,
            self.keys[0],
            now,
            issuer=self.site.issuer,
            client_id=grant.client_id,
            nonce=grant.nonce,
        )
        return {
            "token_type": "Bearer",
            "access_token": access.value,
            "expires_in": int(access.lifetime.total_seconds()),
            "id_token": token,
        }

    def state(self, context_identifier: str) -> dict[str, object]:
        """Describe a tenant in the seven fields; one that nobody has heard of is `Unknown`."""
        tenant = self.world.tenant(context_identifier)
        if tenant is not None and tenant.tables.states_to_come:
            with tenant.change():
                tenant.tables.state = tenant.tables.states_to_come.pop(0)
        valid_until = self.now() + self.state_lifetime
        running = tenant is not None and tenant.is_running
        endpoint = self.site.endpoint(tenant) if tenant is not None and running else None
        return {
            "ContextIdentifier": tenant.context_identifier if tenant else context_identifier,
            "Endpoint": endpoint,
            "State": tenant.tables.state if tenant else "Unknown",
            "IsRunning": running,
            "ValidUntil": valid_until.strftime("%Y-%m-%dT%H:%M:%S.%f") + "0Z",
            "Api": f"{endpoint}/api" if endpoint else None,
            "Version": tenant.tables.version if tenant else None,
        }
