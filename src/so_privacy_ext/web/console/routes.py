"""All addresses of the console."""

from __future__ import annotations

from collections.abc import Sequence

from starlette.routing import BaseRoute

from so_privacy_ext.web.console import (
    approvals,
    consequences,
    figures,
    leaving,
    manifests,
    overview,
    persons,
    plans,
    plugins,
    registers,
    reviews,
    rules,
    trying,
)
from so_privacy_ext.web.console.door import Door
from so_privacy_ext.web.console.figures import FIGURES
from so_privacy_ext.web.console.leaving import UNINSTALL
from so_privacy_ext.web.console.manifests import MANIFEST
from so_privacy_ext.web.console.persons import PERSONS
from so_privacy_ext.web.console.plans import PLANS
from so_privacy_ext.web.console.plugins import PLUGINS
from so_privacy_ext.web.console.registers import EVENTS
from so_privacy_ext.web.console.reviews import REVIEWS
from so_privacy_ext.web.console.rules import RULES
from so_privacy_ext.web.console.trying import TRY
from so_privacy_ext.web.console.visit import APPROVALS, HOME, Tenancy
from so_privacy_ext.web.floods import Floods
from so_privacy_ext.web.rendering import Pages
from so_privacy_ext.web.sessions import Sessions


def console_routes(
    sessions: Sessions, tenancy: Tenancy, pages: Pages, floods: Floods | None = None
) -> Sequence[BaseRoute]:
    """Give the routes of the administrator's pages; `floods` counts sessions that are none."""
    door = Door(sessions, tenancy, pages, floods or Floods())
    return [
        door.shown(HOME, overview.show),
        door.done(f"{HOME}/pause", overview.pause),
        door.done(f"{HOME}/resume", overview.resume),
        door.done(f"{HOME}/try-now", overview.try_now),
        door.done(f"{HOME}/webhooks", overview.put_right),
        door.shown(RULES, rules.show),
        door.shown(PERSONS, persons.search),
        door.shown(PERSONS + "/{person}", persons.show),
        door.done(PERSONS + "/{person}/now", trying.person),
        door.shown(TRY, trying.show),
        door.done(TRY, trying.made_up),
        door.shown(REVIEWS, reviews.listed),
        door.shown(REVIEWS + "/{number}", reviews.show),
        door.done(REVIEWS + "/{number}", reviews.settle),
        door.shown(EVENTS, registers.events),
        door.done(f"{EVENTS}/redrive", registers.redrive),
        door.shown(f"{HOME}/quarantine", registers.quarantine),
        door.shown(HOME + "/quarantine/{number}", registers.quarantined),
        door.shown(f"{HOME}/duties", registers.duties),
        door.shown(FIGURES, figures.show),
        door.shown(MANIFEST, manifests.show),
        door.shown(PLANS, plans.listed),
        door.done(PLANS, plans.draft),
        door.shown(PLANS + "/{number}", plans.show),
        door.done(PLANS + "/{number}", plans.act),
        door.shown(PLANS + "/{number}/persons", plans.persons),
        door.shown(PLUGINS, plugins.show),
        door.done(PLUGINS, plugins.act),
        door.shown(APPROVALS, approvals.listed),
        door.done(f"{HOME}/two-pairs", approvals.demand),
        door.shown(APPROVALS + "/{number}", approvals.show),
        door.done(APPROVALS + "/{number}", approvals.settle),
        door.shown(UNINSTALL, leaving.show),
        door.done(UNINSTALL, leaving.remove),
        door.shown(f"{MANIFEST}/file", manifests.download),
        door.shown(f"{MANIFEST}/edit", manifests.edit),
        door.shown(MANIFEST + "/versions/{number}", manifests.version),
        door.done(f"{MANIFEST}/consequences", consequences.show),
        door.done(f"{MANIFEST}/check", manifests.check),
        door.done(f"{MANIFEST}/activate", manifests.activate),
    ]
