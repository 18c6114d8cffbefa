"""The command `so-sandbox`: start a SuperOffice on this machine, and make things happen in it."""

from __future__ import annotations

import errno
import signal
import sys
from pathlib import Path
from typing import Annotated

import typer

from so_sandbox import client, keeping, printing, terminal
from so_sandbox.listen import listen
from so_sandbox.scenarios.commands import commands as scenario
from so_sandbox.server import HOST, PORT, Options, run, wait_for_signal
from so_sandbox.terminal import (
    BAD_DATA,
    CANT_CREATE,
    HERE,
    INTERRUPTED,
    UNAVAILABLE,
    USAGE,
    Folder,
    Json,
    Tenant,
    Url,
    ask,
    fail,
    name_of,
    pairs,
    show,
    word,
)
from so_sandbox.world.faults import KINDS

app = typer.Typer(
    help="A whole SuperOffice on this machine: login, CRM, webhooks, mails. Everything is made up.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.add_typer(scenario, name="scenario")
app.command()(listen)


def main() -> None:
    """Run a command; what went wrong is said in one line."""
    terminal.prepare()
    try:
        try:
            app()
        finally:
            sys.stdout.flush()
    except client.NotRunningError as error:
        fail(UNAVAILABLE, "not_running", str(error), "start one with `so-sandbox up`, or name it by --url")
    except client.RefusedError as error:
        fail(BAD_DATA, "refused", str(error), "correct the command")
    except OSError as error:  # of files and addresses each command speaks itself
        terminal.give_up(error)
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)


@app.command()
def up(
    *,
    directory: Folder = HERE,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = HOST,
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port; 0 takes any that is free.")] = PORT,
    prefix: Annotated[str, typer.Option(help="Path before all others, such as /crm.")] = "",
    issuer: Annotated[str | None, typer.Option(help="Issuer of tokens; default: the address.")] = None,
    speed: Annotated[float, typer.Option(min=0.01, help="How much faster webhooks are tried again.")] = 1.0,
    concurrency: Annotated[int, typer.Option(min=1, help="Events one webhook gets at a time.")] = 1,
    keep: Annotated[bool, typer.Option("--keep", help="Go on where the last one with --keep ended.")] = False,
) -> None:
    """Start a sandbox and keep it running until Ctrl-C."""
    if prefix and (not prefix.startswith("/") or prefix.endswith("/")):
        fail(USAGE, "bad_prefix", f"--prefix is {prefix!r}", "begin with a slash and end without one")
    options = Options(
        host=host, port=port, prefix=prefix, issuer=issuer, speed=speed, concurrency=concurrency
    )
    try:
        running = run(options, world=keeping.load(directory) if keep else None, directory=directory)
    except OSError as error:
        if error.filename is not None:
            fail(CANT_CREATE, "bad_folder", f"{error.filename}: {error.strerror}", "choose another --dir")
        if error.errno == errno.EADDRINUSE:
            how = "stop what listens there, or choose another --port (0 takes any)"
            fail(CANT_CREATE, "port_in_use", f"{host}:{port} is taken", how)
        fail(CANT_CREATE, "bad_address", f"can't listen on {host}:{port}: {error.strerror}", "choose another")
    printing.started(running)
    with running:
        came = wait_for_signal()
    if keep:
        try:
            keeping.write(directory, running.world)
        except OSError as error:
            why = f"{directory}: what happened in it can't be kept ({error.strerror})"
            fail(
                CANT_CREATE,
                "bad_folder",
                why,
                "make room; the next one goes on where the last kept one ended",
            )
    print(f"stopped; kept in {directory}" if keep else "stopped; everything in it is gone")
    if came is signal.SIGINT:
        raise SystemExit(INTERRUPTED)


@app.command()
def seed(
    *,
    persons: Annotated[int, typer.Option(min=0, help="How many made-up persons to add.")] = 0,
    tenant: Tenant = "Cust12345",
    tell: Annotated[bool, typer.Option(help="Tell webhooks of them.")] = False,
    existing: Annotated[
        bool, typer.Option("--existing", help="Persons who were there long before; no event tells of them.")
    ] = False,
    bare: Annotated[bool, typer.Option("--bare", help="Only the privacy lists' built-in items.")] = False,
    directory: Folder = HERE,
    url: Url = None,
    as_json: Json = False,
) -> None:
    """Add a tenant, unless it is there, and persons to it."""
    content = {"tenant": tenant, "persons": persons, "tell": tell, "bare": bare, "existing": existing}
    answer = ask(url, directory, "POST", "/seed", content)
    show(answer, as_json, lambda: [f"{tenant}: {len(answer['persons'])} persons added"])


