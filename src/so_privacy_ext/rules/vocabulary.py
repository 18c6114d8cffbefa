"""The condition words that the product brings, in the order in which `explain` looks at them."""

from __future__ import annotations

from so_privacy_ext.rules.conditions import Words
from so_privacy_ext.rules.words.fields import CompanyField, PersonField
from so_privacy_ext.rules.words.happening import Changed, Event
from so_privacy_ext.rules.words.listed import Business, Category, Position
from so_privacy_ext.rules.words.origin import Creator, Evidence, Form, Source
from so_privacy_ext.rules.words.person import (
    AgeBelow,
    Company,
    Country,
    EmailDomain,
    HasEmail,
    IsAssociate,
    Language,
    Retired,
)

PRODUCT_WORDS: Words = (
    Event,
    Changed,
    Creator,
    Form,
    Source,
    Country,
    Category,
    Business,
    Position,
    Language,
    Company,
    Retired,
    IsAssociate,
    HasEmail,
    EmailDomain,
    AgeBelow,
    PersonField,
    CompanyField,
    Evidence,
)
