"""Starts a process of the product with what the soak puts into it from outside: failpoints, a seeded bug."""

from __future__ import annotations

import argparse
import importlib
import sys

from so_privacy_ext.cli import main as run_product
from tests.chaos.failpoints import arm


def main() -> None:
    """Put in what is asked for, then run the product's own command line."""
    parser = argparse.ArgumentParser(prog="launched", allow_abbrev=False)
    parser.add_argument("--bug", help="a module of tests.chaos.bugs")
    parser.add_argument("--failpoint", help="name:before|after:nth; the process kills itself there")
    given, arguments = parser.parse_known_args()
    if given.bug:
        importlib.import_module(f"tests.chaos.bugs.{given.bug}").apply()
    if given.failpoint:
        arm(given.failpoint)
    sys.argv = ["so-privacy", *arguments]
    run_product()


if __name__ == "__main__":
    main()
