import base64
import hashlib
from datetime import UTC, datetime
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from lxml import etree

from so_sandbox.login.keys import current_signing_key, next_signing_key
from so_sandbox.login.saml import DSIG, SAML, canonical, system_user_saml
from so_sandbox.login.tokens import CLAIM, SystemUser, system_user_jwt

USER = SystemUser("Cust12345", "1000007919", 42, "7T:abc", "http://h/Remote/Services88/", "http://h/api/")


def test_a_key_is_published_with_all_that_clients_look_for() -> None:
    key = current_signing_key()
    jwk = key.jwk()

    assert set(jwk) == {"kty", "use", "kid", "x5t", "n", "e", "x5c"}
    expected = base64.urlsafe_b64encode(hashlib.sha1(key.der).digest()).rstrip(b"=").decode()
    assert jwk["x5t"] == expected
    assert jwt.PyJWK(jwk).key.public_numbers() == key.private.public_key().public_numbers()


def test_two_keys_differ() -> None:
    assert current_signing_key().thumbprint != next_signing_key().thumbprint
    assert "RSA" not in repr(current_signing_key())


def test_a_system_user_jwt_is_as_the_vendors() -> None:
    key = current_signing_key()
    token = system_user_jwt(USER, key, datetime.now(UTC))

    assert jwt.get_unverified_header(token) == {"alg": "RS256", "typ": "JWT", "x5t": key.thumbprint}
    claims = jwt.decode(
        token,
        key.private.public_key(),
        algorithms=["RS256"],
        audience="spn:1000007919",
        issuer="SuperOffice AS",
    )
    assert isinstance(claims["iat"], str)
    assert claims["exp"] - int(claims["iat"]) == 300
    assert claims[CLAIM + "ctx"] == "Cust12345"
    assert claims[CLAIM + "associateid"] == "42"
    assert claims[CLAIM + "ticket"] == "7T:abc"
    assert claims[CLAIM + "netserver_url"].endswith("/")


def test_a_saml_assertion_is_signed_and_says_the_same() -> None:
    key = current_signing_key()
    assertion: Any = etree.fromstring(system_user_saml(USER, key, datetime.now(UTC)).encode())
    attributes = {
        a.get("Name"): a.findtext(f"{{{SAML}}}AttributeValue") for a in assertion.iter(f"{{{SAML}}}Attribute")
    }

    assert attributes == USER.claims()
    signature = assertion.find(f"{{{DSIG}}}Signature")
    info = signature.find(f"{{{DSIG}}}SignedInfo")
    value = base64.b64decode(signature.findtext(f"{{{DSIG}}}SignatureValue"))
    key.private.public_key().verify(value, canonical(info), padding.PKCS1v15(), hashes.SHA256())
    digest = info.findtext(f".//{{{DSIG}}}DigestValue")
    assertion.remove(signature)
    assert base64.b64encode(hashlib.sha256(canonical(assertion)).digest()).decode() == digest


@pytest.mark.parametrize("secret", ["7T:abc", "1000007919-ticket"])
def test_a_ticket_is_not_shown(secret: str) -> None:
    assert secret not in repr(USER)
