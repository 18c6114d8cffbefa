"""The twelve persons, how each enters the CRM, and what must stand there then: by hand, never computed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

WEB_PLAIN = "web-plain"


@dataclass(frozen=True, slots=True)
class Expected:
    """One row of the demo's table."""

    number: int
    who: str
    enters: str
    """In words, for the table."""
    settings: Mapping[str, str]
    """As `so-sandbox trigger person.created --set` takes them."""
    held: Mapping[str, str]
    """Purpose → basis/source that the CRM gives by itself."""
    rule: str
    written: Mapping[str, str]
    """Purpose → basis/source that we write."""
    stands: Mapping[str, str]
    """Purpose → basis/source, all that stands at the end."""
    mail: str
    """Template and language of our mail, else the reason why there is none."""
    decided: Mapping[str, str] = field(default_factory=dict)
    """Purpose → outcome, for what is decided and not written."""
    before: bool = False
    """In the CRM before we are installed; then her title changes."""


def _person(first: str, country: str, **settings: str) -> dict[str, str]:
    address = {"email": f"{first.lower().replace('ø', 'o')}@example.com"}
    return {"firstname": first, "lastname": "Eksempel", "country": country, **address, **settings}


PERSONS = (
    Expected(
        1, "Anna", "DK, contact form", _person("Anna", "DK", source="WEBFORM", form="contact"),
        held={"STORE": "61B/WEBFORM"}, rule=WEB_PLAIN, written={"STORE": "61F/WEBFORM"},
        stands={"STORE": "61F/WEBFORM"}, mail="privacy-notice-13 da",
    ),
    Expected(
        2, "Bjørn", "NO, chat", _person("Bjørn", "NO", source="CHAT"),
        held={"STORE": "61B/CHAT"}, rule=WEB_PLAIN, written={"STORE": "61F/CHAT"},
        stands={"STORE": "61F/CHAT"}, mail="crm_mails",
    ),
    Expected(
        3, "Cecilia", "SE, e-mail to us", _person("Cecilia", "SE", source="EMAIL"),
        held={"STORE": "61B/EMAIL"}, rule=WEB_PLAIN, written={"STORE": "61F/EMAIL"},
        stands={"STORE": "61F/EMAIL"}, mail="privacy-notice-13 sv",
    ),
    Expected(
        4, "Dieter", "DE, business card", _person("Dieter", "DE", source="CARD"),
        held={"STORE": "61B/CARD"}, rule="met-in-person", written={"STORE": "61F/CARD"},
        stands={"STORE": "61F/CARD"}, mail="privacy-notice-13 de",
    ),
    Expected(
        5, "Emma", "DK, import wizard", _person("Emma", "DK", source="IMPORT"),
        held={"STORE": "61B/IMPORT"}, rule="bought-or-referred", written={"STORE": "61F/IMPORT"},
        stands={"STORE": "61F/IMPORT"}, mail="privacy-notice-14 da", decided={"EMARKETING": "deny"},
    ),
    Expected(
        6, "Frode", "NO, data supplier", _person("Frode", "NO", source="VENDOR"),
        held={"STORE": "61B/VENDOR"}, rule="bought-or-referred", written={"STORE": "61F/VENDOR"},
        stands={"STORE": "61F/VENDOR"}, mail="privacy-notice-14 nb", decided={"EMARKETING": "deny"},
    ),
    Expected(
        7, "Gitte", "DK, ERP sync", _person("Gitte", "DK", source="ERP"),
        held={"STORE": "61B/ERP"}, rule="erp", written={"STORE": "61F/ERP", "ACCOUNTING": "61C/ERP"},
        stands={"STORE": "61F/ERP", "ACCOUNTING": "61C/ERP"}, mail="privacy-notice-14 da",
    ),
    Expected(
        8, "Hanna", "SE, contact form, newsletter ticked",
        _person("Hanna", "SE", source="WEBFORM", form="contact", **{"consent.EMARKETING": "61A/WEBFORM"}),
        held={"STORE": "61B/WEBFORM", "EMARKETING": "61A/WEBFORM"}, rule="web-tick",
        written={"STORE": "61F/WEBFORM"},
        stands={"STORE": "61F/WEBFORM", "EMARKETING": "61A/WEBFORM"},
        mail="privacy-notice-13 sv", decided={"EMARKETING": "keep"},
    ),
    Expected(
        9, "Ivan", "employee, entered by a user",
        _person("Ivan", "DK", source="USER", company="Eksempel A/S"),
        held={"STORE": "61B/USER"}, rule="own-staff", written={},
        stands={"STORE": "61B/USER"}, mail="rule_gives_none", decided={"STORE": "none"},
    ),
    Expected(
        10, "Jonas", "DK, 14 years, contact form",
        _person("Jonas", "DK", source="WEBFORM", form="contact", years="14"),
        held={"STORE": "61B/WEBFORM"}, rule="minor", written={},
        stands={"STORE": "61B/WEBFORM"}, mail="review",
        decided={"STORE": "review", "EMARKETING": "deny"},
    ),
    Expected(
        11, "Karin", "SE, met at a fair, no address", _person("Karin", "SE", source="FAIR", email=""),
        held={"STORE": "61B/FAIR"}, rule="met-in-person", written={"STORE": "61F/FAIR"},
        stands={"STORE": "61F/FAIR"}, mail="no_address",
    ),
    Expected(
        12, "Lars", "DK, known since last year, new title",
        _person(
            "Lars", "DK", source="WEBFORM", registered_ago="400d",
        ),
        held={"STORE": "61F/WEBFORM", "EMARKETING": "WITHDRAWN"}, rule=WEB_PLAIN, written={},
        stands={"STORE": "61F/WEBFORM", "EMARKETING": "WITHDRAWN"}, mail="before_start", before=True,
    ),
)  # fmt: skip
"""Nine consents of STORE and one of ACCOUNTING are written, seven mails of ours go out."""

WRITES = 10
MAILS = 7
MAILS_OF_THE_CRM = 1
OPEN_DUTIES = 1
"""Karin's; Bjørn's closes when the CRM's own mail is found."""
OPEN_REVIEWS = 1
