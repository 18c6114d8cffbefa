"""Throws bytes and mutated manifests at the loader, the same for the same seed: only findings may come out.

What is accepted nevertheless is made ready, judged by every law and asked about a person, as it would be.
"""

from __future__ import annotations

import copy
import json
import random
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from so_privacy_ext.rules.alone import resolve_alone
from so_privacy_ext.rules.decide import decide
from so_privacy_ext.rules.findings import LIMIT, ManifestInvalid
from so_privacy_ext.rules.lint.linting import lint
from so_privacy_ext.rules.lint.subject import Subject
from so_privacy_ext.rules.manifest import parse
from so_privacy_ext.rules.tree import read
from so_privacy_ext.sdk import Facts

LONGEST = 1.0
"""Seconds of computing after which a file has held us too long."""
NORDIC = Path(__file__).parents[2] / "manifests" / "rules" / "nordic-b2b.yaml"
_TODAY = date(2026, 11, 28)
_SMALL: dict[str, Any] = {
    "manifest": 1,
    "name": "small",
    "jurisdiction": {"home": "DK"},
    "languages": {"enabled": ["da"], "fallback": "da"},
    "sources": {"CARD": {"type": "manual", "article": 13}},
    "legal_bases": ["61A", "61F"],
    "purposes": {
        "STORE": {"allowed": ["61F"]},
        "NEWS": {"allowed": ["61A"], "parent": "STORE", "expires": "P2Y"},
    },
    "mails": {"notice": {"template": "privacy-notice-13", "version": 1}},
    "rules": [
        {
            "id": "a",
            "when": {"source": "CARD"},
            "give": {"STORE": {"basis": "61F"}},
            "tell": "notice",
            "because": "x",
        },
        {"id": "z", "when": "always", "give": {"STORE": "review"}, "because": "y"},
    ],
}
_EXTENDING: dict[str, Any] = {
    "manifest": 1,
    "name": "ours",
    "extends": ["preset:superoffice@1"],
    "jurisdiction": {"home": "DK"},
    "languages": {"enabled": ["da"], "fallback": "da"},
    "switch_on": ["b"],
    "moved": {"mails": {"old": "new"}},
    "mails": {"new": {"template": "t", "version": 2, "retell": True}},
    "rules": [{"id": "a", "when": {"age_below": 15}, "give": "review", "because": "x"}],
    "optional": [{"id": "b", "before": "a", "when": "always", "give": "none", "because": "y"}],
}
_WHENS: Sequence[Any] = (
    "always",
    {"any": [{"source": ["CARD", "API"]}, {"not": {"is_associate": True}}]},
    {"all": ["always", {"country": "NO"}, {"age_below": "country_digital_age"}]},
    {"person_field": {"SuperOffice:1": [True, 1, "Gold"], "Ends": {"from": "2026-01-01"}}},
    {"company_field": {"Turnover": {"from": 1, "to": "2.5"}, "Note": {"given": False}}},
    {"evidence": {"tick": "NEWS", "wording": "present"}, "event": ["created", "none"], "changed": "title"},
    {
        "form": {"key": "x"},
        "creator": "form",
        "language": "no",
        "category": "Customer",
        "email_domain": "a.example",
    },
)
_ODD: Sequence[Any] = (
    None, True, False, 0, -1, 13, 10**30, 1.5, "", " ", "NO", "no", "~", "null", "61F", "STORE", "UNKNOWN",
    "always", "P2Y", "2026-02-30", "5%", "101%", "(a+)+$", "\x00", "\ud800", "\u202e", "pur\u0440ose",
    "e\u0301", "a" * 300, "${A}", "../../etc/passwd", "preset:nordic-b2b@1", "file:///x", "notice", [], {},
    [[]], [{}], {"": ""}, {"a": []}, ["61F", "61F"], {"STORE": "keep"}, {"basis": "61F"}, {"not": "always"},
    {"all": []}, {"given": True}, "x.y", "<<", "*a",
)  # fmt: skip
_FRAGMENTS = (
    "a", ": ", "- ", "\n", "  ", "[", "]", "{", "}", ",", "&x ", "*x", "!t ", '"', "'", "|", ">", "#", "?",
    "\t", "%YAML ", "---\n", "...\n", "\\x", "\\U00110000", "<<", "\r", "manifest", "rules", "when", "always",
    "~", "1e9", "\u00e9", "\u202e", "\ufeff", "person_field", "extends", "preset:",
)  # fmt: skip


@dataclass(slots=True)
class Outcome:
    """What came of many files."""

    tried: int = 0
    accepted: int = 0
    slowest: float = 0.0
    """Seconds of computing that the longest took."""
    slow: int = 0
    """How many held us too long."""
    wrong: list[str] = field(default_factory=list)
    """What brought anything but findings, with the number under which it comes again."""

    def add(self, other: Outcome) -> None:
        """Count another's in."""
        self.tried += other.tried
        self.accepted += other.accepted
        self.slowest = max(self.slowest, other.slowest)
        self.slow += other.slow
        self.wrong += other.wrong


def mutant(seed: int, number: int) -> bytes:
    """Give one file: mere bytes, a text with slips of the pen, or a manifest that is otherwise."""
    dice = random.Random(f"{seed}/{number}")
    kind = number % 5
    if kind == 0:
        return dice.randbytes(dice.randrange(200))
    if kind == 1:
        return "".join(dice.choices(_FRAGMENTS, k=dice.randrange(40))).encode("utf-8", "surrogatepass")
    if kind == 2:
        return _with_slips(dice)
    return _written(_mutated(dice), dice)


