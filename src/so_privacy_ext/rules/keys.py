"""The shapes of names and keys in a manifest, each with the words that a finding shows."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

ListKey = Annotated[
    str,
    Field(pattern=r"^[A-Za-z0-9]{1,64}$", description="a key of the tenant's list: letters and digits only"),
]
"""Key of a purpose, source or legal basis."""
ItemName = Annotated[
    str, Field(min_length=1, max_length=255, description="the name of a list item, as the CRM shows it")
]
Name = Annotated[
    str,
    Field(
        pattern=r"^[a-z0-9][a-z0-9-]{0,63}$",
        description="a name: up to 64 small letters, digits and hyphens, no hyphen first",
    ),
]
"""Of a manifest or a rule."""
MailKey = Annotated[
    str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_-]{0,63}$", description="a mail's name, such as `notice13`")
]
ChannelName = Annotated[
    str,
    Field(
        pattern=r"^[a-z][a-z0-9-]{2,40}$",
        description="what carries a mail: `crm`, `smtp`, or the name of a plugin, such as `acme-mail`",
    ),
]
PRESET = r"^preset:[a-z0-9][a-z0-9-]{0,63}@[1-9][0-9]{0,3}$"
PresetName = Annotated[
    str,
    Field(
        pattern=PRESET,
        description="a preset that we ship, such as `preset:nordic-b2b@1`; no file and no address",
    ),
]
CountryCode = Annotated[
    str, Field(pattern=r"^[A-Z]{2}$", description="a country's two capital letters of ISO 3166, such as `DK`")
]
LanguageCode = Annotated[
    str, Field(pattern=r"^[a-z]{2}$", description="a language's two small letters of ISO 639, such as `da`")
]
