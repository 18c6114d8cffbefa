"""Rows to take away: of the decisions that were given and of nothing else, however many at a time."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from so_privacy_ext.plugins.troubles import PluginFailed
from so_privacy_kit.conformance.levels import Level, Unmet, check
from so_privacy_kit.conformance.made_up_afterwards import decisions
from so_privacy_kit.conformance.seams import rows_of
from so_privacy_kit.conformance.subject import Subject

Found = Callable[[str], None]
_SECRET = "so-conformance-secret"  # noqa: S105 - it is to be looked for


@check(Level.GOLD, "the rows of its exports are of the decisions that are given, however many at a time")
def test_rows(so_subject: Subject, so_plugin_settings: Mapping[str, Any], so_found: Found) -> None:
    exports = so_subject.description.exports
    told = decisions()
    settings, made = _with_secrets(so_subject, so_plugin_settings), []
    with so_subject.hosts() as hosts:
        for export in exports:
            rows = rows_of(so_subject, settings, export, hosts)
            try:
                whole, none = rows(told), rows(())
                parts = [row for one in told for row in rows((one,))]
            except PluginFailed as failed:
                one = failed.troubles[0]
                raise Unmet(f"`{export.name}`: {one.what}", one.how) from None
            if none:
                raise Unmet(
                    f"`{export.name}` has rows of no decisions", "have it give what it is given, alone"
                )
            if whole != parts:
                raise Unmet(
                    f"`{export.name}` has other rows when it is given one decision at a time",
                    "keep nothing from one time to the next; whoever adds up does that with the rows",
                )
            if any(_SECRET in str(cell) for row in whole for cell in row):
                raise Unmet(f"`{export.name}` gives a secret of its settings away", "leave it out")
            empty = [
                name
                for place, name in enumerate(export.columns)
                if whole and all(row[place] is None for row in whole)
            ]
            if empty or not whole:
                what = f"nothing in {', '.join(f'`{one}`' for one in empty)}" if whole else "no row"
                how = (
                    "leave out what is never there; where it takes a setting, give it by `so_plugin_settings`"
                )
                raise Unmet(f"`{export.name}` has {what} for {len(told)} decisions of many kinds", how)
            made.append(f"{len(whole)} rows of `{export.name}`")
    so_found(", ".join(made) or "it makes no rows")


def _with_secrets(subject: Subject, settings: Mapping[str, Any]) -> Mapping[str, Any]:
    known = (subject.description.settings or {}).get("properties", {})
    secrets = [name for name, one in known.items() if one.get("format") == "password"]
    return {**settings, **dict.fromkeys(secrets, _SECRET)}
