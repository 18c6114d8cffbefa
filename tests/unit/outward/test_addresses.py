"""Which addresses may be posted to at all."""

from __future__ import annotations

import pytest

from so_privacy_ext.errors import Refused
from so_privacy_ext.outward.addresses import host_of

pytestmark = pytest.mark.row("B108")


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://hooks.example.com/privacy?token=x", "hooks.example.com"),
        ("https://hooks.example.com:8443/", "hooks.example.com:8443"),
        ("https://[2606:4700::1111]:8443/", "[2606:4700::1111]:8443"),
        ("https://HOOKS.example.com", "hooks.example.com"),
    ],
)
def test_what_is_shown_of_an_address_is_its_host(url: str, host: str) -> None:
    assert host_of(url, loopback=False) == host


@pytest.mark.parametrize(
    "url",
    [
        *("", "hooks.example.com", "//hooks.example.com/", "https://", "https:///x", "gopher://example.com/"),
        *(
            "file:///etc/passwd",
            "http://example.com/",
            "http://127.0.0.1/",
            "http://localhost:80@example.com/",
        ),
        *("https://user:secret@example.com/", "https://example.com\\@127.0.0.1/", "https://example.com/a b"),
        *(
            "https://example.com/\r\nX: y",
            "https://exämple.com/",
            "https://example.com/#x",
            "https://example.com:x/",
        ),
        *("https://[::1/", "https://example.com:70000/", "https://example.com/" + "x" * 2000),
    ],
)
def test_all_else_is_refused_and_not_quoted(url: str) -> None:
    with pytest.raises(Refused) as raised:
        host_of(url, loopback=False)
    assert raised.value.code == "endpoint_address"
    assert "secret" not in str(raised.value)


@pytest.mark.parametrize("url", ["http://127.0.0.1:80/", "http://[::1]/", "http://localhost/"])
def test_plain_http_is_for_this_machine_where_its_operator_says_so(url: str) -> None:
    assert host_of(url, loopback=True)
    with pytest.raises(Refused):
        host_of(url, loopback=False)


@pytest.mark.parametrize("url", ["http://example.com/", "http://127.0.0.2/", "http://127.0.0.1.example.com/"])
def test_nobody_else_is_posted_to_by_plain_http(url: str) -> None:
    with pytest.raises(Refused):
        host_of(url, loopback=True)
