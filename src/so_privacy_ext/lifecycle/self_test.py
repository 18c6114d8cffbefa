"""Looks from outside whether we can be reached, as SuperOffice would before it posts to us."""

from __future__ import annotations

from pathlib import Path

import requests


def unreachable(public_url: str, ca_file: Path | None) -> str | None:
    """Say why our own public address does not answer; None when it does, and can store."""
    address = f"{public_url}/healthz/ready"
    try:
        with requests.Session() as session:
            session.trust_env = False  # no proxy and no .netrc: the way SuperOffice comes knows neither
            with session.get(
                address,
                timeout=5,
                allow_redirects=False,
                verify=str(ca_file) if ca_file else True,
                stream=True,
            ) as reply:
                status = reply.status_code
    except requests.RequestException as error:
        return type(error).__name__
    return None if status == requests.codes.ok else f"status {status}"
