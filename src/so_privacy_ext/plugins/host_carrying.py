"""Has a plugin's function carry a letter; runs in the plugin's own process."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from so_privacy_ext.extension import Carrying, NotSent
from so_privacy_ext.plugins.nonsense import Nonsense
from so_privacy_ext.plugins.wire import NOT_SENT, REFUSED, SENT


def carried(carrying: Carrying, letter: Mapping[str, Any], more: Mapping[str, Any]) -> str:
    """Say what became of a letter; raises whatever the plugin raises but `NotSent`, and `Nonsense`."""
    from so_privacy_ext.ports import Letter  # noqa: PLC0415 - who carries nothing is there sooner without it

    offered = {"letter": Letter(**letter), **more}
    try:
        given = carrying.function(**{name: offered[name] for name in carrying.asks})
    except NotSent as failed:
        return REFUSED if failed.for_good else NOT_SENT
    if given is not None:
        raise Nonsense("something, and nothing is taken of it")
    return SENT
