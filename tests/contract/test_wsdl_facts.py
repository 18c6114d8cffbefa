"""The comparison of WSDLs misses no single change."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from pathlib import Path

import pytest
from lxml import etree

from so_sandbox.soap.routes import WSDL
from tests.contract.short_wsdl import compose, main
from tests.contract.wsdl_facts import (
    SOAP,
    XSD,
    as_text,
    differences,
    differing,
    facts,
    fingerprint,
    unused,
)
from tests.contract.wsdl_facts import WSDL as WSDL_TAG

OURS = WSDL / "Archive.wsdl"
CHANGED_VALUES = {
    "nillable": "true",
    "minOccurs": "7",
    "maxOccurs": "9",
    "elementFormDefault": "unqualified",
    "mixed": "true",
    "type": "xsd:token",
    "base": "xsd:token",
    "use": "encoded",
    "style": "rpc",
}


def _mutants(root: etree._Element) -> Iterator[tuple[str, etree._Element]]:
    """Change one thing at a time: each attribute, each element dropped, each pair of neighbours swapped."""
    for position, node in enumerate(root.iter(f"{XSD}*", f"{SOAP}*")):
        if node.tag in {f"{SOAP}address", f"{XSD}import"}:
            continue
        for name in node.attrib:
            if name in {"message", "part", "targetNamespace"}:
                continue
            mutant = copy.deepcopy(root)
            changed = list(mutant.iter(f"{XSD}*", f"{SOAP}*"))[position]
            value = CHANGED_VALUES.get(str(name), "Other")
            if changed.get(name) == value:
                value = "false"
            changed.set(name, value)
            yield f"{node.tag} {name!s}", mutant
        if node.tag in {f"{XSD}element", f"{XSD}enumeration", f"{SOAP}header"}:
            mutant = copy.deepcopy(root)
            gone = list(mutant.iter(f"{XSD}*", f"{SOAP}*"))[position]
            parent = gone.getparent()
            assert parent is not None
            parent.remove(gone)
            yield f"drop {node.tag} {node.get('name')}", mutant
            after = node.getnext()
            if after is not None and after.tag == node.tag and etree.QName(parent).localname != "schema":
                mutant = copy.deepcopy(root)
                moved = list(mutant.iter(f"{XSD}*", f"{SOAP}*"))[position]
                later = moved.getnext()
                assert later is not None
                later.addnext(moved)
                yield f"swap {node.tag} {node.get('name')}", mutant


def test_each_single_change_is_reported(tmp_path: Path) -> None:
    root = etree.parse(str(OURS)).getroot()
    assert differences(OURS, OURS) == []
    survivors = []
    count = 0
    for what, mutant in _mutants(root):
        count += 1
        path = tmp_path / "mutant.wsdl"
        path.write_bytes(etree.tostring(mutant))
        try:
            reported = differences(path, OURS)
        except (KeyError, StopIteration):
            reported = ["it is no whole WSDL any more"]
        if not reported:
            survivors.append(what)
    assert count > 200
    assert survivors == []


def test_an_operation_that_the_vendor_has_not_is_named(tmp_path: Path) -> None:
    path = tmp_path / "ours.wsdl"
    path.write_text(OURS.read_text().replace('operation name="GetArch', 'operation name="FindArch'))
    assert differences(path, OURS) == ["operation FindArchiveListByColumns2: not in the vendor's"]


def test_what_nobody_uses_is_named(tmp_path: Path) -> None:
    root = etree.parse(str(OURS)).getroot()
    schema = next(root.iter(f"{XSD}schema"))
    etree.SubElement(schema, f"{XSD}complexType", name="Idle")
    etree.SubElement(root, f"{WSDL_TAG}message", name="Unheard")
    path = tmp_path / "ours.wsdl"
    path.write_bytes(etree.tostring(root))
    assert [name.rpartition("}")[2] for name in unused(path)] == ["Idle", "Unheard"]


def test_a_composed_wsdl_states_the_same_facts(tmp_path: Path) -> None:
    path = tmp_path / "again.wsdl"
    path.write_bytes(compose(facts(OURS)))
    assert as_text(facts(path)) == as_text(facts(OURS))


def test_a_subset_is_written_with_its_fingerprint(tmp_path: Path) -> None:
    ours, kept = tmp_path / "ours.wsdl", tmp_path / "kept.json"
    main([str(WSDL / "Person.wsdl"), str(ours), "--fingerprint", str(kept), "SetConsent", "HasConsent"])
    assert differences(ours, WSDL / "Person.wsdl") == []
    assert unused(ours) == []
    assert kept.read_text().count('"operation ') == 2


@pytest.mark.parametrize("change", ["gone", "other"])
def test_a_fingerprint_names_what_differs(change: str) -> None:
    kept = fingerprint(facts(OURS))
    name = next(name for name in kept if name.startswith("operation"))
    theirs = {k: v for k, v in kept.items() if k != name} | ({name: "0" * 16} if change == "other" else {})
    assert [line.partition(":")[0] for line in differing(kept, theirs)] == [name]
