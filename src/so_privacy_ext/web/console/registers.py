"""Lists that are looked at: events, quarantine, duties; and dead events, which are driven again."""

from __future__ import annotations

from starlette.responses import Response

from so_privacy_ext.errors import Rejected
from so_privacy_ext.storage import registers
from so_privacy_ext.web import forms
from so_privacy_ext.web.console.visit import HOME, SHOWN, Visit, number
from so_privacy_ext.web.visible import visible_bytes

EVENTS = f"{HOME}/events"
_STATES = ("open", "dead", "done")
_MOST_REDRIVEN = 10_000


def events(visit: Visit) -> Response:
    """List events of one state, newest first."""
    state = forms.only_value(visit.request, "state") or "open"
    if state not in _STATES:
        raise Rejected("not_found", 404)
    with visit.session() as session:
        visit.summary(session)
        found = registers.events(session, state=state, person_id=visit.person(), limit=SHOWN)
    return visit.page("events.html", events=found, state=state, states=_STATES, wanted=visit.wanted())


def redrive(visit: Visit) -> Response:
    """Open one dead event again, or all of them."""
    which = visit.field("which")
    with visit.turn() as turn:
        if which == "dead":
            found = registers.events(turn.session, state="dead", limit=_MOST_REDRIVEN)
            wanted = [one.inbox_id for one in found]
        else:
            wanted = [registers.event(turn.session, number(which)).event.inbox_id]
        opened = registers.redrive(turn.session, turn.ledgers, wanted)
        turn.wake()
    visit.note("events_redriven", count=len(opened))
    return visit.done(EVENTS, "redriven")


def quarantine(visit: Visit) -> Response:
    """List what is quarantined, newest first."""
    with visit.session() as session:
        visit.summary(session)
        found = registers.quarantine(session, limit=SHOWN)
    return visit.page("quarantine.html", quarantined=found)


def quarantined(visit: Visit) -> Response:
    """Show one quarantined delivery as it came, as mere text."""
    with visit.session() as session:
        found, body = registers.quarantined(session, number(visit.request.path_params["number"]))
    return visit.page("quarantined.html", one=found, body=visible_bytes(body))


def duties(visit: Visit) -> Response:
    """List who must still be informed, the most urgent first."""
    with visit.session() as session:
        summary = visit.summary(session)
        found = registers.open_duties(session, limit=SHOWN)
    return visit.page("duties.html", duties=found, count=summary.duties)
