"""Runs the command line as `python -m so_privacy_ext`."""

from so_privacy_ext.cli import main

if __name__ == "__main__":
    main()
