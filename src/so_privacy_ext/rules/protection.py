"""Keeps a new version from dropping or loosening a purpose that the version before it protects."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from so_privacy_ext.rules.findings import Finding, shown
from so_privacy_ext.rules.manifest import Manifest


def breaches(old: Manifest, new: Manifest, unprotected: Collection[str] = ()) -> Iterator[Finding]:
    """Give what the new version does to protected purposes of the old one, those given up aside.

    A purpose that is called otherwise now, by `moved`, is protected under its new name.
    """
    moved = new.content.moved.purposes if new.content.moved else {}
    purposes = new.root.get("purposes") or new.root
    for key, before in old.content.purposes.items():
        if not before.protect or key in unprotected:
            continue
        how = f"leave it as it is, or activate with --unprotect {key}"
        name = moved.get(key, key)
        after = new.content.purposes.get(name)
        at = purposes.get(name) or purposes
        if after is None:
            what = f"{shown(key)} is protected, and this version has it no more"
            yield Finding(at.line, at.column, "protected_dropped", what, how)
            continue
        wider = sorted(set(after.allowed) - set(before.allowed))
        if wider:
            what = f"{shown(name)} is protected, and this version allows {', '.join(wider)} besides"
            at = at.get("allowed") or at
            yield Finding(at.line, at.column, "protected_widened", what, how)
        if not after.protect:
            what = f"{shown(name)} is protected, and this version protects it no more"
            yield Finding(at.line, at.column, "protection_dropped", what, how)
