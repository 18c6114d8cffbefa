"""A plugin that is told of decisions; it is set to take them or not."""

from __future__ import annotations

from pydantic import BaseModel

from so_privacy_ext import Decision, Extension


class Settings(BaseModel):
    works: bool = True


ext = Extension("acme-told", version="1.0", says="Is told of decisions.", settings=Settings)


@ext.after_decision
def decided(decision: Decision, settings: Settings) -> None:
    if not settings.works or decision.purposes["STORE"].basis is None:
        raise RuntimeError("Greta Olsen")
