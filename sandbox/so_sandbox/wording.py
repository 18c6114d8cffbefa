"""Reads settings such as country=DK or birth=2012-05-01 into what a tenant's rows hold."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from so_sandbox.world.people import SETTABLE
from so_sandbox.world.tenant import Tenant

_PARTS = {"d": "days", "h": "hours", "m": "minutes", "s": "seconds"}
_PLAIN = ("firstname", "lastname", "title")
_NUMBERS = tuple(name for name in SETTABLE if name not in _PLAIN)
_ITEMS = {
    "country": ("countries", "country_id"),
    "category": ("categories", "category_idx"),
    "business": ("businesses", "business_idx"),
    "position": ("positions", "position_idx"),
    "language": ("languages", "support_language_id"),
}
NAMES = (
    "firstname", "lastname", "title", "email", "country", "company", "category", "business", "position",
    "language", "birth", "years", "source", "channel", "form", "registered_ago", "consent.<PURPOSE>",
    "field.<NAME>",
)  # fmt: skip
"""What can be set of a person, the database's own columns aside."""


class Words:
    """Settings that are taken one by one, so that one nobody took is an error."""

    def __init__(self, settings: Mapping[str, str]) -> None:
        self._left = {name.strip(): value.strip() for name, value in settings.items()}

    def __contains__(self, name: str) -> bool:
        return name in self._left

    def text(self, name: str) -> str | None:
        return self._left.pop(name, None)

    def listed(self, name: str) -> list[str]:
        """Give the parts between commas."""
        return [part.strip() for part in (self.text(name) or "").split(",") if part.strip()]

    def number(self, name: str) -> int:
        value = self.text(name)
        if value is None:
            raise ValueError(f"{name}=<number> is missing")
        try:
            return int(value)
        except ValueError:
            raise ValueError(f"{name} is {value!r}, not a number") from None

    def flag(self, name: str) -> bool:
        return (self.text(name) or "no").casefold() in {"1", "yes", "true"}

    def duration(self, name: str) -> timedelta:
        value = self.text(name)
        return duration(value) if value else timedelta(0)

    def beginning(self, prefix: str) -> dict[str, str]:
        """Take all whose name begins so, by the rest of the name."""
        names = [name for name in self._left if name.startswith(prefix)]
        return {name.removeprefix(prefix): self._left.pop(name) for name in names}

    def none_left(self) -> None:
        if self._left:
            raise ValueError(
                f"can't set {', '.join(sorted(self._left))} here; of a person there are: {', '.join(NAMES)}"
            )


def duration(text: str) -> timedelta:
    """Read `90`, `90s`, `15m`, `6h`, `2d` or several after another, such as `1d12h`."""
    if re.fullmatch(r"\d+(\.\d+)?", text, re.ASCII):
        return timedelta(seconds=float(text))
    if not re.fullmatch(r"(\d+[dhms])+", text, re.ASCII):
        raise ValueError(f"{text!r} is no duration; write 90s, 15m, 6h, 2d or 1d12h")
    parts = re.findall(r"(\d+)([dhms])", text)
    return sum((timedelta(**{_PARTS[unit]: int(count)}) for count, unit in parts), timedelta(0))


def person_columns(tenant: Tenant, words: Words) -> dict[str, Any]:
    """Take all that describes a person and resolve it by the tenant's lists."""
    columns: dict[str, Any] = {}
    for name in _PLAIN:
        value = words.text(name)
        if value is not None:
            columns[name] = value
    for name, (items, column) in _ITEMS.items():
        value = words.text(name)
        if value is not None:
            columns[column] = tenant.item_id(items, value) if value else 0
    company = words.text("company")
    if company:
        columns["contact_id"] = company_id(tenant, company)
    born = _birth(tenant, words)
    if born is not None:
        columns |= {"year_of_birth": born.year, "month_of_birth": born.month, "day_of_birth": born.day}
    for name in _NUMBERS:
        value = words.text(name)
        if value is not None:
            try:
                columns[name] = int(value)
            except ValueError:
                raise ValueError(f"{name} is {value!r}, not a number") from None
    return columns


def written_consents(words: Words) -> dict[str, tuple[str, str]]:
    """Take `consent.EMARKETING=61A/WEBFORM`, which is written with the person."""
    consents = {}
    for purpose, value in words.beginning("consent.").items():
        basis, slash, source = value.partition("/")
        if not slash or not basis or not source:
            raise ValueError(f"consent.{purpose} is {value!r}; write basis/source, such as 61A/WEBFORM")
        consents[purpose] = (basis, source)
    return consents


def _birth(tenant: Tenant, words: Words) -> date | None:
    years, birth = words.text("years"), words.text("birth")
    if years is not None:
        if not years.isdigit():
            raise ValueError(f"years is {years!r}, not an age")
        today = tenant.now().date()
        return date(today.year - int(years), today.month, min(today.day, 28))
    if birth is None:
        return None
    try:
        return date.fromisoformat(birth)
    except ValueError:
        raise ValueError(f"birth is {birth!r}; write 2012-05-01") from None


def company_id(tenant: Tenant, name: str) -> int:
    """Find a company by its name or number."""
    for company in tenant.tables.companies.values():
        if company.name == name or str(company.contact_id) == name:
            return company.contact_id
    raise ValueError(
        f"no company {name!r}; there are: {', '.join(c.name for c in tenant.tables.companies.values())}"
    )
