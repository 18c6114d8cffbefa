"""`explain`: why a person is held as she is, and what each rule had to do with it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

import typer

from so_privacy_ext.cli.output import AsJson, TenantName, plain, print_json, say
from so_privacy_ext.cli.wired import wired
from so_privacy_ext.errors import Exit, Refused
from so_privacy_ext.model import PersonId
from so_privacy_ext.processing.facts import gather
from so_privacy_ext.rules.explain import Explanation, RuleExplained
from so_privacy_ext.rules.explain import explain as explained
from so_privacy_ext.storage import registers
from so_privacy_ext.storage.registers import PastDecision


def explain(
    person: Annotated[int, typer.Option("--person", min=1, help="The person's id in SuperOffice.")],
    tenant: TenantName = None,
    as_json: AsJson = False,
) -> None:
    """Read a person from SuperOffice now, and explain what the active manifest decides for her."""
    person_id = PersonId(person)
    with wired() as app:
        summary = app.tenant(tenant)
        with app.turn(summary) as turn:
            work = app.make_work(turn, lambda: False)
            if work is None:
                raise Refused(
                    "no_manifest", "no manifest decides yet", "so-privacy manifest activate FILE", Exit.CONFIG
                )
            found = work.crm.read_persons([person_id]).get(person_id)
            past = registers.decisions_of(turn.session, person_id, limit=1)
            explanation = None
            if found is not None:
                facts = gather(found, (), work.crm.lists(), work.tenant.own_associate_id, work.clock.now())
                explanation = explained(facts, work.manifest)
    standing = (
        {} if found is None else {key: f"{one.basis}/{one.source}" for key, one in found.consents.items()}
    )
    if as_json:
        print_json(
            {
                "person_id": person_id,
                "in_crm": found is not None,
                "stands": standing,
                **_told(explanation, past),
            }
        )
        return
    if explanation is None:
        say(f"person {person_id} is not in the CRM (deleted, or merged into another)")
    else:
        _print(explanation, standing)
    _print_past(past)


def _told(explanation: Explanation | None, past: list[PastDecision] | Any) -> dict[str, Any]:
    last = next(iter(past), None)
    return {
        "ruling": None if explanation is None else plain(explanation.ruling),
        "rules": []
        if explanation is None
        else [plain(one) | {"matched": one.matched} for one in explanation.rules],
        "last_decision": None if last is None else plain(last),
    }


def _print(explanation: Explanation, standing: Mapping[str, str]) -> None:
    ruling = explanation.ruling
    say(f"manifest {ruling.digest[:12]}")
    for purpose in ruling.withdrawn:
        say(f"  {purpose}: withdrawn by the person, so not decided")
    for one in ruling.decisions:
        stands = standing.get(one.purpose, "nothing")
        given = f" {one.basis}/{one.source}" if one.basis else ""
        say(f"  {one.purpose}: {one.outcome}{given} by rule {one.rule_id}; the CRM holds {stands}")
        say(f"    because: {one.because}")
    say(f"  mail: {ruling.tell or 'none'}" + (f" by rule {ruling.tell_rule}" if ruling.tell_rule else ""))
    print("rules, in their order:")
    for rule in explanation.rules:
        say(f"  {rule.rule_id:22} {_fate(rule)}")


def _fate(rule: RuleExplained) -> str:
    if rule.failure is not None:
        return f"no: {rule.failure.path} wants {rule.failure.wanted}, found {rule.failure.found}"
    parts = [f"decides {', '.join(rule.decided)}"] if rule.decided else []
    if rule.lost:
        parts.append("comes too late for " + ", ".join(f"{key} ({by})" for key, by in rule.lost.items()))
    if rule.withdrawn:
        parts.append(f"is stopped by the withdrawal of {', '.join(rule.withdrawn)}")
    return "yes: " + ("; ".join(parts) or "decides nothing")


def _print_past(past: Any) -> None:
    for one in past:
        when = f"{one.decision.decided_at:%Y-%m-%d %H:%M:%S}"
        version = one.decision.ruling.digest[:12]
        say(f"last decided {when} by manifest {version}: {one.result or 'not finished yet'}")
        for effect in one.effects:
            held = effect.result or "not read back yet"
            say(f"  wrote {effect.purpose} {effect.basis}/{effect.source}: {held}")
