"""The words by which a person is made up, each with its shape."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Discriminator, Field, Tag

from so_privacy_ext.rules.keys import ItemName, ListKey
from so_privacy_ext.rules.shape import Shape
from so_privacy_ext.rules.words.fields import FieldName, Value
from so_privacy_ext.rules.words.happening import Column
from so_privacy_ext.rules.words.origin import FormKey
from so_privacy_ext.rules.words.person import Domain
from so_privacy_ext.sdk import EventWord, OneOrMany

KnownCountry = Annotated[
    str,
    Field(
        pattern=r"^([A-Z]{2}|unknown)$",
        description="a country's two capital letters of ISO 3166, such as `DK`, or `unknown`",
    ),
]
KnownLanguage = Annotated[
    str,
    Field(
        pattern=r"^([a-z]{2}|unknown)$",
        description="a language's two small letters of ISO 639, such as `da`, or `unknown`",
    ),
]
ConsentText = Annotated[
    str,
    Field(
        pattern=r"^[A-Za-z0-9]{1,64}(/[A-Za-z0-9]{1,64})?$",
        description="a basis and the source it came by, such as `61B/CARD`",
    ),
]


def _kind_of_age(value: object) -> str:
    return "<number>" if isinstance(value, int) else "<word>"


KnownAge = Annotated[
    Annotated[int, Field(ge=0, le=150, description="an age in years"), Tag("<number>")]
    | Annotated[Literal["unknown"], Tag("<word>")],
    Discriminator(_kind_of_age),
]


class Standing(Shape):
    """A consent as it stands in the CRM."""

    basis: ListKey
    source: ListKey | None = None
    by: Annotated[
        Literal["crm_default", "import", "rule", "human", "person"],
        Field(description="who wrote it; rules don't see that, but nothing outranks a person or a human"),
    ] = "crm_default"


def _kind_of_standing(value: object) -> str:
    return "<row>" if isinstance(value, dict | Standing) else "<text>"


StandingShape = Annotated[
    Annotated[ConsentText, Tag("<text>")] | Annotated[Standing, Tag("<row>")],
    Discriminator(_kind_of_standing),
]


class MadeUpCompany(Shape):
    """Her company."""

    is_owner: Annotated[bool, Field(description="the company is the tenant's own")]


class MadeUpForm(Shape):
    """The web form that registered her."""

    key: FormKey


def _kind_of_form(value: object) -> str:
    return "<form>" if isinstance(value, dict | MadeUpForm) else "<text>"


FormShape = Annotated[
    Annotated[FormKey, Tag("<text>")] | Annotated[MadeUpForm, Tag("<form>")], Discriminator(_kind_of_form)
]


class PersonWords(Shape):
    """A person in words; whatever is not said is unknown, not so, or not there, but an e-mail address is."""

    creator: Literal["form", "us", "integration", "erp", "user", "unknown"] = "unknown"
    form: FormShape | None = None
    source: Annotated[ListKey | None, Field(description="the key of a source: that of her STORE row")] = None
    country: KnownCountry = "unknown"
    category: ItemName | None = None
    business: ItemName | None = None
    position: ItemName | None = None
    language: KnownLanguage = "unknown"
    company: MadeUpCompany | None = None
    retired: bool = False
    is_associate: bool = False
    has_email: bool = True
    email_domain: Domain | None = None
    age: KnownAge = "unknown"
    consents: dict[ListKey, StandingShape] = Field(default={}, description="what stands, by purpose")
    wordings: Annotated[
        OneOrMany[ListKey], Field(description="purposes for which the tenant has a consent text")
    ] = ()
    person_field: dict[FieldName, Value] = Field(
        default={}, description="what stands in user-defined fields of hers; all others are empty"
    )
    company_field: dict[FieldName, Value] = Field(
        default={}, description="what stands in user-defined fields of her company; all others are empty"
    )


class MadeUp(PersonWords):
    """A person, and what has just happened to her."""

    event: EventWord = "none"
    changed: OneOrMany[Column] = ()
