"""Two tenants with equal ids never meet (row F73)."""

from datetime import UTC, datetime

import psycopg
import pytest

from so_privacy_ext.errors import Refused
from so_privacy_ext.model import AddressHash, Decision, MailState, Outcome, PersonId, Ruling
from so_privacy_ext.ports import EffectIntent
from so_privacy_ext.storage import journal, registers, reviews
from so_privacy_ext.storage.database import connect, schema_version
from so_privacy_ext.storage.receiving import ReceivingStore
from so_privacy_ext.storage.turns import Turn
from tests.unit.storage.shapes import Add, Delivering, Taking

pytestmark = pytest.mark.row("F73")

PERSON = PersonId(42)
RULING = Ruling("d" * 64, (Decision("STORE", Outcome.GIVE, "rule", "why", "61F", "API"),))


def live(turn: Turn) -> None:
    """Do in one tenant all that leaves a row."""
    (event,) = turn.ledgers.inbox.claim(10)
    kept = turn.ledgers.decisions.keep(PERSON, RULING, {"event": "changed"}, [event.inbox_id])
    turn.ledgers.decisions.intend(
        kept.decision_id, [EffectIntent(PERSON, "STORE", "61F", "API", "tag", None)]
    )
    turn.ledgers.decisions.effected(kept.decision_id, "STORE", "written")
    claim = turn.ledgers.mails.claim(
        PERSON, mail="notice13", version=1, address_hash=AddressHash("a"), template_id=1, retell=False
    )
    assert claim is not None
    turn.ledgers.mails.set_state(claim.mail_id, MailState.UNKNOWN)
    turn.ledgers.mails.open_duty(
        PERSON, mail="notice13", article=13, due_at=datetime(2026, 1, 1, tzinfo=UTC), reason="x"
    )
    assert turn.ledgers.reviews.open(PERSON, "purpose", "STORE", {})
    turn.ledgers.journal.append("decision", PERSON, {"n": 1})
    turn.due("sweep", 0)
    turn.pace()
    turn.session.run(
        b"INSERT INTO web_session (session_hash, tenant_id, associate_id)"
        b" VALUES (int4send(%(tenant_id)s), %(tenant_id)s, 1)"
    )


def test_equal_ids_are_no_cross_talk(
    add: Add, taking: Taking, receiving: ReceivingStore, delivery: Delivering
) -> None:
    one, other = add("Cust1"), add("Cust2")
    receiving.store([delivery("same", person=42, tenant_id=added.tenant_id) for added in (one, other)])
    turns = [taking(added.tenant_id) for added in (one, other)]
    for turn in turns:
        live(turn)

    for turn in turns:
        assert len(registers.events(turn.session)) == 1
        assert len(registers.decisions_of(turn.session, PERSON)) == 1
        assert len(turn.ledgers.mails.claims_of(PERSON)) == 1
        assert len(reviews.listed(turn.session)) == 1
        assert len(journal.of_person(turn.session, PERSON)) == 1
        assert turn.ledgers.decisions.writes_since(PERSON, "STORE", 60) == 1

    first, second = turns
    (theirs,) = registers.events(second.session)
    first.ledgers.inbox.done([theirs.inbox_id], "stolen")
    assert registers.events(second.session)[0].state == "open"


def test_a_connection_without_a_tenant_sees_nothing(
    dsn: str, turn: Turn, receiving: ReceivingStore, delivery: Delivering
) -> None:
    receiving.store([delivery()])
    live(turn)
    with psycopg.connect(dsn) as admin:
        tables = admin.execute(
            "SELECT relname FROM pg_class WHERE relnamespace = 'so_privacy'::regnamespace AND relkind = 'r'"
        ).fetchall()
    with connect(dsn, application_name="test") as connection:
        for (table,) in tables:
            if table == "sign_in":  # nobody's, so not even this may be asked; see test_sessions.py
                continue
            row = connection.execute(f"SELECT count(*) AS seen FROM {table}".encode()).fetchone()
            assert row == {"seen": schema_version() if table == "migration" else 0}, table


def test_nothing_is_written_into_another_tenant(add: Add, taking: Taking) -> None:
    one, other = add("Cust1"), add("Cust2")
    turn = taking(one.tenant_id)
    with pytest.raises(Refused) as raised:
        turn.session.run(
            b"INSERT INTO due (tenant_id, kind, at) VALUES (%(other)s, 'sweep', now())",
            {"other": other.tenant_id},
        )
    assert isinstance(raised.value.__cause__, psycopg.errors.InsufficientPrivilege)


def test_the_tenant_is_forgotten_after_each_transaction(turn: Turn) -> None:
    turn.due("sweep", 0)

    assert turn.connection.execute("SELECT count(*) AS seen FROM due").fetchone() == {"seen": 0}
