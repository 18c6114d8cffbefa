"""Writes values as XML by zeep's types: element order, namespaces and nil come from the WSDL."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from xml.sax.saxutils import escape

from lxml import etree
from zeep import xsd
from zeep.xsd.types.any import AnyType
from zeep.xsd.types.collection import ListType

XSI = "http://www.w3.org/2001/XMLSchema-instance"
XSD = "http://www.w3.org/2001/XMLSchema"
NO_DATE = "0001-01-01T00:00:00"
UNWRITABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
NOT_PLAIN = re.compile(f"[&<>{UNWRITABLE.pattern[1:]}")
Write = Callable[[Any, list[str]], None]


@dataclass(slots=True)
class _Fields:
    """What an element of a type holds, in order; filled after it is known, since types name each other."""

    each: list[tuple[str, str, Write]] = field(default_factory=list)
    """Name, what stands for None (a nil element, its type's zero, or nothing), and what writes it."""
    names: set[str] = field(default_factory=set)
    many: bool = False
    """Whether it is an array: one field that comes any number of times."""


class Encoder:
    """One writer for each type of a WSDL, made when first needed."""

    def __init__(self) -> None:
        self.prefixes = {XSI: "i", XSD: "x"}
        self._writers: dict[int, _Fields] = {}

    def element(self, element: Any) -> Write:
        """Return what writes a value as this global element."""
        return self._named(element)

    def namespaces(self) -> str:
        """Return the declarations that the writers rely on."""
        return "".join(f' xmlns:{prefix}="{space}"' for space, prefix in self.prefixes.items())

    def tag(self, name: Any) -> str:
        """Return a qualified name with its prefix."""
        qualified = etree.QName(name)
        space = str(qualified.namespace)
        prefix = self.prefixes.setdefault(space, f"n{len(self.prefixes) - 2}")
        return f"{prefix}:{qualified.localname}"

    def _named(self, element: Any) -> Write:
        tag = self.tag(element.qname)
        opening, closing = f"<{tag}>", f"</{tag}>"
        nil = f'<{tag} i:nil="true"/>' if element.nillable else ""
        kind = element.type
        if isinstance(kind, xsd.ComplexType):
            fields = self._fields(kind)
            nothing: Mapping[str, Any] = {}

            def write_complex(value: Any, out: list[str]) -> None:
                if value is None:
                    if nil:
                        out.append(nil)
                        return
                    value = nothing
                out.append(opening)
                if fields.many:
                    _write_items(fields.each[0][2], value, out)
                else:
                    _write_fields(fields, value, out)
                out.append(closing)

            return write_complex
        if type(kind) is AnyType:  # every simple type is a kind of it

            def write_any(value: Any, out: list[str]) -> None:
                out.append(nil if value is None else f"<{tag}{_typed(value)}</{tag}>")

            return write_any

        def write_simple(value: Any, out: list[str]) -> None:
            out.append(nil if value is None else f"{opening}{_text(value)}{closing}")

        return write_simple

    def _fields(self, kind: Any) -> _Fields:
        known = self._writers.get(id(kind))
        if known is not None:
            return known
        fields = self._writers[id(kind)] = _Fields()
        for name, element in kind.elements:
            tag = self.tag(element.qname)
            if element.nillable:
                nil = f'<{tag} i:nil="true"/>'
            else:
                zero = _zero(element.type)
                nil = f"<{tag}>{zero}</{tag}>" if zero else ""
            fields.each.append((name, nil, self._named(element)))
            fields.names.add(name)
        fields.many = len(fields.each) == 1 and kind.elements[0][1].accepts_multiple
        return fields


def _write_fields(fields: _Fields, value: Any, out: list[str]) -> None:
    if not value.keys() <= fields.names:
        raise KeyError(f"no such fields on the wire: {sorted(value.keys() - fields.names)}")
    for name, nil, write in fields.each:
        item = value.get(name)
        if item is None:
            out.append(nil)
        else:
            write(item, out)


def _write_items(write: Write, value: Any, out: list[str]) -> None:
    items: Iterable[Any] = value
    if isinstance(value, Mapping):
        items = ({"Key": key, "Value": item} for key, item in value.items())
    for item in items:
        write(item, out)


def _zero(kind: Any) -> str:
    if isinstance(kind, xsd.Boolean):
        return "false"
    if isinstance(kind, xsd.DateTime):
        return NO_DATE
    if isinstance(kind, (xsd.Integer, xsd.Double, xsd.Decimal, xsd.Float)) and not isinstance(kind, ListType):
        return "0"
    return ""


def _text(value: object) -> str:
    if isinstance(value, str):
        return UNWRITABLE.sub("", escape(value)) if NOT_PLAIN.search(value) else value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return value.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds")
    if isinstance(value, (list, tuple)):
        return " ".join(map(str, value))
    return str(value)


def _typed(value: object) -> str:
    """Write a value of unknown type with the type that it has."""
    kind = "boolean" if isinstance(value, bool) else "int" if isinstance(value, int) else "string"
    return f' i:type="x:{kind}">{_text(value)}'
