"""A plugin's way to SuperOffice, from its own process."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from so_privacy_ext.plugins.calling import CrmByProduct
from so_privacy_ext.plugins.guard import UNDECLARED_OPERATION, Guard
from so_privacy_ext.plugins.wire import receive, send

LISTED = "List.GetCategories"


@pytest.fixture
def product() -> Iterator[tuple[socket.socket, CrmByProduct, Guard]]:
    """Give the product's end of the socket, and the plugin's."""
    ours, theirs = socket.socketpair()
    guard = Guard([])
    with ours, theirs:
        yield ours, CrmByProduct(theirs, [LISTED], guard), guard


End = tuple[socket.socket, CrmByProduct, Guard]


def test_the_product_is_asked_and_its_answer_given(product: End) -> None:
    ours, crm, guard = product
    send(ours, {"result": {"Category": []}})

    assert crm.call(LISTED, Page=1) == {"Category": []}
    assert receive(ours) == {"crm": LISTED, "arguments": {"Page": 1}}
    assert guard.told() == []


def test_wrong_arguments_are_named(product: End) -> None:
    send(product[0], {"wrong": "it has no `Colour`"})

    with pytest.raises(ValueError, match="no `Colour`"):
        product[1].call(LISTED)


def test_a_superoffice_that_can_not_be_asked_is_asked_again_later(product: End) -> None:
    send(product[0], {"failed": True})

    with pytest.raises(ConnectionError, match="told again later"):
        product[1].call(LISTED)


def test_what_is_not_declared_is_not_even_asked_for(product: End) -> None:
    with pytest.raises(PermissionError, match="name it in the extension's `operations`"):
        product[1].call("Person.SetConsent")

    assert product[2].told() == [UNDECLARED_OPERATION]
