"""Reads archive restrictions: their shape, to be compared with the closed list, and whom they let through."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from so_sandbox.world.errors import InvalidArgument

TOKEN = re.compile(
    r"\s*(?:(?P<text>'(?:\\.|[^'\\])*')|(?P<number>-?\d+)|(?P<word>[A-Za-z_][\w.]*)|(?P<sign>[(),=>]))"
)
OPERATORS = {
    "=": "=",
    "eq": "=",
    "equals": "=",
    ">": ">",
    "gt": ">",
    "greater": ">",
    "aftertime": "aftertime",
}
UNARY = frozenset({"currentassociate"})
TIME = re.compile(r"(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)(?:\.(\d{1,7}))?Z?")
Value = int | float | str | datetime | None
Row = Mapping[str, Value]


@dataclass(frozen=True, slots=True)
class Term:
    """A comparison: `in` holds every value that is allowed, the others hold one."""

    column: str
    operator: str
    values: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Junction:
    """Terms joined by `and` or `or`."""

    word: str
    parts: tuple[Term | Junction, ...]


Restriction = Term | Junction


def read(text: str, *, with_in: bool = True) -> Restriction:
    """Parse a restriction string; `with_in=False` refuses the operator `in`."""
    reader = _Reader(text, with_in)
    found = reader.junction("or")
    if reader.tokens:
        raise InvalidArgument(f"the restriction goes on with {reader.tokens[0][1]!r}")
    return found


def shape(restriction: Restriction) -> str:
    """Write a restriction without its values; one value or many are the same shape."""
    if isinstance(restriction, Term):
        operator = "in" if restriction.operator == "=" else restriction.operator
        return f"{restriction.column} {operator}" + ("" if restriction.operator in UNARY else " ?")
    parts = [f"({shape(p)})" if isinstance(p, Junction) else shape(p) for p in restriction.parts]
    return f" {restriction.word} ".join(parts)


def values(restriction: Restriction, column: str) -> tuple[Value, ...] | None:
    """Return the values that a column must have one of, where the restriction says so for all rows."""
    if isinstance(restriction, Term):
        allowed = restriction.column == column and restriction.operator in {"=", "in"}
        return restriction.values if allowed else None
    if restriction.word == "and":
        for part in restriction.parts:
            found = values(part, column)
            if found is not None:
                return found
    return None


def after(restriction: Restriction, column: str) -> int | None:
    """Return the number beyond which a column must be, where the restriction says so for all rows."""
    if isinstance(restriction, Term):
        limit = restriction.values[0] if restriction.operator == ">" else None
        return limit if restriction.column == column and isinstance(limit, int) else None
    if restriction.word == "and":
        limits = [found for part in restriction.parts if (found := after(part, column)) is not None]
        return max(limits, default=None)
    return None


def allows(restriction: Restriction, value_of: Callable[[str], Value]) -> bool:
    """Say whether a row passes; an empty value passes no comparison."""
    if isinstance(restriction, Junction):
        judged = (allows(part, value_of) for part in restriction.parts)
        return all(judged) if restriction.word == "and" else any(judged)
    value = value_of(restriction.column)
    if value is None:
        return False
    if restriction.operator in {"=", "in"}:
        return value in restriction.values
    limit = restriction.values[0]
    if isinstance(value, int) and isinstance(limit, int):
        return value > limit
    if isinstance(value, datetime) and isinstance(limit, datetime):
        return value >= limit
    raise InvalidArgument(f"column {restriction.column} can't be compared so")


class _Reader:
    def __init__(self, text: str, with_in: bool) -> None:
        self.with_in = with_in
        self.tokens: list[tuple[str, str]] = []
        at = 0
        while text[at:].strip():
            match = TOKEN.match(text, at)
            if match is None:
                raise InvalidArgument(f"the restriction can't be read from {text[at : at + 20]!r} on")
            self.tokens.append((str(match.lastgroup), match.group(str(match.lastgroup))))
            at = match.end()

    def junction(self, word: str) -> Restriction:
        """Read parts joined by `word`; `and` binds tighter than `or`."""
        parts = [self._part(word)]
        while self.tokens and self.tokens[0][1].casefold() == word:
            self.tokens.pop(0)
            parts.append(self._part(word))
        return parts[0] if len(parts) == 1 else _joined(word, parts)

    def _part(self, word: str) -> Restriction:
        if word == "or":
            return self.junction("and")
        if self._peek() == "(":
            self._take("(")
            inside = self.junction("or")
            self._take(")")
            return inside
        return self._term()

    def _term(self) -> Term:
        kind, column = self._next()
        if kind != "word":
            raise InvalidArgument(f"the restriction has {column!r} where a column should be")
        name = self._next()[1].casefold()
        if name in UNARY:
            return Term(column.casefold(), name, ())
        if name == "in":
            return self._in(column)
        if name not in OPERATORS:
            raise InvalidArgument(f"the sandbox does not know the operator {name!r}")
        operator = OPERATORS[name]
        value = self._value()
        return Term(column.casefold(), operator, (_time(value) if operator == "aftertime" else value,))

    def _in(self, column: str) -> Term:
        if not self.with_in:
            raise InvalidArgument("the operator 'in' is not understood here")
        self._take("(")
        found = [self._value()]
        while self._peek() == ",":
            self._take(",")
            found.append(self._value())
        self._take(")")
        return Term(column.casefold(), "in", tuple(found))

    def _value(self) -> int | str:
        kind, text = self._next()
        if kind == "number":
            return int(text)
        if kind == "text":
            return re.sub(r"\\(.)", r"\1", text[1:-1])
        raise InvalidArgument(f"the restriction has {text!r} where a value should be")

    def _peek(self) -> str:
        return self.tokens[0][1] if self.tokens else ""

    def _next(self) -> tuple[str, str]:
        if not self.tokens:
            raise InvalidArgument("the restriction ends too early")
        return self.tokens.pop(0)

    def _take(self, sign: str) -> None:
        found = self._next()[1]
        if found != sign:
            raise InvalidArgument(f"the restriction has {found!r} where {sign!r} should be")


def _joined(word: str, parts: list[Restriction]) -> Restriction:
    """Join parts; `x = 1 or x = 2` is what `x in (1, 2)` is."""
    terms = [part for part in parts if isinstance(part, Term) and part.operator == "="]
    if word == "or" and len(terms) == len(parts) and len({term.column for term in terms}) == 1:
        return Term(terms[0].column, "in", tuple(term.values[0] for term in terms))
    return Junction(word, tuple(parts))


def _time(value: int | str) -> datetime:
    match = TIME.fullmatch(str(value))
    if match is None:
        raise InvalidArgument("a time is written '2026-11-20T10:15:00'")
    fraction = ((match.group(3) or "") + "000000")[:6]
    stamp = f"{match.group(1)}T{match.group(2)}.{fraction}"
    return datetime.fromisoformat(stamp).replace(tzinfo=UTC)
