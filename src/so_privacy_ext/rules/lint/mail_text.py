"""The text of a mail template: what a reader sees of it, and where its links lead."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from html.parser import HTMLParser

_ADDRESS = re.compile(r"https?://[^\s<>\"')\]]+")
_INVISIBLE = frozenset({"style", "script", "head", "title"})


@dataclass(frozen=True, slots=True)
class MailText:
    """One template in one language."""

    text: str
    """As it is read, white space made one."""
    links: tuple[str, ...]

    @property
    def digest(self) -> str:
        """Give the hash by which a change is seen; how the text is wrapped or marked up plays no part."""
        return hashlib.sha256("\n".join([self.text, *self.links]).encode()).hexdigest()


def mail_text(content: str, *, html: bool) -> MailText:
    """Read a template's content; of HTML, what is not shown is left out."""
    if not html:
        return MailText(" ".join(content.split()), tuple(_ADDRESS.findall(content)))
    reader = _Reader()
    reader.feed(content)
    reader.close()
    return MailText(" ".join("".join(reader.seen).split()), tuple(reader.links))


class _Reader(HTMLParser):
    """Gathers what is shown and what can be followed."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.seen: list[str] = []
        self.links: list[str] = []
        self._hidden = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._hidden += tag in _INVISIBLE
        self.seen.append(" ")
        self.links += [value for name, value in attrs if name == "href" and value]

    def handle_endtag(self, tag: str) -> None:
        self._hidden -= tag in _INVISIBLE and self._hidden > 0
        self.seen.append(" ")

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self.seen.append(data)
