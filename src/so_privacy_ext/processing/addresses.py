"""Picks the one address a notice may go to, and hides it for what is kept."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence

from email_validator import EmailNotValidError, validate_email

from so_privacy_ext.model import AddressHash, EmailAddress


def primary(emails: Sequence[EmailAddress]) -> EmailAddress | None:
    """Give the primary address if a mail can go there; a malformed one is no address."""
    if not emails:
        return None
    first = min(emails, key=lambda email: email.rank)
    try:
        validate_email(first.address.strip(), check_deliverability=False, strict=True)
    except EmailNotValidError:
        return None
    return first


def domain(email: EmailAddress) -> str:
    """Give an address' domain in lower case."""
    return email.address.strip().rpartition("@")[2].casefold()


def address_hash(email: EmailAddress, key: bytes) -> AddressHash:
    """Hash an address under the tenant's key, so that equal addresses are known again and no other is."""
    return AddressHash(keyed_hash(email.address.strip().casefold(), key))


def keyed_hash(text: str, key: bytes) -> str:
    """Hash a text under the tenant's key, in hex."""
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()
