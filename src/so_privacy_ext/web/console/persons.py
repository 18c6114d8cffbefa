"""A person by her number: what was decided about her, by which rule of which version, and because of what."""

from __future__ import annotations

from starlette.responses import RedirectResponse, Response

from so_privacy_ext.errors import Refused
from so_privacy_ext.model import PersonId
from so_privacy_ext.storage import manifests, registers, reviews
from so_privacy_ext.web import forms
from so_privacy_ext.web.console.visit import HOME, Visit, number
from so_privacy_ext.web.security import PAGE_HEADERS

PERSONS = f"{HOME}/persons"
_DECISIONS = 20


def search(visit: Visit) -> Response:
    """Ask for a number, and lead on to that person; what is no number is said beside the field."""
    asked = (forms.only_value(visit.request, "person") or "").strip()
    with visit.session() as session:
        visit.summary(session)
    if not asked:
        return visit.page("persons.html", typed="", wrong=False)
    try:
        person_id = number(asked)
    except Refused:
        return visit.page("persons.html", status=422, typed=asked, wrong=True)
    return RedirectResponse(f"{PERSONS}/{person_id}", 303, PAGE_HEADERS)


def show(visit: Visit) -> Response:
    """Show what is kept of a person; about whom nothing is kept, that is said."""
    person_id = PersonId(number(visit.request.path_params["person"]))
    with visit.session() as session:
        visit.summary(session)
        active = manifests.active(session)
        decisions = registers.decisions_of(session, person_id, limit=_DECISIONS)
        mails = registers.mails_of(session, person_id)
        duties = registers.duties_of(session, person_id)
        waiting = reviews.listed(session, person_id=person_id, limit=_DECISIONS)
    return visit.page(
        "person.html",
        person_id=person_id,
        decisions=decisions,
        mails=mails,
        duties=duties,
        reviews=waiting,
        digest=None if active is None else active[1],
        most=_DECISIONS,
    )
