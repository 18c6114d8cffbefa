"""Two pairs of eyes: whether they are demanded, what waits for the second, and what came of it."""

from __future__ import annotations

import base64
import json

from starlette.responses import Response

from so_privacy_ext.errors import Refused, Rejected
from so_privacy_ext.plugins.described import read_description
from so_privacy_ext.rules.findings import ManifestInvalid
from so_privacy_ext.storage import manifests, proposals
from so_privacy_ext.storage.proposals import LONGEST_REASON, Proposal, Wish
from so_privacy_ext.web.console.text_diff import changes
from so_privacy_ext.web.console.visit import APPROVALS, Visit, number
from so_privacy_ext.web.visible import visible

_DONE = {
    Wish.MANIFEST: "activated",
    Wish.RUN: "run_approved",
    Wish.PLUGIN: "plugin_approved",
    Wish.ONE_PAIR: "one_pair",
}
_SAID = {"own_proposal", "proposal_lapsed", "settled_already"}
"""What is told beside the proposal."""


def listed(visit: Visit) -> Response:
    """Show the setting, what waits, and what was settled."""
    return _listed(visit)


def show(visit: Visit) -> Response:
    """Show one proposal: who proposes what and why, and what would differ."""
    return _shown(visit, number(visit.request.path_params["number"]))


def settle(visit: Visit) -> Response:
    """Agree and have it done, or refuse; whoever proposed it can take it back and no more."""
    proposal_id, how = number(visit.request.path_params["number"]), visit.field("as")
    if how not in {"approve", "refuse"}:
        raise Rejected("settlement", 400)
    try:
        done = _refuse(visit, proposal_id) if how == "refuse" else _approve(visit, proposal_id)
    except ManifestInvalid:
        return _shown(visit, proposal_id, wrong="no_longer_fits")
    except Refused as refused:
        if refused.code not in _SAID:
            raise
        return _shown(visit, proposal_id, wrong=refused.code)
    visit.note("proposal_settled", proposal_id=proposal_id, settled_as=how)
    return visit.done(APPROVALS, done)


def demand(visit: Visit) -> Response:
    """Demand two pairs of eyes, or propose that one be enough, which the second pair decides."""
    how = visit.field("how")
    if how == "two":
        with visit.turn() as turn:
            visit.tenancy.approving(turn).demand(who=_who(visit))
        visit.note("two_pairs_demanded")
        return visit.done(APPROVALS, "two_pairs")
    if how != "one":
        raise Rejected("settlement", 400)
    reason = visit.posted.fields.get("reason", "").strip()
    if not 0 < len(reason) <= LONGEST_REASON:
        return _listed(visit, wrong="reason", reason=reason)
    with visit.turn() as turn:
        if proposals.demanded(turn.session):
            visit.tenancy.approving(turn).propose_one_pair(who=_who(visit), reason=reason)
    visit.note("one_pair_proposed")
    return visit.done(APPROVALS, "proposed")


def _approve(visit: Visit, proposal_id: int) -> str:
    with visit.turn() as turn:
        return _DONE[visit.tenancy.approving(turn).approve(proposal_id, who=_who(visit)).kind]


def _refuse(visit: Visit, proposal_id: int) -> str:
    with visit.turn() as turn:
        visit.tenancy.approving(turn).refuse(proposal_id, who=_who(visit))
    return "refused"


def _listed(visit: Visit, *, wrong: str | None = None, reason: str = "") -> Response:
    with visit.session() as session:
        visit.summary(session)
        two_pairs, found = proposals.demanded(session), proposals.listed(session)
    return visit.page(
        "approvals.html",
        status=422 if wrong else 200,
        two_pairs=two_pairs,
        proposals=found,
        wrong=wrong,
        reason=reason,
        longest=LONGEST_REASON,
        own=_who(visit),
    )


def _shown(visit: Visit, proposal_id: int, *, wrong: str | None = None) -> Response:
    with visit.session() as session:
        visit.summary(session)
        proposal, content = proposals.shown(session, proposal_id)
        active = manifests.active(session)
    old = "" if active is None else active[0].decode()
    manifest = content if proposal.kind is Wish.MANIFEST else None
    differs = [] if manifest is None else list(changes(old, manifest.decode()))
    plugin = read_description(json.loads(content)) if content and proposal.kind is Wish.PLUGIN else None
    return visit.page(
        "approval.html",
        status=422 if wrong else 200,
        one=proposal,
        own=proposal.who == _who(visit),
        wrong=wrong,
        changes=differs,
        text=None if manifest is None else visible(manifest.decode()),
        content=None if manifest is None else base64.urlsafe_b64encode(manifest).decode(),
        plugin=plugin,
        says=None if plugin is None else visible(plugin.says),
        outdated=_outdated(proposal, active),
    )


def _outdated(proposal: Proposal, active: tuple[bytes, str] | None) -> bool:
    """Tell whether another manifest decides than when it was proposed; its lists are looked at later."""
    if proposal.kind is not Wish.MANIFEST or proposal.settled_at is not None:
        return False
    return proposal.ground.partition(" ")[0] != ("" if active is None else active[1])


def _who(visit: Visit) -> str:
    return f"associate {visit.signed.associate_id}"
