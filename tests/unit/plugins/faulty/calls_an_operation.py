"""A plugin that has an operation of SuperOffice's called which it did not declare."""

from __future__ import annotations

from so_privacy_ext import Crm, Event, Extension

ext = Extension("faulty", version="1", says="Does what it may not.", operations=["List.GetCategories"])


@ext.on("sale.created")
def sold(event: Event, crm: Crm) -> None:
    crm.call("List.GetBusinesses", Sale=event.primary_key)
