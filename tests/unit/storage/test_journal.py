"""The journal is only appended to, and its chain shows a change, a gap and a cut."""

import psycopg
import pytest

from so_privacy_ext.errors import Refused, StorageUnavailable
from so_privacy_ext.model import PersonId
from so_privacy_ext.proof.chain import GENESIS, Break, Broken, verify
from so_privacy_ext.storage import journal
from so_privacy_ext.storage.turns import Turn

ANNA = PersonId(1)


@pytest.fixture
def written(turn: Turn) -> Turn:
    for number in range(4):
        turn.ledgers.journal.append("decision", ANNA if number % 2 else None, {"n": number, "ø": ["æ", None]})
    return turn


def tampered(dsn: str, statement: str) -> None:
    with psycopg.connect(dsn, autocommit=True) as admin:
        admin.execute("ALTER TABLE so_privacy.journal DISABLE TRIGGER USER")
        admin.execute(statement.encode())


def verdict(turn: Turn) -> Broken | None:
    chain = journal.chain(turn.session)
    return verify(chain.links, head=chain.head)


def test_a_chain_verifies(written: Turn) -> None:
    chain = journal.chain(written.session)

    assert [one.number for one in chain.links] == [1, 2, 3, 4]
    assert verdict(written) is None


def test_an_empty_journal_verifies(turn: Turn) -> None:
    assert journal.chain(turn.session) == journal.Chain([], GENESIS)
    assert verdict(turn) is None


def test_a_person_has_her_own_entries(written: Turn) -> None:
    assert [one.content["n"] for one in journal.of_person(written.session, ANNA)] == [1, 3]
    assert journal.of_person(written.session, PersonId(2)) == []
    assert [one.seq for one in journal.latest(written.session, 2)] == [3, 4]


@pytest.mark.parametrize(
    ("statement", "how"),
    [
        ("UPDATE so_privacy.journal SET content = '{\"n\":9}' WHERE seq = 2", Break.ALTERED),
        ("UPDATE so_privacy.journal SET at = at + interval '1 microsecond' WHERE seq = 2", Break.ALTERED),
        ("UPDATE so_privacy.journal SET kind = 'x' WHERE seq = 2", Break.ALTERED),
        ("UPDATE so_privacy.journal SET person_id = 7 WHERE seq = 2", Break.ALTERED),
        ("UPDATE so_privacy.journal SET epoch = 2 WHERE seq = 2", Break.ALTERED),
        ("DELETE FROM so_privacy.journal WHERE seq = 2", Break.ALTERED),
        ("DELETE FROM so_privacy.journal WHERE seq = 4", Break.TRUNCATED),
        ("DELETE FROM so_privacy.journal", Break.TRUNCATED),
    ],
)
def test_tampering_is_found(dsn: str, written: Turn, statement: str, how: Break) -> None:
    tampered(dsn, statement)
    broken = verdict(written)
    assert broken is not None
    assert broken.how is how


def test_a_head_that_was_removed_with_the_tail_is_found(dsn: str, written: Turn) -> None:
    tampered(dsn, "DELETE FROM so_privacy.journal_head")
    broken = verdict(written)
    assert broken is not None
    assert broken.how is Break.TRUNCATED


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE journal SET kind = 'x'",
        "DELETE FROM journal",
        "TRUNCATE journal",
        "UPDATE journal_head SET seq = 0",
    ],
)
def test_the_app_may_only_append(dsn: str, written: Turn, statement: str) -> None:
    with pytest.raises(Refused), written.ledgers.transaction():
        written.connection.execute(statement.encode())
    assert verdict(written) is None


@pytest.mark.parametrize(
    "statement", ["UPDATE journal SET kind = 'x'", "DELETE FROM journal", "TRUNCATE journal"]
)
def test_even_the_owner_is_stopped_by_the_trigger(dsn: str, written: Turn, statement: str) -> None:
    with psycopg.connect(dsn) as owner:
        owner.execute("SET search_path = so_privacy")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            owner.execute(statement.encode())


def test_an_entry_that_does_not_follow_is_refused(written: Turn) -> None:
    with pytest.raises(StorageUnavailable):
        written.session.run(
            b"""INSERT INTO journal (tenant_id, seq, epoch, at, kind, content, previous, hash)
            SELECT tenant_id, 9, epoch, at, kind, content, previous, hash FROM journal LIMIT 1"""
        )


def test_what_is_undone_leaves_no_gap(written: Turn) -> None:
    def interrupted() -> None:
        with written.ledgers.transaction():
            written.ledgers.journal.append("x", None, {})
            raise RuntimeError

    with pytest.raises(RuntimeError):
        interrupted()
    written.ledgers.journal.append("y", None, {})

    assert journal.latest(written.session, 1)[0].seq == 5
    assert verdict(written) is None


def test_entries_that_are_appended_together_follow_each_other_and_others(written: Turn) -> None:
    book = written.ledgers.journal
    for _ in range(2):
        with written.ledgers.together():
            for number in range(3):
                book.append("x", ANNA, {"n": number})
        book.append("alone", None, {})
    assert [one.seq for one in journal.latest(written.session, 8)] == list(range(5, 13))
    assert verdict(written) is None


def test_what_is_undone_together_leaves_no_gap(written: Turn) -> None:
    def interrupted() -> None:
        with written.ledgers.together():
            written.ledgers.journal.append("x", None, {})
            raise RuntimeError

    with pytest.raises(RuntimeError):
        interrupted()
    with written.ledgers.together():
        written.ledgers.journal.append("y", None, {})

    assert [(one.seq, one.kind) for one in journal.latest(written.session, 1)] == [(5, "y")]
    assert verdict(written) is None


def test_what_json_can_not_hold_is_never_written(written: Turn) -> None:
    with pytest.raises(ValueError, match="float"):
        written.ledgers.journal.append("x", None, {"n": 0.5})
    assert verdict(written) is None
