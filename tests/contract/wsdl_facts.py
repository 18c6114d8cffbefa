"""Say what a WSDL promises, so that two of them can be compared and a fingerprint kept.

A fact is one operation, one element, one type, one schema's form or the binding; its description holds every
XSD attribute (defaults written out, names resolved to namespaces) and every child in order; annotations don't
count.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from lxml import etree

WSDL = "{http://schemas.xmlsoap.org/wsdl/}"
SOAP = "{http://schemas.xmlsoap.org/wsdl/soap/}"
XSD_NAMESPACE = "http://www.w3.org/2001/XMLSchema"
XSD = f"{{{XSD_NAMESPACE}}}"
NAMES = frozenset({"type", "base", "ref", "itemType"})
DEFAULTS: Mapping[str, Mapping[str, str]] = {
    "element": {"nillable": "false", "minOccurs": "1", "maxOccurs": "1"},
    "sequence": {"minOccurs": "1", "maxOccurs": "1"},
    "complexType": {"mixed": "false"},
    "complexContent": {"mixed": "false"},
}
Facts = dict[str, Any]
"""Fact name to its description; all of it fit for JSON."""


def facts(path: Path, operations: Iterable[str] | None = None) -> Facts:
    """Describe these operations of a WSDL (None = all) and everything they reach."""
    return _Document(path).facts(operations)


def as_text(found: Facts) -> str:
    """Write facts so that equal facts are equal bytes."""
    return json.dumps(found, indent=1, sort_keys=True) + "\n"


def fingerprint(found: Facts) -> dict[str, str]:
    """Shorten each description to sixteen hex digits; the names stay readable."""
    return {
        name: hashlib.sha256(json.dumps(about, sort_keys=True).encode()).hexdigest()[:16]
        for name, about in sorted(found.items())
    }


def differences(ours: Path, vendor: Path) -> list[str]:
    """Name every fact of ours that the vendor's WSDL does not state in the same words."""
    mine = _Document(ours)
    theirs = _Document(vendor)
    unknown = [name for name in mine.operations if name not in theirs.operations]
    shared = [name for name in mine.operations if name in theirs.operations]
    left, right = mine.facts(shared), theirs.facts(shared)
    return [f"operation {name}: not in the vendor's" for name in unknown] + differing(left, right)


def differing(ours: Facts, theirs: Facts) -> list[str]:
    """Compare facts, or fingerprints, name by name."""
    return [
        f"{name}: ours {_brief(ours.get(name))}, theirs {_brief(theirs.get(name))}"
        for name in sorted(ours.keys() | theirs.keys())
        if ours.get(name) != theirs.get(name)
    ]


def unused(ours: Path) -> list[str]:
    """Name every element, type and message of a WSDL that no operation reaches."""
    document = _Document(ours)
    reached = document.facts(None)
    names = {f"element {name}" for name in document.elements} | {f"type {name}" for name in document.types}
    return sorted(names - reached.keys()) + sorted(set(document.messages) - document.used_messages())


def _brief(about: object) -> str:
    text = "nothing" if about is None else json.dumps(about, sort_keys=True)
    return text if len(text) < 300 else text[:297] + "..."  # fits a terminal


