"""PartnerSystemUser over SOAP 1.1: every envelope is checked against the schema, in and out."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from lxml import etree

from so_sandbox.login.service import Login
from so_sandbox.login.system_user import AdmissionError

SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
PSU = "http://www.superoffice.com/superid/partnersystemuser/0.1"
NIL = "{http://www.w3.org/2001/XMLSchema-instance}nil"


class MalformedError(Exception):
    """The envelope is not one that the service understands."""


def authenticate_by_soap(login: Login, body: bytes) -> tuple[int, bytes]:
    """Give status and envelope; a refusal is an answer, only a malformed request is a fault."""
    try:
        request, headers = _read(body)
    except MalformedError as error:
        return 500, _fault(str(error))
    try:
        token: str | None = login.authenticate(
            application_token=headers.get("ApplicationToken"),
            context_identifier=headers.get("ContextIdentifier"),
            signed_system_token=request.findtext(f"{{{PSU}}}SignedSystemToken"),
            token_type=request.findtext(f"{{{PSU}}}ReturnTokenType"),
        )
        refusal = None
    except AdmissionError as error:
        token, refusal = None, str(error)
    return 200, _answer(token, refusal)


def _read(body: bytes) -> tuple[etree._Element, dict[str, str]]:
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        root = etree.fromstring(body, parser)
    except etree.XMLSyntaxError:
        raise MalformedError("the request is not XML") from None
    if root.getroottree().docinfo.internalDTD is not None:
        raise MalformedError("a document type is not allowed")
    content = root.find(f"{{{SOAP}}}Body")
    if root.tag != f"{{{SOAP}}}Envelope" or content is None or len(content) != 1:
        raise MalformedError("the request is not a SOAP 1.1 envelope with one element in its body")
    headers = root.find(f"{{{SOAP}}}Header")
    known = [h for h in (headers if headers is not None else ()) if str(h.tag).startswith(f"{{{PSU}}}")]
    if content[0].tag != f"{{{PSU}}}AuthenticationRequest":
        raise MalformedError("the operation is not known")
    for element in (content[0], *known):
        if not _schema().validate(element):
            raise MalformedError("the request does not follow the schema")
    return content[0], {etree.QName(h).localname: h.text or "" for h in known}


def _answer(token: str | None, refusal: str | None) -> bytes:
    envelope = etree.Element(f"{{{SOAP}}}Envelope", nsmap={"s": SOAP})
    body = etree.SubElement(envelope, f"{{{SOAP}}}Body")
    response = etree.SubElement(body, f"{{{PSU}}}AuthenticationResponse", nsmap={"p": PSU})
    etree.SubElement(response, f"{{{PSU}}}IsSuccessful").text = "true" if refusal is None else "false"
    for name, text in (("Token", token), ("ErrorMessage", refusal)):
        child = etree.SubElement(response, f"{{{PSU}}}{name}")
        child.text = text
        if text is None:
            child.set(NIL, "true")
    _schema().assertValid(response)
    return bytes(etree.tostring(envelope, encoding="utf-8", xml_declaration=True))


def _fault(reason: str) -> bytes:
    envelope = etree.Element(f"{{{SOAP}}}Envelope", nsmap={"s": SOAP})
    body = etree.SubElement(envelope, f"{{{SOAP}}}Body")
    fault = etree.SubElement(body, f"{{{SOAP}}}Fault")
    etree.SubElement(fault, "faultcode").text = "s:Client"
    etree.SubElement(fault, "faultstring").text = reason
    return bytes(etree.tostring(envelope, encoding="utf-8", xml_declaration=True))


@cache
def _schema() -> etree.XMLSchema:
    return etree.XMLSchema(etree.parse(str(Path(__file__).with_name("partner_system_user.xsd"))))
