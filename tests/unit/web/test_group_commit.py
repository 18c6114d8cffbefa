"""Groups, bounds and outcomes of a commit, without a server."""

import asyncio
import hashlib
import threading
import time
from collections.abc import Sequence
from typing import Any

import pytest

from so_privacy_ext.errors import StorageUnavailable
from so_privacy_ext.model import Delivery, Event, EventId, TenantId
from so_privacy_ext.web.group_commit import GroupCommit
from tests.unit.web.fake_receiving import FakeReceiving


def _delivery(number: int, size: int = 10) -> Delivery:
    raw = str(number).encode().ljust(size)
    event = Event(EventId(f"id-{number}"), "person.changed", number + 1)
    return Delivery(TenantId(1), raw, hashlib.sha256(raw).digest(), event)


async def _all(commits: GroupCommit, deliveries: Sequence[Delivery]) -> list[Any]:
    return await asyncio.gather(*map(commits.store, deliveries), return_exceptions=True)


def test_who_comes_together_is_stored_together() -> None:
    storage = FakeReceiving()

    async def scene() -> None:
        commits = GroupCommit(storage.store)
        assert await _all(commits, [_delivery(number) for number in range(50)]) == [None] * 50
        commits.close()

    asyncio.run(scene())
    assert storage.groups == [50]


def test_who_comes_during_a_commit_is_the_next_group() -> None:
    storage = FakeReceiving()
    storage.open.clear()

    async def scene() -> None:
        commits = GroupCommit(storage.store)
        first = asyncio.create_task(commits.store(_delivery(0)))
        await asyncio.sleep(0.05)
        rest = asyncio.create_task(_all(commits, [_delivery(number) for number in range(1, 30)]))
        await asyncio.sleep(0.05)
        storage.open.set()
        await asyncio.gather(first, rest)
        commits.close()

    asyncio.run(scene())
    assert storage.groups == [1, 29]


def test_a_group_is_bounded_in_number_and_bytes() -> None:
    storage = FakeReceiving()

    async def scene() -> None:
        commits = GroupCommit(storage.store, most_in_group=10, most_bytes_in_group=500)
        await _all(commits, [_delivery(number) for number in range(25)])
        await _all(commits, [_delivery(number, 100) for number in range(100, 110)])
        commits.close()

    asyncio.run(scene())
    assert storage.groups == [10, 10, 5, 5, 5]


def test_the_queue_is_bounded_in_number_and_bytes() -> None:
    storage = FakeReceiving()
    storage.open.clear()

    async def scene() -> None:
        for bounds in ({"most_waiting": 5}, {"most_bytes_waiting": 1000}):
            commits = GroupCommit(storage.store, **bounds)
            waiting = asyncio.create_task(_all(commits, [_delivery(number, 200) for number in range(20)]))
            await asyncio.sleep(0.05)
            storage.open.set()
            outcomes = await waiting
            assert [type(one) for one in outcomes] == [type(None)] * 5 + [StorageUnavailable] * 15
            assert await _all(commits, [_delivery(77)]) == [None]
            commits.close()

    asyncio.run(scene())


@pytest.mark.row("F11")
def test_an_unknown_outcome_is_stored_again_with_who_came_since() -> None:
    storage = FakeReceiving()
    storage.unknown_outcomes = 1

    async def scene() -> None:
        commits = GroupCommit(storage.store, pause_seconds=0.1)
        first = asyncio.create_task(_all(commits, [_delivery(0), _delivery(1)]))
        await asyncio.sleep(0.05)
        later = asyncio.create_task(commits.store(_delivery(2)))
        assert await first == [None, None]
        await later
        commits.close()

    asyncio.run(scene())
    assert storage.groups == [2, 3]
    assert len(storage.inbox) == 3


def test_nobody_waits_longer_than_the_bound_even_when_a_commit_never_comes_back() -> None:
    storage = FakeReceiving()
    storage.open.clear()

    async def scene() -> None:
        commits = GroupCommit(storage.store, wait_seconds=0.3)
        began = time.monotonic()
        first = asyncio.create_task(_all(commits, [_delivery(0)]))
        await asyncio.sleep(0.15)
        second = asyncio.create_task(_all(commits, [_delivery(1)]))
        assert [type(one) for one in await first] == [StorageUnavailable]
        assert 0.25 < time.monotonic() - began < 0.42
        assert commits.stuck_for() > 0.2
        assert [type(one) for one in await second] == [StorageUnavailable]
        assert 0.4 < time.monotonic() - began < 0.8
        storage.open.set()
        assert await _all(commits, [_delivery(2)]) == [None]
        assert commits.stuck_for() == 0
        commits.close()

    asyncio.run(scene())
    # Who had been refused before the commit began is not stored behind the client's back; who was in it is.
    assert {event_id for _, event_id in storage.inbox} == {"id-0", "id-2"}


def test_down_until_the_bound() -> None:
    storage = FakeReceiving()
    storage.down = True

    async def scene() -> None:
        commits = GroupCommit(storage.store, wait_seconds=0.3, pause_seconds=0.05)
        outcomes = await _all(commits, [_delivery(0), _delivery(1)])
        assert [str(one) for one in outcomes] == ["not stored in time"] * 2
        storage.down = False
        await asyncio.sleep(0.1)
        assert await _all(commits, [_delivery(2)]) == [None]
        commits.close()

    asyncio.run(scene())
    assert len(storage.inbox) == 1


def test_a_bug_fails_its_group_and_nobody_else() -> None:
    storage = FakeReceiving()
    storage.bug = KeyError("canary")

    async def scene() -> None:
        commits = GroupCommit(storage.store)
        assert [type(one) for one in await _all(commits, [_delivery(0)])] == [StorageUnavailable]
        storage.bug = None
        assert await _all(commits, [_delivery(1)]) == [None]
        commits.close()

    asyncio.run(scene())


def test_a_cancelled_request_disturbs_nobody() -> None:
    storage = FakeReceiving()
    storage.open.clear()

    async def scene() -> None:
        commits = GroupCommit(storage.store)
        tasks = [asyncio.create_task(commits.store(_delivery(number))) for number in range(3)]
        await asyncio.sleep(0.05)
        tasks[0].cancel()
        storage.open.set()
        assert [type(one) for one in await asyncio.gather(*tasks, return_exceptions=True)] == [
            asyncio.CancelledError,
            type(None),
            type(None),
        ]
        commits.close()

    asyncio.run(scene())


def test_calls_come_from_one_thread() -> None:
    threads = set()

    async def scene() -> None:
        commits = GroupCommit(lambda _: threads.add(threading.get_ident()))
        for number in range(5):
            await commits.store(_delivery(number))
        commits.close()

    asyncio.run(scene())
    assert len(threads) == 1
    assert threading.get_ident() not in threads
