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
        "nordic-b2b@1": "a2f58c23aecbc15109f4cc1e96bc1cbcdd97864e700ec94aca64e7e54010ac66",
        "superoffice@1": "15a292244ce818271940c090ea61b83b426e342656076b0b41da3939bc471a0e",
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
