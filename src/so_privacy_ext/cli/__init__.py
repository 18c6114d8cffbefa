"""The operator and the administrator at a terminal."""

from __future__ import annotations

import sys


def main() -> None:
    """Run a command; Ctrl-C is no failure at any moment, and so not while the commands are imported."""
    try:
        from so_privacy_ext.cli.program import run  # noqa: PLC0415 - inside what catches Ctrl-C

        run()
    except KeyboardInterrupt:
        sys.exit(130)
