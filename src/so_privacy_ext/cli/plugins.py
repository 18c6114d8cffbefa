"""`plugin list|show|check|enable|disable|settings|new`."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from so_privacy_ext import security_log
from so_privacy_ext.cli.applying import who
from so_privacy_ext.cli.erasures import answered
from so_privacy_ext.cli.output import AsJson, TenantName, plain, print_fields, print_json, print_table, say
from so_privacy_ext.cli.plugin_new import new
from so_privacy_ext.cli.wired import wired
from so_privacy_ext.errors import Exit, Refused
from so_privacy_ext.extending import TenantPlugin
from so_privacy_ext.held_elsewhere import Asked
from so_privacy_ext.plugins.described import Description
from so_privacy_ext.plugins.hosts import Hosts
from so_privacy_ext.plugins.setting_fields import hidden, setting_fields
from so_privacy_ext.security_log import OPERATOR
from so_privacy_ext.storage.tenants import TenantSummary

commands = typer.Typer(
    help="Partners' plugins: list, show, check, enable, disable, settings, new.", no_args_is_help=True
)
commands.command("new")(new)

Name = Annotated[str, typer.Argument(metavar="PLUGIN", help="A plugin's name, such as acme-vat.")]
Sets = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="SETTING=VALUE", help="Set one of its settings, such as url=example.com."),
]
Unsets = Annotated[
    list[str] | None,
    typer.Option("--unset", metavar="SETTING", help="Leave a setting at its default from now on."),
]
File = Annotated[
    Path | None,
    typer.Option(
        "--file", metavar="FILE", help="All settings as JSON, so that no secret is on a command line."
    ),
]


@commands.command("list")
def list_(tenant: TenantName = None, as_json: AsJson = False) -> None:
    """List the plugins that are installed here or known to the tenant; nothing is started."""
    with wired() as app, app.session(app.tenant(tenant)) as session:
        found = app.extending.listed(session)
    rows = [_row(one) for one in found]
    if as_json:
        print_json({"plugins": rows})
        return
    columns = {
        "name": "plugin",
        "installed": "installed",
        "package": "package",
        "state": "state",
        "enabled_at": "since",
        "who": "by",
        "failed": "failed lately",
    }
    print_table(rows, columns, empty="None: install a package of plugins beside the product.")


@commands.command()
def show(name: Name, tenant: TenantName = None, as_json: AsJson = False) -> None:
    """Show what a plugin adds and needs, how it is set, and what it asks for beyond what was agreed to."""
    with wired() as app:
        with app.session(app.tenant(tenant)) as session:
            plugin = app.extending.shown(session, name)
        description = app.extending.described(plugin)
    more = plugin.asks_for_more(description)
    if as_json:
        answer = {**_row(plugin), "description": description.model_dump(mode="json")}
        settings = hidden(description.settings, plugin.settings)
        print_json({**answer, "settings": settings, "asks_for_more": more})
        return
    say(f"{description.name} {description.version}: {description.says}")
    row = _row(plugin)
    print_fields({key: row[key] for key in ("package", "state", "enabled_at", "who")})
    for line in _lines(description, plugin.settings):
        say(line)
    for one in more:
        say(f"asks for more than was agreed to: {one}; agree by so-privacy plugin enable {name}")
    for trouble in row["troubles"]:
        say(f"failed at {trouble['at']}: {trouble['what']}; {trouble['how']}")


@commands.command()
def check(name: Name, as_json: AsJson = False) -> None:
    """Start a plugin for nobody, and say what it is or what its maker must mend; exit 65 in that case."""
    with Hosts() as hosts:
        description = hosts.describe(name)
    if as_json:
        answer = {"description": description.model_dump(mode="json")}
        print_json({**answer, "fingerprint": description.fingerprint})
        return
    say(f"{description.name} {description.version} is right in itself: {description.says}")
    for line in _lines(description, {}):
        say(line)


@commands.command()
def enable(
    name: Name,
    *,
    tenant: TenantName = None,
    sets: Sets = None,
    file: File = None,
    alone: Annotated[
        bool,
        typer.Option("--alone", help="Though the tenant demands that two agree; the journal notes it."),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Switch a plugin on for a tenant, and agree to all that it adds and needs now."""
    with wired() as app:
        summary = app.tenant(tenant)
        now = app.extending.describe(name)
        with app.turn(summary) as turn:
            before = app.extending.shown(turn.session, name).settings
            settings = _settings(now, before, sets, (), file)
            app.extending.enable(turn, now, who=who(), settings=settings, alone=alone)
        _note("plugin_enabled", summary, name)
    if as_json:
        print_json({"plugin": name, "tenant": summary.context_identifier, "fingerprint": now.fingerprint})
        return
    for line in _lines(now, settings):
        say(line)
    say(f"{name} {now.version} is on for {summary.context_identifier}")


