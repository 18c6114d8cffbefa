"""Partners' plugins: which there are, what each adds and needs, and switching one on, off or otherwise.

Where two must agree, one is proposed as it is now, and whoever of them switches it on gives the settings.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from starlette.responses import Response

from so_privacy_ext.errors import Refused, Rejected
from so_privacy_ext.plugins.described import Description
from so_privacy_ext.plugins.setting_fields import SettingField, setting_fields
from so_privacy_ext.storage import erasures
from so_privacy_ext.storage.proposals import LONGEST_REASON
from so_privacy_ext.web import forms
from so_privacy_ext.web.console.visit import APPROVALS, HOME, Visit
from so_privacy_ext.web.visible import visible

PLUGINS = f"{HOME}/plugins"
SETTING = "setting."
"""What the name of a setting's field begins with."""
_DONE = {"enable": "plugin_on", "set": "plugin_set", "disable": "plugin_off"}
_ERASE = {"erase": True, "keep": False}
_OTHER, _REASON = "other", "reason"
_GONE = "plugin_unknown"


@dataclass(frozen=True, slots=True)
class Filled:
    """A setting as a field of the form, with what stands in it; a secret is never shown."""

    field: SettingField
    text: str
    is_set: bool


def show(visit: Visit) -> Response:
    """List the plugins, or show one, which is started if it is installed, for nobody."""
    name = forms.only_value(visit.request, "plugin")
    if name:
        return _shown(visit, name)
    with visit.session() as session:
        visit.summary(session)
        found = visit.tenancy.extending.listed(session)
    return visit.page("plugins.html", plugins=found)


def act(visit: Visit) -> Response:
    """Switch a plugin on, off, or set it otherwise."""
    name, do = visit.field("plugin"), visit.field("do")
    if do == "propose":
        return _propose(visit, name)
    if do not in _DONE:
        raise Rejected("settlement", 400)
    extending = visit.tenancy.extending
    try:
        if do == "disable":
            with visit.turn() as turn:
                extending.disable(
                    turn, name, who=visit.who, erase=_ERASE.get(visit.posted.fields.get("data", ""))
                )
        else:
            now = extending.describe(name)
            if do == "enable" and now.fingerprint != visit.field("declaration"):
                return _shown(visit, name, wrong=_OTHER)
            with visit.turn() as turn:
                before = extending.shown(turn.session, name).settings
                settings = dict(_posted(now, before, visit.posted.fields))
                if do == "enable":
                    extending.enable(turn, now, who=visit.who, settings=settings)
                else:
                    extending.set(turn, name, settings, who=visit.who)
    except Refused as refused:
        if refused.code == _GONE:
            raise
        return _shown(visit, name, wrong=refused.what)
    visit.note(_DONE[do], plugin=name)
    return visit.done(PLUGINS, _DONE[do])


def _propose(visit: Visit, name: str) -> Response:
    """Propose that a plugin be switched on as the page has shown it."""
    reason = visit.reason()
    if reason is None:
        return _shown(visit, name, wrong=_REASON)
    now = visit.tenancy.extending.describe(name)
    if now.fingerprint != visit.field("declaration"):
        return _shown(visit, name, wrong=_OTHER)
    with visit.turn() as turn:
        visit.tenancy.approving(turn).propose_plugin(now, who=visit.who, reason=reason)
    visit.note("plugin_proposed", plugin=name)
    return visit.done(APPROVALS, "proposed")


def _shown(visit: Visit, name: str, *, wrong: str | None = None) -> Response:
    extending = visit.tenancy.extending
    with visit.session() as session:
        visit.summary(session)
        plugin = extending.shown(session, name)
        owes = any(one.plugin == name and one.of_all for one in erasures.counted(session))
    broken: Refused | None = None
    description = plugin.agreed
    more: tuple[str, ...] = ()
    must_propose = False
    if plugin.installed is not None:
        try:
            description = extending.describe(name)
            more = tuple(plugin.asks_for_more(description))
            with visit.session() as session:
                must_propose = extending.two_must_agree(session, description)
        except Refused as refused:
            broken = refused
    return visit.page(
        "plugin.html",
        status=422 if wrong else 200,
        one=plugin,
        description=description,
        says=None if description is None else visible(description.says),
        broken=broken,
        more=more,
        owes=owes,
        filled=[] if description is None else list(_filled(description, plugin.settings, visit)),
        must_propose=must_propose and (bool(more) or not plugin.is_on),
        wrong=wrong,
        other=_OTHER,
        no_reason=_REASON,
        longest=LONGEST_REASON,
    )


def _posted(
    description: Description, before: Mapping[str, Any], posted: Mapping[str, str]
) -> Iterator[tuple[str, Any]]:
    """Read the form: what is left empty has its default, and a secret that is left empty stays."""
    for one in setting_fields(description.settings):
        text = posted.get(SETTING + one.name, "")
        if one.kind == "tick":
            yield one.name, text == "on"
        elif text:
            yield one.name, one.read(text)
        elif one.kind == "secret" and one.name in before:
            yield one.name, before[one.name]


def _filled(description: Description, settings: Mapping[str, Any], visit: Visit) -> Iterator[Filled]:
    for one in setting_fields(description.settings):
        is_set, text = one.name in settings, ""
        if one.kind != "secret":
            standing = one.write(settings[one.name]) if is_set else one.default
            text = visit.posted.fields.get(SETTING + one.name, standing)
        yield Filled(one, text, is_set)
