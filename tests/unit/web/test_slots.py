"""How long an answer about a slot is believed, and who waits for whom."""

import asyncio
import threading
from dataclasses import replace
from typing import Any

import pytest

from so_privacy_ext.errors import Exit, Refused, StorageUnavailable
from so_privacy_ext.model import Slot
from so_privacy_ext.web.slots import Slots
from tests.unit.web.fake_receiving import OTHER_SLOT, SLOT, UNKNOWN_SLOT, FakeReceiving


class Time:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def _run(scene: Any, **options: Any) -> FakeReceiving:
    storage, time = FakeReceiving(), Time()

    async def staged() -> None:
        slots = Slots(storage.look_up, now=time, **options)
        try:
            await scene(slots, storage, time)
        finally:
            storage.open.set()
            slots.close()

    asyncio.run(staged())
    return storage


async def _all_answered(slots: Slots) -> None:
    """Wait for what is asked again in the background, in a thread of its own."""
    async with asyncio.timeout(20):
        while slots.waiting:  # noqa: ASYNC110 - its threads wake nobody
            await asyncio.sleep(0.001)


def test_one_question_for_many_at_once_and_for_a_while() -> None:
    async def scene(slots: Slots, storage: FakeReceiving, time: Time) -> None:
        found = await asyncio.gather(*(slots.keys(SLOT) for _ in range(20)))
        assert found == [storage.slots[SLOT]] * 20
        time.now += 1.9
        assert await slots.keys(SLOT) == storage.slots[SLOT]

    assert _run(scene).asked == [SLOT]


@pytest.mark.row("B22")
def test_asked_again_while_in_use_and_forgotten_in_time() -> None:
    async def scene(slots: Slots, storage: FakeReceiving, time: Time) -> None:
        first = await slots.keys(SLOT)
        del storage.slots[SLOT]
        time.now += 2.5
        assert await slots.keys(SLOT) == first
        await _all_answered(slots)
        assert await slots.keys(SLOT) is None

        storage.slots[SLOT] = first  # type: ignore[assignment] # it was there
        time.now += 4.5
        assert await slots.keys(SLOT) == first

    assert _run(scene).asked == [SLOT] * 3


def test_an_unknown_slot_is_remembered_too() -> None:
    async def scene(slots: Slots, storage: FakeReceiving, time: Time) -> None:
        assert [await slots.keys(UNKNOWN_SLOT) for _ in range(3)] == [None] * 3

    assert _run(scene).asked == [UNKNOWN_SLOT]


@pytest.mark.row("B23")
def test_weak_secrets_are_left_out() -> None:
    async def scene(slots: Slots, storage: FakeReceiving, time: Time) -> None:
        mine = storage.slots[SLOT]
        storage.slots[SLOT] = replace(mine, secrets=(b"", *mine.secrets, b"short"))
        assert await slots.keys(SLOT) == mine

    _run(scene)


def test_nobody_can_say() -> None:
    async def scene(slots: Slots, storage: FakeReceiving, time: Time) -> None:
        storage.down = True
        for _ in range(2):
            with pytest.raises(StorageUnavailable):
                await slots.keys(SLOT)
        storage.down = False
        assert await slots.keys(SLOT) is not None

    _run(scene)


def test_a_refusal_of_the_set_up_is_no_answer_either() -> None:
    def look_up(_slot: Slot) -> None:
        raise Refused("database_schema", "what", "how", Exit.CONFIG)

    async def scene() -> None:
        slots = Slots(look_up)
        with pytest.raises(StorageUnavailable):
            await slots.keys(SLOT)
        slots.close()

    asyncio.run(scene())


def test_a_bounded_wait_while_the_last_answer_is_too_old() -> None:
    async def scene(slots: Slots, storage: FakeReceiving, time: Time) -> None:
        await slots.keys(SLOT)
        storage.open.clear()
        time.now += 5
        with pytest.raises(StorageUnavailable):
            await slots.keys(SLOT)

    _run(scene, wait_seconds=0.1)


def test_unknown_slots_do_not_wait_in_front_of_known_ones() -> None:
    stuck, freed = threading.Event(), threading.Event()
    storage = FakeReceiving()

    def look_up(slot: Slot) -> Any:
        if slot == UNKNOWN_SLOT:
            stuck.set()
            freed.wait()
        return storage.look_up(slot)

    async def scene() -> None:
        time = Time()
        slots = Slots(look_up, now=time)
        await slots.keys(SLOT)
        strange = asyncio.create_task(slots.keys(UNKNOWN_SLOT))
        await asyncio.to_thread(stuck.wait)
        time.now += 5
        assert await asyncio.wait_for(slots.keys(SLOT), 5) is not None
        freed.set()
        assert await strange is None
        slots.close()

    asyncio.run(scene())


@pytest.mark.row("B12")
def test_a_line_of_unknown_slots_is_bounded_and_known_ones_are_not_turned_away() -> None:
    """While the database hangs, whoever asks for ever new slots must not fill the memory."""
    strange = [Slot(f"{number:032x}") for number in range(16, 26)]

    async def scene(slots: Slots, storage: FakeReceiving, time: Time) -> None:
        await slots.keys(SLOT)
        assert await slots.keys(UNKNOWN_SLOT) is None
        storage.open.clear()
        waiting = [asyncio.create_task(slots.keys(slot)) for slot in strange[:3]]
        await asyncio.sleep(0)
        for slot in strange[3:]:
            with pytest.raises(StorageUnavailable, match="too many"):
                await asyncio.wait_for(slots.keys(slot), 0.05)
        assert slots.waiting == 3

        time.now += 2.5
        assert await slots.keys(UNKNOWN_SLOT) is None  # believed a little longer, and not asked again
        assert await slots.keys(SLOT) == storage.slots[SLOT]  # asked again all the same
        assert slots.waiting == 4
        storage.open.set()
        assert await asyncio.gather(*waiting) == [None] * 3
        assert await slots.keys(strange[5]) is None
        await _all_answered(slots)

    assert _run(scene, most_asked=3).asked.count(SLOT) == 2


def test_what_is_remembered_is_bounded() -> None:
    async def scene(slots: Slots, storage: FakeReceiving, time: Time) -> None:
        await slots.keys(SLOT)
        await slots.keys(OTHER_SLOT)
        for number in range(20):
            await slots.keys(Slot(f"{number:032x}"))
        await slots.keys(SLOT)
        await slots.keys(OTHER_SLOT)
        await slots.keys(Slot(f"{19:032x}"))

    storage = _run(scene, most_kept=5)
    assert (storage.asked.count(SLOT), storage.asked.count(OTHER_SLOT)) == (1, 1)


def test_with_known_slots_alone_the_oldest_goes() -> None:
    async def scene(slots: Slots, storage: FakeReceiving, time: Time) -> None:
        for slot in (SLOT, OTHER_SLOT, OTHER_SLOT, SLOT):
            await slots.keys(slot)

    assert _run(scene, most_kept=1).asked == [SLOT, OTHER_SLOT, SLOT]