@commands.command()
def disable(
    name: Name,
    tenant: TenantName = None,
    erase: Annotated[
        bool | None,
        typer.Option(
            "--erase-data/--keep-data",
            help="Whether it is to erase all that it holds elsewhere; must be said of one that holds data.",
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Switch a plugin off for a tenant; what it would say is unknown from now on."""
    asked: Sequence[Asked] = ()
    with wired() as app:
        summary = app.tenant(tenant)
        with app.turn(summary) as turn:
            changed = app.extending.disable(turn, name, who=who(), erase=erase)
            if erase:
                asked = [one for one in app.held.ask(turn, at_once=True) if one.plugin == name]
        _note("plugin_disabled", summary, name)
    if as_json:
        answer = {"plugin": name, "tenant": summary.context_identifier, "changed": changed}
        print_json({**answer, "erased": asked} if erase else answer)
        return
    say(f"{name} is off for {summary.context_identifier}{'' if changed else ' already'}")
    for one in asked:
        say(answered(one))


@commands.command()
def settings(
    name: Name,
    *,
    tenant: TenantName = None,
    sets: Sets = None,
    unsets: Unsets = None,
    file: File = None,
    as_json: AsJson = False,
) -> None:
    """Show how a plugin is set for a tenant, or set it otherwise; secrets are never shown."""
    with wired() as app:
        summary = app.tenant(tenant)
        with app.session(summary) as session:
            plugin = app.extending.shown(session, name)
        description = plugin.agreed or app.extending.describe(name)
        chosen = plugin.settings
        if sets or unsets or file is not None:
            chosen = _settings(description, plugin.settings, sets, unsets or (), file)
            with app.turn(summary) as turn:
                app.extending.set(turn, name, chosen, who=who())
            _note("plugin_set", summary, name)
    if as_json:
        print_json({"plugin": name, "settings": hidden(description.settings, chosen)})
        return
    for line in _set_lines(description, chosen) or ["it has no settings"]:
        say(line)


def _settings(
    description: Description,
    before: Mapping[str, Any],
    sets: Sequence[str] | None,
    unsets: Sequence[str],
    file: Path | None,
) -> Mapping[str, Any]:
    """Give the settings of before, or those of a file, with what is set and unset."""
    chosen = dict(before) if file is None else _read(file)
    fields = {one.name: one for one in setting_fields(description.settings)}
    for one in (*(sets or ()), *(f"{name}=" for name in unsets)):
        name, equals, text = one.partition("=")
        if not equals or name not in fields:
            known = ", ".join(fields) or "none"
            what = f"{name!r} is no setting of {description.name}"
            raise Refused("plugin_setting", what, f"write --set SETTING=VALUE; settings: {known}", Exit.USAGE)
        chosen[name] = fields[name].read(text)
    return {name: value for name, value in chosen.items() if name not in unsets}


def _read(file: Path) -> dict[str, Any]:
    try:
        content = json.loads(file.read_bytes())
    except (OSError, ValueError, RecursionError) as error:
        what = f"it can't be read as JSON ({type(error).__name__})"
        how = 'write {"setting": "value"} into it'
        raise Refused("plugin_settings_file", what, how, Exit.NO_INPUT, where=str(file)) from None
    if not isinstance(content, dict):
        how = 'write {"setting": "value"} into it'
        raise Refused("plugin_settings_file", "it holds no settings", how, Exit.BAD_DATA, where=str(file))
    return content


def _row(plugin: TenantPlugin) -> dict[str, Any]:
    kept, installed = plugin.kept, plugin.installed
    return {
        "name": plugin.name,
        "state": state(plugin),
        "installed": None if installed is None else installed.version,
        "package": None if installed is None else installed.distribution,
        "agreed_version": None if plugin.agreed is None else plugin.agreed.version,
        "enabled_at": None if kept is None else kept.enabled_at,
        "who": None if kept is None else kept.who,
        "failed": ", ".join(one.kind for one in plugin.troubles),
        "troubles": plain(plugin.troubles),
    }


def state(plugin: TenantPlugin) -> str:
    """Say in one word how a plugin stands."""
    if not plugin.is_on:
        return "off"
    return "on" if plugin.installed is not None else "missing"


def _lines(description: Description, chosen: Mapping[str, Any]) -> Iterator[str]:
    """Say what a plugin adds, what it needs, and how it is set."""
    for one in description.words:
        yield f"adds the word {one.word}: {one.says}"
    for fact in description.further:
        yield f"finds out {fact}"
    if description.detects_source:
        yield "proposes the source of persons of whom the CRM knows none"
    if description.carries:
        yield f"carries notices (channel: {description.name}), and sees the address and text of each"
    if description.after_decision:
        yield "is told of decisions: whose, for what, on which basis, by which rule, and what came of them"
    yield from (f"is told of {event}" for event in description.events)
    yield from (f"has SuperOffice asked by {operation}" for operation in description.operations)
    if description.lints:
        yield "looks at manifests before they decide"
    for export in description.exports:
        yield f"makes rows of decisions, {description.name}.{export.name}: {export.says}"
    for host in description.hosts:
        yield f"talks to {host}"
    held = description.holds
    if held is not None:
        yield f"holds elsewhere, for {held.keep_days} days: {held.what} ({held.why})"
    yield from _set_lines(description, chosen)


def _set_lines(description: Description, chosen: Mapping[str, Any]) -> list[str]:
    shown, lines = hidden(description.settings, chosen), []
    for one in setting_fields(description.settings):
        value = one.write(shown[one.name]) if one.name in shown else "not set"
        kind = f"{one.kind}, needed" if one.needed else one.kind
        lines.append(f"setting {one.name} ({kind}): {value}{f' - {one.says}' if one.says else ''}")
    return lines


def _note(event: str, tenant: TenantSummary, name: str) -> None:
    security_log.note(event, user=OPERATOR, tenant_id=tenant.tenant_id, plugin=name)
