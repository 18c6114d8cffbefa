"""Which events we want, and what a registered webhook lacks."""

from so_privacy_ext.webhooks.subscriptions import WANTED, difference, wanted_events


def test_nothing_to_do() -> None:
    found = difference(WANTED, reversed(WANTED))

    assert not found
    assert (found.missing, found.surplus) == ((), ())


def test_missing_and_surplus() -> None:
    found = difference(
        ["person.created", "person.changed"], ["person.changed", "sale.created", "contact.created"]
    )

    assert found
    assert found.missing == ("person.created",)
    assert found.surplus == ("contact.created", "sale.created")


def test_what_is_wanted_is_written_once() -> None:
    assert len(WANTED) == len(set(WANTED)) == 30
    assert len(",".join(WANTED)) < 4000


def test_what_plugins_want_comes_after_what_we_always_want() -> None:
    assert wanted_events(["sale.created", "person.changed", "contact.changed"]) == (
        *WANTED,
        "contact.changed",
        "sale.created",
    )
    assert wanted_events(()) == WANTED
