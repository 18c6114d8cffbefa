"""Webhook bodies of 1.8 KB as the CRM sends them, each one different and signed."""

from __future__ import annotations

import base64
import hashlib
import hmac
import itertools
import json
import random
import string
from collections.abc import Iterator, Sequence

SIZE = 1800
_ID, _KEY, _PAD = "@event-id@", 987654321, "@padding@"


def requests(
    host: str, path: str, context_identifier: str, secret: str, *, seed: int, persons: Sequence[int] = ()
) -> Iterator[bytes]:
    """Give whole HTTP requests without end; about these persons in turn, else each about another."""
    numbers = random.Random(seed)
    head, middle, tail = _template(context_identifier, numbers)
    ids = itertools.cycle(persons) if persons else itertools.count(seed * 10_000_000 % 1_000_000_000 + 1)
    start = f"POST {path} HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\n"
    for person in ids:
        bits = f"{numbers.getrandbits(128):032x}"
        event_id = f"{bits[:8]}-{bits[8:12]}-{bits[12:16]}-{bits[16:20]}-{bits[20:]}"
        body = f"{head}{event_id}{middle}{person}{tail}".encode()
        digest = hmac.digest(secret.encode(), body, hashlib.sha256)
        yield (
            f"{start}X-SuperOffice-Event: person.changed\r\nX-SuperOffice-EventId: {event_id}\r\n"
            f"X-SuperOffice-Signature: {base64.b64encode(digest).decode()}\r\n"
            f"Content-Length: {len(body)}\r\n\r\n"
        ).encode() + body


def _template(context_identifier: str, numbers: random.Random) -> tuple[str, str, str]:
    """Give a body in three parts, between which event id and person go; its values hardly compress."""
    content = {
        "EventId": _ID,
        "Timestamp": "2026-03-02T10:11:12.1234567Z",
        "Changes": ["firstname", "lastname", "title", "country_id", "updated", "updated_associate_id"],
        "Event": "person.changed",
        "PrimaryKey": _KEY,
        "Entity": "person",
        "ContextIdentifier": context_identifier,
        "ChangedByAssociateId": 12,
        "WebhookName": "so-privacy",
        "FieldValues": {f"field_{number}": numbers.getrandbits(64) for number in range(20)} | {"text": _PAD},
    }
    text = json.dumps(content)
    missing = SIZE - len(text) + len(_PAD) - (36 - len(_ID))
    letters = "".join(numbers.choices(string.ascii_letters + " ", k=missing))
    head, _, rest = text.replace(_PAD, letters).partition(_ID)
    middle, _, tail = rest.partition(str(_KEY))
    return head, middle, tail
