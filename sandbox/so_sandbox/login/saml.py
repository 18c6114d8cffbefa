"""The same as a signed SAML assertion, for clients that ask for `Saml`."""

from __future__ import annotations

import base64
import hashlib
from datetime import datetime, timedelta
from uuid import uuid4

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from lxml import etree

from so_sandbox.login.keys import SigningKey
from so_sandbox.login.tokens import LIFETIME, PARTNER_ISSUER, SystemUser

SAML = "urn:oasis:names:tc:SAML:2.0:assertion"
DSIG = "http://www.w3.org/2000/09/xmldsig#"
EXCLUSIVE = "http://www.w3.org/2001/10/xml-exc-c14n#"
RSA_SHA256 = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"
SHA256 = "http://www.w3.org/2001/04/xmlenc#sha256"


def system_user_saml(user: SystemUser, key: SigningKey, now: datetime) -> str:
    """Give a SAML 2.0 assertion with the claims as attributes and an enveloped signature."""
    identifier = f"_{uuid4()}"
    assertion = etree.Element(
        f"{{{SAML}}}Assertion",
        {"ID": identifier, "IssueInstant": _instant(now), "Version": "2.0"},
        nsmap={"saml": SAML},
    )
    _add(assertion, SAML, "Issuer", PARTNER_ISSUER)
    _add(_add(assertion, SAML, "Subject"), SAML, "NameID", f"system@{user.context_identifier}")
    conditions = _add(
        assertion,
        SAML,
        "Conditions",
        NotBefore=_instant(now - timedelta(minutes=1)),
        NotOnOrAfter=_instant(now + LIFETIME),
    )
    _add(_add(conditions, SAML, "AudienceRestriction"), SAML, "Audience", user.audience)
    statement = _add(assertion, SAML, "AttributeStatement")
    for name, value in user.claims().items():
        _add(_add(statement, SAML, "Attribute", Name=name), SAML, "AttributeValue", value)
    assertion.insert(1, _signature(key, identifier, _digest(assertion)))
    return str(etree.tostring(assertion, encoding="unicode"))


def canonical(element: etree._Element) -> bytes:
    """Give the exclusive canonical form that digests and signatures are made over."""
    return bytes(etree.tostring(element, method="c14n", exclusive=True))


def _signature(key: SigningKey, identifier: str, digest: str) -> etree._Element:
    signature = etree.Element(f"{{{DSIG}}}Signature", nsmap={"ds": DSIG})
    info = _add(signature, DSIG, "SignedInfo")
    _add(info, DSIG, "CanonicalizationMethod", Algorithm=EXCLUSIVE)
    _add(info, DSIG, "SignatureMethod", Algorithm=RSA_SHA256)
    reference = _add(info, DSIG, "Reference", URI=f"#{identifier}")
    transforms = _add(reference, DSIG, "Transforms")
    _add(transforms, DSIG, "Transform", Algorithm=f"{DSIG}enveloped-signature")
    _add(transforms, DSIG, "Transform", Algorithm=EXCLUSIVE)
    _add(reference, DSIG, "DigestMethod", Algorithm=SHA256)
    _add(reference, DSIG, "DigestValue", digest)
    value = key.private.sign(canonical(info), padding.PKCS1v15(), hashes.SHA256())
    _add(signature, DSIG, "SignatureValue", _base64(value))
    _add(_add(_add(signature, DSIG, "KeyInfo"), DSIG, "X509Data"), DSIG, "X509Certificate", _base64(key.der))
    return signature


def _add(
    parent: etree._Element, namespace: str, name: str, text: str | None = None, **attributes: str
) -> etree._Element:
    child = etree.SubElement(parent, f"{{{namespace}}}{name}", attributes)
    child.text = text
    return child


def _digest(element: etree._Element) -> str:
    return _base64(hashlib.sha256(canonical(element)).digest())


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


def _instant(when: datetime) -> str:
    return when.strftime("%Y-%m-%dT%H:%M:%SZ")
