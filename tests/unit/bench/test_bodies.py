"""The load generator's requests are what the receiver takes."""

from __future__ import annotations

import itertools

from so_privacy_ext.model import ContextIdentifier, Event
from so_privacy_ext.webhooks.payload import parse
from so_privacy_ext.webhooks.signature import verify
from tests.bench.bodies import SIZE, requests

SECRET = "c2VjcmV0LW9mLXRoaXJ0eS10d28tYnl0ZXMtLi4uLi4="


def test_each_is_another_event_rightly_signed_and_of_the_usual_size() -> None:
    made = requests("127.0.0.1:1", "/webhooks/x", "Cust99001", SECRET, seed=3)
    seen = set()
    for request in itertools.islice(made, 20):
        head, _, body = request.partition(b"\r\n\r\n")
        headers = dict(line.split(b": ", 1) for line in head.split(b"\r\n")[1:])
        event = parse(body, ContextIdentifier("Cust99001"))

        assert verify(body, [headers[b"X-SuperOffice-Signature"]], [SECRET.encode()])
        assert int(headers[b"Content-Length"]) == len(body)
        assert abs(len(body) - SIZE) < 10
        assert isinstance(event, Event)
        assert event.notes == ()
        assert event.event_id == headers[b"X-SuperOffice-EventId"].decode()
        seen.add((event.event_id, event.primary_key))

    assert len({event_id for event_id, _ in seen}) == len({person for _, person in seen}) == 20


def test_they_are_about_the_persons_that_were_named() -> None:
    made = requests("127.0.0.1:1", "/webhooks/x", "Cust99001", SECRET, seed=3, persons=[7, 8])
    keys = []
    for request in itertools.islice(made, 3):
        event = parse(request.partition(b"\r\n\r\n")[2], ContextIdentifier("Cust99001"))
        assert isinstance(event, Event)
        keys.append(event.primary_key)

    assert keys == [7, 8, 7]
