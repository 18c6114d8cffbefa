"""What the command line prints for people."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from rich.markup import escape
from rich.table import Table

from so_sandbox.server import RunningSandbox


def started(running: RunningSandbox) -> None:
    """Say where it is and which files a client needs."""
    print(f"SuperOffice sandbox at {running.url}")
    print(f"  page      {running.url}/_sandbox/page")
    print(f"  login     {running.url}/login")
    print(f"  state     {running.url}/api/state/<tenant>")
    for tenant in running.world.tenants.values():
        print(f"  tenant    {running.sandbox.site.endpoint(tenant)}")
    if running.directory is not None:
        print(f"  settings  {running.directory / 'settings.env'} (ids, keys and tokens lie beside it)")
    print("Ctrl-C stops it.", flush=True)


def faults(asked: Sequence[Mapping[str, Any]], kinds: Mapping[str, str]) -> Iterable[Any]:
    if not asked:
        yield "nothing fails; kinds: http_<status>, " + ", ".join(kinds)
        return
    table = Table("id", "kind", "operation", "tenant", "from call", "times", "calls", "hits", box=None)
    for one in asked:
        times = "all" if one["times"] == 0 else one["times"]
        cells = (
            one["fault_id"], one["kind"], one["operation"], one["tenant"], one["nth"], times, one["calls"],
            one["hits"],
        )  # fmt: skip
        table.add_row(*(escape(str(cell)) for cell in cells))
    yield table


def mails(sent: Sequence[Mapping[str, Any]]) -> Iterable[Any]:
    if not sent:
        yield "the outbox is empty"
        return
    table = Table("tenant", "mail", "person", "to", "template", "language", "by", "sent", box=None)
    for one in sent:
        cells = (
            one["tenant"], one["mail_id"], one["person_id"], one["to"], one["template_name"], one["language"],
            one["by"], one["sent"][:19],
        )  # fmt: skip
        table.add_row(*(escape(str(cell)) for cell in cells))
    yield table


def switches(known: Mapping[str, Mapping[str, Any]]) -> Iterable[Any]:
    table = Table("switch", "answer", "other answers", box=None)
    for name, one in known.items():
        others = ", ".join(answer for answer in one["answers"] if answer != one["answer"])
        table.add_row(name, one["answer"], others)
    yield table


def deliveries(brought: Sequence[Mapping[str, Any]]) -> Iterable[Any]:
    if not brought:
        yield "nothing was brought to anybody"
        return
    table = Table("tenant", "id", "event", "key", "event id", "attempts", "outcome", box=None)
    for one in brought:
        attempts = " ".join(str(a["status"] or a["error"]) for a in one["attempts"])
        cells = (
            one["tenant"], one["delivery_id"], one["event"], one["primary_key"], one["event_id"], attempts,
            one["state"],
        )  # fmt: skip
        table.add_row(*(escape(str(cell)) for cell in cells))
    yield table


def signing_in(application: Mapping[str, Any]) -> Iterable[Any]:
    if application["answer"] == "ask":
        yield "who signs in is asked by a page"
    else:
        where = application["tenant"] or "the tenant asked for, else the first"
        yield f"unattended: {application['answer']}, as {application['who']} of {where}"
    for address in application["redirect_uris"]:
        yield f"goes back to {escape(address)}"


def differences(found: Sequence[Mapping[str, Any]]) -> Iterable[Any]:
    if not found:
        yield "no difference"
        return
    table = Table("table", "row", "what", "before", "after", box=None)
    for one in found:
        cells = (one["table"], one["row"], one["what"], one.get("before", ""), one.get("after", ""))
        table.add_row(*(escape(str(cell)) for cell in cells))
    yield table
