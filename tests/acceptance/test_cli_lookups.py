"""What a human looks up and settles: events, quarantine, reviews, the journal, why a person is held so."""

import base64
import hashlib
import hmac
import json
import uuid
from pathlib import Path

import pytest

from so_sandbox.triggering import trigger
from tests.acceptance.installed import FIRST, Place, Running

HERE = ("--tenant", FIRST)
NORDIC = Path(__file__).resolve().parents[2] / "manifests" / "rules" / "nordic-b2b.yaml"
STEERING = ("\x1b", "\x9b", "\u202e", "\x07")


@pytest.fixture(scope="module")
def persons(installed: Running) -> dict[str, int]:
    """One whom a rule gives a basis and a mail, one who waits for a human, one who is gone."""
    tenant = installed.tenant()
    dora = {"country": "DE", "source": "CARD", "email": "dora@example.com", "firstname": "Dora"}
    young = {"country": "DK", "source": "WEBFORM", "years": "14", "email": "young@example.com"}
    found = {
        "dora": trigger(tenant, "person.created", dora),
        "young": trigger(tenant, "person.created", young),
        "gone": trigger(tenant, "person.created", {"source": "CARD", "email": "gone@example.com"}),
    }
    installed.settle()
    tenant.hard_delete(found["gone"])
    installed.settle()
    return found


def deliver(running: Running, body: bytes) -> None:
    """Send a signed delivery with any body."""
    hook, _watch = running.tenant().webhooks()
    dispatcher = running.sandbox.dispatcher
    sent = dispatcher.forge(
        running.tenant(), hook.webhook_id, body,
        signature=base64.b64encode(hmac.digest(hook.secret.encode(), body, hashlib.sha256)).decode(),
    )  # fmt: skip
    dispatcher.wait_settled([sent], 20)
    assert [attempt.status for attempt in sent.attempts] == [200]


def test_events_are_listed_and_shown(installed: Running, persons: dict[str, int]) -> None:
    words = (*HERE, "--person", str(persons["dora"]))
    listed = installed.run("events", "list", *words, installed=True)
    found = installed.good("events", "list", *words, "--state", "done", "--limit", "1000")["events"]

    assert listed.code == 0
    assert listed.out.startswith("id ")
    assert {one["primary_key"] for one in found} == {persons["dora"]}
    assert "person.created" in {one["name"] for one in found}
    number = str(found[-1]["inbox_id"])
    shown = installed.run("events", "show", number, *HERE, installed=True)
    assert f'"PrimaryKey":{persons["dora"]}' in shown.out
    assert json.loads(installed.good("events", "show", number, *HERE)["body"])["Event"] == "person.created"
    assert installed.run("events", "list", *HERE, "--state", "dead").out == "No events.\n"
    installed.run("events", "show", "9999999", *HERE).refused(66, "9999999", "events list")


def test_a_body_cannot_steer_the_terminal(installed: Running, persons: dict[str, int]) -> None:
    body = json.dumps(
        {
            "EventId": str(uuid.uuid4()), "Event": "person.changed", "PrimaryKey": persons["dora"],
            "ContextIdentifier": FIRST, "WebhookName": "\x9b2J\u202egnp",
        },
        ensure_ascii=False,
    )  # fmt: skip
    deliver(installed, body.encode())
    deliver(installed, b'\x1b[2J\x1b]0;owned\x07{"Event":\xff\xc2\x9b}')
    installed.settle()

    newest = installed.good("events", "list", *HERE, "--limit", "1000")["events"]
    number = max(one["inbox_id"] for one in newest if one["primary_key"] == persons["dora"])
    quarantined = installed.good("quarantine", "list", *HERE)["quarantined"]
    assert quarantined[0]["reason"] == "bad_json"
    for words in (
        ("events", "show", str(number)),
        ("quarantine", "show", str(quarantined[0]["quarantine_id"])),
    ):
        for form in ((), ("--json",)):
            done = installed.run(*words, *HERE, *form, installed=True)
            assert done.code == 0
            assert not any(one in done.out for one in STEERING)
    assert "\\u001b[2J\\u001b]0;owned\\u0007" in done.out.replace("\\\\", "\\")
    listed = installed.run("quarantine", "list", *HERE, installed=True)
    assert "bad_json" in listed.out
    installed.run("quarantine", "show", "9999999", *HERE).refused(66, "quarantine list")


