"""Which manifest decided when."""

import hashlib
from datetime import UTC, datetime

from so_privacy_ext.storage import journal, manifests
from so_privacy_ext.storage.turns import Turn

FIRST, SECOND = b"first", b"second"


def activate(turn: Turn, content: bytes, *, tell_from: datetime | None = None) -> bool:
    return manifests.activate(
        turn.session, turn.ledgers, content, who="an administrator", tell_from=tell_from
    )


def tell_from(turn: Turn) -> datetime | None:
    found: datetime | None = turn.session.one(b"SELECT tell_from FROM tenant")["tell_from"]
    return found


def test_none_is_active_at_first(turn: Turn) -> None:
    assert manifests.active(turn.session) is None
    assert manifests.listed(turn.session) == []


def test_the_first_activation_is_the_start(turn: Turn) -> None:
    assert turn.tenant.tell_from is None
    assert activate(turn, FIRST)

    start = tell_from(turn)
    assert start is not None
    assert manifests.active(turn.session) == (FIRST, hashlib.sha256(FIRST).hexdigest())
    assert activate(turn, SECOND)
    assert tell_from(turn) == start


def test_the_same_again_changes_nothing(turn: Turn) -> None:
    activate(turn, FIRST)
    assert not activate(turn, FIRST)
    assert len(manifests.listed(turn.session)) == 1
    assert len(journal.latest(turn.session, 10)) == 1


def test_an_earlier_one_can_come_back(turn: Turn) -> None:
    for content in (FIRST, SECOND, FIRST):
        assert activate(turn, content)

    newest, middle, oldest = manifests.listed(turn.session)
    assert newest.digest == oldest.digest != middle.digest
    assert newest.active_to is None
    assert oldest.active_to is not None
    assert oldest.active_to <= middle.active_from
    assert manifests.by_digest(turn.session, middle.digest) == SECOND


def test_the_start_can_be_set_and_moved(turn: Turn) -> None:
    first, second = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 2, 1, tzinfo=UTC)
    activate(turn, FIRST, tell_from=first)
    assert tell_from(turn) == first
    assert not activate(turn, FIRST, tell_from=second)
    assert tell_from(turn) == second

    entries = journal.latest(turn.session, 10)
    assert [one.content["tell_from"] for one in entries] == [first.isoformat(), second.isoformat()]
    assert entries[0].content["digest"] == hashlib.sha256(FIRST).hexdigest()
