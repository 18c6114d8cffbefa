"""`channel list|set|test|remove`: what carries notices, and a tenant's own mail server."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from so_privacy_ext import security_log
from so_privacy_ext.cli.applying import who
from so_privacy_ext.cli.given import given_secret
from so_privacy_ext.cli.output import AsJson, TenantName, print_json, print_table, say
from so_privacy_ext.cli.wired import wired
from so_privacy_ext.errors import Exit, Refused
from so_privacy_ext.model import CRM_MAIL, SMTP
from so_privacy_ext.posting.server import Security
from so_privacy_ext.security_log import OPERATOR
from so_privacy_ext.storage.tenants import TenantSummary

commands = typer.Typer(help="What carries notices: list, set, test, remove.", no_args_is_help=True)


@commands.command("list")
def list_(tenant: TenantName = None, as_json: AsJson = False) -> None:
    """List what can carry a tenant's notices, and how its mail server is set; no secret is shown."""
    with wired() as app, app.session(app.tenant(tenant)) as session:
        server, others = app.mailing.server(session), sorted(app.channels(session) - {CRM_MAIL, SMTP})
    smtp: dict[str, Any] = {} if server is None else dict(server.shown())
    if as_json:
        print_json({"channels": [CRM_MAIL, *([SMTP] if smtp else []), *others], "smtp": smtp})
        return
    rows = [{"channel": CRM_MAIL, "says": "SuperOffice's own mail, by a template"}]
    told = (
        f"{smtp['host']}:{smtp['port']} by {smtp['security']}, from {smtp['sender']}" if smtp else "not set"
    )
    rows.append({"channel": SMTP, "says": told})
    rows += [{"channel": one, "says": "a plugin"} for one in others]
    print_table(rows, {"channel": "channel", "says": "how"}, empty="")


@commands.command("set")
def set_(
    *,
    host: Annotated[str | None, typer.Option(help="The mail server, such as mail.example.com.")] = None,
    sender: Annotated[
        str | None, typer.Option(help="The address from which mails come, such as privacy@example.com.")
    ] = None,
    port: Annotated[int | None, typer.Option(min=1, max=65535, help="587 unless set.")] = None,
    security: Annotated[
        Security | None,
        typer.Option(help="starttls unless set; tls from the first byte; none: this machine."),
    ] = None,
    user: Annotated[str | None, typer.Option(help="Who signs in; empty for nobody.")] = None,
    password_file: Annotated[
        str | None, typer.Option(metavar="FILE|-", help="Holds the password; - reads standard input.")
    ] = None,
    name: Annotated[str | None, typer.Option(help="The sender's name, as mail programs show it.")] = None,
    reply_to: Annotated[str | None, typer.Option(help="Where answers go, if not to the sender.")] = None,
    hello: Annotated[str | None, typer.Option(help="How we greet; the sender's domain unless set.")] = None,
    tenant: TenantName = None,
    as_json: AsJson = False,
) -> None:
    """Set a tenant's mail server; what is not named stays as it is."""
    password = None if password_file is None else given_secret(password_file, "the password")
    given = {"host": host, "sender": sender, "port": port, "user": user, "password": password}
    given |= {"name": name, "reply_to": reply_to, "hello": hello, "security": security}
    changed = {key: str(one) if key == "security" else one for key, one in given.items() if one is not None}
    if not changed:
        how = "--host and --sender at least; so-privacy channel list shows what is set"
        raise Refused("nothing_to_set", "no setting is named", how, Exit.USAGE)
    if user == "":
        changed["password"] = ""  # nobody's
    with wired() as app:
        summary = app.tenant(tenant)
        with app.turn(summary) as turn:
            server = app.mailing.set(turn, changed, who=who())
        _note("channel_set", summary)
    if as_json:
        print_json({"tenant": summary.context_identifier, "smtp": server.shown()})
        return
    say(f"{summary.context_identifier} sends by {server.host}:{server.port}. Next: so-privacy channel test")


@commands.command("test")
def try_out(tenant: TenantName = None, as_json: AsJson = False) -> None:
    """Reach a tenant's mail server, sign in, and see that the sender may write; nothing is sent."""
    with wired() as app, app.session(app.tenant(tenant)) as session:
        server = app.mailing.try_out(session)
    if as_json:
        print_json({"smtp": server.shown(), "works": True})
        return
    say(f"{server.host}:{server.port} lets {server.sender} write")


@commands.command()
def remove(tenant: TenantName = None, as_json: AsJson = False) -> None:
    """Forget a tenant's mail server; notices that go by it wait from now on, and then for a human."""
    with wired() as app:
        summary = app.tenant(tenant)
        with app.turn(summary) as turn:
            changed = app.mailing.remove(turn, who=who())
        _note("channel_removed", summary)
    if as_json:
        print_json({"tenant": summary.context_identifier, "changed": changed})
        return
    say(f"{summary.context_identifier} has no mail server{'' if changed else ', as before'}")


def _note(event: str, tenant: TenantSummary) -> None:
    security_log.note(event, user=OPERATOR, tenant_id=tenant.tenant_id, channel=SMTP)
