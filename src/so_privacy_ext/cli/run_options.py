"""What an administrator may say of how a run goes: waves, brakes, and who is left out."""

from __future__ import annotations

import re
from typing import Annotated

import typer

from so_privacy_ext.cli.output import LARGEST_ROW
from so_privacy_ext.errors import Exit, Refused

MOST = 2**31 - 1
RunNumber = Annotated[
    int,
    typer.Argument(metavar="RUN", min=1, max=LARGEST_ROW, help="A run's number, as `run list` has it."),
]
Pilot = Annotated[
    int | None, typer.Option("--pilot", min=1, max=MOST, help="Persons of the first wave; 100 if not said.")
]
Size = Annotated[
    int | None, typer.Option("--wave", min=1, max=MOST, help="Persons of each further wave; 250.")
]
Wait = Annotated[
    str | None,
    typer.Option(
        "--wait", metavar="TIME", help="Between two waves, such as 90s, 30m, 24h; 24h, or 0 without mails."
    ),
]
Bounces = Annotated[
    str | None,
    typer.Option(
        "--stop-at-bounces", metavar="SHARE", help="Stop when so many mails came back, such as 2%; 2%."
    ),
]
Refusals = Annotated[
    str | None,
    typer.Option(
        "--stop-at-refusals",
        metavar="SHARE",
        help="Stop when so many of those told said no; 0%, which is at the first.",
    ),
]
Failures = Annotated[
    str | None,
    typer.Option(
        "--stop-at-failures", metavar="SHARE", help="Stop when the CRM refused so many of a wave; 10%."
    ),
]
MailsAnHour = Annotated[
    int | None, typer.Option("--mails-per-hour", min=1, max=MOST, help="At the most; 250.")
]
MailsADay = Annotated[int | None, typer.Option("--mails-per-day", min=1, max=MOST, help="At the most; 1000.")]
Mass = Annotated[
    bool | None,
    typer.Option(
        "--mass",
        help="Write in bulk, a thousand persons a call; only where `so-privacy tenant mass` allows it.",
    ),
]
SkipChanged = Annotated[
    bool, typer.Option("--skip-changed", help="Go on without those who have changed since the plan was made.")
]
Detach = Annotated[bool, typer.Option("--detach", help="Leave the work to a worker that runs.")]

_UNITS = {"": 1.0, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}


def seconds(text: str | None) -> float | None:
    """Read a length of time, such as `24h`."""
    if text is None:
        return None
    found = re.fullmatch(r"(\d{1,6}(?:\.\d{1,3})?)\s*([smhd]?)", text.strip())
    if found is None:
        raise Refused("bad_time", f"{text!r} is no length of time", "write 90s, 30m, 24h or 2d", Exit.USAGE)
    return float(found[1]) * _UNITS[found[2]]


def share(text: str | None) -> float | None:
    """Read a share, such as `2%`."""
    if text is None:
        return None
    found = re.fullmatch(r"(\d{1,3}(?:\.\d{1,3})?)\s*%", text.strip())
    if found is None or float(found[1]) > 100:
        raise Refused("bad_share", f"{text!r} is no share", "write 0% to 100%, such as 2%", Exit.USAGE)
    return float(found[1]) / 100
