"""Kills a turn at any call that it makes, of the CRM or of its ledgers, before or after the call."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field, fields
from typing import Any

from so_privacy_ext.ports import Ledgers

BOOKS = ("inbox", "decisions", "mails", "reviews", "journal", "ends", "errands", "erasures")


class Crash(BaseException):
    """The process is gone: nothing of ours may catch it."""


@dataclass
class Fuse:
    """Counts calls and blows at one of them; without a number it only writes them down."""

    blows_at: int | None = None
    after: bool = False
    seen: list[str] = field(default_factory=list)

    def call(self, name: str, do: Callable[[], Any]) -> Any:
        self._pass(name, after=False)
        try:
            answer = do()
        except Exception:
            self._pass(name, after=True)
            raise
        self._pass(name, after=True)
        return answer

    @contextmanager
    def transaction(self, real: Callable[[], AbstractContextManager[Any]]) -> Iterator[None]:
        with real():
            yield
            self._pass("commit", after=False)
        self._pass("commit", after=True)

    def _pass(self, name: str, *, after: bool) -> None:
        if not after:
            self.seen.append(name)
        if self.blows_at == len(self.seen) - 1 and self.after is after and self.seen[-1] == name:
            self.blows_at = None
            raise Crash(name)


class Fused:
    """Stands before a port and lets every call through the fuse."""

    def __init__(self, name: str, real: Any, fuse: Fuse) -> None:
        self._name, self._real, self._fuse = name, real, fuse

    def __getattr__(self, method: str) -> Any:
        real = getattr(self._real, method)
        if not callable(real):
            return real
        name = f"{self._name}.{method}"
        return lambda *args, **kwargs: self._fuse.call(name, lambda: real(*args, **kwargs))


def fused(ledgers: Ledgers, fuse: Fuse) -> Ledgers:
    """Give ledgers that may blow."""
    assert {one.name for one in fields(Ledgers)} == {*BOOKS, "transaction", "together", "due"}
    books: dict[str, Any] = {name: Fused(name, getattr(ledgers, name), fuse) for name in BOOKS}
    return Ledgers(
        **books,
        transaction=lambda: fuse.transaction(ledgers.transaction),
        together=lambda: fuse.transaction(ledgers.together),
        due=ledgers.due,
    )
