"""Sets up logs: one JSON line per event on standard error, without personal data."""

from __future__ import annotations

import logging
import sys
import threading
import traceback
from types import TracebackType

import structlog
from structlog.typing import EventDict, WrappedLogger

_MOST_KINDS = 10

_log = structlog.get_logger("so_privacy_ext")


def log_as_json() -> None:
    """Log as JSON lines with time, level and source; what libraries log comes out in the same form."""
    shared: list[structlog.typing.Processor] = [
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    lines = logging.StreamHandler(sys.stderr)
    lines.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                _without_values,
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.JSONRenderer(),
            ],
        )
    )
    logging.basicConfig(handlers=[lines], level=logging.INFO, force=True)
    for chatty in ("urllib3", "zeep", "uvicorn.access"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
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
