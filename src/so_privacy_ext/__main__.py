"""Runs the command line as `python -m so_privacy_ext`."""

from so_privacy_ext.cli.program import main

main()
