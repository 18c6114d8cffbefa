"""Controls of the dispatcher: what was brought, once more, forged, held back."""

from __future__ import annotations

import random

from starlette.routing import Route

from so_sandbox.control.asking import Answer, Asked, route
from so_sandbox.deliveries import Delivery
from so_sandbox.sandbox import Sandbox

LONGEST_WAIT = 300.0


def routes(sandbox: Sandbox) -> list[Route]:
    paths: list[tuple[str, str, Answer]] = [
        ("GET", "/deliveries", deliveries),
        ("DELETE", "/deliveries", clear),
        ("POST", "/deliveries/again", again),
        ("POST", "/deliveries/forge", forge),
        ("POST", "/deliveries/wait", wait),
        ("POST", "/deliveries/pause", pause),
        ("POST", "/deliveries/resume", resume),
        ("POST", "/deliveries/lose", lose),
    ]
    return [route(sandbox, method, path, answer) for method, path, answer in paths]


def deliveries(asked: Asked) -> object:
    """List by tenant, webhook, state, event and `after` (a delivery id); `body` shows bodies too."""
    with_body, limit = asked.flag("body"), asked.integer("limit", 0)
    found = _chosen(asked)
    found = found[-limit:] if limit > 0 else found
    return {"deliveries": [delivery.as_json(with_body=with_body) for delivery in found]}


def again(asked: Asked) -> object:
    """Send the chosen deliveries again `times` times; `fresh` under new EventIds, `shuffle` in any order."""
    chosen = [one for one in _chosen(asked) if one.event != "test" and not one.once]
    chosen *= asked.integer("times", 1)
    if asked.flag("shuffle"):
        random.Random(asked.integer("seed", 0)).shuffle(chosen)
    copies = asked.sandbox.dispatcher.again(
        chosen, fresh=asked.flag("fresh"), retry=asked.integer("retry", 1), signature=_signature(asked)
    )
    return _awaited(asked, copies)


def forge(asked: Asked) -> object:
    """Send any body once, wrongly signed unless `signed` is true."""
    tenant = asked.tenant()
    hooks = tenant.webhooks()
    wanted = asked.integer("webhook_id", 0)
    hook = next((one for one in hooks if wanted in {0, one.webhook_id}), None)
    if hook is None:
        raise ValueError(f"{tenant.context_identifier} has no such webhook")
    signature = None if asked.flag("signed") else _signature(asked) or "A" * 43 + "="
    forged = asked.sandbox.dispatcher.forge(
        tenant,
        hook.webhook_id,
        asked.text("body", "{}").encode(),
        event=asked.text("event", "person.changed"),
        event_id=asked.text("event_id") or None,
        retry=asked.integer("retry", 0),
        signature=signature,
    )
    return _awaited(asked, [forged])


def wait(asked: Asked) -> object:
    seconds = min(asked.number("timeout", 30.0), LONGEST_WAIT)
    return {
        "idle": asked.sandbox.dispatcher.wait_idle(seconds),
        "open": asked.sandbox.dispatcher.open,
    }


def pause(asked: Asked) -> object:
    asked.sandbox.dispatcher.pause()
    return {"paused": True}


def resume(asked: Asked) -> object:
    asked.sandbox.dispatcher.resume()
    return {"paused": False}


def lose(asked: Asked) -> object:
    """Lose a share of all new deliveries in silence; 0 ends it."""
    share = asked.number("share", 0.0)
    asked.sandbox.dispatcher.lose(share, seed=asked.integer("seed", 0))
    return {"share": share}


def clear(asked: Asked) -> object:
    asked.sandbox.dispatcher.clear()
    return {"deliveries": []}


def _chosen(asked: Asked) -> list[Delivery]:
    tenant, state, event = asked.text("tenant"), asked.text("state"), asked.text("event")
    after, one = asked.integer("after", 0), asked.integer("delivery_id", 0)
    hook = asked.integer("webhook_id", 0)
    return [
        delivery
        for delivery in tuple(asked.sandbox.dispatcher.log)
        if delivery.delivery_id > after
        and one in {0, delivery.delivery_id}
        and hook in {0, delivery.webhook_id}
        and tenant in {"", delivery.context_identifier}
        and state in {"", delivery.state}
        and event in {"", delivery.event}
    ]


def _signature(asked: Asked) -> str | None:
    return asked.text("signature") if "signature" in asked.given else None


def _awaited(asked: Asked, sent: list[Delivery]) -> object:
    """Wait for the answers unless told not to: `wait` is the longest time in seconds."""
    if asked.number("wait", 30.0) > 0:
        asked.sandbox.dispatcher.wait_settled(sent, min(asked.number("wait", 30.0), LONGEST_WAIT))
    return {"deliveries": [delivery.as_json() for delivery in sent]}
