"""Carries notices by Acme's mail server, with its own greeting and a header by which filters know them."""

from __future__ import annotations

from pydantic import BaseModel, Field, SecretStr

from acme_mail.posting import greeted, send
from so_privacy_ext import Clock, Extension, FromSetting, Letter


class Settings(BaseModel):
    host: str = Field(
        title="Mail server", description="Where mails go: a host, with its port if that is not 587."
    )
    sender: str = Field(title="Sender", description="The address from which mails come.")
    user: str = Field(default="", title="User", description="Who signs in; empty for nobody.")
    password: SecretStr = Field(default=SecretStr(""), title="Password", description="Of the user.")
    department: str = Field(
        default="privacy", title="Department", description="Named in the header X-Acme-Department."
    )


ext = Extension(
    "acme-mail",
    version="1.0.0",
    says="Carries notices by Acme's mail server, with Acme's greeting in the language of the notice.",
    settings=Settings,
    hosts=[FromSetting("host", port=587)],
)


@ext.channel
def carry(letter: Letter, settings: Settings, clock: Clock) -> None:
    """Send one letter; it is never asked twice for a letter of which it has not said that it did not go."""
    mail = greeted(letter, settings.sender, clock.now())
    mail["X-Acme-Department"] = settings.department
    send(mail, settings.host, settings.sender, letter.to, settings.user, settings.password.get_secret_value())
