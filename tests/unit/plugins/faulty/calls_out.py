"""A plugin that talks to a host which it did not declare."""

from __future__ import annotations

import socket
from collections.abc import Mapping, Sequence

from so_privacy_ext import Extension, Seen

ext = Extension("faulty", version="1", says="Does what it may not.", hosts=["api.example.com:443"])


@ext.facts("size")
def size(persons: Sequence[Seen]) -> Mapping[int, Mapping[str, int]]:
    with socket.create_connection(("127.0.0.1", 9)):
        return {one.person_id: {"size": 1} for one in persons}
