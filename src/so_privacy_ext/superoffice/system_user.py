"""Our own non-human identity in a tenant: signs its token and gets its ticket at PartnerSystemUser."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from so_privacy_ext import metrics
from so_privacy_ext.errors import Applied, CrmFailure, Fault
from so_privacy_ext.model import AssociateId
from so_privacy_ext.superoffice import faults, signed_tokens
from so_privacy_ext.superoffice.environments import Environment
from so_privacy_ext.superoffice.signed_tokens import CLAIM, TokenError
from so_privacy_ext.superoffice.signing_keys import SigningKeys
from so_privacy_ext.superoffice.strict_json import read_object
from so_privacy_ext.superoffice.wire import HttpReply, Wire

ISSUER = "SuperOffice AS"

_OPERATION = "PartnerSystemUser.Authenticate"
_LARGEST = 64 * 1024
_UNKNOWN_WAIT = 60.0
_REFUSALS = {
    "revoked": Fault.AUTHORIZATION_LOST,
    "expired": Fault.AUTHORIZATION_LOST,
    "denied": Fault.AUTHORIZATION_LOST,
    "needsreapproval": Fault.AUTHORIZATION_LOST,
    "invalidtimestamp": Fault.CLOCK_SKEW,
    "invalidsignature": Fault.APP_KEY,
    "applicationtoken": Fault.APP_KEY,
}
"""The vendor's names (AuthorizeErrorCode); whether the message holds them alone is not documented, nor how a
client secret is refused that was replaced: a message that speaks of it is taken for that, as a 401 is."""


@dataclass(frozen=True, slots=True)
class Application:
    """What proves that a caller is our app."""

    application_token: str = field(repr=False)
    private_key: RSAPrivateKey = field(repr=False)


@dataclass(frozen=True, slots=True)
class SystemUser:
    """What PartnerSystemUser says of us in a tenant."""

    ticket: str = field(repr=False)
    serial: str
    associate_id: AssociateId | None
    """Not trusted as our own id: that is what our webhook says."""


def sign(system_user_token: str, key: RSAPrivateKey, now: datetime) -> str:
    """Sign `token.time` as the vendor wants it; `now` is UTC."""
    data = f"{system_user_token}.{now:%Y%m%d%H%M}"
    signature = key.sign(data.encode(), padding.PKCS1v15(), hashes.SHA256())
    return f"{data}.{base64.b64encode(signature).decode()}"


def authenticate(
    wire: Wire,
    environment: Environment,
    application: Application,
    keys: SigningKeys,
    *,
    context_identifier: str,
    system_user_token: str,
    now: datetime,
) -> SystemUser:
    """Get a ticket; nothing of the tenant's was called when this fails."""
    body = {
        "SignedSystemToken": sign(system_user_token, application.private_key, now),
        "ApplicationToken": application.application_token,
        "ContextIdentifier": context_identifier,
        "ReturnTokenType": "JWT",
    }
    try:
        with metrics.crm_call(_OPERATION):
            reply = wire.exchange(
                _OPERATION,
                "POST",
                f"{environment.login}/api/PartnerSystemUser/Authenticate",
                headers={"Content-Type": "application/json", "Accept": "application/json"},
                body=json.dumps(body).encode(),
                limit=_LARGEST,
            )
            if reply.status == 401:
                raise faults.failure(Fault.APP_KEY, _OPERATION, detail="status 401")
            if reply.status != 200:
                raise faults.of_status(reply.status, reply.headers.get("Retry-After"), _OPERATION, now)
            return _validate(_token(reply, now), keys, context_identifier, now)
    except CrmFailure as failure:
        failure.applied = Applied.NO
        raise


def _token(reply: HttpReply, now: datetime) -> str:
    """Give the token of an answer that says it succeeded, in so many words."""
    try:
        answer = read_object(reply.content)
    except ValueError:
        raise faults.protocol(_OPERATION, "not JSON") from None
    if answer.get("IsSuccessful") is not True:
        raise _refusal(str(answer.get("ErrorMessage") or ""), _skew(reply.headers.get("Date"), now))
    token = answer.get("Token")
    if not isinstance(token, str):
        raise faults.protocol(_OPERATION, "no token")
    return token


def _skew(date: str | None, now: datetime) -> str:
    """Say how far our clock is from that of the answer."""
    try:
        theirs = parsedate_to_datetime(date or "")
        seconds = round((now - theirs).total_seconds())
    except (ValueError, TypeError, IndexError):
        return "and the answer has no date"
    return f"our clock is {abs(seconds)} s {'behind' if seconds < 0 else 'ahead'}"


def _refusal(message: str, skew: str) -> CrmFailure:
    """Recognise the vendor's reason in its message, of which nothing else is kept."""
    words = message.casefold().replace(" ", "").replace("_", "")
    for name, fault in _REFUSALS.items():
        if name in words:
            detail = f"{name}, {skew}" if fault is Fault.CLOCK_SKEW else name
            return faults.failure(fault, _OPERATION, detail=detail)
    return faults.failure(
        Fault.UNKNOWN, _OPERATION, wait=_UNKNOWN_WAIT, detail="refused for an unknown reason"
    )


def _validate(token: str, keys: SigningKeys, context_identifier: str, now: datetime) -> SystemUser:
    """Check the JWT: signed by the login service, for this tenant's own number alone, in time."""
    try:
        claims = signed_tokens.read(token, keys)
        signed_tokens.check(claims, issuer=ISSUER, audience=f"spn:{claims.get(f'{CLAIM}serial')}", now=now)
        return _system_user(claims, context_identifier)
    except TokenError:
        raise faults.protocol(_OPERATION, "token not valid") from None


def _system_user(claims: Mapping[str, Any], context_identifier: str) -> SystemUser:
    serial, ticket = claims.get(f"{CLAIM}serial"), claims.get(f"{CLAIM}ticket")
    if not (isinstance(serial, str) and serial and isinstance(ticket, str) and ticket):
        raise TokenError("without number or ticket")
    if claims.get(f"{CLAIM}ctx", context_identifier) != context_identifier:
        raise TokenError("another tenant's")
    own = str(claims.get(f"{CLAIM}associateid", ""))
    known = own.isascii() and own.isdigit()
    return SystemUser(ticket=ticket, serial=serial, associate_id=AssociateId(int(own)) if known else None)
