"""`explain`: why a person is held as she is, and what each rule had to do with it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

import typer

from so_privacy_ext.cli.output import LARGEST_PERSON, AsJson, TenantName, plain, print_json, say
from so_privacy_ext.cli.wired import wired
from so_privacy_ext.errors import Exit, Refused
from so_privacy_ext.model import Authority, Person, PersonId
from so_privacy_ext.processing.facts import gather
from so_privacy_ext.processing.outlook import Outlook, look_ahead
from so_privacy_ext.processing.work import Work
from so_privacy_ext.proof.verdict import Verdict
from so_privacy_ext.rules.explain import Explanation, RuleExplained
from so_privacy_ext.rules.explain import explain as explained
from so_privacy_ext.storage import registers
from so_privacy_ext.storage.registers import DutyToPerson, MailOfPerson, PastDecision


def explain(
    person: Annotated[
        int, typer.Option("--person", min=1, max=LARGEST_PERSON, help="The person's id in SuperOffice.")
    ],
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
            found = work.crm.read_persons([person_id], work.manifest.fields).get(person_id)
            past = _Past(
                next(iter(registers.decisions_of(turn.session, person_id, limit=1)), None),
                registers.mails_of(turn.session, person_id),
                registers.duties_of(turn.session, person_id),
            )
            now = None if found is None else _explain(work, found)
    if as_json:
        print_json({"person_id": person_id, "in_crm": now is not None, **_told(now, past)})
        return
    if now is None:
        say(f"person {person_id} is not in the CRM (deleted, or merged into another)")
    else:
        _print(now)
    _print_past(past)


@dataclass(frozen=True, slots=True)
class _Now:
    """What the active manifest says of a person as she stands."""

    explanation: Explanation
    outlook: Outlook
    stands: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class _Past:
    """What was decided and told until now."""

    decision: PastDecision | None
    mails: Sequence[MailOfPerson]
    duties: Sequence[DutyToPerson]


def _explain(work: Work, person: Person) -> _Now:
    lists = work.crm.lists()
    facts = gather(person, (), lists, work.tenant.own_associate_id, work.clock.now())
    explanation = explained(facts, work.manifest)
    outlook = look_ahead(work, person, explanation.ruling, facts, lists)
    stands = {key: f"{one.basis}/{one.source}" for key, one in person.consents.items()}
    return _Now(explanation, outlook, stands)


def _told(now: _Now | None, past: _Past) -> dict[str, Any]:
    found: dict[str, Any] = {"stands": {}, "ruling": None, "rules": [], "outlook": None}
    if now is not None:
        rules = [plain(one) | {"matched": one.matched} for one in now.explanation.rules]
        ruling = plain(now.explanation.ruling)
        found = {"stands": now.stands, "ruling": ruling, "rules": rules, "outlook": now.outlook}
    return found | {"last_decision": past.decision, "mails": past.mails, "duties": past.duties}


def _print(now: _Now) -> None:
    explanation, ruling = now.explanation, now.explanation.ruling
    say(f"manifest {ruling.digest[:12]}, asked now and without an event")
    for purpose in ruling.withdrawn:
        say(f"  {purpose}: stands withdrawn{_writer(now, purpose)}, so not decided")
    for one in ruling.decisions:
        stands = now.stands.get(one.purpose, "nothing") + _writer(now, one.purpose)
        given = f" {one.basis}/{one.source}" if one.basis else ""
        say(f"  {one.purpose}: {one.outcome}{given} by rule {one.rule_id}; the CRM holds {stands}")
        say(f"    {_fate_of(now.outlook, one.purpose)}")
        say(f"    because: {one.because}")
    by = f" by rule {ruling.tell_rule}" if ruling.tell_rule else ""
    say(f"  mail: {ruling.tell or 'none'}{by}: {now.outlook.mail}")
    for purpose, use in now.outlook.verdicts.items():
        say(f"  {purpose}: {_use(use)}")
    print("rules, in their order:")
    for rule in explanation.rules:
        say(f"  {rule.rule_id:22} {_fate(rule)}")


_WRITERS = {
    Authority.PERSON: "the person herself",
    Authority.HUMAN: "a human, or somebody who can't be placed",
    Authority.RULE: "a rule of ours",
    Authority.IMPORT: "another integration",
    Authority.CRM_DEFAULT: "the CRM by default",
}


def _use(found: Verdict) -> str:
    if found.may:
        return "may be used" + (f" until {found.ends_at:%Y-%m-%d %H:%M}" if found.ends_at else "")
    since = f" since {found.ends_at:%Y-%m-%d %H:%M}" if found.ends_at else ""
    return f"may not be used: {found.why}{since}, by what stands for {found.by}"


def _writer(now: _Now, purpose: str) -> str:
    writer = now.outlook.writers.get(purpose)
    return "" if writer is None else f" (written by {_WRITERS[writer]})"


def _fate_of(outlook: Outlook, purpose: str) -> str:
    if purpose in outlook.writes:
        return "would be written"
    return f"would be left: {outlook.left.get(purpose, 'no_effect')}"


def _fate(rule: RuleExplained) -> str:
    if rule.failure is not None:
        return f"no: {rule.failure.path} wants {rule.failure.wanted}, found {rule.failure.found}"
    parts = [f"decides {', '.join(rule.decided)}"] if rule.decided else []
    if rule.lost:
        parts.append("comes too late for " + ", ".join(f"{key} ({by})" for key, by in rule.lost.items()))
    if rule.withdrawn:
        parts.append(f"is stopped by the withdrawal of {', '.join(rule.withdrawn)}")
    return "yes: " + ("; ".join(parts) or "decides nothing")


def _print_past(past: _Past) -> None:
    last = past.decision
    if last is not None:
        when = f"{last.decision.decided_at:%Y-%m-%d %H:%M:%S}"
        version = last.decision.ruling.digest[:12]
        say(f"last decided {when} by manifest {version}: {last.result or 'not finished yet'}")
        for effect in last.effects:
            held = effect.result or "not read back yet"
            say(f"  asked the CRM for {effect.purpose} {effect.basis}/{effect.source}: {held}")
    for mail in past.mails:
        asked = f"asked for {mail.claimed_at:%Y-%m-%d %H:%M:%S}"
        since = f"{mail.state} since {mail.state_at:%Y-%m-%d %H:%M:%S}"
        say(f"mail {mail.mail} version {mail.version}: {asked}, {since}")
    for duty in past.duties:
        closed = duty.closed_at and f"closed {duty.closed_at:%Y-%m-%d %H:%M:%S} ({duty.how})"
        due = f"due {duty.due_at:%Y-%m-%d %H:%M:%S} by article {duty.article}"
        say(f"duty to inform by {duty.mail}: {due}, {closed or 'open'}")
