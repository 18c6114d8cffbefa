"""Controls of the whole world: seed, reset, snapshots, clock, switches, faults, tickets, calls."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, fields

from starlette.routing import Route

from so_sandbox.comparing import Content, content_of, differences, tables_in
from so_sandbox.control.asking import Answer, Asked, route
from so_sandbox.sandbox import Sandbox
from so_sandbox.wording import duration
from so_sandbox.world.faults import Fault
from so_sandbox.world.switches import Switches
from so_sandbox.world.world import Snapshot


def routes(sandbox: Sandbox) -> list[Route]:
    paths: list[tuple[str, str, Answer]] = [
        ("GET", "/about", about),
        ("POST", "/reset", reset),
        ("POST", "/seed", seed),
        ("GET", "/snapshots", snapshots),
        ("POST", "/snapshots/{name}", snapshot),
        ("POST", "/snapshots/{name}/restore", restore),
        ("GET", "/content", content),
        ("GET", "/difference", difference),
        ("GET", "/clock", clock),
        ("POST", "/clock", clock),
        ("GET", "/switches", switches),
        ("POST", "/switches", turn),
        ("GET", "/faults", faults),
        ("POST", "/faults", add_fault),
        ("DELETE", "/faults", clear_faults),
        ("GET", "/calls", calls),
        ("GET", "/calls/counts", counts),
        ("DELETE", "/calls", clear_calls),
        ("GET", "/violations", violations),
        ("POST", "/tickets/expire", expire_tickets),
        ("POST", "/login/rotate", rotate),
    ]
    return [route(sandbox, method, path, answer) for method, path, answer in paths]


def about(asked: Asked) -> object:
    sandbox = asked.sandbox
    return {
        "sandbox": "so_sandbox",
        "url": sandbox.site.url,
        "tenants": list(sandbox.world.tenants),
        "now": sandbox.world.clock.now().isoformat(),
        "open_deliveries": sandbox.dispatcher.open,
        "violations": len(sandbox.world.schema_violations),
    }


def reset(asked: Asked) -> object:
    asked.sandbox.reset()
    return {"tenants": list(asked.sandbox.world.tenants)}


def seed(asked: Asked) -> object:
    name = asked.text("tenant", "Cust12345")
    count = asked.integer("persons", 0)
    ids = asked.sandbox.seed(
        name,
        count,
        quietly=not asked.flag("tell"),
        bare=asked.flag("bare"),
        existing=asked.flag("existing"),
    )
    return {"tenant": name, "persons": ids}


def snapshots(asked: Asked) -> object:
    return {"snapshots": sorted(asked.sandbox.snapshots)}


def snapshot(asked: Asked) -> object:
    asked.sandbox.snapshots[asked.text("name")] = asked.sandbox.world.snapshot()
    return snapshots(asked)


def restore(asked: Asked) -> object:
    name = asked.text("name")
    asked.sandbox.world.restore(_kept(asked, name))
    return {"restored": name}


def _kept(asked: Asked, name: str) -> Snapshot:
    kept = asked.sandbox.snapshots
    if name not in kept:
        raise ValueError(f"no snapshot {name!r}; there are: {', '.join(sorted(kept)) or 'none'}")
    return kept[name]


def content(asked: Asked) -> object:
    """Show a tenant's rows, as they are or as they were in a snapshot."""
    return {"tenant": asked.tenant().context_identifier, "content": _content(asked, "snapshot")}


def difference(asked: Asked) -> object:
    """Compare a tenant's rows in two snapshots, or in one and now; ids' counters only if asked for."""
    found = differences(_content(asked, "before"), _content(asked, "after"), counters=asked.flag("counters"))
    return {"tenant": asked.tenant().context_identifier, "difference": found}


def _content(asked: Asked, which: str) -> Content:
    tenant, name = asked.tenant(), asked.text(which)
    with asked.sandbox.world.lock:
        if not name:
            return content_of(tenant.tables)
        return content_of(tables_in(_kept(asked, name), tenant.context_identifier))


def clock(asked: Asked) -> object:
    ahead = asked.text("advance")
    world = asked.sandbox.world
    if ahead:
        world.clock.advance(duration(ahead))
        world.settle()
    return {"now": world.clock.now().isoformat(), "ahead_seconds": world.clock.offset.total_seconds()}


def switches(asked: Asked) -> object:
    current = asdict(asked.sandbox.world.switches)
    return {
        "switches": {
            name: {"answer": current[name], "answers": list(answers)}
            for name, answers in Switches.answers().items()
        },
        "late_seconds": current["late_seconds"],
    }


def turn(asked: Asked) -> object:
    world = asked.sandbox.world
    every = asked.text("all")
    if every not in {"", "default", "turned"}:
        raise ValueError("all is default or turned")
    with world.lock:
        if every:
            chosen = Switches() if every == "default" else Switches.turned()
            for each in fields(Switches):
                setattr(world.switches, each.name, getattr(chosen, each.name))
        if "late_seconds" in asked.given:
            world.switches.late_seconds = asked.number("late_seconds", 0)
        for name, answer in asked.texts("set").items():
            world.switches.turn(name, answer)
    return switches(asked)


def faults(asked: Asked) -> object:
    return {"faults": [asdict(fault) for fault in asked.sandbox.world.faults.asked]}


def add_fault(asked: Asked) -> object:
    apply = None if asked.given.get("apply") is None else asked.flag("apply")
    fault = Fault(
        kind=asked.text("kind"),
        operation=asked.text("operation", "*"),
        tenant=asked.text("tenant", "*"),
        nth=asked.integer("nth", 1),
        times=asked.integer("times", 1),
        headers=asked.texts("headers"),
        apply=apply,
    )
    with asked.sandbox.world.lock:
        return asdict(asked.sandbox.world.faults.add(fault))


def clear_faults(asked: Asked) -> object:
    with asked.sandbox.world.lock:
        asked.sandbox.world.faults.clear()
    return faults(asked)


def calls(asked: Asked) -> object:
    log = asked.sandbox.login.calls if asked.flag("login") else asked.sandbox.world.calls
    return {"calls": log.as_json(asked.text("tenant") or None, asked.text("operation") or None)}


def counts(asked: Asked) -> object:
    log, name = asked.sandbox.world.calls, asked.text("tenant") or None
    busiest = {tenant: log.busiest_second(tenant) for tenant in asked.sandbox.world.tenants}
    operations = Counter(call.operation for call in log.of(name))
    return {"counts": log.counts(name), "operations": dict(operations), "busiest_second": busiest}


def clear_calls(asked: Asked) -> object:
    asked.sandbox.world.calls.clear()
    asked.sandbox.login.calls.clear()
    return {"calls": []}


def violations(asked: Asked) -> object:
    return {"violations": list(asked.sandbox.world.schema_violations)}


def expire_tickets(asked: Asked) -> object:
    with asked.sandbox.world.lock:
        return {"expired": asked.sandbox.world.tickets.expire(asked.text("tenant") or None)}


def rotate(asked: Asked) -> object:
    asked.sandbox.login.rotate_key()
    return {"keys": [key.thumbprint for key in asked.sandbox.login.keys]}
