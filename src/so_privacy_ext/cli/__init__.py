"""The operator and the administrator at a terminal."""

from __future__ import annotations

__all__ = ["main"]

from so_privacy_ext.cli.program import main
