"""HTTP as we accept it: uvicorn's protocol with the sizes and deadlines that it leaves to a proxy."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Collection
from typing import Any, NoReturn

import httptools
import structlog
from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

from so_privacy_ext.web import answers
from so_privacy_ext.web.connections import Connections, Phase
from so_privacy_ext.web.limits import Limits

_LINE_OVERHEAD = 4  # colon, space, CR, LF
_HOST = re.compile(rb"(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(?::[0-9]{1,5})?")

_log = structlog.get_logger()


class _Stop(Exception):
    """Leave the parser from within one of its callbacks."""


class WireProtocol(HttpToolsProtocol):
    """One connection. A request that breaks a limit is answered, and then the connection is closed."""

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
        *,
        limits: Limits,
        everybody: Connections,
        hosts: Collection[bytes] | None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self._limits = limits
        self._everybody = everybody
        self._hosts = hosts
        self.address = ""
        self._enter(Phase.FIRST, limits.header_seconds)
        self._refusal = (400, "bad_request")
        self._requests = 0
        self._unanswered = 0
        self._unfinished_head = 0
        self._head_bytes = 0
        self._header_count = 0
        self._body_bytes = 0
        self._announced = 0
        self._most_bytes = limits.body_bytes
        self._answer_seconds = limits.answer_seconds
        self._host: list[bytes] = []
        self._known_host: bytes | None = None
        self._last = False
        """The request that is read, or the next one, is the last of this connection."""
        self._deaf = False
        """Nothing more is read; what has been read is answered."""

    # From the transport

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as uvicorn has it
        super().connection_made(transport)
        self.address = self.client[0] if self.client else ""
        if not self._everybody.admit(self):
            _log.warning("refused", code="too_many_connections", client=self.address)
            self._deaf = True
            transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        self._everybody.leave(self)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self._deaf:
            return
        self._unset_keepalive_if_required()
        before = self._requests
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserInvalidMethodError:
            looks_like_http = data[:1].isalpha() and data.partition(b" ")[2].startswith(b"/")
            self._refuse(*((405, "method_not_allowed") if looks_like_http else self._refusal))
        except (httptools.HttpParserError, httptools.HttpParserUpgrade):
            self._refuse(*self._refusal)
        else:
            # The parser shows a header only when it is whole.
            if self.phase is Phase.HEADERS and self._requests == before:
                self._unfinished_head += len(data)
                if self._unfinished_head > self._limits.header_bytes:
                    self._refuse(431, "headers_too_large")

    # From the parser

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._requests += 1
        self._unfinished_head = self._head_bytes = self._header_count = self._body_bytes = self._announced = 0
        self._host = []
        self._enter(Phase.HEADERS, self._limits.header_seconds)

    def on_header(self, name: bytes, value: bytes) -> None:
        self._header_count += 1
        self._head_bytes += len(name) + len(value) + _LINE_OVERHEAD
        if self._header_count > self._limits.headers or self._head_bytes > self._limits.header_bytes:
            self._stop(431, "headers_too_large")
        if self.phase is not Phase.HEADERS:
            return  # a trailer; nothing that comes after the body may look like a header
        name = name.lower()
        if name == b"host":
            self._host.append(value)
        elif name == b"content-length":
            self._announced = int(value)
        elif name == b"expect":
            self.expect_100_continue = value.lower() == b"100-continue"
        self.headers.append((name, value))

    def on_headers_complete(self) -> None:
        if self.parser.get_method() == b"CONNECT":
            self._stop(405, "method_not_allowed")
        if self.parser.get_http_version() not in ("1.1", "1.0") or not self.url.startswith(b"/"):
            self._stop(400, "bad_request")
        if self.parser.should_upgrade():
            self._stop(400, "no_upgrade")  # the parser would take no body
        if len(self._host) != 1 or not self._is_ours(self._host[0]):
            self._stop(400, "bad_host")
        if len(self.url) + self._head_bytes > self._limits.header_bytes:
            self._stop(431, "headers_too_large")
        self._most_bytes = self._limits.body_bytes_of(self.url)
        self._answer_seconds = self._limits.answer_seconds_of(self.url)
        if self._announced > self._most_bytes:
            self._stop(413, "too_large")
        super().on_headers_complete()
        self._unanswered += 1
        if self._last:
            self.cycle.keep_alive = False
        self._enter(Phase.BODY, self._limits.body_seconds)

    def on_body(self, body: bytes) -> None:
        self._body_bytes += len(body)
        if self._body_bytes > self._most_bytes:
            self._stop(413, "too_large")
        super().on_body(body)

    def on_message_complete(self) -> None:
        super().on_message_complete()
        if self.cycle.response_complete:
            self._enter(Phase.IDLE, self._limits.idle_seconds)
        else:
            self._enter(Phase.ANSWER, self._answer_seconds)

    # From the answer, the sweep and the server

    def on_response_complete(self) -> None:
        super().on_response_complete()
        self._unanswered -= 1
        if self.phase is Phase.REFUSED:
            return
        if self._deaf and not self._unanswered:
            self._close()
        elif self.phase is Phase.ANSWER and not self._unanswered:
            self._enter(Phase.IDLE, self._limits.idle_seconds)
        elif self.phase is not Phase.IDLE:
            # While we answered, reading was paused; that time is not the client's.
            self._enter(self.phase, self._allowed(self.phase))

    def out_of_time(self) -> None:
        if self.phase in (Phase.HEADERS, Phase.BODY):
            self._refuse(408, "too_slow")
        elif self.phase in (Phase.FIRST, Phase.IDLE):
            self._close()
        else:
            self.transport.abort()

    def give_way(self) -> None:
        self._close()

    def shutdown(self) -> None:
        """Answer what is under way, and what a client may be sending at this moment; then close."""
        self._last = True
        if self.phase in (Phase.FIRST, Phase.IDLE):
            self._enter(self.phase, self._limits.linger_seconds / 2)
        elif self.phase in (Phase.BODY, Phase.ANSWER):
            self.cycle.keep_alive = False

    # Inside

    def _enter(self, phase: Phase, seconds: float) -> None:
        self.phase = phase
        self.deadline = self.loop.time() + seconds

    def _allowed(self, phase: Phase) -> float:
        if phase is Phase.HEADERS:
            return self._limits.header_seconds
        return self._limits.body_seconds if phase is Phase.BODY else self._answer_seconds

    def _is_ours(self, host: bytes) -> bool:
        if host == self._known_host:
            return True
        name = _HOST.fullmatch(host.lower())
        if name is None or (self._hosts is not None and name[1] not in self._hosts):
            return False
        self._known_host = host
        return True

    def _stop(self, status: int, code: str) -> NoReturn:
        self._refusal = (status, code)
        raise _Stop

    def _refuse(self, status: int, code: str) -> None:
        """Say why and close; but first let the requests before this one have their answers."""
        request_id = answers.new_request_id()
        _log.warning("refused", code=code, request_id=request_id, client=self.address)
        self._deaf = True
        if self.phase is Phase.BODY and not self.pipeline:
            if self.cycle.response_started:
                self._close()
                return
            self.cycle.disconnected = True
            self.cycle.message_event.set()
        elif self._unanswered:
            if self.phase is Phase.BODY:
                self.pipeline.popleft()
                self._unanswered -= 1
            self._enter(Phase.ANSWER, self._answer_seconds)
            return
        allow = ((b"allow", b"POST"),) if status == 405 else ()
        answer = answers.error(status, code, request_id, *allow)
        self.transport.write(answer.on_the_wire(self.server_state.default_headers))
        self._enter(Phase.REFUSED, self._limits.linger_seconds)
        # Half closed, the rest of what is sent is read and dropped: a reset could overtake our answer.
        self.transport.write_eof()

    def _close(self) -> None:
        self._deaf = True
        self._enter(Phase.REFUSED, self._limits.linger_seconds)
        self.transport.close()
