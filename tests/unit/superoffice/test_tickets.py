"""One fetch for all who wait."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from so_privacy_ext.errors import Fault, Park
from so_privacy_ext.superoffice.tickets import Tickets


class Desk:
    """Hands out numbered tickets, each after `gate` was opened; fails while `failing`."""

    def __init__(self) -> None:
        self.asked = 0
        self.failing = False
        self.gate = threading.Event()
        self.gate.set()

    def fetch(self) -> str:
        self.asked += 1
        self.gate.wait(5)
        if self.failing:
            raise Park(Fault.AUTHORIZATION_LOST, "PartnerSystemUser.Authenticate")
        return f"7T:{self.asked}"


def test_the_first_is_fetched_and_kept() -> None:
    desk = Desk()
    tickets = Tickets(desk.fetch)

    assert tickets.get() is tickets.get()
    assert desk.asked == 1
    assert "7T" not in repr(tickets.get())


@pytest.mark.row("F33")
def test_only_the_stale_one_is_replaced() -> None:
    desk = Desk()
    tickets = Tickets(desk.fetch)
    first = tickets.get()
    second = tickets.renew(first)

    assert tickets.renew(first) is second
    assert (second.value, desk.asked) == ("7T:2", 2)


@pytest.mark.row("F33")
def test_fifty_threads_share_one_fetch() -> None:
    desk = Desk()
    tickets = Tickets(desk.fetch)
    stale = tickets.get()
    with ThreadPoolExecutor(50) as pool:
        found = list(pool.map(lambda _: tickets.renew(stale), range(50)))

    assert len(set(map(id, found))) == 1
    assert desk.asked == 2


@pytest.mark.row("F33")
def test_whoever_waited_shares_a_failure_and_whoever_comes_later_tries_again() -> None:
    desk = Desk()
    desk.failing = True
    desk.gate.clear()
    tickets = Tickets(desk.fetch)
    with ThreadPoolExecutor(8) as pool:
        waiting = [pool.submit(tickets.get) for _ in range(8)]
        while desk.asked == 0 or tickets._lock.acquire(blocking=False):
            pass  # until the first holds the lock
        desk.gate.set()
        failures = [one.exception(5) for one in waiting]

    assert all(isinstance(one, Park) for one in failures)
    assert len(set(map(id, failures))) == 8
    shared = desk.asked
    assert shared < 8
    desk.failing = False
    assert tickets.get().value == f"7T:{shared + 1}"
