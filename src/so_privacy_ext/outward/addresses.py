"""Where a tenant's own systems may be told: by HTTPS, and at an address that reads in one way only."""

from __future__ import annotations

from urllib.parse import urlsplit

from so_privacy_ext.errors import Exit, Refused

LONGEST = 2000
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


def host_of(url: str, *, loopback: bool) -> str:
    """Give the host and port of an address that may be posted to; refused otherwise, never quoted.

    Plain HTTP is for this machine alone, and only where `loopback` says so.
    """
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise _bad("it is none") from None
    if len(url) > LONGEST or not url.isascii() or not url.isprintable() or set(url) & set(" \\<>\"'`{}|^"):
        raise _bad("it is too long, or has characters that must be written as %XX")
    if parts.scheme == "http" and not (loopback and host in _LOOPBACK):
        raise _bad("it is plain HTTP, which everybody on the way can read and change")
    if parts.scheme not in {"http", "https"} or not host:
        raise _bad("it does not begin with https:// and a host")
    if "@" in parts.netloc:
        raise _bad("it holds a user name; put what lets us in into its path or query")
    if "#" in url:
        raise _bad("it has a fragment, which nobody is ever sent")
    shown = f"[{host}]" if ":" in host else host
    return shown if port is None else f"{shown}:{port}"


def _bad(what: str) -> Refused:
    how = "give an address such as https://hooks.example.com/privacy"
    return Refused("endpoint_address", f"the address can't be used: {what}", how, Exit.BAD_DATA)
