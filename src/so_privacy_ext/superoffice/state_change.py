"""A state-change notification: whether SuperOffice has sent it, and about whom. It says nothing to act on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from so_privacy_ext.model import ContextIdentifier
from so_privacy_ext.superoffice import signed_tokens
from so_privacy_ext.superoffice.environments import Environment
from so_privacy_ext.superoffice.signed_tokens import CLAIM, TokenError
from so_privacy_ext.superoffice.signing_keys import SigningKeys
from so_privacy_ext.superoffice.strict_json import read_object
from so_privacy_ext.superoffice.system_user import ISSUER

BACKUP_RESTORED = "backup_restored"
_KINDS = {0: "upgrade", 1: BACKUP_RESTORED, 2: "suspend", 3: "resume", 4: "delete", 5: "move"}
_OF_OTHER_TOKENS = ("nonce", f"{CLAIM}ticket", f"{CLAIM}system_token", f"{CLAIM}is_administrator")
"""Claims of a user's or a system user's token, which is signed by the same key for another purpose."""


@dataclass(frozen=True, slots=True)
class StateChange:
    """What a genuine notification speaks of. Its token does not bind the rest of it, so all is hearsay."""

    context_identifier: ContextIdentifier
    kind: str | None
    """A name of ours; None for a type that nobody has told us of."""


def read(content: bytes, environment: Environment, keys: SigningKeys, now: datetime) -> StateChange:
    """Read a notification; one that is not the environment's about this tenant, now, is a ValueError.

    Raises the `CrmFailure` that kept the environment's keys from being fetched.
    """
    body = read_object(content)
    claims = signed_tokens.read(body.get("Token"), keys)
    issuer = ISSUER if claims.get("iss") == ISSUER else environment.issuer
    audience = claims.get("aud", "")  # nobody has said which
    signed_tokens.check({"aud": "", **claims}, issuer=issuer, audience=audience, now=now)
    if any(name in claims for name in _OF_OTHER_TOKENS):
        raise TokenError("signed for another purpose")
    about, named = body.get("ContextIdentifier"), claims.get(f"{CLAIM}ctx")
    if not isinstance(about, str) or not isinstance(named, str) or about.casefold() != named.casefold():
        raise TokenError("about another tenant")
    change = body.get("ChangeType")
    kind = _KINDS.get(change) if isinstance(change, int) and not isinstance(change, bool) else None
    return StateChange(ContextIdentifier(about), kind)
