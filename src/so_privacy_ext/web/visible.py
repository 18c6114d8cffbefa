"""Shows what others wrote: nothing of it hides, moves or reorders what stands around it."""

from __future__ import annotations

import unicodedata

_STEERING = {"Cc", "Cf", "Zl", "Zp", "Cs", "Co", "Cn"}
"""Unicode's categories of what a browser may obey, hide or reorder by, instead of showing it."""
_KEPT = "\n\t"


def visible(text: str) -> str:
    """Escape what would not be seen as it is; lines and tabs stay."""
    return "".join(_escaped(one) if unicodedata.category(one) in _STEERING else one for one in text)


def visible_bytes(content: bytes) -> str:
    """Show bytes as the text that they are; what is no text becomes an escape of two digits."""
    return visible(content.decode("utf-8", errors="backslashreplace"))


def _escaped(character: str) -> str:
    number = ord(character)
    if character in _KEPT:
        return character
    return f"\\u{number:04x}" if number < 0x10000 else f"\\U{number:08x}"