def test_ended_events_are_driven_again(installed: Running, persons: dict[str, int]) -> None:
    installed.run("events", "redrive", *HERE).refused(2, "--dead")
    installed.run("events", "redrive", *HERE, "--dead", "1").refused(2, "--dead")
    nothing = installed.run("events", "redrive", *HERE, "9999999")
    assert (nothing.code, nothing.out) == (1, "there is none that has ended\n")
    assert installed.run("events", "redrive", *HERE, "--dead").code == 0

    installed.rows(
        "UPDATE so_privacy.inbox SET state = 'dead', reason = 'transient'"
        " WHERE primary_key = %s AND name = 'person.created'",
        persons["dora"],
    )
    assert "dead" in installed.run("events", "list", *HERE, "--state", "dead").out
    done = installed.run("events", "redrive", *HERE, "--dead", installed=True)
    assert (done.code, done.out) == (0, "1 opened again\n")
    installed.settle()
    (again,) = installed.good("events", "list", *HERE, "--person", str(persons["dora"]), "--limit", "1")[
        "events"
    ]
    told = installed.good("events", "redrive", *HERE, str(again["inbox_id"]))
    assert told["redriven"] == [again["inbox_id"]]
    installed.settle()


def test_a_review_is_settled_once_and_with_a_reason(installed: Running, persons: dict[str, int]) -> None:
    words = (*HERE, "--person", str(persons["young"]))
    listed = installed.run("review", "list", *words, installed=True)
    (item,) = installed.good("review", "list", *words)["reviews"]
    number = str(item["review_id"])

    assert listed.out.splitlines()[1].split()[:4] == [number, str(persons["young"]), "purpose", "STORE"]
    shown = installed.run("review", "show", number, *HERE, installed=True)
    assert "\nsubject" in shown.out
    assert installed.good("review", "show", number, *HERE)["kind"] == "purpose"
    for as_ in ("sent", "not-sent"):
        settled = installed.run("review", "settle", number, *HERE, "--as", as_, "--reason", "x")
        settled.refused(2, "purpose", "keep or decide-again")
    installed.run("review", "settle", number, *HERE, "--as", "keep", "--reason", " ").refused(2, "reason")
    installed.run("review", "settle", number, *HERE, "--as", "keep", "--reason", "\udcff").refused(
        2, "reason"
    )
    installed.run("review", "settle", "999999", *HERE, "--as", "keep", "--reason", "x").refused(
        66, "review list"
    )
    assert installed.good("review", "list", *words)["reviews"] == [item]

    kept = installed.run(
        "review", "settle", number, *HERE, "--as", "keep", "--reason", "asked her parents", installed=True
    )
    assert (kept.code, kept.out) == (0, f"item {number} is settled as keep\n")
    again = installed.run("review", "settle", number, *HERE, "--as", "keep", "--reason", "x")
    again.refused(65, "already_settled")
    assert installed.run("review", "list", *words).out == "Nothing waits for a human.\n"
    assert "keep" in installed.run("review", "list", *words, "--settled").out
    entries = installed.good("journal", *words)["entries"]
    assert entries[-1]["kind"] == "review_settled"
    assert entries[-1]["content"]["reason"] == "asked her parents"


