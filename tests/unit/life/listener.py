"""A plugin that is told of decisions; it is set to take them or not."""

from __future__ import annotations

from pydantic import BaseModel

from so_privacy_ext import Again, Crm, Decision, Event, Extension


class Settings(BaseModel):
    works: bool = True


ext = Extension(
    "acme-told",
    version="1.0",
    says="Is told of decisions, and of sales.",
    settings=Settings,
    operations=["List.GetCategories"],
)


@ext.after_decision
def decided(decision: Decision, settings: Settings) -> None:
    if not settings.works or decision.purposes["STORE"].basis is None:
        raise RuntimeError("Greta Olsen")


@ext.on("sale.created", "person.changed")
def happened(event: Event, crm: Crm) -> Again | None:
    if event.name == "person.changed":
        return None
    return Again([event.primary_key] if crm.call("List.GetCategories")["Category"] else [])
