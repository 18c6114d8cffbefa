"""Sets up logs: one JSON line per event on standard error, without personal data."""

from __future__ import annotations

import logging
import sys

import structlog


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
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.JSONRenderer(),
            ],
        )
    )
    logging.basicConfig(handlers=[lines], level=logging.INFO, force=True)
    for chatty in ("urllib3", "zeep", "uvicorn.access"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
