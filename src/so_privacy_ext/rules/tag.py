"""Makes the comment by which a consent row says which rule of which manifest wrote it."""

from __future__ import annotations

from so_privacy_ext.model import TAG_PREFIX

_DIGEST_DIGITS = 12


def tag(rule_id: str, digest: str) -> str:
    """Give the comment; with the longest rule id it takes 88 of the CRM's 255 characters."""
    return f"{TAG_PREFIX}{rule_id} {digest[:_DIGEST_DIGITS]}"
