"""What waits for a human, and how she settles it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from starlette.responses import Response

from so_privacy_ext.errors import Exit, Refused, Rejected
from so_privacy_ext.storage import reviews
from so_privacy_ext.storage.reviews import Review, Settlement
from so_privacy_ext.web.console.visit import HOME, SHOWN, Visit, number

REVIEWS = f"{HOME}/reviews"


def listed(visit: Visit) -> Response:
    """List open items, oldest first."""
    with visit.session() as session:
        summary = visit.summary(session)
        found = reviews.listed(session, person_id=visit.person(), limit=SHOWN)
    return visit.page("reviews.html", reviews=found, count=summary.reviews, wanted=visit.wanted())


def show(visit: Visit) -> Response:
    """Show one item with the choices there are."""
    with visit.session() as session:
        found = reviews.shown(session, number(visit.request.path_params["number"]))
    return visit.page("review.html", **_values(found))


def settle(visit: Visit) -> Response:
    """Settle an item; a reason that can't be kept is said beside its field, and nothing is lost."""
    review_id = number(visit.request.path_params["number"])
    chosen, reason = visit.posted.fields.get("as", ""), visit.posted.fields.get("reason", "").strip()
    with visit.turn() as turn:
        before = reviews.shown(turn.session, review_id)
        if chosen not in {"", *Settlement}:
            raise Rejected("settlement", 400)
        if not chosen:
            return visit.page("review.html", status=422, **_values(before, wrong="settlement", reason=reason))
        try:
            reviews.settle(turn.session, turn.ledgers, review_id, Settlement(chosen), reason)
        except Refused as refused:
            if refused.exit_code is Exit.NO_INPUT:
                raise
            values = _values(before, wrong=refused.code, chosen=chosen, reason=reason)
            return visit.page("review.html", status=422, **values)
        turn.wake()
    visit.note("review_settled", review_id=review_id)
    return visit.done(REVIEWS, "settled")


def _values(
    review: Review, *, wrong: str | None = None, chosen: str | None = None, reason: str = ""
) -> Mapping[str, Any]:
    return {
        "review": review,
        "choices": reviews.allowed(review),
        "longest": reviews.LONGEST_REASON,
        "wrong": wrong,
        "chosen": chosen,
        "reason": reason,
    }