@pytest.mark.parametrize(("as_", "state"), [("sent", "sent"), ("not-sent", "not_sent")])
def test_a_mail_of_which_nobody_knows(
    installed: Running, persons: dict[str, int], as_: str, state: str
) -> None:
    ((mail_id,),) = installed.rows(
        "UPDATE so_privacy.mail SET state = 'unknown', look_up_at = NULL"
        " WHERE person_id = %s AND state <> 'not_sent' RETURNING mail_id",
        persons["dora"],
    )
    ((number,),) = installed.rows(
        "INSERT INTO so_privacy.review (tenant_id, epoch, person_id, kind, subject, detail)"
        " SELECT tenant_id, epoch, person_id, 'mail', mail_id::text, '{}'"
        " FROM so_privacy.mail WHERE mail_id = %s"
        " ON CONFLICT (tenant_id, epoch, person_id, kind, subject)"
        " DO UPDATE SET settled_at = NULL, settled_as = NULL RETURNING review_id",
        mail_id,
    )
    words = ("review", "settle", str(number), *HERE, "--reason", "she says so", "--as")
    sent = len(installed.tenant().tables.outbox)

    for wrong in ("keep", "decide-again"):
        installed.run(*words, wrong).refused(2, "mail", "sent or not-sent")
    assert installed.good(*words, as_)["settled_as"] == as_
    assert installed.rows("SELECT state FROM so_privacy.mail WHERE mail_id = %s", mail_id) == [(state,)]
    installed.settle()
    assert len(installed.tenant().tables.outbox) == sent + (as_ == "not-sent")


def test_a_person_is_decided_again(installed: Running, persons: dict[str, int]) -> None:
    ((number,),) = installed.rows(
        "INSERT INTO so_privacy.review (tenant_id, epoch, person_id, kind, subject, detail)"
        " SELECT tenant_id, epoch, %s, 'failed', '', '{}'"
        " FROM so_privacy.tenant WHERE context_identifier = %s"
        " RETURNING review_id",
        persons["dora"], FIRST,
    )  # fmt: skip
    words = (*HERE, "--person", str(persons["dora"]))
    before = installed.good("journal", *words)["entries"]

    installed.good("review", "settle", str(number), *HERE, "--as", "decide-again", "--reason", "list is back")
    installed.settle()
    after = installed.good("journal", *words)["entries"][len(before) :]
    assert [one["kind"] for one in after] == ["review_settled", "decision"]


def test_the_journal_is_shown(installed: Running, persons: dict[str, int]) -> None:
    words = ("journal", *HERE, "--person", str(persons["dora"]))
    done = installed.run(*words, installed=True)

    assert done.code == 0
    assert f"decision person {persons['dora']}" in done.out
    assert "STORE: give 61F from CARD by met-in-person → written" in done.out
    assert "mail: sent" in done.out
    assert "dora@example.com" not in done.out + json.dumps(installed.good(*words))
    assert installed.run("journal", *HERE, "--person", "1").out == "The journal holds nothing of that.\n"
    assert len(installed.good("journal", *HERE, "--limit", "2")["entries"]) == 2