def play(seed: int, numbers: Sequence[int]) -> Outcome:
    """Try the files of these numbers."""
    outcome = Outcome()
    for number in numbers:
        content = mutant(seed, number)
        begun = time.process_time()
        try:
            outcome.accepted += _accepted(content)
        except Exception as error:  # noqa: BLE001  # what none may come out as is told as what it is
            outcome.wrong.append(f"{seed}/{number}: {type(error).__name__}: {error}")
        took = time.process_time() - begun
        outcome.tried += 1
        outcome.slowest = max(outcome.slowest, took)
        outcome.slow += took > LONGEST
    return outcome


def play_all(seed: int, count: int, *, at_once: int) -> Iterator[Outcome]:
    """Try as many files in several processes; what there is so far comes again and again."""
    chunk = 5000
    chunks = [range(start, min(start + chunk, count)) for start in range(0, count, chunk)]
    whole = Outcome()
    with ProcessPoolExecutor(at_once) as pool:
        for outcome in pool.map(play, [seed] * len(chunks), chunks):
            whole.add(outcome)
            yield whole


def _accepted(content: bytes) -> bool:
    """Load a file, and what is right in itself do all with that is done with a manifest; False if refused."""
    try:
        manifest = parse(content, "mutant.yaml")
    except ManifestInvalid as invalid:
        if not 0 < len(invalid.findings) <= LIMIT:
            raise AssertionError(f"{len(invalid.findings)} findings") from invalid
        last = content.count(b"\n") + content.count(b"\r") + 2
        if not all(
            1 <= one.line <= last and one.column >= 1 and one.what and one.how for one in invalid.findings
        ):
            raise AssertionError("a finding without a place or without words") from invalid
        return False
    lint(Subject(manifest, _TODAY))
    decide(Facts(), resolve_alone(manifest))
    return True


def _with_slips(dice: random.Random) -> bytes:
    text = _written(copy.deepcopy(dice.choice((_SMALL, _EXTENDING))), dice).decode()
    for _ in range(dice.randrange(1, 4)):
        at = dice.randrange(len(text))
        text = text[:at] + dice.choice(_FRAGMENTS) + text[at + dice.randrange(6) :]
    return text.encode("utf-8", "surrogatepass")


def _mutated(dice: random.Random) -> Any:
    few = _piece(dice.randrange(1000)) if dice.random() < 0.05 else None
    whole = few or copy.deepcopy(dice.choice((_SMALL, _EXTENDING)))
    whole["rules"][0]["when"] = copy.deepcopy(dice.choice(_WHENS))
    for _ in range(dice.randrange(4)):
        _mutate(whole, dice)
    return whole


@cache
def _plain() -> Any:
    return read(NORDIC.read_text("utf-8"))[0].plain()


def _piece(number: int) -> Any:
    """Give the published manifest with two of its rules alone, since all of it takes long to read."""
    plain = copy.deepcopy(_plain())
    rules = plain["rules"]
    plain["rules"] = (
        [rules[number % len(rules)], rules[-1]] if number % len(rules) < len(rules) - 1 else rules[-1:]
    )
    for name in ("sources", "purposes"):
        keys = list(plain[name])
        for key in keys[number % 3 :: 3]:
            if key not in {"STORE", "EMARKETING"}:
                del plain[name][key]
    return plain


def _mutate(whole: Any, dice: random.Random) -> None:
    """Change one thing somewhere."""
    holder, step = dice.choice(list(_places(whole)))
    value = holder[step]
    match dice.randrange(7):
        case 0:
            del holder[step]
        case 1:
            holder[step] = copy.deepcopy(dice.choice(_ODD))
        case 2:
            other, there = dice.choice(list(_places(whole)))
            holder[step] = copy.deepcopy(other[there])
        case 3 if isinstance(holder, dict):
            del holder[step]
            name = str(step)
            at = dice.randrange(len(name) + 1)
            holder[name[:at] + dice.choice(("x", "", "\u0435", "\u200b", " ", "A")) + name[at + 1 :]] = value
        case 4:
            holder[step] = [copy.deepcopy(value)] * dice.choice((2, 3, 8))
        case 5:
            for _ in range(dice.choice((1, 3, 30))):
                value = {"not": value} if dice.random() < 0.5 else [value]
            holder[step] = value
        case _:
            holder[step] = str(value) if not isinstance(value, str) else value.swapcase()


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    steps = value.keys() if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
    for step in steps:
        yield value, step
        yield from _places(value[step])


def _written(whole: Any, dice: random.Random) -> bytes:
    """Write it as YAML: on one line, or each key of the file on its own, with a key twice now and then."""
    if not isinstance(whole, dict) or dice.random() < 0.2:
        return json.dumps(whole, ensure_ascii=dice.random() < 0.5).encode("utf-8", "surrogatepass")
    lines = [f"{json.dumps(key)}: {json.dumps(value, ensure_ascii=False)}" for key, value in whole.items()]
    if dice.random() < 0.1:
        lines.append(dice.choice(lines))
    if dice.random() < 0.2:
        dice.shuffle(lines)
    return "\n".join([*lines, ""]).encode("utf-8", "surrogatepass")