@app.command()
def trigger(
    *,
    event: Annotated[str, typer.Argument(help="person.created, person.changed, person.merged, …")],
    settings: Annotated[
        list[str] | None, typer.Option("--set", help="name=value, such as country=DK; repeat it.")
    ] = None,
    tenant: Tenant = "",
    directory: Folder = HERE,
    url: Url = None,
    as_json: Json = False,
) -> None:
    """Make something happen, such as `trigger person.created --set country=DK --set source=CARD`."""
    content = {"event": event, "tenant": tenant, "set": pairs(settings or [], "--set")}
    answer = ask(url, directory, "POST", "/trigger", content)
    show(answer, as_json, lambda: [f"{answer['tenant']}: {event}, id {answer['id']}"])


@app.command()
def fault(
    *,
    kind: Annotated[str | None, typer.Argument(help="What fails; none lists what was asked for.")] = None,
    operation: Annotated[str, typer.Option(help="Person.SetConsent, Person.*, Login.Authenticate, *")] = "*",
    tenant: Annotated[str, typer.Option(help="Context identifier, or * for all.")] = "*",
    nth: Annotated[int, typer.Option(min=1, help="The first call that is hit.")] = 1,
    times: Annotated[int, typer.Option(min=0, help="How many calls are hit; 0 = all.")] = 1,
    header: Annotated[
        list[str] | None, typer.Option(help="Header of the answer, such as Retry-After=5.")
    ] = None,
    clear: Annotated[bool, typer.Option("--clear", help="Forget all faults.")] = False,
    directory: Folder = HERE,
    url: Url = None,
    as_json: Json = False,
) -> None:
    """Ask for a failure of the web services, login or state, by kind, operation and n-th call."""
    if clear:
        answer = ask(url, directory, "DELETE", "/faults")
    elif kind is None:
        answer = ask(url, directory, "GET", "/faults")
    else:
        content = {
            "kind": kind, "operation": operation, "tenant": tenant, "nth": nth, "times": times,
            "headers": pairs(header or [], "--header"),
        }  # fmt: skip
        answer = {"faults": [ask(url, directory, "POST", "/faults", content)]}
    show(answer, as_json, lambda: printing.faults(answer["faults"], KINDS))


@app.command()
def clock(
    *,
    advance: Annotated[str | None, typer.Option(help="How far ahead: 90s, 15m, 6h, 2d, 1d12h.")] = None,
    directory: Folder = HERE,
    url: Url = None,
    as_json: Json = False,
) -> None:
    """Show the CRM's clock, or move it ahead."""
    if advance:
        answer = ask(url, directory, "POST", "/clock", {"advance": advance})
    else:
        answer = ask(url, directory, "GET", "/clock")
    show(answer, as_json, lambda: [f"it is {answer['now']}, {answer['ahead_seconds']:.0f} s ahead"])


@app.command()
def outbox(tenant: Tenant = "", directory: Folder = HERE, url: Url = None, as_json: Json = False) -> None:
    """List the mails that were sent."""
    answer = ask(url, directory, "GET", "/outbox", {"tenant": tenant})
    show(answer, as_json, lambda: printing.mails(answer["mails"]))


@app.command()
def switch(
    *,
    settings: Annotated[list[str] | None, typer.Argument(help="name=answer; none lists all.")] = None,
    every: Annotated[str, typer.Option("--all", help="default or turned.")] = "",
    directory: Folder = HERE,
    url: Url = None,
    as_json: Json = False,
) -> None:
    """Show or turn the switches: one for each question that the vendor's documents leave open."""
    if settings or every:
        content = {"set": pairs(settings or [], "a switch"), "all": every}
        answer = ask(url, directory, "POST", "/switches", content)
    else:
        answer = ask(url, directory, "GET", "/switches")
    show(answer, as_json, lambda: printing.switches(answer["switches"]))


@app.command()
def deliveries(
    *,
    tenant: Tenant = "",
    limit: Annotated[int, typer.Option(min=0, help="The newest so many; 0 = all.")] = 30,
    directory: Folder = HERE,
    url: Url = None,
    as_json: Json = False,
) -> None:
    """List what was brought to webhooks, with every attempt."""
    answer = ask(url, directory, "GET", "/deliveries", {"tenant": tenant, "limit": limit})
    show(answer, as_json, lambda: printing.deliveries(answer["deliveries"]))


@app.command()
def lose(
    *,
    share: Annotated[float, typer.Argument(min=0.0, max=1.0, help="0.1 = every tenth; 0 ends it.")],
    seed: Annotated[int, typer.Option(help="Which are lost depends on it alone.")] = 0,
    directory: Folder = HERE,
    url: Url = None,
) -> None:
    """Lose a share of all new deliveries in silence, as if SuperOffice had discarded them."""
    ask(url, directory, "POST", "/deliveries/lose", {"share": share, "seed": seed})
    print(f"{share:.0%} of what comes is lost")


