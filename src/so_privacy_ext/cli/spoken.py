"""In which language sentences are printed."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer


class Language(StrEnum):
    """Languages in which there are sentences."""

    EN = "en"
    DA = "da"


Spoken = Annotated[Language, typer.Option("--language", help="The language of the sentences.")]
