"""Says in an administrator's words what is wrong with the YAML of a file."""

from __future__ import annotations

import re

from ruamel.yaml.error import MarkedYAMLError

from so_privacy_ext.rules.findings import shown

_INDENT = (
    "this line begins in another column than its neighbours",
    "indent it with as many spaces as its neighbours; behind the dash of a list stands a space",
)
_WORDS = [
    (re.compile(pattern), what, how)
    for pattern, what, how in (
        (
            "^mapping values are not allowed here",
            "a colon where none can stand",
            'put a text with a colon in it into straight quotation marks: "…"; or indent as the lines around',
        ),
        (
            "^expected <block end>, but found '<scalar>'",
            "a text goes on behind its closing quotation mark, or one above is never closed",
            "close each quotation mark once; in a text in '…' an apostrophe is '', in \"…\" use ' within",
        ),
        ("^expected <block end>, but found '(,|}|]|:)'", "`{found}` without its beginning", "take it out"),
        ("^expected <block end>", *_INDENT),
        ("^sequence entries are not allowed here", *_INDENT),
        (
            "^expected ',' or '(}|])'",
            "the bracket{line} is never closed by `{found}`, or a comma is missing before this",
            "close it with `{found}`, and put a comma between two entries",
        ),
        (
            "^found character '(.+)' that cannot start any token",
            "a text that begins with `{found}`",
            'put it into quotation marks: "…"',
        ),
        (
            "^could not find expected ':'",
            "what stands before this{line} is no `key: value`",
            "write a colon and a space behind the key; a text of several lines goes into quotation marks",
        ),
        (
            "^found unexpected end of stream",
            "the quotation mark{line} is never closed",
            "close it where its text ends",
        ),
        (
            "^expected the node content, but found '(.+)'",
            "`{found}` where a value must stand",
            "write the value, or take what is too much out",
        ),
    )
]


def said(error: MarkedYAMLError) -> tuple[str, str]:
    """Give what is wrong at the error's place, and how to mend it; what is rare in the parser's words."""
    problem = error.problem or "this is not YAML"
    line = f" (line {error.context_mark.line + 1})" if error.context_mark else ""
    for pattern, what, how in _WORDS:
        match = pattern.search(problem)
        if match:
            found = shown("".join(match.groups())).strip("`")
            return what.replace("{line}", line).replace("{found}", found), how.replace("{found}", found)
    return shown(problem).strip("`"), "mend the YAML around here"
