"""What the sandbox's README says of itself is compared with what the sandbox is."""

import re
from pathlib import Path

from so_sandbox.agents.directory import AGENTS
from so_sandbox.agents.mdo import LISTS
from so_sandbox.triggering import _ACTIONS
from so_sandbox.wording import NAMES
from so_sandbox.world.elsewhere import ENTITIES
from so_sandbox.world.faults import KINDS

README = (Path(__file__).parents[3] / "sandbox" / "README.md").read_text()


def rows() -> dict[str, list[str]]:
    """Every table row by its first cell."""
    cells = [
        [cell.strip() for cell in line.strip("|").split("|")] for line in README.splitlines() if "|" in line
    ]
    return {first: rest for first, *rest in cells}


def words(cell: str) -> list[str]:
    return re.findall(r"`([^`]+)`", cell)


def test_it_says_first_what_does_not_belong_and_what_is_not_imitated() -> None:
    paragraphs = README.split("\n\n")

    assert "does not belong here" in paragraphs[1]
    assert "does not imitate" in paragraphs[2]


def test_each_operation_that_is_served_is_named_once_as_real_or_simplified() -> None:
    told = {agent: words(cells[0]) + words(cells[1]) for agent, cells in rows().items() if agent in AGENTS}

    assert {agent: sorted(names) for agent, names in told.items()} == {
        agent: sorted(operations) for agent, operations in AGENTS.items()
    }


def test_the_number_of_mdo_lists_is_right() -> None:
    assert (len(LISTS), rows()["MDO"][2]) == (12, "twelve lists, flat, without history")


def test_every_fault_is_named() -> None:
    named = set(words(rows()["faults"][0].partition(";")[0]))

    assert named == {"http_<status>", *KINDS}


def test_every_event_that_can_be_triggered_is_named() -> None:
    assert set(words(rows()["events to trigger"][0].partition(", and")[0])) == set(_ACTIONS)


def test_every_kind_of_row_that_is_only_told_of_is_named() -> None:
    told = rows()["events of rows that it doesn't hold"][0]

    assert words(told.partition(", of every list")[0]) == list(ENTITIES)


def test_every_setting_of_a_person_is_named() -> None:
    told = rows()["settings of a person"][0].replace("birth or years", "birth, years").replace("`", "")

    assert [word.partition("=")[0] for word in told.split(", ")] == list(NAMES)
