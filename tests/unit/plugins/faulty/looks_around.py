"""A plugin that says where it runs."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from so_privacy_ext import Extension, Seen

ext = Extension("faulty", version="1", says="Says where it runs.")


@ext.facts("environment", "modules", "pid", "stdin")
def around(persons: Sequence[Seen]) -> Mapping[int, Mapping[str, str | int]]:
    ours = sorted(name for name in sys.modules if name.startswith("so_privacy_ext"))
    found: Mapping[str, str | int] = {
        "environment": ",".join(sorted(os.environ)),
        "modules": ",".join(ours),
        "pid": os.getpid(),
        "stdin": "".join(str(Path(f"/proc/self/fd/{one}").readlink()) for one in (0, 1, 2)),
    }
    return {one.person_id: found for one in persons}
