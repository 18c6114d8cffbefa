"""A plugin that proposes a source that the manifest may not name; the category says how sure it is."""

from __future__ import annotations

from so_privacy_ext import Extension, Facts, Proposal

ext = Extension("faulty", version="1", says="Proposes.")


@ext.detect_source(reasons={"seen": {"en": "seen"}})
def source(facts: Facts) -> Proposal | None:
    return Proposal("FAIR" if facts.retired else "CARD", facts.category_id / 100, "seen")
