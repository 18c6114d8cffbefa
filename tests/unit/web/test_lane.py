"""A thread for blocking calls that never outlives its usefulness."""

import asyncio
import subprocess
import sys
import threading
import time

import pytest

from so_privacy_ext.web.lane import Lane

STUCK = """
import asyncio, threading
from so_privacy_ext.web.lane import Lane

async def scene():
    asyncio.get_running_loop().create_task(Lane("stuck").run(threading.Event().wait))
    await asyncio.sleep(0.1)

asyncio.run(scene())
print("ended")
"""


def test_gives_what_the_call_gives_or_raises() -> None:
    async def scene() -> None:
        lane = Lane("test")
        assert await lane.run(divmod, 7, 2) == (3, 1)
        with pytest.raises(ZeroDivisionError):
            await lane.run(divmod, 7, 0)
        assert lane.busy_for() == 0
        lane.close()

    asyncio.run(scene())


def test_tells_how_long_a_call_takes() -> None:
    async def scene() -> None:
        lane, done = Lane("test"), threading.Event()
        call = asyncio.create_task(lane.run(done.wait))
        await asyncio.sleep(0.1)
        assert lane.busy_for() > 0.05
        done.set()
        await call
        lane.close()
        lane.close()

    asyncio.run(scene())


def test_nobody_waits_any_more() -> None:
    async def scene() -> None:
        lane = Lane("test")
        call = asyncio.create_task(lane.run(time.sleep, 0.05))
        await asyncio.sleep(0.01)
        call.cancel()
        assert await lane.run(int, "7") == 7
        lane.close()

    asyncio.run(scene())


def test_a_call_that_never_returns_does_not_keep_the_process() -> None:
    done = subprocess.run(
        [sys.executable, "-c", STUCK], timeout=20, capture_output=True, text=True, check=True
    )

    assert done.stdout == "ended\n"
