"""Has a plugin's functions look at a manifest; runs in the plugin's own process."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import islice
from types import MappingProxyType
from typing import Any, cast

from so_privacy_ext.extension import Finding, Linter
from so_privacy_ext.plugins.nonsense import Nonsense

MOST = 100
"""Findings of one function."""
_CODE = re.compile(r"[a-z][a-z0-9_]{0,40}")
_SAID = re.compile(r"[^\x00-\x1f\x7f]{1,500}")
LEVELS = ("warning", "note")


def findings_of(linter: Linter, manifest: Any, settings: Any) -> list[list[Any]]:
    """Give what a function says of a manifest, each as code, what, how, path and level.

    Raises whatever the plugin raises, and `Nonsense` for what is no finding.
    """
    offered = {"manifest": frozen(manifest), "settings": settings}
    given = linter.function(**{name: offered[name] for name in linter.asks})
    if not isinstance(given, Iterable):
        raise Nonsense("no findings")
    found = [list(_read(one)) for one in islice(given, MOST + 1)]
    if len(found) > MOST:
        raise Nonsense(f"more than {MOST} findings")
    return found


def frozen(value: Any) -> Any:
    """Give plain JSON values so that nobody can change them."""
    if isinstance(value, dict):
        return MappingProxyType({key: frozen(one) for key, one in value.items()})
    return tuple(frozen(one) for one in value) if isinstance(value, list) else value


def is_finding(said: Any) -> bool:
    """Tell whether it is a finding as `findings_of` gives it."""
    match said:
        case [str(code), str(what), str(how), list(path), str(level)]:
            texts = _SAID.fullmatch(what) and _SAID.fullmatch(how)
            steps = all(type(one) is str or (type(one) is int and one >= 0) for one in path)
            return bool(_CODE.fullmatch(code) and texts) and steps and level in LEVELS
    return False


def _read(given: Any) -> Iterator[Any]:
    if not isinstance(given, Finding):
        raise Nonsense("something that is no `Finding`")
    path = cast("Any", given.path)  # a plugin may have put anything there
    steps = list(path) if isinstance(path, list | tuple) else None
    said = [given.code, given.what, given.how, steps, given.level]
    if not is_finding(said):
        raise Nonsense("a `Finding` whose code, sentences, path or level are none")
    yield from said
