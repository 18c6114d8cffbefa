"""What plugins may ask of SuperOffice, and what they are told when they ask for something else."""

from __future__ import annotations

import pytest

from so_privacy_ext.errors import Refused
from so_privacy_ext.plugins.catalogue import READABLE, refuse_unknown
from so_privacy_ext.plugins.described import Description
from so_privacy_ext.superoffice.operations import ALLOWED


def described(*, events: list[str] | None = None, operations: list[str] | None = None) -> Description:
    return Description(
        name="acme-vat", version="1", says="Knows.", events=events or [], operations=operations or []
    )


def wrong(description: Description) -> str:
    with pytest.raises(Refused) as refused:
        refuse_unknown(description)
    assert refused.value.code == "plugin_declaration"
    return refused.value.what


def test_all_that_may_be_called_is_known_and_only_reads() -> None:
    known = {one.full_name: one for one in ALLOWED.values()}

    assert set(READABLE) <= known.keys()
    assert not any(known[one].writes or known[one].mass for one in READABLE)


def test_what_the_catalogue_has_can_be_asked_for() -> None:
    refuse_unknown(
        described(
            events=["sale.created", "contact.changed", "list.3.changed", "y_orders.created"],
            operations=list(READABLE),
        )
    )


@pytest.mark.parametrize(
    ("event", "near"),
    [
        ("sale.create", "`sale.created`"),
        ("company.changed", "`contact.changed`"),
        ("webhook.stopped", ""),
        ("nothing.alike_at_all", "`activity.changed`"),
    ],
)
def test_an_event_that_superoffice_has_not_is_named_with_the_nearest(event: str, near: str) -> None:
    what = wrong(described(events=[event]))

    assert what.startswith(f"SuperOffice has no event `{event}`; the nearest are ")
    assert near in what


@pytest.mark.parametrize(
    "operation", ["Person.SetConsent", "Person.SavePersonEntity", "Webhook.GetAllWebhooks"]
)
def test_what_writes_or_is_ours_can_not_be_called(operation: str) -> None:
    what = wrong(described(operations=["List.GetCategorie", operation]))

    assert "no plugin may call `List.GetCategorie`; the nearest are `List.GetCategories`" in what
    assert f"no plugin may call `{operation}`" in what
