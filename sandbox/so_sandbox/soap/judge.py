"""An independent judge of envelopes: lxml against the schemas of a WSDL, no zeep."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from lxml import etree

ENVELOPE = "{http://schemas.xmlsoap.org/soap/envelope/}"
XSD = "{http://www.w3.org/2001/XMLSchema}"
WSDL = "{http://schemas.xmlsoap.org/wsdl/}"
SCHEME = "wsdl-schema:"


def read(body: bytes) -> etree._Element:
    """Parse an envelope strictly; what is not well-formed, or has a DOCTYPE, is a ValueError."""
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, remove_comments=True, remove_pis=True, huge_tree=False
    )
    try:
        root = etree.fromstring(body, parser)
    except etree.XMLSyntaxError as error:
        raise ValueError(f"not well-formed: {error.msg}") from error
    docinfo: Any = root.getroottree().docinfo
    if docinfo.doctype:
        raise ValueError("a DOCTYPE is not allowed")
    return root


class Judge:
    """The schemas of one WSDL, compiled once."""

    def __init__(self, wsdl: Path) -> None:
        self.schema = _compile(wsdl)

    def violations(
        self, envelope: etree._Element, *, body: str, headers: Sequence[str], all_headers: bool
    ) -> list[str]:
        """Say what is wrong with an envelope whose Body should hold `body`; `all_headers` demands each."""
        if envelope.tag != f"{ENVELOPE}Envelope":
            return [f"the root is {envelope.tag}, not a SOAP 1.1 Envelope"]
        parts = [part.tag for part in envelope]
        if parts not in ([f"{ENVELOPE}Header", f"{ENVELOPE}Body"], [f"{ENVELOPE}Body"]):
            return [f"the Envelope holds {parts}, not a Header and a Body"]
        found = list(_elements(envelope.find(f"{ENVELOPE}Header")))
        content = list(_elements(envelope.find(f"{ENVELOPE}Body")))
        wrong = [f"header {node.tag} is not declared" for node in found if node.tag not in headers]
        tags = [node.tag for node in found]
        wrong += [f"header {name} comes {tags.count(name)} times" for name in headers if tags.count(name) > 1]
        if all_headers:
            wrong += [f"header {name} is missing" for name in headers if name not in tags]
        if [node.tag for node in content] != [body]:
            wrong.append(f"the Body holds {[node.tag for node in content]}, not {body}")
        for node in (*found, *content):
            if node.tag in headers or node.tag == body:
                wrong += self._by_schema(node)
        return wrong

    def _by_schema(self, node: etree._Element) -> list[str]:
        if self.schema.validate(node):
            return []
        log: Any = self.schema.error_log
        return [f"{etree.QName(node).localname}: {error.message}" for error in log]


def _elements(parent: etree._Element | None) -> list[etree._Element]:
    return [] if parent is None else list(parent)


class _Schemas(etree.Resolver):
    """Finds the schemas of one WSDL where the wrapper's imports look for them."""

    def __init__(self, texts: dict[str, bytes]) -> None:
        self.texts = texts

    def resolve(  # type: ignore[override]  # the stubs leave out the context that lxml gives
        self, system_url: str, public_id: str, context: Any
    ) -> Any:
        del public_id
        return self.resolve_string(self.texts[system_url], context, base_url=system_url)


def _compile(wsdl: Path) -> etree.XMLSchema:
    root = etree.parse(str(wsdl), etree.XMLParser(resolve_entities=False, no_network=True)).getroot()
    schemas = {str(s.get("targetNamespace")): s for s in root.iterfind(f"{WSDL}types/{XSD}schema")}
    places = {space: f"{SCHEME}{number}" for number, space in enumerate(schemas)}
    wrapper = etree.Element(f"{XSD}schema")
    texts: dict[str, bytes] = {}
    for space, schema in schemas.items():
        for imported in schema.iterfind(f"{XSD}import"):
            imported.set("schemaLocation", places[str(imported.get("namespace"))])
        texts[places[space]] = etree.tostring(schema)
        etree.SubElement(wrapper, f"{XSD}import", namespace=space, schemaLocation=places[space])
    parser = etree.XMLParser(resolve_entities=False, no_network=True)
    parser.resolvers.add(_Schemas(texts))
    return etree.XMLSchema(etree.fromstring(etree.tostring(wrapper), parser))
