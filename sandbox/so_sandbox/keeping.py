"""A world that outlives its process, in the sandbox's folder from one `so-sandbox up --keep` to the next."""

from __future__ import annotations

import os
import pickle
from pathlib import Path

from so_sandbox.world.world import Snapshot, World

_FILE = "world"


def load(folder: Path) -> World | None:
    """Give the world that was kept; None if there is none, or none that this version can read."""
    world = World()
    try:
        world.restore(Snapshot((folder / _FILE).read_bytes()))
    except (OSError, pickle.UnpicklingError, AttributeError, EOFError, ImportError, TypeError, ValueError):
        return None
    return world


def write(folder: Path, world: World) -> None:
    """Put the world in place whole; it holds secrets, so nobody else may read it."""
    draft = folder / f".{_FILE}"
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(world.snapshot().content)
    draft.replace(folder / _FILE)
