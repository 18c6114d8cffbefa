"""Sets up logs: one JSON line per event, of bounded size, without personal data."""

from __future__ import annotations

import json
import logging
import math
import sys
import threading
import traceback
from pathlib import Path
from types import TracebackType

import structlog
from structlog.typing import EventDict, WrappedLogger

from so_privacy_ext.cli.log_sinks import DailyFiles, StandardError
from so_privacy_ext.cli.log_writer import LogWriter, Sink

LONGEST_LINE = 8_000
"""Bytes; the encoder escapes everything beyond ASCII, so that a character is a byte."""
FIXED = ("timestamp", "date", "level", "logger", "source", "event")
"""On every line."""
OF_SECURITY = ("security", "user", "source_address", "destination_address")
"""On every line about security besides."""

_LONGEST_TEXT = 1_000
_MOST_ITEMS = 40
_MOST_KINDS = 10
_CUT = "…"

_log = structlog.get_logger("so_privacy_ext")


def log_as_json(source: str, *, folder: Path | None = None, days: int = 92, to_stderr: bool = True) -> None:
    """Log as JSON lines to standard error, and to files by day if a folder is given.

    What libraries log comes out in the same form. `source` is the program that speaks.
    """

    def common(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
        event["date"] = str(event["timestamp"])[:10]
        event["source"] = source
        return event

    shared: list[structlog.typing.Processor] = [
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        common,
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    sinks: list[Sink] = [StandardError()] if to_stderr else []
    if folder is not None:
        sinks.append(DailyFiles(folder, days))
    lines = LogWriter(sinks, lambda lost: _log.warning("log_lines_dropped", lines=lost))
    lines.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                _without_values,
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                _as_line,
            ],
        )
    )
    logging.basicConfig(handlers=[lines], level=logging.INFO, force=True)
    for chatty in ("urllib3", "zeep", "uvicorn.access"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
    if not to_stderr:
        return  # a command at a terminal says itself what went wrong
    sys.excepthook = _uncaught
    threading.excepthook = lambda given: _uncaught(given.exc_type, given.exc_value, given.exc_traceback)


def _without_values(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Say of an exception what it is and where it was raised; its text may quote what was worked on."""
    given = event.pop("exc_info", None)
    error = sys.exc_info()[1] if given is True else given[1] if isinstance(given, tuple) else given
    if isinstance(error, BaseException):
        event["error"] = _kinds(error)
        frames = traceback.walk_tb(error.__traceback__)
        event["at"] = [f"{one.f_code.co_filename}:{line} {one.f_code.co_name}" for one, line in frames]
    if not event.get("_from_structlog"):
        event["event"] = str(event["event"]).partition("\n")[
            0
        ]  # asyncio shows the exception on the next line
    return event


def _as_line(_logger: WrappedLogger, _method: str, event: EventDict) -> str:
    """Write one line that holds no line end and no control character, however long or odd the values are."""
    line = _written({key: _bounded(value) for key, value in event.items()})
    if len(line) <= LONGEST_LINE:
        return line
    always = {*FIXED, *OF_SECURITY}
    kept = {
        key: _bounded(value, 50) for key, value in event.items() if key in always or isinstance(value, int)
    }
    return _written({**kept, "cut": True})


def _written(values: dict[str, object]) -> str:
    return json.dumps(values).replace("\x7f", "\\u007f")


def _bounded(value: object, longest: int = _LONGEST_TEXT) -> object:
    """Cut a value to what a line has room for; of what is no plain value only its type is told."""
    if value is None or isinstance(value, bool) or (isinstance(value, float) and math.isfinite(value)):
        return value
    if isinstance(value, int):
        return value if abs(value) < 1 << 63 else _CUT
    if isinstance(value, str):
        return _shortened(str(value), longest)
    if isinstance(value, (list, tuple, set, frozenset)):
        items = [
            _bounded(one, longest) for one in list(value)[-_MOST_ITEMS:]
        ]  # of a trace the end tells most
        return items if len(value) <= _MOST_ITEMS else [_CUT, *items]
    return f"<{type(value).__name__}>"


def _shortened(text: str, longest: int) -> str:
    """Cut a text, and deeper where its characters take up to twelve each when they are escaped."""
    kept = text[:longest]
    if len(json.dumps(kept)) > 2 * longest:
        kept = text[: longest // 6]
    return kept if len(kept) == len(text) else kept + _CUT


def _kinds(error: BaseException | None) -> list[str]:
    """Name the exception and those behind it, the last one first."""
    found: list[str] = []
    while error is not None and len(found) < _MOST_KINDS:
        found.append(type(error).__name__)
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return found


def _uncaught(kind: type[BaseException], error: BaseException | None, trace: TracebackType | None) -> None:
    if kind is not SystemExit:
        _log.critical("uncaught", exc_info=(kind, error, trace))
