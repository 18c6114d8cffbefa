"""A thousand persons who were there before: looked at, planned, and brought to what the manifest says."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from so_sandbox.demo.outcome import Check, equal
from so_sandbox.demo.story import EXISTING, TENANT, Story

WRITES, MAILS, FOR_A_HUMAN = 200, 20, 20
_LARS = 1
"""He is there already, too."""
_APPLIED = 240.0
"""Seconds that it may take on a busy machine; SuperOffice takes ten calls a second."""
_WEEK = timedelta(days=7)


def bring_up_to_date(story: Story) -> Iterator[Check]:
    """Survey, plan and apply, and see after each that it says and does what it must."""
    story.say(f"{EXISTING} persons were there before: so-privacy survey")
    survey = story.product("survey", "--tenant", TENANT)
    found = survey["findings"]
    yield equal("persons surveyed", survey["persons"], EXISTING + _LARS)
    doubtful = f"{found['crm_default']} held by the CRM's default alone, {found['minors']} children"
    yield Check(found["no_notice"] == EXISTING + _LARS, f"told by nobody: {found['no_notice']}; {doubtful}")
    story.say("so-privacy plan, with notices for whoever came in the last week")
    plan = _plan(story)
    rules = plan["rules"]
    yield equal("persons of whom a consent is to be written", _sum(rules, "touched"), WRITES)
    yield equal("of whom a notice is to be sent", _sum(rules, "mails"), MAILS)
    yield equal("of whom a human is to decide", _sum(rules, "reviews"), FOR_A_HUMAN)
    yield Check(True, f"left as a human or she herself has said: {_sum(rules, 'left')}")
    story.say("so-privacy apply")
    words = ("apply", story.plan_file, "--pilot", str(EXISTING), "--tenant", TENANT)
    story.product(*words, seconds=_APPLIED)
    story.settle()
    yield equal("consents written", story.writes(), _sum(rules, "touched"))
    yield equal("mails sent", len(story.mails()), _sum(rules, "mails"))
    again = _plan(story)
    yield Check(not again["changes_anything"], "planned once more, there is nothing to do")
    story.begin_counting()


def _plan(story: Story) -> Mapping[str, Any]:
    week = f"{datetime.now(UTC) - _WEEK:%Y-%m-%d}"
    words = ("plan", "--tenant", TENANT, "--tell-from", week, "-o", story.plan_file)
    plan: Mapping[str, Any] = story.product(*words, good=(0, 3))
    return plan


def _sum(rules: list[Mapping[str, Any]], figure: str) -> int:
    return sum(int(one[figure]) for one in rules)
