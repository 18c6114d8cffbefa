"""`python -m so_sandbox.demo`: runs the story and shows, row by row, whether it came out as written."""

from __future__ import annotations

import argparse
import shutil
import signal
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from so_sandbox.demo import kept
from so_sandbox.demo.before import bring_up_to_date
from so_sandbox.demo.commands import Commands, Failed, free_port
from so_sandbox.demo.kept import Left
from so_sandbox.demo.outcome import after_all, row_of
from so_sandbox.demo.persons import PERSONS
from so_sandbox.demo.showing import Screen, table
from so_sandbox.demo.story import TENANT, Story

_MANIFEST = Path("manifests/rules/nordic-b2b.yaml")
_PORTS = (7400, 7300)
_NO, _NO_INPUT, _INTERRUPTED = 1, 66, 130


def main() -> int:
    """Give 0 when everything came out as written, else 1."""
    parser = argparse.ArgumentParser(prog="demo", description=__doc__)
    parser.add_argument("--manifest", type=Path, default=_MANIFEST, help="the manifest that decides")
    parser.add_argument("--stay", action="store_true", help="leave everything running, on fixed ports")
    parser.add_argument(
        "--ports", type=int, nargs=2, default=_PORTS, metavar=("SANDBOX", "SO-PRIVACY"), help="for --stay"
    )
    parser.add_argument(
        "--newcomers", action="store_true", help="leave those alone who were there before; for those in haste"
    )
    parser.add_argument("--turned", action="store_true", help="turn every switch of the sandbox")
    parser.add_argument(
        "--turn",
        action="append",
        default=[],
        metavar="SWITCH=ANSWER",
        help="turn one switch; may be repeated",
    )
    given = parser.parse_args()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    if not given.manifest.is_file():
        print(f"{given.manifest} is not there; run this in the project's folder, or say --manifest FILE")
        return _NO_INPUT
    switches: dict[str, Any] = {"all": "turned"} if given.turned else {}
    if given.turn:
        switches["set"] = dict(one.partition("=")[::2] for one in given.turn)
    screen = Screen()
    try:
        if given.stay:
            commands = Commands(Path.cwd(), sandbox_port=given.ports[0], port=given.ports[1])
            kept.refuse_taken(*given.ports)
            return _stay(commands, given.manifest.resolve(), screen, switches=switches)
        return _once(given.manifest.resolve(), screen, switches=switches, newcomers=given.newcomers)
    except Failed as failed:
        screen.bad(str(failed))
        return _NO
    except KeyboardInterrupt:
        screen.console.print("stopped")
        return _INTERRUPTED


def _once(manifest: Path, screen: Screen, *, switches: Mapping[str, Any], newcomers: bool) -> int:
    """Tell the story in a folder that is gone afterwards, unless it is needed to see what went wrong."""
    folder = Path(tempfile.mkdtemp(prefix="sop-"))
    commands = Commands(folder, sandbox_port=free_port(), port=free_port())
    right = False
    try:
        with screen:
            story = Story(commands, screen.say, screen.progress)
            right = _tell(story, manifest, screen, switches=switches, newcomers=newcomers)
    except KeyboardInterrupt:
        right = True
        raise
    finally:
        _end(commands)
        if right:
            shutil.rmtree(folder, ignore_errors=True)
        else:
            screen.console.print(
                f"what so-privacy and the sandbox said is in {commands.logs}", soft_wrap=True
            )
    return 0 if right else _NO


def _stay(commands: Commands, manifest: Path, screen: Screen, *, switches: Mapping[str, Any]) -> int:
    """Tell the story in this folder, or go on where an earlier one has ended; run until Ctrl-C."""
    how_far = kept.left(commands)
    story = Story(commands, screen.say, screen.progress)
    try:
        with screen:
            if how_far is Left.TOLD:
                story.start(keep=True, switches=switches)
                screen.say(f"{len(story.persons())} persons of {TENANT} are there from the last time")
            else:
                if how_far is Left.BEGUN:
                    screen.say("the last one came to no good end, so this one begins anew")
                    kept.forget(commands)
                kept.note(commands, Left.BEGUN)
                _tell(story, manifest, screen, keep=True, switches=switches, newcomers=True)
                kept.note(commands, Left.TOLD)
        _show_addresses(commands, screen)
        commands.wait()
    finally:
        _end(commands)
    return 0


def _end(commands: Commands) -> None:
    """Stop what runs; another Ctrl-C does not keep it from ending well."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    commands.stop()


def _tell(
    story: Story,
    manifest: Path,
    screen: Screen,
    *,
    switches: Mapping[str, Any],
    newcomers: bool,
    keep: bool = False,
) -> bool:
    """Tell the story; with `newcomers` alone, who was there before is left to whoever reads the README."""
    story.start(keep=keep, switches=switches)
    story.install(manifest)
    right = True
    for check in () if newcomers else bring_up_to_date(story):
        screen.check(check)
        right = right and check.right
    story.enter_all()
    seen = story.look()
    rows = [row_of(seen, person, story.ids[person.number]) for person in PERSONS]
    screen.console.print(table(rows))
    for check in after_all(story):
        screen.check(check)
        right = right and check.right
    wrong = [f"✗ {row.number} {row.who}: {row.fault}" for row in rows if row.fault]
    for line in wrong:
        screen.bad(line)
    told = f"{len(rows) - len(wrong)} of {len(rows)} as the manifest says"
    if wrong or not right:
        screen.bad(told if wrong else "the twelve are right, but what came before or after is not")
        return False
    screen.good(told)
    return True


def _show_addresses(commands: Commands, screen: Screen) -> None:
    lines = (
        "",
        f"sandbox     {commands.sandbox_url}/_sandbox/page",
        f"so-privacy  {commands.url}",
        "try         . .venv/bin/activate; set -a; . .so-sandbox/settings.env; set +a",
        "            so-privacy survey; so-privacy plan -o plan.json",
        "            so-privacy review list",
        "            so-sandbox trigger person.created --set country=DE --set source=CARD",
        "Ctrl-C stops both; the next `make up` goes on from there.",
    )
    for line in lines:
        screen.console.print(line, soft_wrap=True)


sys.exit(main())