class _Document:
    """One WSDL 1.1 file, indexed."""

    def __init__(self, path: Path) -> None:
        root = etree.parse(str(path), etree.XMLParser(resolve_entities=False, no_network=True)).getroot()
        self.root = root
        self.schemas = list(root.iter(f"{XSD}schema"))
        self.elements: dict[str, etree._Element] = {}
        self.types: dict[str, etree._Element] = {}
        for schema in self.schemas:
            for node in schema.iterchildren(f"{XSD}element", f"{XSD}complexType", f"{XSD}simpleType"):
                index = self.elements if node.tag == f"{XSD}element" else self.types
                index[f"{{{schema.get('targetNamespace')}}}{node.get('name')}"] = node
        self.messages = {str(m.get("name")): m for m in root.iterchildren(f"{WSDL}message")}
        self.binding = next(root.iterchildren(f"{WSDL}binding"))
        self.operations = {str(o.get("name")): o for o in self.binding.iterchildren(f"{WSDL}operation")}
        port_type = next(root.iterchildren(f"{WSDL}portType"))
        self.abstract = {str(o.get("name")): o for o in port_type.iterchildren(f"{WSDL}operation")}
        self.port_type = str(port_type.get("name"))

    def facts(self, operations: Iterable[str] | None) -> Facts:
        names = list(self.operations) if operations is None else list(operations)
        found: Facts = {"binding": self._binding()}
        for name in names:
            found[f"operation {name}"] = self._operation(name)
        todo = [part for name in names for part in self._parts(name)]
        while todo:
            kind, name = todo.pop()
            if f"{kind} {name}" in found or name.startswith(XSD):
                continue
            node = (self.elements if kind == "element" else self.types)[name]
            found[f"{kind} {name}"] = self._describe(node)
            todo += self._references(node)
        used = {name.partition("}")[0].partition("{")[2] for name in found if "{" in name}
        for schema in self.schemas:
            if schema.get("targetNamespace") in used:
                found[f"schema {schema.get('targetNamespace')}"] = schema.get("elementFormDefault")
        return found

    def used_messages(self) -> set[str]:
        used: set[str] = set()
        for operation in self.operations.values():
            abstract = self.abstract[str(operation.get("name"))]
            used |= {str(n.get("message")).rpartition(":")[2] for n in abstract.iterchildren()}
            used |= {str(n.get("message")).rpartition(":")[2] for n in operation.iter(f"{SOAP}header")}
        return used

    def _binding(self) -> dict[str, object]:
        transport = next(self.binding.iterchildren(f"{SOAP}binding"))
        return {
            "name": self.binding.get("name"),
            "namespace": self.root.get("targetNamespace"),
            "port type": self.port_type,
            "transport": transport.get("transport"),
            "style": transport.get("style", "document"),
        }

    def _operation(self, name: str) -> dict[str, object]:
        bound = self.operations[name]
        soap = next(bound.iterchildren(f"{SOAP}operation"))
        about: dict[str, object] = {"action": soap.get("soapAction"), "style": soap.get("style")}
        for way in ("input", "output"):
            body = next(bound.iterchildren(f"{WSDL}{way}"))
            about[way] = {
                "use": next(body.iterchildren(f"{SOAP}body")).get("use"),
                "body": self._body_parts(name, way),
                "headers": [
                    [self._header_element(header), header.get("use")] for header in body.iter(f"{SOAP}header")
                ],
            }
        return about

    def _parts(self, name: str) -> Iterator[tuple[str, str]]:
        for way in ("input", "output"):
            for _, element in self._body_parts(name, way):
                yield "element", element
        for header in self.operations[name].iter(f"{SOAP}header"):
            yield "element", self._header_element(header)

    def _body_parts(self, name: str, way: str) -> list[tuple[str, str]]:
        node = next(self.abstract[name].iterchildren(f"{WSDL}{way}"))
        message = self.messages[str(node.get("message")).rpartition(":")[2]]
        return [(str(p.get("name")), _resolve(p, str(p.get("element")))) for p in message]

    def _header_element(self, header: etree._Element) -> str:
        message = self.messages[str(header.get("message")).rpartition(":")[2]]
        part = next(p for p in message if p.get("name") == header.get("part"))
        return _resolve(part, str(part.get("element")))

    def _describe(self, node: etree._Element) -> dict[str, object]:
        local = etree.QName(node).localname
        about: dict[str, object] = {"is": local, **DEFAULTS.get(local, {})}
        for key, value in node.attrib.items():
            about[str(key)] = _resolve(node, str(value)) if key in NAMES else str(value)
        children = [self._describe(c) for c in node.iterchildren(f"{XSD}*") if c.tag != f"{XSD}annotation"]
        return about | ({"of": children} if children else {})

    def _references(self, node: etree._Element) -> Iterator[tuple[str, str]]:
        for inner in node.iter(f"{XSD}*"):
            for key in NAMES & set(map(str, inner.attrib)):
                kind = "element" if key == "ref" else "type"
                yield kind, _resolve(inner, str(inner.get(key)))


def _resolve(node: etree._Element, name: str) -> str:
    prefix, _, local = name.rpartition(":")
    return f"{{{node.nsmap[prefix or None]}}}{local}"
