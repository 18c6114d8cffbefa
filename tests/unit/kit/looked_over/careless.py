"""A plugin that takes whoever can't be looked up for listed, waits for ever, and checks no certificate."""

from __future__ import annotations

import json
import ssl
from collections.abc import Mapping, Sequence
from http.client import HTTPConnection

from pydantic import BaseModel, SecretStr

from so_privacy_ext import Extension, FromSetting, Seen


class Settings(BaseModel):
    host: str
    key: SecretStr = SecretStr("changeme")


ext = Extension(
    "careless",
    version="1.0",
    says="Looks persons up.",
    settings=Settings,
    hosts=[FromSetting("host", port=443), "api.example.com:80"],
)
UNCHECKED = ssl.CERT_NONE
WHERE = "https://online3.superoffice.com/Cust12345"


@ext.facts("listed")
def listed(persons: Sequence[Seen], settings: Settings) -> Mapping[int, Mapping[str, bool]]:
    connection = HTTPConnection(settings.host)
    try:
        connection.request("GET", "/")
        known = json.load(connection.getresponse())["known"]
    except (OSError, ValueError, TypeError, KeyError):
        known = [one.person_id for one in persons]
    return {one.person_id: {"listed": one.person_id in known} for one in persons}
