"""Lines about who did what, with the fields that SuperOffice may ask for; people by number only."""

from __future__ import annotations

import structlog

NOBODY = "-"
OPERATOR = "operator"
"""Whoever has a terminal on a machine of ours."""

_log = structlog.get_logger("so_privacy_ext.security")


def note(
    event: str,
    *,
    user: str = NOBODY,
    source_address: str = NOBODY,
    destination_address: str = NOBODY,
    refused: bool = False,
    **more: object,
) -> None:
    """Log a security event, such as `signed_in`, `token_refused`, `manifest_activated`.

    `user` is `user_of(…)` or `operator`, never a name or an address; `more` holds ids, codes and counts.
    Time, date and source are on every line.
    """
    log = _log.warning if refused else _log.info
    log(
        event,
        security=True,
        user=user,
        source_address=source_address,
        destination_address=destination_address,
        **more,
    )


def user_of(tenant_id: int | None, associate_id: int | None) -> str:
    """Write who it was: an associate of a tenant, by their numbers."""
    parts = [f"tenant:{tenant_id}"] if tenant_id is not None else []
    parts += [f"associate:{associate_id}"] if associate_id is not None else []
    return "/".join(parts) or NOBODY
