"""The only reader of the environment, and of the secret files that it names."""

from __future__ import annotations

import re
import ssl
import stat
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import Field, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from so_privacy_ext.errors import Exit, Refused

_PREFIX = "SO_PRIVACY_"
_LONGEST_SECRET = 64 * 1024
_LONGEST_TOKEN = 4096
_PLACEHOLDER = re.compile(
    r"change[-_ ]?me|your[-_ ].*|(client|application)?[-_ ]?(secret|token)|password|todo|example|none|null"
    r"|<.*>|\$\{.*\}|\{\{.*\}\}|\$[a-z_]+|x{3,}|\*+|\.+",
    re.IGNORECASE,
)
"""What stands in a template or an example until somebody puts a secret there."""


class Settings(BaseSettings):
    """What an operator may set; secrets come by file only. An empty variable counts as unset."""

    model_config = SettingsConfigDict(env_prefix=_PREFIX, env_ignore_empty=True, extra="ignore", frozen=True)

    database_url: Annotated[str | None, Field(validation_alias="DATABASE_URL", repr=False)] = None
    """PostgreSQL 14 or newer, connected to directly; unset: an embedded server in the data folder."""
    data_dir: Path = Path(".so-privacy")
    public_url: str = "http://127.0.0.1:7300"
    """Where SuperOffice reaches the web process, without a slash at the end."""
    bind: Annotated[str, NoDecode] = "127.0.0.1:7300"
    trusted_proxies: Annotated[tuple[str, ...], NoDecode] = ()
    """Addresses and networks of proxies in front of us, separated by commas: they are believed."""
    client_id: str = ""
    environment: str = "online"
    """Where the client id is registered, and so where administrators sign in; a client id is of one alone."""
    application_token_file: Path | None = None
    private_key_file: Path | None = None
    """The app's RSA key, PEM or RSAKeyValue."""
    data_key_file: Path | None = None
    """32 bytes in base64, mode 0600, made at first start; default: `data.key` in the data folder."""
    ca_file: Path | None = None
    """Certificates of authorities in PEM, believed besides the system's."""
    outward_networks: Annotated[tuple[str, ...], NoDecode] = ()
    """Networks, separated by commas, that are not public and where tenants' own systems may be told."""
    environments_file: Path | None = None
    """Further environments, such as a sandbox."""
    worker_threads: Annotated[int, Field(ge=1, le=64)] = 8
    keep_events_days: Annotated[int, Field(ge=1, le=3660)] = 30
    """For how long what an event brought is kept after it is done; its id is kept as long as the tenant."""
    keep_quarantine_days: Annotated[int, Field(ge=1, le=3660)] = 30
    keep_facts_days: Annotated[int, Field(ge=30, le=36600)] = 1095
    """For how long it is kept on which facts was decided, after the decision was carried out."""
    metrics_bind: Annotated[str | None, NoDecode] = None
    """Where Prometheus asks, apart from `bind`; unset: nowhere. `up` gives its worker the next port."""
    log_dir: Path | None = None
    """Where log lines are kept by day, besides standard error; unset: nowhere."""
    log_days: Annotated[int, Field(ge=1, le=3660)] = 92
    """SuperOffice may ask for three months of logs."""

    @field_validator("public_url")
    @classmethod
    def _an_address(cls, value: str) -> str:
        parts = urlsplit(value)
        if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query or parts.fragment:
            raise ValueError("write http(s)://host, without query")
        return value.rstrip("/")

    @field_validator("trusted_proxies", "outward_networks", mode="before")
    @classmethod
    def _networks(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        found = tuple(one.strip() for one in value.split(",") if one.strip())
        for one in found:
            try:
                ip_network(one)
            except ValueError:
                raise ValueError("write addresses and networks, such as 10.0.0.7,192.168.0.0/16") from None
        return found

    @property
    def data_key_path(self) -> Path:
        return self.data_key_file or self.data_dir / "data.key"

    @property
    def hosts(self) -> frozenset[str]:
        """Give the names that a request may be for: the public one, the one bound to, and this machine's."""
        public = urlsplit(self.public_url).hostname or ""
        return frozenset(
            _bracketed(one) for one in (public, self.address[0], "localhost", "127.0.0.1") if one
        )

    @property
    def address(self) -> tuple[str, int]:
        """Give host and port to listen on."""
        return _host_and_port("BIND", self.bind)

    @property
    def metrics_address(self) -> tuple[str, int] | None:
        """Give host and port on which metrics are asked for, which is never where SuperOffice reaches us."""
        if self.metrics_bind is None:
            return None
        host, port = _host_and_port("METRICS_BIND", self.metrics_bind)
        if port and port == self.address[1]:
            raise Refused(
                "bad_bind",
                f"{_PREFIX}METRICS_BIND has the port of {_PREFIX}BIND",
                "choose another port, which only your monitoring reaches",
                Exit.CONFIG,
            )
        return host, port


def _host_and_port(name: str, bind: str) -> tuple[str, int]:
    host, colon, port = bind.rpartition(":")
    if not colon or not (port.isascii() and port.isdigit()) or int(port) > 65535:
        raise Refused(
            "bad_bind",
            f"{_PREFIX}{name} is {bind!r}",
            "write host:port, such as 127.0.0.1:7300",
            Exit.CONFIG,
        )
    return host.strip("[]") or "127.0.0.1", int(port)


def _bracketed(host: str) -> str:
    """Write a host as a Host header does, where an IPv6 address stands in brackets."""
    return f"[{host}]" if ":" in host else host


def read() -> Settings:
    """Read the environment; all that is wrong is named at once, and no value is quoted."""
    try:
        found = Settings()
    except ValidationError as error:
        wrong = "; ".join(
            f"{_PREFIX}{str(one['loc'][0]).upper() if one['loc'] else ''}: "
            + one["msg"].removeprefix("Value error, ")
            for one in error.errors()
        )
        raise Refused("bad_settings", wrong, "correct the environment", Exit.CONFIG) from None
    if found.ca_file is not None:
        _refuse_unbelievable(found.ca_file)
    return found


def _refuse_unbelievable(ca_file: Path) -> None:
    """Refuse a file that holds no certificates before anything is begun with it."""
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(cafile=ca_file)
    except ssl.SSLError:  # an OSError too, whose reason is of OpenSSL's source
        reason = "it holds no certificates in PEM"
    except OSError as error:
        reason = error.strerror or "it can't be read"
    else:
        return
    how = f"name a file of certificates by {_PREFIX}CA_FILE, or unset it to trust the system's alone"
    raise Refused("ca_file", reason, how, Exit.CONFIG, where=str(ca_file))


def read_secret(path: Path, what: str, *, wrong: Exit = Exit.CONFIG) -> bytes:
    """Read a secret's file, which its owner alone may read; a pipe has no mode that counts."""
    try:
        with path.open("rb") as file:
            status = path.stat()
            content = file.read(_LONGEST_SECRET + 1)
    except OSError as error:
        code = Exit.NO_PERMISSION if isinstance(error, PermissionError) else Exit.NO_INPUT
        reason = error.strerror or "it can't be read"
        raise Refused("unreadable", reason, "name a readable file", code, where=str(path)) from None
    mode = stat.S_IMODE(status.st_mode)
    if stat.S_ISREG(status.st_mode) and mode & 0o077:
        raise Refused(
            "open_to_others",
            f"its mode is {mode:04o}, and it holds {what}",
            "chmod 600 it",
            Exit.NO_PERMISSION,
            where=str(path),
        )
    if not content.strip() or len(content) > _LONGEST_SECRET:
        reason = "the file is too long" if content.strip() else "the file is empty"
        raise Refused("bad_secret", reason, f"put {what} alone in it", wrong, where=str(path))
    return content


def one_line(content: bytes, what: str, *, where: str, wrong: Exit = Exit.CONFIG) -> str:
    """Give a token, which is one line of printable text."""
    try:
        text = content.decode().strip()
    except UnicodeDecodeError:
        text = ""
    reason = ""
    if not text.isprintable() or not 0 < len(text) <= _LONGEST_TOKEN:
        reason = "it is empty, too long, or not one line of text"
    elif _PLACEHOLDER.fullmatch(text):
        reason = "it is a placeholder"
    if reason:
        raise Refused("bad_token", reason, f"put {what} alone in it", wrong, where=where)
    return text
