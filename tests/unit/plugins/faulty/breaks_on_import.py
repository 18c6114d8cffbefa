"""A plugin that can't be imported."""

from __future__ import annotations

raise SystemExit("Greta Olsen")
