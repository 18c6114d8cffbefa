"""Two pairs of eyes: what one administrator proposes is done only when another one agrees."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime

from so_privacy_ext.activating import Activating
from so_privacy_ext.errors import Exit, Refused
from so_privacy_ext.extending import wished
from so_privacy_ext.model import TenantLists
from so_privacy_ext.plugins.described import Description
from so_privacy_ext.processing.list_digest import lists_digest
from so_privacy_ext.rules.lint.law import LintFinding
from so_privacy_ext.rules.manifest import Manifest, parse
from so_privacy_ext.storage import manifests, proposals
from so_privacy_ext.storage.manifests import Agreed
from so_privacy_ext.storage.proposals import Ending, NewProposal, Proposal, Wish
from so_privacy_ext.storage.turns import Turn

_AGAIN = "propose it anew, so that what is agreed to is what comes of it now"


class Approving:
    """Made for a turn, since what it activates by is."""

    def __init__(self, turn: Turn, activating: Activating) -> None:
        self._turn = turn
        self._activating = activating

    def propose(
        self, manifest: Manifest, content: bytes, *, who: str, reason: str, tell_from: datetime | None
    ) -> Sequence[LintFinding]:
        """Propose that a manifest decide; give its warnings, raise `ManifestInvalid` if it can't."""
        findings = self._activating.fit(manifest)
        self._activating.refuse_breaches(manifest)
        ground = self._ground(self._activating.knowledge().lists)
        new = NewProposal(Wish.MANIFEST, manifest.digest, reason, ground, who, content, tell_from)
        proposals.keep(self._turn.session, self._turn.ledgers, new)
        return findings

    def demand(self, *, who: str) -> bool:
        """Demand two pairs of eyes from now on; any administrator may. False if it was so already."""
        return proposals.demand(self._turn.session, self._turn.ledgers, two_pairs=True, who=who)

    def propose_one_pair(self, *, who: str, reason: str) -> None:
        """Propose that one pair of eyes be enough, which takes two pairs to decide."""
        new = NewProposal(Wish.ONE_PAIR, "", reason, "", who)
        proposals.keep(self._turn.session, self._turn.ledgers, new)

    def propose_run(self, run_id: int, ground: str, *, who: str, reason: str) -> None:
        """Propose that a run begin; `ground` is the seal of its plan."""
        new = NewProposal(Wish.RUN, str(run_id), reason, ground, who)
        proposals.keep(self._turn.session, self._turn.ledgers, new)

    def propose_plugin(self, now: Description, *, who: str, reason: str) -> None:
        """Propose that a plugin be switched on, by all that it says of itself now."""
        content = json.dumps(now.model_dump(mode="json")).encode()
        new = NewProposal(Wish.PLUGIN, wished(now), reason, now.fingerprint, who, content)
        proposals.keep(self._turn.session, self._turn.ledgers, new)

    def approve(self, proposal_id: int, *, who: str) -> Proposal:
        """Agree to an open proposal and do it; a run may be begun, and a plugin switched on, from now on.

        Raises `Refused` for one's own, for one that was settled, and for one that has lapsed.
        """
        session, ledgers = self._turn.session, self._turn.ledgers
        proposal, content = proposals.shown(session, proposal_id)
        if proposal.settled_at is not None:
            raise _settled_already()
        if proposal.who == who:
            what = "nobody agrees to what she has proposed herself"
            raise Refused("own_proposal", what, "ask another administrator", Exit.NO_PERMISSION)
        if content is not None and proposal.kind is Wish.MANIFEST:
            self._refuse_lapsed(proposal)
            agreed = Agreed(proposal.reason, by=who)
            manifest = parse(content, "manifest.yaml", self._activating.words)
            self._activating.activate(
                manifest, content, who=proposal.who, tell_from=proposal.tell_from, agreed=agreed
            )
            return proposal
        with ledgers.transaction():
            if proposal.kind is Wish.ONE_PAIR:
                proposals.demand(session, ledgers, two_pairs=False, who=who)
            proposals.settle(session, ledgers, proposal_id, Ending.APPROVED, who)
        return proposal

    def refuse(self, proposal_id: int, *, who: str) -> None:
        """Refuse a proposal, or take one's own back."""
        proposal, _ = proposals.shown(self._turn.session, proposal_id)
        ending = Ending.TAKEN_BACK if proposal.who == who else Ending.REFUSED
        if not proposals.settle(self._turn.session, self._turn.ledgers, proposal_id, ending, who):
            raise _settled_already()

    def _refuse_lapsed(self, proposal: Proposal) -> None:
        if proposal.ground != self._ground(self._activating.knowledge().lists):
            session, ledgers = self._turn.session, self._turn.ledgers
            proposals.settle(session, ledgers, proposal.proposal_id, Ending.LAPSED, None)
            what = "what decides, or the tenant's lists, have changed since it was proposed"
            raise Refused("proposal_lapsed", what, _AGAIN, Exit.BAD_DATA)

    def _ground(self, lists: TenantLists) -> str:
        """Name what decides now and the lists by which it does."""
        active = manifests.active(self._turn.session)
        return f"{active[1] if active else ''} {lists_digest(lists)}"


def _settled_already() -> Refused:
    return Refused("settled_already", "this proposal is settled", "see the list", Exit.BAD_DATA)
