"""What a manifest proposes for persons nobody deals with any more, ready to be asked."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from so_privacy_ext.rules.logic import Part, Test, matcher, ready
from so_privacy_ext.rules.manifest import Manifest
from so_privacy_ext.sdk import Ground


@dataclass(frozen=True, slots=True)
class ActiveRetention:
    """An entry of `retention` with its test."""

    name: str
    inactive: str
    """ISO 8601: for how long nobody dealt with the person."""
    then: Literal["propose_delete", "review"]
    when: Part = field(repr=False)
    matches: Test = field(repr=False)
    """Not true unless the entry speaks of the person."""


def kept(manifest: Manifest, ground: Ground) -> tuple[ActiveRetention, ...]:
    """Make the entries ready, each for itself, in the order of the file."""
    whens = {name: ready(one.when, ground) for name, one in manifest.content.retention.items()}
    return tuple(
        ActiveRetention(name, one.inactive, one.then, whens[name], matcher(whens[name]))
        for name, one in manifest.content.retention.items()
    )
