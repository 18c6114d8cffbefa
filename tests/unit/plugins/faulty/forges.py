"""A plugin that speaks for its process; the company's number says what it sends."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Mapping, Sequence

from so_privacy_ext import Extension, Seen

ext = Extension("faulty", version="1", says="Speaks out of turn.")

GOOD = {"number": 1, "answer": {}, "failed": [], "kept_from": []}
NESTED: object = 5
for _ in range(400):
    NESTED = {"map": {"a": NESTED}}
MESSAGES = [
    b"\0\0\0\2no",
    b"\xff\xff\xff\xff",
    [],
    {**GOOD, "number": 7},
    {**GOOD, "kept_from": ["Greta"]},
    {**GOOD, "kept_from": None},
    {**GOOD, "failed": [["raised", "size", "Greta Ølsen"]]},
    {**GOOD, "failed": ["raised"]},
    {**GOOD, "failed": None},
    {**GOOD, "answer": 5},
    {**GOOD, "answer": {"0": {"faulty.size": {"unknown": False}}}},
    {**GOOD, "answer": {"5": {"faulty.size": 5}}},
    {**GOOD, "answer": {"0": {"other.size": 5}}},
    b"\0\1\x86\xa0" + b"[" * 100_000,
    {**GOOD, "answer": {"0": {"faulty.size": NESTED}}},
    b"\0\0\0\2{",
]


@ext.facts("size")
def size(persons: Sequence[Seen]) -> Mapping[int, Mapping[str, int]]:
    message = MESSAGES[persons[0].company_id]
    if not isinstance(message, bytes):
        body = json.dumps(message).encode()
        message = len(body).to_bytes(4, "big") + body
    os.write(int(sys.argv[1]), message)
    time.sleep(60)
    return {}