@app.command()
def webhook(
    *,
    webhook_id: Annotated[int, typer.Argument(min=1, help="Its id.")],
    state: Annotated[str, typer.Option(help="Active, Stopped, TooManyErrors or Deleted.")] = "",
    target_url: Annotated[str, typer.Option(help="Another address.")] = "",
    events: Annotated[str, typer.Option(help="Other events, with commas between them.")] = "",
    secret_file: Annotated[Path | None, typer.Option(help="Holds another secret.")] = None,
    tenant: Tenant = "",
    directory: Folder = HERE,
    url: Url = None,
    as_json: Json = False,
) -> None:
    """Stop, start, edit or delete a webhook, as an administrator does."""
    secret = "" if secret_file is None else secret_file.read_text().strip()
    content = {
        "tenant": tenant, "state": state, "target_url": target_url, "events": events, "secret": secret
    }  # fmt: skip
    answer = ask(url, directory, "POST", f"/subscriptions/{webhook_id}", content)
    show(
        answer,
        as_json,
        lambda: [
            f"{one['tenant']}: webhook {one['webhook_id']} is {one['state']}, {len(one['events'])} events"
            for one in answer["subscriptions"]
        ],
    )


@app.command()
def state(
    names: Annotated[list[str], typer.Argument(help="One or more, one for each look-up; the last stays.")],
    tenant: Tenant = "",
    directory: Folder = HERE,
    url: Url = None,
) -> None:
    """Have a tenant be in a state, such as Suspended, or in one after another."""
    name = name_of(url, directory, tenant)
    answer = ask(url, directory, "POST", f"/tenants/{name}/states", {"states": names})
    print(f"{answer['context_identifier']} will be {', '.join(names)}")


@app.command()
def news(
    change: Annotated[str, typer.Argument(help="Upgrade, BackupRestored, Suspend, Resume, Delete, Move.")],
    *,
    to: Annotated[str, typer.Option(help="Register this state-change URL of the application first.")] = "",
    tenant: Tenant = "",
    directory: Folder = HERE,
    url: Url = None,
    as_json: Json = False,
) -> None:
    """Tell the application what has become of a tenant, signed as the vendor signs it."""
    if to:
        ask(url, directory, "POST", "/application", {"state_change_url": to})
    name = name_of(url, directory, tenant)
    answer = ask(url, directory, "POST", f"/tenants/{name}/news", {"change": change})
    told = [f"{one['url']}: {one['status'] or one['error']}" for one in answer["told"]]
    show(answer, as_json, lambda: told or ["nobody is told: give the address by --to"])


@app.command()
def snapshot(
    name: Annotated[str, typer.Argument(help="What to call it.")] = "default",
    directory: Folder = HERE,
    url: Url = None,
) -> None:
    """Keep everything as it is now, until the sandbox ends."""
    ask(url, directory, "POST", f"/snapshots/{word(name)}")
    print(f"kept as {name}")


@app.command()
def restore(
    name: Annotated[str, typer.Argument(help="Which snapshot.")] = "default",
    tenant: Annotated[str, typer.Option(help="Rewind this tenant's data alone, as a backup does.")] = "",
    directory: Folder = HERE,
    url: Url = None,
) -> None:
    """Go back to a snapshot."""
    of = f"/tenants/{word(tenant)}" if tenant else ""
    ask(url, directory, "POST", f"{of}/snapshots/{word(name)}/restore")
    print(f"restored {name}")


@app.command()
def sign_in(
    *,
    answer: Annotated[str, typer.Argument(help="ask (by a page), approve or deny; none shows it.")] = "",
    who: Annotated[str, typer.Option(help="administrator or user: who answers unattended.")] = "",
    redirect_uri: Annotated[
        list[str] | None, typer.Option(help="Send browsers back to these only; repeat it.")
    ] = None,
    tenant: Tenant = "",
    directory: Folder = HERE,
    url: Url = None,
    as_json: Json = False,
) -> None:
    """Say who answers when somebody signs in: a human at the approval page, or nobody."""
    content = {"answer": answer, "who": who, "tenant": tenant, "redirect_uris": redirect_uri}
    found = ask(url, directory, "POST", "/sign-in", {name: given for name, given in content.items() if given})
    show(found, as_json, lambda: printing.signing_in(found))


@app.command()
def difference(
    *,
    before: Annotated[str, typer.Argument(help="A snapshot.")] = "default",
    after: Annotated[str, typer.Argument(help="Another one; left out: now.")] = "",
    tenant: Tenant = "",
    counters: Annotated[bool, typer.Option("--counters", help="Also the counters of ids.")] = False,
    directory: Folder = HERE,
    url: Url = None,
    as_json: Json = False,
) -> None:
    """Show what was added, removed or changed in a tenant since a snapshot, row by row."""
    content = {"before": word(before), "tenant": tenant, "counters": counters}
    if after:
        content["after"] = word(after)
    answer = ask(url, directory, "GET", "/difference", content)
    show(answer, as_json, lambda: printing.differences(answer["difference"]))


@app.command()
def reset(directory: Folder = HERE, url: Url = None) -> None:
    """Go back to the first moment: demo tenants, no persons, no webhooks."""
    answer = ask(url, directory, "POST", "/reset")
    print(f"begun anew: {', '.join(answer['tenants'])}")
