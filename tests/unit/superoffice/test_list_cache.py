"""A tenant's lists, kept for a while and read anew when something is met that they don't know."""

from __future__ import annotations

from typing import cast

import pytest

from so_privacy_ext.errors import Fault, Retry
from so_privacy_ext.model import TenantLists
from so_privacy_ext.superoffice.list_cache import KEPT_SECONDS, ListCache


class Reading:
    def __init__(self) -> None:
        self.times = 0
        self.fails = False

    def __call__(self) -> TenantLists:
        self.times += 1
        if self.fails:
            raise Retry(Fault.TRANSPORT, "List")
        return cast("TenantLists", object())


class Shared:
    """What other processes have read, kept in memory."""

    def __init__(self, now: list[float]) -> None:
        self._now = now
        self._kept: tuple[TenantLists, float] | None = None

    def last(self, within: float) -> tuple[TenantLists, float] | None:
        if self._kept is None or self._now[0] - self._kept[1] >= within:
            return None
        return self._kept[0], self._now[0] - self._kept[1]

    def keep(self, lists: TenantLists, age: float) -> None:
        self._kept = lists, self._now[0] - age

    def forget(self) -> None:
        self._kept = None


def test_lists_are_read_once_in_a_quarter_of_an_hour() -> None:
    now, read = [0.0], Reading()
    cache = ListCache(lambda: now[0])

    first = cache.get(read)
    now[0] = KEPT_SECONDS - 1
    assert cache.get(read) is first
    now[0] = KEPT_SECONDS
    assert cache.get(read) is not first
    assert read.times == 2


def test_what_was_forgotten_is_read_again() -> None:
    cache, read = ListCache(), Reading()
    cache.get(read)
    cache.forget()
    cache.get(read)
    assert read.times == 2


def test_a_stranger_has_the_lists_read_again_once_and_not_for_ever() -> None:
    cache, read = ListCache(), Reading()
    cache.get(read)
    for strangers in ({("source", 7)}, {("source", 7)}, set(), {("source", 7), ("basis", 7)}, {("basis", 7)}):
        cache.doubt(strangers)
        cache.get(read)
    assert read.times == 3


def test_a_reading_that_failed_is_made_up_for() -> None:
    cache, read = ListCache(), Reading()
    cache.get(read)
    cache.doubt({("source", 7)})
    read.fails = True
    with pytest.raises(Retry):
        cache.get(read)
    read.fails = False
    cache.get(read)
    assert read.times == 3


def test_what_another_process_has_read_is_as_old_as_it_was_there() -> None:
    now, read = [0.0], Reading()
    shared = Shared(now)
    first = ListCache(lambda: now[0]).get(read, shared)
    now[0] = KEPT_SECONDS - 10
    other = ListCache(lambda: now[0])
    assert other.get(read, shared) is first
    assert read.times == 1
    now[0] = KEPT_SECONDS
    assert other.get(read, shared) is not first
    assert read.times == 2


@pytest.mark.parametrize("stranger", [False, True])
def test_what_another_process_read_before_we_forgot_is_not_believed(stranger: bool) -> None:
    now, read = [0.0], Reading()
    shared = Shared(now)
    cache = ListCache(lambda: now[0])
    cache.get(read, shared)
    now[0] = 5.0
    cache.doubt({("source", 7)}) if stranger else cache.forget()
    now[0] = 10.0
    second = cache.get(read, shared)
    assert read.times == 2

    cache.forget()
    now[0] = 15.0
    third = ListCache(lambda: now[0]).get(read, shared)  # another process had what we read at 10
    assert third is second
    shared.forget()
    now[0] = 16.0
    ListCache(lambda: now[0]).get(read, shared)
    now[0] = 17.0
    assert cache.get(read, shared) is not second
    assert read.times == 3


def test_a_reading_is_as_old_as_its_beginning() -> None:
    now = [0.0]
    shared = Shared(now)

    def slow() -> TenantLists:
        now[0] += 30.0
        return cast("TenantLists", object())

    ListCache(lambda: now[0]).get(slow, shared)
    found = shared.last(KEPT_SECONDS)
    assert found is not None
    assert found[1] == 30.0
