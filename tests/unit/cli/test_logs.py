"""Logs of what nobody foresaw: JSON lines that say what and where, never with which values."""

import json
import os
import subprocess
import sys
from datetime import datetime, timedelta
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

log_as_json("test")
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
    case "hostile":
        log = structlog.get_logger("so_privacy_ext")
        log.info("quarantined", tenant_id=7, reason=sys.stdin.read())
        log.info("x" * 1_000_000, **{f"v{n}": "\u2028" * 1_000_000 for n in range(20)})
        odd = {"huge": 10**400, "odd": float("nan"), "inside": {"a": 1}}
        log.info("typed", given=object(), many=list(range(100)), **odd)
        logging.getLogger("library").warning("said %s", "a\\r\\nb")
    case "security":
        from so_privacy_ext import security_log
        who = security_log.user_of(7, 12)
        places = {"source_address": "192.0.2.1:9", "destination_address": "10.0.0.1:7300"}
        security_log.note("signed_in", user=who, **places)
        security_log.note("token_refused", refused=True, why="expired")
        security_log.note("long", user="x" * 1_000_000, why=["y" * 900] * 40)
    case "blocked":
        log = structlog.get_logger("so_privacy_ext")
        for number in range(20_000):
            log.info("said", number=number, text="x" * 100)
        from so_privacy_ext import metrics
        print(metrics.REGISTRY.get_sample_value("so_privacy_dropped_log_lines_total"), flush=True)
    case "quiet":
        thread = threading.Thread(target=sys.exit)
        thread.start()
        thread.join()
        structlog.get_logger("so_privacy_ext").info("said", tenant_id=7)
        logging.getLogger("library").warning("said by %s", "a library")
"""


def lines(case: str, given: str = "") -> list[dict[str, Any]]:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, case],
        input=given,
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )
    assert CANARY not in done.stderr + done.stdout
    assert done.stderr.isascii()
    said = done.stderr.split("\n")
    assert said.pop() == ""
    assert all(one.isprintable() and len(one) <= 8_000 for one in said)
    read = [json.loads(one, parse_constant=pytest.fail) for one in said]
    for one in read:
        assert datetime.fromisoformat(one["timestamp"]).utcoffset() == timedelta()
        assert one["timestamp"].endswith("Z")
        assert one["date"] == one["timestamp"][:10]
        assert one["source"] == "test"
        assert {"level", "logger", "event"} <= one.keys()
    return read


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


HOSTILE = [
    '\r\n{"event": "forged"}', "\x1b[2J", "\u2028", "%0a", '"}\n{"', "\x00", "\x7f", "\x9b2J",
    "\u202e", "x" * 1_000_000, "\U0001f600" * 300_000, "\r\n" * 500_000,
]  # fmt: skip


@pytest.mark.row("B101")
@pytest.mark.parametrize("given", HOSTILE, ids=range(len(HOSTILE)))
def test_nothing_that_is_logged_makes_a_second_line_or_a_long_one(given: str) -> None:
    ours, long, typed, library = lines("hostile", given)

    assert (ours["event"], ours["tenant_id"]) == ("quarantined", 7)
    cut = given.replace("\r\n", "\n") if ours["reason"].count("\r") == 0 else given
    assert ours["reason"].removesuffix("…") == cut[: len(ours["reason"].removesuffix("…"))]
    assert long["cut"]
    assert typed["given"] == "<object>"
    assert typed["inside"] == "<dict>"
    assert (typed["many"][0], typed["many"][-1], len(typed["many"])) == ("…", 99, 41)
    assert library["event"] == "said a\r"


@pytest.mark.row("C23")
def test_a_line_about_security_has_what_superoffice_asks_for() -> None:
    for line in lines("security"):
        assert line["security"] is True
        assert {"source", "date", "user", "timestamp", "source_address", "destination_address"} <= line.keys()
    signed_in, refused, long = lines("security")
    assert (signed_in["user"], signed_in["source_address"]) == ("tenant:7/associate:12", "192.0.2.1:9")
    assert (refused["level"], refused["user"], refused["why"]) == ("warning", "-", "expired")
    assert long["cut"]


@pytest.mark.row("F80")
def test_a_full_pipe_holds_no_program_up() -> None:
    reading, writing = os.pipe()
    with subprocess.Popen(
        [sys.executable, "-c", PROGRAM, "blocked"], stdout=subprocess.PIPE, stderr=writing, text=True
    ) as process:
        os.close(writing)
        out, _ = process.communicate(timeout=60)
    os.close(reading)

    assert process.returncode == 0
    assert float(out) > 10_000
