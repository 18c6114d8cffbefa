"""What a manifest brings along is what it calls new, with its names."""

from so_privacy_ext.model import ListItem
from so_privacy_ext.rules.manifest import parse
from so_privacy_ext.rules.new_items import new_items

TEXT = """\
manifest: 1
name: small
jurisdiction: {home: DK}
languages: {enabled: [en], fallback: en}
sources:
  USER: {type: manual, article: 13}
  CARD: {new: true, name: {da: Visitkort, en: Business card}, type: manual, article: 13}
  PHONE: {new: true, name: Phone, type: manual, article: 13}
  FAIR: {new: true, type: manual, article: 13}
legal_bases: [61F]
purposes:
  STORE: {name: Sales, allowed: [61F]}
  PANEL: {new: true, allowed: [61F]}
rules:
  - {id: all, when: always, give: {STORE: {basis: 61F}}, because: "It is so."}
"""


def test_new_items_come_in_the_order_of_the_file() -> None:
    assert new_items(parse(TEXT.encode(), "small.yaml")) == (
        ListItem("source", "CARD", {"da": "Visitkort", "en": "Business card"}),
        ListItem("source", "PHONE", {"": "Phone"}),
        ListItem("source", "FAIR", {"": "FAIR"}),
        ListItem("purpose", "PANEL", {"": "PANEL"}),
    )
