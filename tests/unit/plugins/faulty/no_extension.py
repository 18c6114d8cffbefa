"""A package whose entry point names no extension."""

from __future__ import annotations

ext = "acme-vat"
