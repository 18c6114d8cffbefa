"""A mail server on this machine that keeps what it is sent, and can be made to fail at any step."""

from __future__ import annotations

import base64
import socketserver
import ssl
import tempfile
import threading
from contextlib import suppress
from dataclasses import dataclass
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from types import TracebackType
from typing import Self

from so_privacy_kit.certificates import certified

HOST = "127.0.0.1"
_LONGEST = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Received:
    """One mail that the server took."""

    sender: str
    to: str
    mail: EmailMessage
    encrypted: bool
    user: str
    """Who had signed in; empty if nobody."""

    @property
    def text(self) -> str:
        """Give what a mail program without pages shows."""
        return self._part("plain")

    @property
    def html(self) -> str:
        """Give the page."""
        return self._part("html")

    def _part(self, kind: str) -> str:
        part = self.mail.get_body((kind,))
        return "" if part is None else str(part.get_content())


class MailServer:
    """Serves SMTP with STARTTLS by a certificate of its own authority, on a port that is free."""

    def __init__(self, *, starttls: bool = True, users: dict[str, str] | None = None) -> None:
        """Begin to serve; with `users` (name → password) nobody writes who has not signed in."""
        self.starttls = starttls
        self.users = users or {}
        self.received: list[Received] = []
        self.answers: dict[str, str] = {}
        """By command (`RCPT`, `DATA`, …; `content` for the mail's end): what it answers instead, such as
        `550 no such user`; with an empty text it hangs up there."""
        self.offers: list[str] = []
        """Extensions that it offers besides."""
        self.connections = 0
        self._folder = tempfile.TemporaryDirectory(prefix="sop-mail-")
        self.ca_file = Path(self._folder.name) / "authority.pem"
        self._context = certified(self.ca_file.with_name("server.pem"), self.ca_file)
        self._server = _Listening((HOST, 0), self, self._context)
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True
        )
        self._thread.start()

    @property
    def port(self) -> int:
        """Give the port on which it listens."""
        return self._server.server_address[1]

    def stop(self) -> None:
        """Serve nobody any more."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
        self._folder.cleanup()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


class _Listening(socketserver.ThreadingTCPServer):
    daemon_threads = True
    server_address: tuple[str, int]

    def __init__(self, address: tuple[str, int], told: MailServer, context: ssl.SSLContext) -> None:
        self.told = told
        self.context = context
        super().__init__(address, _Talk)


class _HungUp(Exception):
    """The server has had enough."""


class _Talk(socketserver.StreamRequestHandler):
    """One connection."""

    server: _Listening

    def setup(self) -> None:
        super().setup()
        self.encrypted, self.user, self.sender, self.to = False, "", "", ""

    def handle(self) -> None:
        told = self.server.told
        told.connections += 1
        with suppress(_HungUp, OSError):
            self._say("connect", "220 mail.example.com")
            while line := self.rfile.readline(_LONGEST).decode(errors="replace").strip():
                verb, _, rest = line.partition(" ")
                verb = verb.upper()
                if verb == "QUIT":
                    self._say(verb, "221 bye")
                    return
                self._answer(verb, rest)

    def finish(self) -> None:
        with suppress(OSError):
            super().finish()
        self.connection.close()

    def _say(self, step: str, usual: str) -> bool:
        """Answer as usual, or as the test wants it; tell whether it was a yes."""
        answer = self.server.told.answers.get(step, usual)
        if not answer:
            raise _HungUp
        self.wfile.write("".join(f"{line}\r\n" for line in answer.split("\n")).encode())
        return answer[:1] in {"2", "3"}

    def _answer(self, verb: str, rest: str) -> None:
        told = self.server.told
        if verb == "EHLO":
            offers = ["mail.example.com", *told.offers]
            offers += ["STARTTLS"] if told.starttls and not self.encrypted else []
            offers += ["AUTH PLAIN"] if told.users and self.encrypted else []
            lines = [f"250-{one}" for one in offers[:-1]] + [f"250 {offers[-1]}"]
            self._say(verb, "\n".join(lines))
        elif verb == "STARTTLS":
            if self._say(verb, "220 go on"):
                self._encrypt()
        elif verb == "AUTH":
            name, password = base64.b64decode(rest.partition(" ")[2]).decode().split("\0")[1:]
            right = told.users.get(name) == password
            if self._say(verb, "235 welcome" if right else "535 no"):
                self.user = name
        elif verb == "MAIL":
            self.sender = rest.partition(":")[2].partition(" ")[0].strip("<>")
            self._say(verb, "530 sign in first" if told.users and not self.user else "250 fine")
        elif verb == "RCPT":
            self.to = rest.partition(":")[2].strip("<>")
            self._say(verb, "250 fine")
        elif verb == "DATA":
            if self._say(verb, "354 go on"):
                self._take()
        else:
            self._say(verb, "250 fine" if verb in {"RSET", "NOOP"} else "502 what?")

    def _encrypt(self) -> None:
        self.rfile.close()
        self.connection = self.server.context.wrap_socket(self.request, server_side=True)
        self.rfile, self.wfile = self.connection.makefile("rb"), self.connection.makefile("wb", buffering=0)
        self.encrypted = True

    def _take(self) -> None:
        content = bytearray()
        while (line := self.rfile.readline(_LONGEST)) not in {b".\r\n", b""}:
            content += line.removeprefix(b".") if line.startswith(b"..") else line
        told = self.server.told
        if told.answers.get("content", "250")[:1] in {"2", ""}:  # a mail may go although nobody hears of it
            mail = message_from_bytes(bytes(content), policy=default)
            assert isinstance(mail, EmailMessage)  # noqa: S101  # by that policy it is
            told.received.append(Received(self.sender, self.to, mail, self.encrypted, self.user))
        self._say("content", "250 taken")
