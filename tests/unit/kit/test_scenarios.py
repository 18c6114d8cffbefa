"""Every published scenario comes out as it says, on the real product; what does not is told by its line."""

from pathlib import Path

import pytest

from so_privacy_kit import Player, Tenant
from so_sandbox.scenarios.reading import ScenarioError, published

NAMES = ("merge", "minor", "nordic-b2b", "outage", "storm", "two-tenants")


def test_these_are_published() -> None:
    assert tuple(published()) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_a_published_one_comes_out_as_it_says(scenario: Player, name: str) -> None:
    assert scenario(name) or name == "storm"


def test_its_persons_are_given(scenario: Player, tenant: Tenant, tmp_path: Path) -> None:
    mine = tmp_path / "mine.yaml"
    mine.write_text(
        "scenario: 1\nname: mine\nsays: Two enter, and one.\nsteps:\n"
        "  - {happens: person.created, as: two, repeat: 2, set: {source: CARD, country: DK}}\n"
        "  - {happens: person.created, as: one, set: {source: FAIR, country: SE}}\n"
        "  - settle\n"
    )
    cast = scenario(mine)

    assert [one.id for one in (*cast["two"], cast["one"])] == [one.id for one in tenant.persons()]
    assert cast["one"].held == {"STORE": "61F/FAIR"}


def test_what_does_not_hold_is_told_by_its_line(scenario: Player, tmp_path: Path) -> None:
    mine = tmp_path / "mine.yaml"
    mine.write_text(
        "scenario: 1\nname: mine\nsays: Wrong.\nsteps:\n"
        "  - {happens: person.created, as: anna, set: {source: CARD, country: DK}}\n"
        "  - settle\n"
        "  - expect: {anna: {holds: {STORE: 61A}, mails: [welcome da]}}\n"
        "  - count: {persons: 2}\n"
    )
    with pytest.raises(AssertionError) as failed:
        scenario(mine)

    assert [line.removeprefix(str(mine)) for line in str(failed.value).splitlines()] == [
        ":7: anna holds STORE 61F and not STORE 61A",
        ":7: anna got no mail and not welcome da",
        ":8: Cust12345: 1 persons and not 2",
    ]


def test_one_that_is_wrong_is_refused_before_anything_happens(
    scenario: Player, tenant: Tenant, tmp_path: Path
) -> None:
    mine = tmp_path / "mine.yaml"
    mine.write_text(
        "scenario: 1\nname: mine\nsays: Wrong.\nsteps:\n  - happens: person.created\n  - settel\n"
    )
    with pytest.raises(ScenarioError, match="did you mean settle"):
        scenario(mine)

    assert tenant.persons() == []
