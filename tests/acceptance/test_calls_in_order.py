"""What the CRM sees of us, in its own log: state before all else, few sign-ins, lists read once, no rush."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import pytest

from so_sandbox.login.service import STATE_LIFETIME
from so_sandbox.triggering import trigger
from so_sandbox.world.call_log import Call
from tests.acceptance.installed import MANIFEST, Running
from tests.unit.sandbox_edge.target import Target, listening

NAME = "Cust20005"


@dataclass(frozen=True)
class Seen:
    """The calls about one tenant, and how many processes of ours made them."""

    soap: Sequence[Call]
    state: Sequence[Call]
    canary: Target
    """What the address in the manifest leads to."""
    tickets: int
    processes: int

    def count(self, operation: str) -> int:
        return sum(f"{one.agent}.{one.operation}" == operation for one in self.soap)


@pytest.fixture(scope="module")
def canary() -> Iterator[Target]:
    with listening() as target:
        yield target


@pytest.fixture(scope="module")
def seen(running: Running, canary: Target, tmp_path_factory: pytest.TempPathFactory) -> Seen:
    """A tenant is installed, has ten persons handled, and is looked at by three commands."""
    running.install(NAME, manifest=False)
    manifest = tmp_path_factory.mktemp("manifest") / "nordic-b2b.yaml"
    published = "https://example.com/privacy"
    assert published in MANIFEST.read_text()
    manifest.write_text(MANIFEST.read_text().replace(published, canary.url))
    running.good("manifest", "activate", str(manifest), "--tenant", NAME)
    persons = [trigger(running.tenant(NAME), "person.created", {"source": "CARD"}) for _ in range(10)]
    running.settle(NAME)
    running.run("doctor", "--tenant", NAME)
    running.good("explain", "--tenant", NAME, "--person", str(persons[0]))
    worker, commands = 1, 4  # tenant add, manifest activate, doctor, explain
    world, login = running.sandbox.world, running.sandbox.sandbox.login
    tickets = sum(one.context_identifier == NAME for one in world.tickets.out.values())
    return Seen(world.calls.of(NAME), login.calls.of(NAME, "Get"), canary, tickets, worker + commands)


def test_no_call_is_made_without_a_state_that_is_still_valid(seen: Seen) -> None:
    answered = [one.at for one in seen.state]
    lifetime = STATE_LIFETIME.total_seconds()

    assert seen.soap
    assert answered
    assert [one for one in seen.soap if not any(0 <= one.at - at <= lifetime for at in answered)] == []


def test_a_ticket_is_got_once_for_each_process(seen: Seen) -> None:
    assert 0 < seen.tickets <= seen.processes


def test_lists_are_read_once_for_each_process(seen: Seen) -> None:
    lists = {
        f"{one.agent}.{one.operation}" for one in seen.soap if one.agent in {"List", "MDO", "Preference"}
    }

    assert "List.GetConsentSources" in lists
    # an activation reads them anew; of some operations there are several lists or several templates
    assert seen.count("List.GetConsentSources") <= seen.processes + 1
    assert seen.count("List.GetConsentPurposes") <= seen.processes + 1


def test_no_second_has_more_than_ten_calls(running: Running, seen: Seen) -> None:
    assert running.sandbox.world.calls.busiest_second(NAME) <= 10
    assert len(seen.soap) > 20


@pytest.mark.row("B108")
def test_no_address_of_a_manifest_is_ever_called(seen: Seen) -> None:
    assert seen.canary.connections == 0
