"""The login service's public keys, by the thumbprint that its tokens name."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping

import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from so_privacy_ext.errors import CrmFailure, Fault
from so_privacy_ext.superoffice import faults
from so_privacy_ext.superoffice.environments import Environment
from so_privacy_ext.superoffice.strict_json import read_object
from so_privacy_ext.superoffice.wire import Wire

_OPERATION = "Login.Jwks"
_LARGEST = 256 * 1024
_SHORTEST_KEY, _LONGEST_KEY = 2048, 8192
_KEPT_SECONDS = 24 * 3600.0
_REFETCH_SECONDS = 300.0
"""However many tokens name unknown keys, the service is asked no oftener than this."""


class SigningKeys:
    """Keys of one environment's login service, fetched when first needed."""

    def __init__(
        self, environment: Environment, wire: Wire, elapsed: Callable[[], float] = time.monotonic
    ) -> None:
        self._url = f"{environment.login}/.well-known/jwks"
        self._wire = wire
        self._elapsed = elapsed
        self._lock = threading.Lock()
        self._keys: Mapping[str, RSAPublicKey] = {}
        self._fetched: float | None = None
        self._next = float("-inf")
        self._repeated = False

    def by_thumbprint(self, x5t: str) -> RSAPublicKey | None:
        """Find a key; an unknown one has the keys fetched anew, at most every five minutes.

        Keys that were once got are good for a day, whatever becomes of the service meanwhile.
        """
        with self._lock:
            now = self._elapsed()
            if self._fetched is not None and now - self._fetched > _KEPT_SECONDS:
                self._keys = {}
            if x5t not in self._keys and now >= self._next:
                self._next = now + _REFETCH_SECONDS
                try:
                    self._keys = self._fetch()
                except CrmFailure:
                    self._repeat_once(now)
                    raise
                self._fetched = now
            return self._keys.get(x5t)

    def _repeat_once(self, now: float) -> None:
        """Until keys were got for the first time, let a failed fetch be repeated once, then wait for both."""
        if self._fetched is None:
            self._next = now if not self._repeated else now + 2 * _REFETCH_SECONDS
            self._repeated = not self._repeated

    def _fetch(self) -> Mapping[str, RSAPublicKey]:
        reply = self._wire.exchange(
            _OPERATION, "GET", self._url, headers={"Accept": "application/json"}, limit=_LARGEST
        )
        if reply.status != 200:
            raise faults.failure(Fault.TRANSIENT, _OPERATION, detail=f"status {reply.status}")
        try:
            keys = dict(_read(reply.content))
        except (ValueError, LookupError, TypeError, AttributeError, jwt.PyJWTError):
            raise faults.protocol(_OPERATION, "not a key set") from None
        if not keys:
            raise faults.protocol(_OPERATION, "no key that we could use")
        return keys


def _read(content: bytes) -> Iterator[tuple[str, RSAPublicKey]]:
    seen = set()
    for entry in read_object(content)["keys"]:
        name = entry.get("x5t")
        if name in seen:
            raise ValueError("a thumbprint twice")
        seen.add(name)
        key = _public_key(entry)
        if isinstance(name, str) and key is not None:
            yield name, key


def _public_key(entry: Mapping[str, object]) -> RSAPublicKey | None:
    """Read one entry; None for a key that may not sign for us."""
    if entry.get("kty") != "RSA" or entry.get("use", "sig") != "sig" or entry.get("alg", "RS256") != "RS256":
        return None
    key = jwt.algorithms.RSAAlgorithm.from_jwk({"kty": "RSA", "n": entry["n"], "e": entry["e"]})
    return key if isinstance(key, RSAPublicKey) and _SHORTEST_KEY <= key.key_size <= _LONGEST_KEY else None
