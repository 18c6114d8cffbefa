"""Walks through pages as a browser does, without being one: keeps cookies by host and follows redirects."""

from __future__ import annotations

from collections import defaultdict
from http.cookies import SimpleCookie
from urllib.parse import urljoin, urlsplit

import requests

_WAIT = 90.0
_MOST_REDIRECTS = 10
_LED_ON = frozenset({301, 302, 303, 307, 308})


class LostError(Exception):
    """The way did not end at a page; the text says where it did."""


class Visitor:
    """Somebody with a browser; a cookie that is for TLS alone goes to this machine too, as in Chromium."""

    def __init__(self, *, accept_language: str = "en") -> None:
        self.cookies: defaultdict[str, dict[str, str]] = defaultdict(dict)
        """By host and port."""
        self.seen: list[str] = []
        """Every address that was asked for."""
        self._headers = {"Accept": "text/html", "Accept-Language": accept_language}

    def get(self, url: str) -> requests.Response:
        """Open an address and go wherever it leads."""
        for _ in range(_MOST_REDIRECTS):
            response = self.ask("GET", url)
            if response.status_code not in _LED_ON:
                return response
            url = urljoin(url, response.headers["Location"])
        raise LostError(f"more than {_MOST_REDIRECTS} redirects, at last to {url}")

    def post(self, url: str, **fields: str) -> requests.Response:
        """Post a form of the host's own page, and go wherever that leads."""
        parts = urlsplit(url)
        response = self.ask("POST", url, data=fields, Origin=f"{parts.scheme}://{parts.netloc}")
        if response.status_code in _LED_ON:
            return self.get(urljoin(url, response.headers["Location"]))
        return response

    def ask(
        self, method: str, url: str, *, data: dict[str, str] | None = None, **headers: str
    ) -> requests.Response:
        """Ask once, and keep the cookies that come back."""
        self.seen.append(url)
        jar = self.cookies[urlsplit(url).netloc]
        cookie = {"Cookie": "; ".join(f"{name}={value}" for name, value in jar.items())} if jar else {}
        response = requests.request(
            method,
            url,
            data=data,
            headers={**self._headers, **cookie, **headers},
            allow_redirects=False,
            timeout=_WAIT,
        )
        for line in response.raw.headers.getlist("Set-Cookie"):
            for name, one in SimpleCookie(line).items():
                if one["max-age"] == "0":
                    jar.pop(name, None)
                else:
                    jar[name] = one.value
        return response


def install(url: str) -> Visitor:
    """Install so-privacy where the sandbox signs in unattended, and end at the page that says so."""
    visitor = Visitor()
    page = visitor.get(f"{url}/install")
    if page.status_code != requests.codes.ok or not visitor.seen[-1].endswith("/installed"):
        raise LostError(f"{visitor.seen[-1]} answered {page.status_code}: {page.text[:500]}")
    return visitor
