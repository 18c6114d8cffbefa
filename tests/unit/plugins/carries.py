"""A plugin that carries letters, and does with each what its mail is called."""

from __future__ import annotations

import os
import time
from pathlib import Path

from so_privacy_ext import Clock, Extension, Letter, NotSent

ext = Extension("carries", version="1", says="Carries letters.", hosts=["mail.example.com:587"])


@ext.channel
def carry(letter: Letter, clock: Clock) -> object:
    if letter.mail == "later":
        raise NotSent(f"to {letter.to}")
    if letter.mail == "never":
        raise NotSent(for_good=True)
    if letter.mail == "raises":
        raise ValueError(f"to {letter.to}")
    if letter.mail == "gives":
        return f"{letter.to} at {clock.now()}"
    if letter.mail == "hangs":
        time.sleep(60)
    if letter.mail == "ends":
        os._exit(1)
    if letter.mail == "opens":
        Path("/etc/passwd").read_bytes()
    return None
