"""The strict reading of a SOAP reply, before anything else sees it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from lxml import etree

from so_privacy_ext.errors import CrmFailure
from so_privacy_ext.superoffice import faults

SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
SERVICES = "http://www.superoffice.net/ws/crm/NetServer/Services88"
ARRAYS = "http://schemas.microsoft.com/2003/10/Serialization/Arrays"
SERIALIZATION = "http://schemas.microsoft.com/2003/10/Serialization/"
XSI = "http://www.w3.org/2001/XMLSchema-instance"
NIL = f"{{{XSI}}}nil"

TRUE, FALSE = ("true", "1"), ("false", "0")
"""All that XML Schema lets a boolean be."""

_NAMES = {"s": SOAP, "n": SERVICES, "a": ARRAYS, "z": SERIALIZATION, "i": XSI}
_DECLARED = re.compile(rb"""\A<\?xml[^>]{0,100}?encoding\s*=\s*["']([^"']{0,40})["']""")
_MOST_ATTRIBUTES = 64

_BELOW = "/s:Envelope/s:Body/*//"
_FOREIGN = etree.XPath(
    f"count({_BELOW}*) != count({_BELOW}n:*) + count({_BELOW}a:*) + count({_BELOW}z:*)", namespaces=_NAMES
)
"""By counting, which asks of no element what it is called: a third of the time."""
_RETYPED = etree.XPath(
    "boolean(/s:Envelope/s:Body//@i:type[not(parent::n:Value/parent::n:StringObjectKeyValuePair)])",
    namespaces=_NAMES,
)
"""Only a value of any type may name its type; elsewhere it would have zeep read another one."""
_INSTRUCTED = etree.XPath("boolean(/processing-instruction() | //processing-instruction())")
_CROWDED = etree.XPath(f"boolean(//*/@*[{_MOST_ATTRIBUTES + 1}])")
_UNDERSTAND = etree.XPath("boolean(/s:Envelope/s:Header/*[@s:mustUnderstand='1'])", namespaces=_NAMES)


@dataclass(frozen=True, slots=True)
class Reply:
    """A checked reply that claims success."""

    envelope: etree._Element
    response: etree._Element
    """The operation's response element, the only child of Body."""


def read(content: bytes, operation: str) -> Reply:
    """Check a reply from its bytes to its response element, or raise what it is instead."""
    envelope = _envelope(content, operation)
    body = _only(envelope, f"{{{SOAP}}}Body", operation)
    child = _only_child(body)
    if child is not None and child.tag == f"{{{SOAP}}}Fault":
        raise faults.of_soap_fault(_texts(child), operation)
    if not _succeeded(envelope, operation):
        raise faults.of_exception_types(_exception_types(envelope), operation)
    if child is None or child.tag != f"{{{SERVICES}}}{operation.rpartition('.')[2]}Response":
        raise faults.protocol(operation, "not this operation's response")
    if _FOREIGN(envelope):
        raise faults.protocol(operation, "foreign element")
    if _RETYPED(envelope):
        raise faults.protocol(operation, "retyped element")
    return Reply(envelope, child)


def soap_fault(content: bytes, operation: str) -> CrmFailure | None:
    """Classify the body of an error status; None when it is no SOAP fault."""
    try:
        envelope = _envelope(content, operation)
        fault = _only(envelope, f"{{{SOAP}}}Body", operation).find(f"{{{SOAP}}}Fault")
    except CrmFailure:
        return None
    return None if fault is None else faults.of_soap_fault(_texts(fault), operation)


def boolean(text: str | None) -> bool | None:
    """Read a boolean as XML Schema writes it; None for anything else."""
    word = (text or "").strip()
    return True if word in TRUE else False if word in FALSE else None


def _envelope(content: bytes, operation: str) -> etree._Element:
    """Parse well-formed UTF-8 without DOCTYPE, instructions and crowds, and check the root.

    Refused by its bytes first, so that no parser ever expands an entity or guesses an encoding.
    """
    plain = content.removeprefix(b"\xef\xbb\xbf").lstrip()
    declared = _DECLARED.match(plain)
    if not plain.startswith(b"<") or b"\0" in plain:
        raise faults.protocol(operation, "not XML")
    if b"<!DOCTYPE" in plain:
        raise faults.protocol(operation, "DOCTYPE")
    if declared and declared[1].lower() != b"utf-8":
        raise faults.protocol(operation, "encoding")
    try:
        root = etree.fromstring(plain, _parser())
    except (etree.XMLSyntaxError, ValueError):
        raise faults.protocol(operation, "not well-formed") from None
    if root.tag != f"{{{SOAP}}}Envelope":
        raise faults.protocol(operation, "not a SOAP 1.1 envelope")
    if _INSTRUCTED(root.getroottree()) or _CROWDED(root) or _UNDERSTAND(root):
        raise faults.protocol(operation, "not plain SOAP")
    return root


def _parser() -> etree.XMLParser:
    """Make a strict parser; comments are dropped, so that they can't split a text in two."""
    return etree.XMLParser(
        encoding="utf-8",
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        recover=False,
        huge_tree=False,
        remove_comments=True,
    )


def _succeeded(envelope: etree._Element, operation: str) -> bool:
    header = _only(envelope, f"{{{SOAP}}}Header", operation)
    succeeded = boolean(_only(header, f"{{{SERVICES}}}Succeeded", operation).text)
    if succeeded is None:
        raise faults.protocol(operation, "no outcome")
    return succeeded


def _only(parent: etree._Element, tag: str, operation: str) -> etree._Element:
    found = parent.findall(tag)
    if len(found) != 1:
        raise faults.protocol(operation, f"{len(found)} times {etree.QName(tag).localname}")
    return found[0]


def _only_child(body: etree._Element) -> etree._Element | None:
    return body[0] if len(body) == 1 else None


def _exception_types(envelope: etree._Element) -> Iterator[str]:
    info = envelope.find(f"{{{SOAP}}}Header/{{{SERVICES}}}ExceptionInfo")
    while info is not None:
        yield info.findtext(f"{{{SERVICES}}}ExceptionType") or ""
        info = info.find(f"{{{SERVICES}}}InnerException")


def _texts(fault: etree._Element) -> list[str]:
    return [str(text) for text in fault.itertext()]
