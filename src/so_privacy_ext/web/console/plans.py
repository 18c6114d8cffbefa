"""Plans of everybody there is: their numbers opened into persons, begun, watched, stopped, taken back."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from starlette.responses import Response

from so_privacy_ext.errors import Exit, Refused, Rejected
from so_privacy_ext.processing.applying import head_of
from so_privacy_ext.runs import PersonState, Progress, RunKind, RunState, Stop, Wishes
from so_privacy_ext.storage import manifests, proposals
from so_privacy_ext.storage.proposals import LONGEST_REASON, Wish
from so_privacy_ext.storage.run_register import Choice
from so_privacy_ext.web import forms
from so_privacy_ext.web.console.visit import APPROVALS, HOME, SHOWN, Visit, number

PLANS = f"{HOME}/plans"
FIGURES = ("gets", "changes", "mails", "reviews", "left", "denied")
"""What a plan counts for each rule, as `Choice.what` names it."""
REFRESH = 5
"""Seconds after which a page that somebody watches is loaded again."""
_EVER = datetime(1, 1, 1, tzinfo=UTC)
_MOST = 1_000_000
_HOUR = 3600.0
_SAID = {
    "second_pair_of_eyes",
    "run_under_way",
    "changed_since",
    "run_over",
    "not_startable",
    "not_under_way",
    "not_undoable",
    "undo_outdated",
    "undo_of_undo",
    "bad_waves",
    "no_manifest",
}
"""Refusals that are told beside the run."""


def listed(visit: Visit) -> Response:
    """List the runs, and show the plan that is being made."""
    return _listed(visit)


def draft(visit: Visit) -> Response:
    """Have a plan made of everybody by the manifest that decides; nothing is changed by it."""
    fields = visit.posted.fields
    tell = fields.get("tell", "nobody")
    if tell not in {"nobody", "from", "all"}:
        raise Rejected("settlement", 400)
    start = _day(fields.get("tell_from", "")) if tell == "from" else None
    if tell == "from" and start is None:
        return _listed(visit, wrong="day")
    with visit.session() as session:
        visit.summary(session)
        if manifests.active(session) is None:
            return _listed(visit, wrong="no_manifest")
    allowed = fields.get("allow", "").split()
    drafts = visit.tenancy.drafts
    drafts.begin(visit.signed, who=visit.who, tell_from=_EVER if tell == "all" else start, allowed=allowed)
    visit.note("plan_begun")
    return visit.done(PLANS, "plan_begun")


def show(visit: Visit) -> Response:
    """Show a run: what its plan comes to, and how far it is."""
    return _shown(visit, number(visit.request.path_params["number"]))


def act(visit: Visit) -> Response:
    """Begin a run, go on with it, stop it, propose it, or have it taken back."""
    run_id, how = number(visit.request.path_params["number"]), visit.field("as")
    if how not in _ACTS:
        raise Rejected("settlement", 400)
    try:
        return _ACTS[how](visit, run_id)
    except Refused as refused:
        if refused.code not in _SAID:
            raise
        return _shown(visit, run_id, wrong=refused.code)


def persons(visit: Visit) -> Response:
    """Open a number into the persons whom it counts."""
    run_id = number(visit.request.path_params["number"])
    asked = {name: forms.only_value(visit.request, name) for name in _CHOICES}
    what, state = asked["what"], asked["state"]
    if what not in {None, *FIGURES} or state not in {None, *PersonState}:
        raise Rejected("not_found", 404)
    after = forms.only_value(visit.request, "after")
    choice = Choice(
        state=None if state is None else PersonState(state),
        reason=asked["reason"],
        answer=asked["answer"],
        what=what,
        rule=asked["rule"],
        mailed=True if asked["mailed"] else None,
    )
    runs = visit.tenancy.runs(visit.signed)
    found = runs.persons(run_id, choice, after=number(after) if after else 0, limit=SHOWN + 1)
    more = found[SHOWN - 1].person_id if len(found) > SHOWN else None
    wanted = {name: value for name, value in asked.items() if value}
    return visit.page("plan_persons.html", run_id=run_id, persons=found[:SHOWN], wanted=wanted, more=more)


_CHOICES = ("what", "state", "reason", "answer", "rule", "mailed")


def _start(visit: Visit, run_id: int) -> Response:
    visit.tenancy.runs(visit.signed).start(
        run_id,
        who=visit.who,
        wishes=_wishes(visit.posted.fields),
        skip_changed=visit.posted.fields.get("skip_changed") == "yes",
    )
    visit.note("run_started", run=run_id)
    return visit.done(f"{PLANS}/{run_id}", "run_started")


def _stop(visit: Visit, run_id: int) -> Response:
    visit.tenancy.runs(visit.signed).stop(run_id)
    visit.note("run_stopped", run=run_id)
    return visit.done(f"{PLANS}/{run_id}", "run_stopped")


def _undo(visit: Visit, run_id: int) -> Response:
    undo = visit.tenancy.runs(visit.signed).undo(run_id, who=visit.who)
    visit.note("undo_made", run=undo)
    return visit.done(f"{PLANS}/{undo}", "undo_made")


def _propose(visit: Visit, run_id: int) -> Response:
    reason, progress = visit.reason(), visit.tenancy.runs(visit.signed).progress(run_id)
    if reason is None:
        return _shown(visit, run_id, wrong="reason")
    with visit.turn() as turn:
        approving = visit.tenancy.approving(turn)
        approving.propose_run(run_id, progress.run.plan, who=visit.who, reason=reason)
    visit.note("run_proposed", run=run_id)
    return visit.done(APPROVALS, "proposed")


_ACTS = {"start": _start, "stop": _stop, "undo": _undo, "propose": _propose}


def _listed(visit: Visit, *, wrong: str | None = None) -> Response:
    with visit.session() as session:
        visit.summary(session)
    runs, made = (
        visit.tenancy.runs(visit.signed).listed(SHOWN),
        visit.tenancy.drafts.of(visit.signed.tenant_id),
    )
    page = visit.page("plans.html", status=422 if wrong else 200, runs=runs, draft=made, wrong=wrong)
    return _refreshed(visit, page, under_way=made is not None and made.under_way)


def _shown(visit: Visit, run_id: int, *, wrong: str | None = None) -> Response:
    progress = visit.tenancy.runs(visit.signed).progress(run_id)
    run = progress.run
    with visit.session() as session:
        two_pairs = proposals.demanded(session)
        agreed = proposals.agreed_to(session, Wish.RUN, str(run_id))
    page = visit.page(
        "plan.html",
        status=422 if wrong else 200,
        run=run,
        tally=progress.tally,
        left=progress.seconds_left,
        held_up=progress.held_up,
        head=None if run.kind is RunKind.UNDO else head_of(run),
        figures=FIGURES,
        share=_share(progress),
        must_propose=two_pairs and not agreed and run.kind is RunKind.APPLY and run.started_at is None,
        changed=run.reason == Stop.CHANGED_SINCE,
        startable=run.state in {RunState.PLANNED, RunState.STOPPED},
        undoable=run.kind is RunKind.APPLY and run.state in {RunState.DONE, RunState.STOPPED},
        watched=bool(visit.request.query_params.get("watch")),
        wrong=wrong,
        longest=LONGEST_REASON,
    )
    return _refreshed(visit, page, under_way=run.under_way and bool(visit.request.query_params.get("watch")))


def _refreshed(visit: Visit, page: Response, *, under_way: bool) -> Response:
    """Have the browser look again, while there is something to see and somebody wants to."""
    if under_way and visit.request.method == "GET":
        page.headers["refresh"] = f"{REFRESH};url={visit.request.url.path}?watch=1"
    return page


def _share(progress: Progress) -> int:
    """Give how much of a run is done, in per cent."""
    return progress.tally.handled * 100 // max(1, progress.tally.persons)


def _wishes(fields: Mapping[str, Any]) -> Wishes:
    """Read how fast a run may go; what is left empty stays as it is."""
    numbers: dict[str, int | None] = {}
    for name in ("pilot", "size", "hours"):
        text = fields.get(name, "").strip()
        if text and not (text.isascii() and text.isdigit() and int(text[:9]) <= _MOST):
            raise Refused("bad_waves", "it is no number", "write a whole number", Exit.USAGE)
        numbers[name] = int(text) if text else None
    hours = numbers["hours"]
    return Wishes(pilot=numbers["pilot"], size=numbers["size"], wait=None if hours is None else hours * _HOUR)


def _day(text: str) -> datetime | None:
    try:
        return datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError:
        return None
