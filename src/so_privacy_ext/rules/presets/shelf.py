"""Finds a preset by its name and version, and believes it only if its bytes are those that were published.

So a manifest that names a preset says as much as one that has it written out, and its digest pins both.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from functools import cache
from importlib import resources
from types import MappingProxyType

from so_privacy_ext.rules.tree import Node, read

PREFIX = "preset:"
PUBLISHED: Mapping[str, str] = MappingProxyType(
    {
        "nordic-b2b@1": "19a5d7c9728a947a2948df723ebe5dad5ac0e2a8a9e6a92c85c9fb4816f90892",
        "superoffice@1": "f43df0ad197570824902a41234d299d5253c42499be4db3414c971c473d01151",
    }
)
"""Name and version → SHA-256 of the file. A line is added for a new version and none is ever changed."""


def names() -> list[str]:
    """Give what may stand below `extends`."""
    return sorted(PREFIX + one for one in PUBLISHED)


@cache
def preset(name: str) -> Node:
    """Give the tree of a preset, called as below `extends`; KeyError if there is none."""
    version = name.removeprefix(PREFIX)
    digest = PUBLISHED[version]
    content = resources.files(__package__).joinpath(f"{version}.yaml").read_bytes()
    if hashlib.sha256(content).hexdigest() != digest:
        raise RuntimeError(f"the file of {name} is not the one that was published; install anew")
    root, _ = read(content.decode())
    return root
