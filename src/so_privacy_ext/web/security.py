"""What every response carries, so that a browser does nothing with our pages but show them."""

from __future__ import annotations

from collections.abc import Sequence

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
"""Our own style sheet and forms: no script at all, no frame, nothing inline, nothing from elsewhere."""

HEADERS: Sequence[tuple[str, str]] = (
    ("x-content-type-options", "nosniff"),
    # Not no-referrer: with it a browser says `Origin: null` of our own forms, which we must refuse.
    ("referrer-policy", "same-origin"),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
    ("strict-transport-security", "max-age=31536000"),
    ("content-security-policy", CONTENT_SECURITY_POLICY),
)
"""On every answer, refused requests too; the server adds them."""

PAGE_HEADERS = {"cache-control": "private, no-store", "vary": "cookie, accept-language"}
"""On every page besides: it is one person's and of this moment."""
