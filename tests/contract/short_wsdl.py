"""Write a short WSDL of our own: just these operations of a vendor's service, and what they reach.

    python tests/contract/short_wsdl.py VENDOR.xml OURS.wsdl --fingerprint FINGERPRINT.json OPERATION...

The file is composed from the facts that `wsdl_facts` states, so nothing of the vendor's text gets into it; no
WS-Addressing action is declared, and the address is one that can't be called.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from lxml import etree

from tests.contract.wsdl_facts import NAMES, SOAP, WSDL, XSD, XSD_NAMESPACE, Facts, facts, fingerprint

UNCALLABLE = "https://address.invalid/"


def compose(found: Facts) -> bytes:
    """Write the WSDL that states exactly these facts."""
    binding: Mapping[str, Any] = found["binding"]
    namespace = binding["namespace"]
    spaces = sorted(name.partition(" ")[2] for name in found if name.startswith("schema "))
    prefixes = {space: "tns" if space == namespace else f"n{i}" for i, space in enumerate(spaces)}
    prefixes[XSD_NAMESPACE] = "xsd"
    nsmap = {prefix: space for space, prefix in prefixes.items()}
    nsmap |= {"wsdl": WSDL[1:-1], "soap": SOAP[1:-1]}
    root = etree.Element(f"{WSDL}definitions", nsmap=nsmap, targetNamespace=namespace)
    types = etree.SubElement(root, f"{WSDL}types")
    for space in spaces:
        schema = etree.SubElement(types, f"{XSD}schema", targetNamespace=space)
        schema.set("elementFormDefault", found[f"schema {space}"])
        for other in spaces:
            if other != space:
                etree.SubElement(schema, f"{XSD}import", namespace=other)
        for name in sorted(found):
            if name.startswith((f"element {{{space}}}", f"type {{{space}}}")):
                _write(schema, found[name], prefixes)
    operations = {n.partition(" ")[2]: about for n, about in found.items() if n.startswith("operation ")}
    _write_messages(root, operations, prefixes)
    _write_ports(root, binding, operations)
    etree.indent(root, " ")
    return etree.tostring(root, xml_declaration=True, encoding="utf-8")


def _write(parent: etree._Element, about: Mapping[str, Any], prefixes: Mapping[str, str]) -> None:
    node = etree.SubElement(parent, f"{XSD}{about['is']}")
    for key, value in about.items():
        if key in {"is", "of"} or (key in {"nillable", "mixed"} and value == "false"):
            continue
        if key in {"minOccurs", "maxOccurs"} and value == "1":
            continue
        node.set(key, _name(value, prefixes) if key in NAMES else value)
    for child in about.get("of", ()):
        _write(node, child, prefixes)


def _name(name: str, prefixes: Mapping[str, str]) -> str:
    space, _, local = name[1:].partition("}")
    return f"{prefixes[space]}:{local}"


def _write_messages(
    root: etree._Element, operations: Mapping[str, Mapping[str, Any]], prefixes: Mapping[str, str]
) -> None:
    for name, about in operations.items():
        for way, ending in (("input", "Request"), ("output", "Response")):
            message = etree.SubElement(root, f"{WSDL}message", name=name + ending)
            for part, element in about[way]["body"]:
                etree.SubElement(message, f"{WSDL}part", name=part, element=_name(element, prefixes))
            if about[way]["headers"]:
                headers = etree.SubElement(root, f"{WSDL}message", name=f"{name}{ending}Headers")
                for element, _ in about[way]["headers"]:
                    part = element.partition("}")[2]
                    etree.SubElement(headers, f"{WSDL}part", name=part, element=_name(element, prefixes))


def _write_ports(
    root: etree._Element, binding: Mapping[str, Any], operations: Mapping[str, Mapping[str, Any]]
) -> None:
    port_type = etree.SubElement(root, f"{WSDL}portType", name=binding["port type"])
    bound = etree.SubElement(root, f"{WSDL}binding", name=binding["name"], type=f"tns:{binding['port type']}")
    etree.SubElement(bound, f"{SOAP}binding", transport=binding["transport"], style=binding["style"])
    for name, about in operations.items():
        abstract = etree.SubElement(port_type, f"{WSDL}operation", name=name)
        concrete = etree.SubElement(bound, f"{WSDL}operation", name=name)
        etree.SubElement(concrete, f"{SOAP}operation", soapAction=about["action"], style=about["style"])
        for way, ending in (("input", "Request"), ("output", "Response")):
            etree.SubElement(abstract, f"{WSDL}{way}", message=f"tns:{name}{ending}")
            side = etree.SubElement(concrete, f"{WSDL}{way}")
            for element, use in about[way]["headers"]:
                etree.SubElement(
                    side,
                    f"{SOAP}header",
                    message=f"tns:{name}{ending}Headers",
                    part=element.partition("}")[2],
                    use=use,
                )
            etree.SubElement(side, f"{SOAP}body", use=about[way]["use"])
    service = etree.SubElement(root, f"{WSDL}service", name=binding["port type"])
    port = etree.SubElement(service, f"{WSDL}port", name=binding["name"], binding=f"tns:{binding['name']}")
    etree.SubElement(port, f"{SOAP}address", location=UNCALLABLE)


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description="Write a short WSDL of our own from a vendor's.")
    parser.add_argument("vendor", type=Path)
    parser.add_argument("ours", type=Path)
    parser.add_argument("--fingerprint", type=Path)
    parser.add_argument("operations", nargs="+")
    given = parser.parse_args(arguments)
    found = facts(given.vendor, given.operations)
    given.ours.write_bytes(compose(found))
    if given.fingerprint is not None:
        given.fingerprint.write_text(json.dumps(fingerprint(found), indent=1) + "\n")


if __name__ == "__main__":
    main()
