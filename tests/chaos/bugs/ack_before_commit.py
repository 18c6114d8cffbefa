"""Seeded bug: a delivery is acknowledged before it is committed."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from so_privacy_ext.errors import StorageUnavailable
from so_privacy_ext.model import Delivery
from so_privacy_ext.web.group_commit import GroupCommit
from tests.chaos.product import Database

_AFTERWARDS: set[asyncio.Task[None]] = set()


def prepare(database: Database) -> None:
    """Change nothing in the database."""
    del database


def apply() -> None:
    """Let `store` return at once; what it stores comes when it comes."""
    committed = GroupCommit.store

    async def store(self: GroupCommit, delivery: Delivery) -> None:
        async def later() -> None:
            with suppress(StorageUnavailable):
                await committed(self, delivery)

        task = asyncio.get_running_loop().create_task(later())
        _AFTERWARDS.add(task)
        task.add_done_callback(_AFTERWARDS.discard)

    GroupCommit.store = store  # type: ignore[method-assign]  # the bug
