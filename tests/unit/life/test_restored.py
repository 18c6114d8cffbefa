"""A tenant that was set back to a backup: numbers are given out again, and nobody is taken for another."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from tests.unit.life.scene import FIRST, Scene


@pytest.fixture
def late(scene: Scene) -> Scene:
    """Old is in the backup; what became of her afterwards, and Anna, are not."""
    scene.enter(email="old@example.com", firstname="Old")
    scene.rest()
    scene.control("/snapshots/backup")
    scene.enter(email="anna@example.com", firstname="Anna")
    scene.rest()
    assert Counter(scene.mails()) == Counter(["old@example.com", "anna@example.com"])
    return scene


def restore(scene: Scene, *, told: bool = True) -> None:
    scene.control(f"/tenants/{FIRST}/snapshots/backup/restore")
    if told:
        (one,) = scene.control(f"/tenants/{FIRST}/news", change="BackupRestored")["told"]
        assert one["status"] == 200


def consents(scene: Scene, person_id: int) -> dict[str, tuple[str, str, str]]:
    return scene.crm().consent_keys(person_id)


def journal(scene: Scene, kind: str) -> list[dict[str, Any]]:
    with scene.turn() as turn:
        found = turn.session.rows(b"SELECT kind, content FROM journal ORDER BY seq")
    return [row["content"] for row in found if row["kind"] == kind]


def reviews(scene: Scene) -> list[tuple[int, str, str]]:
    with scene.turn() as turn:
        found = turn.session.rows(
            b"SELECT person_id, kind, subject FROM review WHERE settled_at IS NULL ORDER BY review_id"
        )
    return [(row["person_id"], row["kind"], row["subject"]) for row in found]


@pytest.mark.row("F41")
def test_a_number_that_is_given_out_again_is_another_person(late: Scene) -> None:
    anna = max(late.crm().tables.persons)
    restore(late)
    bo = late.enter(email="bo@example.com", firstname="Bo")
    assert bo == anna
    late.rest()

    assert late.row()["epoch"] == 2
    assert Counter(late.mails()) == Counter(["old@example.com", "anna@example.com", "bo@example.com"])
    assert consents(late, bo)["STORE"][2].startswith("so-privacy ")


@pytest.mark.row("F41")
def test_whoever_was_told_is_not_told_again_under_any_number(late: Scene) -> None:
    restore(late)
    late.enter(email="zoe@example.com", firstname="Zoe")  # takes Anna's number
    late.enter(email="Anna@example.com", firstname="Anna")  # entered anew, under another
    late.rest()

    told = Counter(mail.casefold() for mail in late.mails())
    assert told == Counter(["old@example.com", "anna@example.com", "zoe@example.com"])


@pytest.mark.row("F41")
def test_who_is_still_the_same_is_not_told_again_though_her_address_has_changed(scene: Scene) -> None:
    old = scene.enter(email="old@example.com")
    scene.rest()
    scene.control("/snapshots/backup")
    scene.enter(email="anna@example.com")
    scene.rest()
    restore(scene)
    scene.crm().tables.emails[old][0].email_address = "new@example.com"
    scene.rest()

    assert scene.row()["epoch"] == 2
    assert Counter(scene.mails()) == Counter(["old@example.com", "anna@example.com"])


@pytest.mark.row("F41")
def test_what_was_written_and_lost_with_the_restore_is_written_again(scene: Scene) -> None:
    with scene.sandbox.dispatcher.silence():
        old = scene.enter(email="old@example.com")
    scene.control("/snapshots/backup")
    before = consents(scene, old)
    scene.control("/trigger", event="person.changed", set={"person": str(old), "title": "CEO"})
    assert scene.sandbox.dispatcher.wait_idle(20)
    scene.rest()
    ours = consents(scene, old)
    assert ours != before
    restore(scene)
    assert consents(scene, old) == before
    scene.rest()

    assert [one["sign"] for one in journal(scene, "restored")] == ["write_undone"]
    assert consents(scene, old) == ours
    assert scene.mails() == ["old@example.com"]


@pytest.mark.row("F41")
def test_a_no_that_the_crm_has_forgotten_is_not_forgotten(scene: Scene) -> None:
    old = scene.enter(email="old@example.com")
    scene.rest()
    scene.control("/snapshots/backup")
    scene.control("/trigger", event="person.unconsented", set={"person": str(old), "purpose": "STORE"})
    scene.enter(email="anna@example.com")
    scene.rest()
    assert consents(scene, old)["STORE"][0] == "WITHDRAWN"
    restore(scene)
    assert consents(scene, old)["STORE"][0] != "WITHDRAWN"
    writes = scene.sandbox.world.calls.counts(FIRST)
    scene.rest()

    assert (old, "restored", "STORE") in reviews(scene)
    done = scene.sandbox.world.calls.of(FIRST)
    assert not [one for one in done[sum(writes.values()) :] if one.operation == "SetConsent"]
    scene.control("/trigger", event="person.changed", set={"person": str(old), "title": "CEO"})
    assert scene.sandbox.dispatcher.wait_idle(20)
    scene.rest()
    assert Counter(scene.mails()) == Counter(["old@example.com", "anna@example.com"])


@pytest.mark.row("F41")
def test_a_no_that_the_backup_holds_as_well_needs_no_human(scene: Scene) -> None:
    old = scene.enter(email="old@example.com")
    scene.control("/trigger", event="person.unconsented", set={"person": str(old), "purpose": "STORE"})
    scene.rest()
    scene.control("/snapshots/backup")
    scene.enter(email="anna@example.com")
    scene.rest()
    restore(scene)
    scene.rest()

    assert scene.row()["epoch"] == 2
    assert reviews(scene) == []
    assert consents(scene, old)["STORE"][0] == "WITHDRAWN"


@pytest.mark.row("F41")
def test_a_row_that_was_removed_or_made_anew_is_no_sign(late: Scene) -> None:
    for row in late.crm().tables.consents.values():
        row.clear()
    late.control(f"/tenants/{FIRST}/news", change="BackupRestored")
    late.step()
    assert journal(late, "restore_not_seen") == [{}]


@pytest.mark.row("F41")
def test_without_a_sign_nothing_begins_anew(late: Scene) -> None:
    late.control(f"/tenants/{FIRST}/news", change="BackupRestored")
    late.rest()

    assert late.row()["epoch"] == 1
    assert journal(late, "restore_not_seen") == [{}]
    assert late.step() == []


@pytest.mark.row("F41")
def test_a_tenant_of_whom_we_know_nobody_shows_no_sign(scene: Scene) -> None:
    scene.rest()
    scene.control(f"/tenants/{FIRST}/news", change="BackupRestored")
    scene.rest()
    assert scene.row()["epoch"] == 1


@pytest.mark.row("F41")
def test_a_restore_that_nobody_told_of_is_seen_by_a_number_that_is_anothers(late: Scene) -> None:
    restore(late, told=False)
    bo = late.enter(email="bo@example.com", firstname="Bo")
    late.rest()

    assert late.row()["epoch"] == 2
    assert [one["sign"] for one in journal(late, "restored")] == ["number_reissued"]
    assert Counter(late.mails()) == Counter(["old@example.com", "anna@example.com", "bo@example.com"])
    assert consents(late, bo)["STORE"][2].startswith("so-privacy ")


@pytest.mark.row("F41")
def test_a_decision_that_was_begun_is_not_carried_out_on_another_person(late: Scene) -> None:
    late.control("/snapshots/backup")
    late.control("/faults", kind="http_503", operation="Person.SetConsent", times=0)
    eve = late.enter(email="eve@example.com", country="NO")
    late.rest()
    assert late.open_events() > 0
    late.sandbox.world.faults.clear()
    restore(late)
    bo = late.enter(email="bo@example.com", country="DE", source="PHONE")
    assert bo == eve
    late.advance(minutes=10)
    late.rest()

    assert Counter(late.mails())["bo@example.com"] == 1
    assert "eve@example.com" not in late.mails()
    with late.turn() as turn:
        results = turn.session.rows(b"SELECT epoch, person_id, result FROM decision ORDER BY decision_id")
    assert (1, eve, "restored") in [(row["epoch"], row["person_id"], row["result"]) for row in results]


@pytest.mark.row("F41")
def test_nobody_is_told_anything_until_all_known_persons_have_been_looked_at(
    late: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("so_privacy_ext.lifecycle.restoring.LOOKED_AT", 1)
    monkeypatch.setattr("so_privacy_ext.lifecycle.restoring.STEPS", 1)
    sent = len(late.mails())
    restore(late)
    late.enter(email="bo@example.com")
    steps = 0
    while late.row()["epoch"] == 1 or journal(late, "reconciled") == []:
        assert len(late.mails()) == sent
        assert late.step() == [FIRST]
        steps += 1
        assert steps < 20
    late.rest()
    assert steps >= 3
    assert len(late.mails()) == sent + 1


@pytest.mark.row("F41")
def test_a_mail_of_unknown_fate_is_left_to_a_human_and_one_never_asked_for_is_free(late: Scene) -> None:
    with late.turn() as turn:
        turn.session.run(
            b"""INSERT INTO mail
              (tenant_id, epoch, person_id, mail, version, address_hash, template_id, state, look_up_at)
            VALUES (%(tenant_id)s, 1, 7, 'm', 1, 'a', 1, 'unknown', so_now() + interval '1 h'),
              (%(tenant_id)s, 1, 8, 'm', 1, 'b', 1, 'held', NULL)"""
        )
    restore(late)
    late.rest()

    with late.turn() as turn:
        rows = turn.session.rows(
            b"SELECT person_id, state, look_up_at FROM mail WHERE person_id IN (7, 8) ORDER BY 1"
        )
    assert [(row["person_id"], row["state"], row["look_up_at"]) for row in rows] == [
        (7, "unknown", None),
        (8, "not_sent", None),
    ]
    assert [kind for person_id, kind, _ in reviews(late) if person_id == 7] == ["mail"]


@pytest.mark.row("F41")
def test_a_second_restore_to_a_later_backup_brings_back_who_was_known_two_epochs_ago(late: Scene) -> None:
    late.control("/snapshots/later")
    anna = max(late.crm().tables.persons)
    restore(late)
    late.enter(email="bo@example.com")
    late.rest()
    late.control(f"/tenants/{FIRST}/snapshots/later/restore")
    late.control(f"/tenants/{FIRST}/news", change="BackupRestored")
    late.advance(seconds=61)
    late.crm().tables.emails[anna][0].email_address = "anna.new@example.com"
    late.rest()

    assert late.row()["epoch"] == 3
    assert Counter(late.mails()) == Counter(["old@example.com", "anna@example.com", "bo@example.com"])
