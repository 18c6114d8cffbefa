"""The only reader of the environment."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import Field, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from so_privacy_ext.errors import Exit, Refused

_PREFIX = "SO_PRIVACY_"


class Settings(BaseSettings):
    """What an operator may set; secrets come by file only."""

    model_config = SettingsConfigDict(env_prefix=_PREFIX, extra="ignore", frozen=True)

    database_url: Annotated[str | None, Field(validation_alias="DATABASE_URL", repr=False)] = None
    """PostgreSQL 14 or newer, connected to directly; unset: an embedded server in the data folder."""
    data_dir: Path = Path(".so-privacy")
    public_url: str = "http://127.0.0.1:7300"
    """Where SuperOffice reaches the web process, without a slash at the end."""
    bind: Annotated[str, NoDecode] = "127.0.0.1:7300"
    client_id: str = ""
    application_token_file: Path | None = None
    private_key_file: Path | None = None
    """The app's RSA key, PEM or RSAKeyValue."""
    data_key_file: Path | None = None
    """32 bytes in base64, mode 0600, made at first start; default: `data.key` in the data folder."""
    ca_file: Path | None = None
    environments_file: Path | None = None
    """Further environments, such as a sandbox."""
    worker_threads: Annotated[int, Field(ge=1, le=64)] = 8

    @field_validator("public_url")
    @classmethod
    def _without_slash(cls, value: str) -> str:
        return value.rstrip("/")

    @property
    def data_key_path(self) -> Path:
        return self.data_key_file or self.data_dir / "data.key"

    @property
    def address(self) -> tuple[str, int]:
        """Give host and port to listen on."""
        host, colon, port = self.bind.rpartition(":")
        if not colon or not (port.isascii() and port.isdigit()) or int(port) > 65535:
            raise Refused(
                "bad_bind",
                f"{_PREFIX}BIND is {self.bind!r}",
                "write host:port, such as 127.0.0.1:7300",
                Exit.CONFIG,
            )
        return host.strip("[]") or "127.0.0.1", int(port)


def read() -> Settings:
    """Read the environment; all that is wrong is named at once, and no value is quoted."""
    try:
        return Settings()
    except ValidationError as error:
        wrong = "; ".join(
            f"{_PREFIX}{str(one['loc'][0]).upper() if one['loc'] else ''}: {one['msg']}"
            for one in error.errors()
        )
        raise Refused("bad_settings", wrong, "correct the environment", Exit.CONFIG) from None
