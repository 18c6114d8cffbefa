"""Looks whether a tenant stands as a scenario expects, and says in words what does not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from so_sandbox.scenarios.shape import Counts, Expect, Standing
from so_sandbox.scenarios.stage import Part, Stage


def count(stage: Stage, tenant: str) -> Counts:
    """Count what there is in a tenant now."""
    asked = {"tenant": tenant}
    operations = stage.ask("GET", "/calls/counts", asked)["operations"]
    return Counts(
        persons=len(stage.ask("GET", "/persons", asked)["persons"]),
        mails=len(stage.ask("GET", "/outbox", asked)["mails"]),
        writes=int(operations.get("SetConsent", 0)),
    )


def wrong_counts(before: Counts, now: Counts, wanted: Counts) -> Iterator[str]:
    """Say of what there is more or less than wanted."""
    for what in Counts.model_fields:
        number, more = getattr(wanted, what), getattr(now, what) - getattr(before, what)
        if number is not None and number != more:
            yield f"{more} {what} and not {number}"


def wrong_standing(stage: Stage, step: Expect, cast: Mapping[str, Sequence[Part]]) -> Iterator[str]:
    """Say of each person what is otherwise than expected."""
    for name, standing in step.expect.items():
        for part in cast[name]:
            who = name if len(cast[name]) == 1 else f"{name} ({part.person_id})"
            for wrong in _wrong(stage, part, standing):
                yield f"{who} {wrong}"


def _wrong(stage: Stage, part: Part, standing: Standing) -> Iterator[str]:
    found = stage.ask("GET", "/persons", {"tenant": part.tenant, "person": part.person_id})["persons"]
    if standing.gone != (not found):
        yield "is still there" if found else "is not there"
        return
    if standing.holds is not None and found:
        held = _held(found[0]["consents"], standing.holds)
        if held != standing.holds:
            yield f"holds {_listed(held)} and not {_listed(standing.holds)}"
    if standing.mails is not None:
        mails = [
            f"{one['template_name']} {one['language']}"
            for one in stage.ask("GET", "/outbox", {"tenant": part.tenant})["mails"]
            if one["person_id"] == part.person_id
        ]
        if mails != standing.mails:
            yield f"got {', '.join(mails) or 'no mail'} and not {', '.join(standing.mails) or 'none'}"


def _held(rows: Sequence[Mapping[str, Any]], wanted: Mapping[str, str]) -> Mapping[str, str]:
    """Give what stands, in as many words as the scenario uses for each purpose."""
    return {
        row["purpose"]: row["basis"]
        if "/" not in wanted.get(row["purpose"], "/")
        else f"{row['basis']}/{row['source']}"
        for row in rows
    }


def _listed(held: Mapping[str, str]) -> str:
    return ", ".join(f"{purpose} {text}" for purpose, text in held.items()) or "nothing"
