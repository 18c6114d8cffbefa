"""Turns the bytes of a manifest file into text, or says why they are none."""

from __future__ import annotations

import codecs
import re

from so_privacy_ext.rules.findings import LIMIT, Finding

MOST_BYTES = 256 * 1024

_BYTE_ORDER_MARKS = (codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_TURNING = "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"
"""Characters that turn the direction of writing, so that a text reads otherwise than it is."""
_UNWANTED = re.compile(
    f"[\x00-\x09\x0b-\x1f\x7f-\x9f{_TURNING}\u2028\u2029\ufeff\ufffe\uffff]|^%", re.MULTILINE
)
DECEPTIVE = re.compile(f"[\x00{_TURNING}\ud800-\udfff]")
"""What must not come in by an escape either."""
_NAMED = {
    "\t": ("tab", "a tab", "YAML is indented with spaces; put spaces in its place"),
    "\r": (
        "carriage_return",
        "a line ends with CR",
        "save the file with LF line ends, so that one text has one digest",
    ),
    "%": ("directive", "a line begins with %", "directives are not used; drop it"),
    "\0": ("nul", "a NUL character", "take it out; was the file saved as UTF-16?"),
}


def decode(data: bytes) -> tuple[str, list[Finding]]:
    """Give the text with everything that is wrong with its characters; empty where nothing can be read."""
    if len(data) > MOST_BYTES:
        what = f"the file has more than {MOST_BYTES} bytes"
        return "", [Finding(1, 1, "too_large", what, "split its rules, or shorten what explains them")]
    if data.startswith(_BYTE_ORDER_MARKS):
        how = "save the file as UTF-8 without byte order mark"
        return "", [Finding(1, 1, "byte_order_mark", "the file begins with a byte order mark", how)]
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        line, column = _position(data[: error.start].decode(), error.start)
        what = f"byte 0x{data[error.start]:02x} is not UTF-8"
        return "", [Finding(line, column, "not_utf8", what, "save the file as UTF-8")]
    findings = _unwanted(text)
    legible = all(one.code == "carriage_return" for one in findings)
    return text if legible else "", findings


def _unwanted(text: str) -> list[Finding]:
    findings: list[Finding] = []
    seen_return = False
    for match in _UNWANTED.finditer(text):
        if match[0] == "\r":
            if seen_return:
                continue
            seen_return = True
        findings.append(Finding(*_position(text, match.start()), *_NAMED.get(match[0]) or _unnamed(match[0])))
        if len(findings) > LIMIT:
            break
    return findings


def _unnamed(character: str) -> tuple[str, str, str]:
    return "control_character", f"character U+{ord(character):04X}", "take it out or write it as an escape"


def _position(text: str, index: int) -> tuple[int, int]:
    before = text[:index]
    return before.count("\n") + 1, len(before) - (before.rfind("\n") + 1) + 1
