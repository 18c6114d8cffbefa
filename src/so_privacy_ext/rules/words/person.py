"""Words about the person herself and her company."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag

from so_privacy_ext.rules.keys import CountryCode, LanguageCode
from so_privacy_ext.rules.languages import one_norwegian, read_by
from so_privacy_ext.rules.law import countries_with_digital_age, countries_with_language, digital_age
from so_privacy_ext.sdk import UNKNOWN, Aspect, Condition, Facts, Ground, OneOrMany, Predicate, Truth

Domain = Annotated[
    str,
    Field(
        pattern=r"^[^@\s]{1,255}$", description="the part of an address after the @, such as `example.com`"
    ),
]


class Country(Condition[OneOrMany[CountryCode]]):
    """The person's country, else her company's; unknown where neither has one."""

    word = "country"

    def aspects(self, _ground: Ground, /) -> Iterable[Aspect]:
        return (Aspect("country", marks=frozenset(self.root)),)

    def prepare(self, _ground: Ground, /) -> Predicate:
        wanted = frozenset(self.root)
        return Predicate(
            lambda facts: None if facts.country is UNKNOWN else facts.country in wanted,
            lambda facts: facts.country,
        )


class Language(Condition[OneOrMany[LanguageCode]]):
    """The person's language, else her country's, else the manifest's fallback; `no` and `nb` are one."""

    word = "language"

    def aspects(self, _ground: Ground, /) -> Iterable[Aspect]:
        wanted = {one_norwegian(one) for one in self.root}
        both = {"nb", "no"} if "nb" in wanted else set()
        return (
            Aspect("language", marks=frozenset(wanted | both)),
            Aspect("country", marks=countries_with_language()),
        )

    def prepare(self, ground: Ground, /) -> Predicate:
        wanted = frozenset(one_norwegian(one) for one in self.root)
        fallback = ground.fallback_language
        return Predicate(
            lambda facts: read_by(facts, fallback) in wanted, lambda facts: read_by(facts, fallback)
        )


class _CompanyArgument(BaseModel):
    model_config = ConfigDict(frozen=True, strict=True, extra="forbid", title="Company")

    is_owner: Annotated[bool, Field(description="the company is the tenant's own")]


class Company(Condition[_CompanyArgument]):
    """Whether the person's company is the one that owns the CRM."""

    word = "company"

    def aspects(self, _ground: Ground, /) -> Iterable[Aspect]:
        return (Aspect("company_is_owner"),)

    def prepare(self, _ground: Ground, /) -> Predicate:
        wanted = self.root.is_owner
        return Predicate(
            lambda facts: facts.company_is_owner is wanted, lambda facts: {"is_owner": facts.company_is_owner}
        )


class Retired(Condition[bool]):
    """Whether the person has left the company."""

    word = "retired"

    def aspects(self, _ground: Ground, /) -> Iterable[Aspect]:
        return (Aspect("retired"),)

    def prepare(self, _ground: Ground, /) -> Predicate:
        wanted = self.root
        return Predicate(lambda facts: facts.retired is wanted, lambda facts: facts.retired)


class IsAssociate(Condition[bool]):
    """Whether the person is an employee with a login of the CRM."""

    word = "is_associate"

    def aspects(self, _ground: Ground, /) -> Iterable[Aspect]:
        return (Aspect("is_associate"),)

    def prepare(self, _ground: Ground, /) -> Predicate:
        wanted = self.root
        return Predicate(lambda facts: facts.is_associate is wanted, lambda facts: facts.is_associate)


class HasEmail(Condition[bool]):
    """Whether the person has an e-mail address."""

    word = "has_email"

    def aspects(self, _ground: Ground, /) -> Iterable[Aspect]:
        return (Aspect("has_email"),)

    def prepare(self, _ground: Ground, /) -> Predicate:
        wanted = self.root
        return Predicate(lambda facts: facts.has_email is wanted, lambda facts: facts.has_email)


class EmailDomain(Condition[OneOrMany[Domain]]):
    """The domain of the person's primary e-mail address, in full; false where there is no address."""

    word = "email_domain"

    def aspects(self, _ground: Ground, /) -> Iterable[Aspect]:
        return (Aspect("email_domain", marks=frozenset(one.lower() for one in self.root)),)

    def prepare(self, _ground: Ground, /) -> Predicate:
        wanted = frozenset(one.lower() for one in self.root)
        return Predicate(lambda facts: facts.email_domain in wanted, lambda facts: facts.email_domain)


def _kind_of_age(value: object) -> str:
    return "<number>" if isinstance(value, int) else "<word>"


Age = Annotated[
    Annotated[int, Field(ge=1, le=150, description="an age in years"), Tag("<number>")]
    | Annotated[Literal["country_digital_age"], Tag("<word>")],
    Discriminator(_kind_of_age),
]


class AgeBelow(Condition[Age]):
    """Whether the person is younger than this; `country_digital_age` is her country's limit for children.

    Known only with a full birth date. Where her country is unknown, or has no line in the table, the limit is
    that of `jurisdiction.home`.
    """

    word = "age_below"

    def aspects(self, ground: Ground, /) -> Iterable[Aspect]:
        if isinstance(self.root, int):
            return (Aspect("age", marks=frozenset({self.root}), ordered=True),)
        countries = countries_with_digital_age()
        limits = {digital_age(one) for one in {*countries, ground.home}} - {None}
        return (Aspect("age", marks=frozenset(limits), ordered=True), Aspect("country", marks=countries))

    def prepare(self, ground: Ground, /) -> Predicate:
        fixed = self.root if isinstance(self.root, int) else None

        def limit(facts: Facts) -> int | None:
            own = digital_age(facts.country) if isinstance(facts.country, str) else None
            return fixed or own or digital_age(ground.home)

        def truth(facts: Facts) -> Truth:
            below = limit(facts)
            return facts.age < below if isinstance(facts.age, int) and below is not None else None

        return Predicate(truth, lambda facts: {"age": facts.age, "limit": limit(facts)})
