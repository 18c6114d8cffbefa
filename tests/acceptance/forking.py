"""Runs commands as processes that fork from one that has imported everything: `python forking.py`.

A line of JSON names words, environment, folder and three files; the answer is a line with the exit code. What
runs is what the installed script runs, from its first line on; only the second of imports is saved.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import pkgutil
import sys
from pathlib import Path

import so_privacy_ext.app  # noqa: F401 - imported here, once
from so_privacy_ext import cli

FAILPOINT, UNHARMED = "SO_TEST_FAILPOINT", "none"
"""The variable that names where a command kills itself: name:before|after:nth."""


def become(asked: dict[str, object]) -> None:
    """Turn this process into what a shell would have started."""
    os.chdir(str(asked["folder"]))
    os.environ.clear()
    os.environ.update(asked["environment"])  # type: ignore[call-overload] # what we wrote ourselves
    modes = (("in", os.O_RDONLY), ("out", os.O_WRONLY), ("err", os.O_WRONLY))
    for number, (name, mode) in enumerate(modes):
        file = os.open(str(asked[name]), mode)
        os.dup2(file, number)
        os.close(file)
    sys.stdin, sys.stdout, sys.stderr = (
        os.fdopen(number, mode, encoding="utf-8", errors=errors)
        for number, mode, errors in ((0, "r", "strict"), (1, "w", "strict"), (2, "w", "backslashreplace"))
    )
    if asked["closed"]:
        os.closerange(0, 3)
        sys.stdin = sys.stdout = sys.stderr = None  # as Python itself has it then
    spoken = os.environ.pop(FAILPOINT, "")
    if spoken:
        trouble(spoken)
    sys.argv = ["so-privacy", *asked["words"]]  # type: ignore[misc] # what we wrote ourselves


def trouble(spoken: str) -> None:
    """Have this process kill itself at a point, if one is named, and wait for no pace."""
    sys.path.insert(0, str(Path(__file__).parents[2]))
    failpoints = importlib.import_module("tests.chaos.failpoints")
    held = importlib.import_module("so_privacy_ext.storage.held")
    held.HeldTenant.pace = lambda self: self.turn
    turns = importlib.import_module("so_privacy_ext.storage.turns")
    vars(turns)["wait_for_place"] = lambda session: None
    if spoken != UNHARMED:
        failpoints.arm(spoken)


if __name__ == "__main__":
    for module in pkgutil.iter_modules(cli.__path__, f"{cli.__name__}."):
        importlib.import_module(module.name)  # which each command would do for itself
    gc.freeze()  # or each child would copy all that was imported, only to mark it
    for line in sys.stdin.buffer:
        child = os.fork()
        if child == 0:
            become(json.loads(line))
            cli.main()
            sys.exit(0)
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        print(code, flush=True)
