"""What SuperID says of the person who has just signed in."""

from __future__ import annotations

import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from so_privacy_ext.model import AssociateId, ContextIdentifier
from so_privacy_ext.superoffice import signed_tokens
from so_privacy_ext.superoffice.signed_tokens import CLAIM, TokenError
from so_privacy_ext.superoffice.signing_keys import SigningKeys

_CONTEXT = re.compile(r"[A-Za-z]{1,20}[0-9]{1,10}")
_ASSOCIATE = re.compile(r"[0-9]{1,9}")
_LONGEST_TOKEN = 4096


@dataclass(frozen=True, slots=True)
class Identity:
    """Who signed in, as far as we need to know; her name and address are left where they are."""

    context_identifier: ContextIdentifier
    associate_id: AssociateId
    is_administrator: bool
    system_user_token: str | None = field(repr=False)
    """Only where an administrator has approved that our app has a system user."""


def identify(
    token: object, keys: SigningKeys, *, issuer: str, client_id: str, nonce: str, now: datetime
) -> Identity:
    """Believe an id_token that was made for this very sign-in; raise `TokenError` for any other."""
    claims = signed_tokens.read(token, keys)
    signed_tokens.check(claims, issuer=issuer, audience=client_id, now=now)
    if not _text(claims, "sub"):
        raise TokenError("of nobody")
    told = claims.get("nonce")
    if not isinstance(told, str) or not _same(told, nonce):
        raise TokenError("of another sign-in")
    context, associate = _text(claims, f"{CLAIM}ctx"), _text(claims, f"{CLAIM}associateid")
    if _CONTEXT.fullmatch(context) is None or _ASSOCIATE.fullmatch(associate) is None:
        raise TokenError("without tenant or associate")
    administrator = claims.get(f"{CLAIM}is_administrator")
    return Identity(
        context_identifier=ContextIdentifier(context),
        associate_id=AssociateId(int(associate)),
        is_administrator=administrator is True or administrator == "True",
        system_user_token=_system_user_token(claims),
    )


def _same(told: str, wanted: str) -> bool:
    return hmac.compare_digest(told.encode("utf-8", "surrogatepass"), wanted.encode())


def _text(claims: Mapping[str, Any], name: str) -> str:
    value = claims.get(name)
    return value if isinstance(value, str) else ""


def _system_user_token(claims: Mapping[str, Any]) -> str | None:
    found = _text(claims, f"{CLAIM}system_token")
    return found if found.isprintable() and 0 < len(found) <= _LONGEST_TOKEN else None
