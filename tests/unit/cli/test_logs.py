"""Logs of what nobody foresaw: JSON lines that say what and where, never with which values."""

import json
import subprocess
import sys
from typing import Any

import pytest

CANARY = "canary-4711@example.com"

PROGRAM = """
import asyncio, gc, logging, sys, threading
import structlog
from so_privacy_ext.cli.logs import log_as_json

def fail():
    secret = "canary-4711@example.com"
    try:
        raise ValueError(f"bad value {secret}")
    except ValueError as error:
        raise RuntimeError(f"while working on {secret}") from error

async def forgotten():
    asyncio.get_running_loop().create_task(failing())
    await asyncio.sleep(0)
    await asyncio.sleep(0)

async def failing():
    fail()

log_as_json()
match sys.argv[1]:
    case "library":
        try:
            fail()
        except RuntimeError:
            logging.getLogger("uvicorn.error").error("Exception in ASGI application\\n", exc_info=True)
    case "ours":
        try:
            fail()
        except RuntimeError:
            structlog.get_logger("so_privacy_ext").error("failed", exc_info=True)
    case "given":
        given = RuntimeError("canary-4711@example.com")
        structlog.get_logger("so_privacy_ext").error("failed", exc_info=given)
    case "loop":
        asyncio.run(forgotten())
        gc.collect()
    case "thread":
        thread = threading.Thread(target=fail)
        thread.start()
        thread.join()
    case "main":
        fail()
    case "quiet":
        thread = threading.Thread(target=sys.exit)
        thread.start()
        thread.join()
        structlog.get_logger("so_privacy_ext").info("said", tenant_id=7)
        logging.getLogger("library").warning("said by %s", "a library")
"""


def lines(case: str) -> list[dict[str, Any]]:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, case], capture_output=True, text=True, check=False, timeout=30
    )
    assert CANARY not in done.stderr + done.stdout
    return [json.loads(line) for line in done.stderr.splitlines()]


@pytest.mark.parametrize(
    ("case", "event"),
    [
        ("library", "Exception in ASGI application"),
        ("ours", "failed"),
        ("loop", "Task exception was never retrieved"),
        ("thread", "uncaught"),
        ("main", "uncaught"),
    ],
)
def test_a_failure_is_named_with_its_place_and_not_quoted(case: str, event: str) -> None:
    (line,) = lines(case)

    assert (line["event"], line["error"]) == (event, ["RuntimeError", "ValueError"])
    assert line["at"][-1].endswith(" fail")
    assert "<string>:" in line["at"][-1]


def test_an_exception_that_was_never_raised_has_no_place() -> None:
    (line,) = lines("given")

    assert (line["error"], line["at"]) == (["RuntimeError"], [])


def test_what_is_no_failure_is_logged_as_it_is() -> None:
    ours, library = lines("quiet")

    assert (ours["event"], ours["tenant_id"], ours["level"]) == ("said", 7, "info")
    assert (library["event"], library["logger"]) == ("said by a library", "library")
    assert "error" not in ours | library
