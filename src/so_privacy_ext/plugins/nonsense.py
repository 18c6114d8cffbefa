"""What a plugin's function gave and may not give."""

from __future__ import annotations


class Nonsense(Exception):
    """A plugin's function gave what it may not give; the text holds nothing of what it gave."""