@pytest.mark.parametrize(
    "change",
    [
        'content = replace(content::text, \'"result":"\', \'"result":"x\')::json',
        "content = '{\"share\": 0.5}'",
        "content = '[]'",
        "kind = kind || ' '",
        "at = at + interval '1 microsecond'",
        "person_id = person_id + 1",
        "previous = set_byte(previous, 0, get_byte(previous, 0) # 1), hash = hash",
        "hash = set_byte(hash, 31, get_byte(hash, 31) # 1)",
    ],
)
def test_a_changed_journal_is_found(installed: Running, persons: dict[str, int], change: str) -> None:
    right = installed.run("journal", "verify", *HERE, installed=True)
    ((tenant_id, seq, *row),) = installed.rows(
        "SELECT tenant_id, seq, kind, at, person_id, content::text, previous, hash FROM so_privacy.journal"
        " WHERE kind = 'decision' AND person_id = %s ORDER BY seq LIMIT 1",
        persons["dora"],
    )
    where = f"WHERE tenant_id = {tenant_id} AND seq = {seq}"

    assert right.code == 0
    assert right.out.endswith(" entries, each as it was written\n")
    installed.rows("ALTER TABLE so_privacy.journal DISABLE TRIGGER ALL")
    try:
        installed.rows(f"UPDATE so_privacy.journal SET {change} {where}")
        done = installed.run("journal", *HERE, "verify")
        told = installed.run("journal", "verify", *HERE, "--json")
    finally:
        installed.rows(
            "UPDATE so_privacy.journal SET kind = %s, at = %s, person_id = %s, content = %s::json,"
            f" previous = %s, hash = %s {where}",
            *row,
        )
        installed.rows("ALTER TABLE so_privacy.journal ENABLE TRIGGER ALL")
    assert "Traceback" not in done.err
    if change.startswith("previous"):
        assert done.code in {0, 1}  # the chain is recomputed: what is kept beside it decides nothing
    else:
        assert (done.code, done.err) == (1, "")
        assert f"entry {seq} is the first that is" in done.out
        assert (told.code, told.json["right"], told.json["fault"]["number"]) == (1, False, seq)
    assert installed.good("journal", "verify", *HERE)["right"]


def test_a_cut_journal_is_found(installed: Running) -> None:
    ((tenant_id, seq),) = installed.rows(
        "SELECT tenant_id, max(seq) FROM so_privacy.journal JOIN so_privacy.tenant USING (tenant_id)"
        " WHERE context_identifier = %s GROUP BY tenant_id",
        FIRST,
    )
    installed.rows("ALTER TABLE so_privacy.journal DISABLE TRIGGER ALL")
    try:
        cut = f"WHERE tenant_id = {tenant_id} AND seq = {seq}"
        installed.rows(f"CREATE TABLE cut AS SELECT * FROM so_privacy.journal {cut}")
        installed.rows(f"DELETE FROM so_privacy.journal {cut}")
        done = installed.run("journal", "verify", *HERE)
    finally:
        installed.rows("INSERT INTO so_privacy.journal SELECT * FROM cut")
        installed.rows("DROP TABLE cut")
        installed.rows("ALTER TABLE so_privacy.journal ENABLE TRIGGER ALL")
    assert done.code == 1
    assert f"entry {seq - 1} is the first that is truncated" in done.out
    assert installed.good("journal", "verify", *HERE)["right"]


def test_why_a_person_is_held_so(installed: Running, persons: dict[str, int]) -> None:
    done = installed.run("explain", *HERE, "--person", str(persons["dora"]), installed=True)
    told = installed.good("explain", *HERE, "--person", str(persons["dora"]))

    assert done.code == 0
    assert "STORE gets the legal basis 61F with the source CARD, by the rule met-in-person." in done.out
    assert "The CRM holds 61F/CARD, written by a rule of ours, and it stays: it is right already." in done.out
    assert (
        "\n  own-staff does not hold: it would have to be so that the person is an employee with a"
        in done.out
    )
    assert (
        "\n  erp does not hold: the source is CARD, but would have to be ERP. Then it would decide"
        in done.out
    )
    assert "catch-all holds, but comes too late for STORE (met-in-person)." in done.out
    assert "Last decided " in done.out
    assert told["stands"] == {"STORE": "61F/CARD"}
    assert [one["rule_id"] for one in told["rules"] if one["matched"]] == ["met-in-person", "catch-all"]
    assert told["last_decision"]["decision"]["person_id"] == persons["dora"]


def test_somebody_made_up_is_explained_by_what_the_tenant_has(installed: Running, tmp_path: Path) -> None:
    text = NORDIC.read_text("utf-8").replace("  - id: erp\n", "  - id: from-the-ledger\n", 1)
    other = tmp_path / "other.yaml"
    other.write_text(text, "utf-8")
    words = ("explain", *HERE, "--set", "source=ERP", "--language", "da")

    mine = installed.run(*words)
    theirs = installed.run(*words, "--manifest", str(other))

    assert "ACCOUNTING får retsgrundlaget 61C med kilden ERP, efter reglen erp." in mine.out
    assert "ACCOUNTING får retsgrundlaget 61C med kilden ERP, efter reglen from-the-ledger." in theirs.out


