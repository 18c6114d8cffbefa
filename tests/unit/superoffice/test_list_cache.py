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
