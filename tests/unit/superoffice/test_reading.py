"""Operations that are called for plugins: reading ones, in plain JSON."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from so_privacy_ext.errors import CrmFailure, Refused
from so_privacy_ext.superoffice.client import SoapClient
from so_privacy_ext.superoffice.reading import plain, read
from tests.unit.superoffice.loopback import Canned, Loopback, answer

CATEGORIES = "<n:Category><n:Id>7</n:Id><n:Value>Customer</n:Value></n:Category>"


def test_what_an_operation_gives_is_plain_json(loopback: Loopback, client: SoapClient) -> None:
    loopback.standing["GetCategories"] = answer("GetCategories", CATEGORIES)

    (row,) = read(client, "List.GetCategories", {})["Category"]

    assert (row["Id"], row["Value"]) == (7, "Customer")


@pytest.mark.parametrize(
    "operation",
    ["Person.SetConsent", "List.SetConsent", "Person.SavePersonEntity", "BulkUpdate.GetAvailableFields", "x"],
)
def test_what_writes_is_never_called(client: SoapClient, operation: str) -> None:
    with pytest.raises(Refused, match="may not be called"):
        read(client, operation, {})


@pytest.mark.parametrize(("given", "named"), [({"Colour": "red"}, "Colour"), ({"colour": 1}, "colour")])
def test_arguments_that_it_can_not_have_are_named_and_nothing_leaves(
    client: SoapClient, paces: list[Any], given: dict[str, Any], named: str
) -> None:
    with pytest.raises(Refused, match=f"can't be called with these: {named}"):
        read(client, "MDO.GetList", given)
    assert paces == []


def test_a_crm_that_fails_fails_as_ever(loopback: Loopback, client: SoapClient) -> None:
    loopback.standing["GetCategories"] = Canned(b"", status=403)

    with pytest.raises(CrmFailure):
        read(client, "List.GetCategories", {})


def test_values_are_written_as_json_has_them() -> None:
    given = {
        "a": (datetime(2026, 1, 2, tzinfo=UTC), date(2026, 1, 2)),
        "b": [b"\x01", Decimal("1.5"), 2.5, None, True],
    }

    assert plain(given) == {
        "a": ["2026-01-02T00:00:00+00:00", "2026-01-02"],
        "b": ["01", "1.5", "2.5", None, True],
    }