def test_a_person_is_explained_by_a_manifest_that_does_not_decide_yet(
    installed: Running, persons: dict[str, int], tmp_path: Path
) -> None:
    text = NORDIC.read_text("utf-8").replace("  - id: met-in-person\n", "  - id: met-somewhere\n", 1)
    other = tmp_path / "other.yaml"
    other.write_text(text, "utf-8")

    done = installed.run("explain", *HERE, "--person", str(persons["dora"]), "--manifest", str(other))

    assert "with the source CARD, by the rule met-somewhere." in done.out
    assert "it stays: it is right already." in done.out


def test_the_rules_that_decide_are_said(installed: Running) -> None:
    done = installed.run("manifest", "rules", *HERE)

    assert (
        ". met-in-person: If the source is USER, CARD, PHONE or FAIR, then STORE gets the legal" in done.out
    )


def test_a_withdrawal_is_explained(installed: Running) -> None:
    tenant = installed.tenant()
    person = trigger(tenant, "person.created", {"source": "WEBFORM", "consent.EMARKETING": "61A/WEBFORM"})
    tenant.withdraw(person, "EMARKETING", source="CUSTOMERPORTAL")
    installed.settle()

    done = installed.run("explain", *HERE, "--person", str(person))
    assert "EMARKETING stands withdrawn, written by the person herself, so no rule decides it." in done.out
    assert "STORE may be used now.\n" in done.out
    assert "EMARKETING may not be used: it was withdrawn, by what stands for EMARKETING." in done.out
    tenant.withdraw(person, "STORE", source="CUSTOMERPORTAL")
    installed.settle()
    done = installed.run("explain", *HERE, "--person", str(person))
    assert "STORE stands withdrawn, written by the person herself, so no rule decides it." in done.out
    assert "would decide is stopped by a withdrawal: STORE" in done.out


def test_a_person_who_is_gone_or_never_was(installed: Running, persons: dict[str, int]) -> None:
    gone = installed.run("explain", *HERE, "--person", str(persons["gone"]))
    never = installed.run("explain", *HERE, "--person", "99999999")
    told = installed.good("explain", *HERE, "--person", "99999999")

    assert gone.code == never.code == 0
    assert gone.out.startswith(f"Person {persons['gone']} is not in the CRM")
    assert "Last decided" in gone.out
    assert never.out.count("\n") == 1
    assert (told["person_id"], told["in_crm"]) == (99999999, False)
    assert not any(value for key, value in told.items() if key != "person_id")
    installed.run("explain", *HERE, "--person", "0").refused(2, "--person")
    installed.run("explain", *HERE).refused(2, "--person")


def test_before_a_manifest_decides(running: Running) -> None:
    name = "Cust20003"
    running.install(name, manifest=False)

    running.run("explain", "--tenant", name, "--person", "1").refused(78, "manifest activate")
    running.run("explain", "--tenant", name, "--set", "age=3").refused(78, "--manifest")
    running.run("manifest", "rules", "--tenant", name).refused(78, "name a file")
    assert (
        running.run("manifest", "list", "--tenant", name).out
        == "None yet: so-privacy manifest activate FILE\n"
    )
    assert running.run("quarantine", "list", "--tenant", name).out == "Nothing is quarantined.\n"


def test_nothing_can_be_asked_where_nothing_runs(place: Place) -> None:
    for words in (
        ("events", "list"),
        ("review", "list"),
        ("journal",),
        ("journal", "verify"),
        ("tenant", "list"),
    ):
        place.run(*words, "--json").refused(69, "no_database")
