"""`survey`, `plan` and `plan show`: what is there, what a manifest would do, and whom each number means."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.acceptance.installed import MANIFEST, Done, Running

NAME = "Cust20310"
ROUNDS = 9
PERSONS = 50 * ROUNDS


@pytest.fixture(scope="module")
def existing(running: Running) -> Running:
    """A tenant whose persons were there before we came."""
    running.sandbox.sandbox.seed(NAME, PERSONS, quietly=True, existing=True)
    running.install(NAME)
    running.settle(NAME)
    return running


@pytest.fixture(scope="module")
def plan(existing: Running) -> Path:
    """A plan by the active manifest, that tells whoever registered in the last week."""
    file = existing.folder / "plan.json"
    week = f"{datetime.now(UTC) - timedelta(days=7):%Y-%m-%d}"
    done = existing.run("plan", "--tenant", NAME, "-o", str(file), "--tell-from", week)
    assert (done.code, done.err) == (3, "")
    assert f"for {PERSONS} persons of {NAME}" in done.out
    return file


def count(done: Done, rule_id: str) -> dict[str, int]:
    return next(one for one in done.json["rules"] if one["rule_id"] == rule_id)


def writes(running: Running) -> int:
    return running.sandbox.world.calls.counts(NAME).get("Person.SetConsent", 0)


def test_a_survey_says_where_persons_come_from_and_what_is_missing(existing: Running) -> None:
    found = existing.good("survey", "--tenant", NAME)
    assert found["persons"] == PERSONS
    assert found["origins"]["CARD/user"] == 21 * ROUNDS  # one of 22 has said no in the portal
    assert found["bases"]["STORE=61B"] == 8 * ROUNDS
    assert found["findings"] == {
        "no_store": 0,
        "no_basis": 0,
        "no_source": 0,
        "no_notice": PERSONS,
        "no_email": 4 * ROUNDS,
        "bounced": 0,
        "crm_default": 8 * ROUNDS,
        "written_in_one_go": 6 * ROUNDS,
        "marketing_without_evidence": 6 * ROUNDS,
        "withdrawn": ROUNDS,
        "minors": ROUNDS,
        "associates": 0,
    }
    lines = existing.run("survey", "--tenant", NAME).out
    assert f"{PERSONS} persons in {NAME}" in lines
    assert "are children by the law of their country" in lines
    assert "no_store" not in lines


@pytest.mark.parametrize(
    ("key", "many"), [("minors", ROUNDS), ("ERP/integration", 2 * ROUNDS), ("STORE=WITHDRAWN", ROUNDS)]
)
def test_a_figure_of_a_survey_opens_into_ids(existing: Running, key: str, many: int) -> None:
    done = existing.run("survey", "--tenant", NAME, "--show", key)
    ids = [int(line) for line in done.out.split()]
    assert len(ids) == len(set(ids)) == many
    assert set(ids) <= set(existing.tenant(NAME).tables.persons)
    assert existing.good("survey", "--tenant", NAME, "--show", key) == {"key": key, "persons": ids}


def test_a_figure_that_no_survey_has_is_refused(existing: Running) -> None:
    existing.run("survey", "--tenant", NAME, "--show", "nothing").refused(2, "survey_key", "minors")


def test_who_was_told_has_a_notice(existing: Running) -> None:
    """By the CRM's own mail, as its archive says, and by ours."""
    tenant = existing.tenant(NAME)
    by_us, by_crm = list(tenant.tables.persons)[:2]
    template = tenant.item_id("templates", "privacy-notice-13")
    user = tenant.associate("user").associate_id
    with existing.sandbox.dispatcher.silence():
        tenant.send_privacy_mail(by_crm, address="x@example.com", template_id=template, lcid=1030, by=user)
    existing.rows(
        "INSERT INTO so_privacy.mail (tenant_id, epoch, person_id, mail, version, address_hash, template_id,"
        " state) SELECT tenant_id, epoch, %s, 'notice13', 1, 'x', 1, 'sent' FROM so_privacy.tenant"
        " WHERE context_identifier = %s",
        by_us,
        NAME,
    )
    found = existing.good("survey", "--tenant", NAME, "--show", "no_notice")["persons"]
    existing.rows("DELETE FROM so_privacy.mail WHERE address_hash = 'x'")
    assert len(found) == PERSONS - 2
    assert not {by_us, by_crm} & set(found)


def test_retention_proposes_by_a_manifest_and_opens_into_ids(existing: Running) -> None:
    before = writes(existing)
    head, _, tail = MANIFEST.read_text(encoding="utf-8").partition("retention:\n")
    file = existing.folder / "retention.yaml"
    asked = "retention:\n  long: {when: always, inactive: P28M, then: propose_delete}\n"
    file.write_text(f"{head}{asked}\n{tail[tail.index('accepted:') :]}", encoding="utf-8")
    by = ("retention", "--tenant", NAME, "--manifest", str(file))
    done = existing.run(*by)
    assert done.code == 3
    assert "nobody is deleted by us" in done.out
    counted = existing.run(*by, "--json")
    (one,) = counted.json["proposals"]
    assert (counted.code, one["name"], one["persons"]) == (3, "long", 6 * ROUNDS)
    listed = existing.run(*by, "--ids", "--json").json["proposals"][0]["persons"]
    lines = existing.run(*by, "--ids").out.splitlines()
    assert lines == [f"{number}: propose_delete by long" for number in listed]
    assert set(listed) <= set(existing.tenant(NAME).tables.persons)
    nobody = existing.run("retention", "--tenant", NAME)
    assert (nobody.code, "lost_customer" in nobody.out) == (0, True)
    assert writes(existing) == before


def test_retention_by_what_the_tenant_lacks_is_refused(existing: Running) -> None:
    file = existing.folder / "wrong.yaml"
    text = MANIFEST.read_text(encoding="utf-8").replace('"Lost customer"', "Nobody")
    file.write_text(text, encoding="utf-8")
    existing.run("retention", "--tenant", NAME, "--manifest", str(file)).refused(
        65, "wrong.yaml:48:", "no category `Nobody`"
    )


def test_a_plan_counts_by_rule_and_changes_nothing(existing: Running, plan: Path) -> None:
    before = writes(existing)
    done = existing.run("plan", "show", str(plan), "--json")
    assert done.code == 0
    assert done.json["persons"] == PERSONS
    wanted = {
        "met-in-person": {"changes": 8 * ROUNDS, "gets": 0, "left": 2 * ROUNDS, "mails": ROUNDS},
        "erp": {"changes": 0, "gets": 2 * ROUNDS, "touched": 2 * ROUNDS, "mails": 0},
        "minor": {"reviews": ROUNDS, "touched": 0},
        "bought-or-referred": {"denied": 6 * ROUNDS, "touched": 0},
    }
    for rule_id, figures in wanted.items():
        assert {key: count(done, rule_id)[key] for key in figures} == figures
    assert done.json["broken"] == []
    again = existing.run("plan", "--tenant", NAME, "--json")
    assert (again.code, again.json["tell_from"]) == (3, None)
    assert sum(one["mails"] for one in again.json["rules"]) == 0
    assert writes(existing) == before


@pytest.mark.parametrize(
    ("words", "many"),
    [
        (("--rule", "erp"), 2 * ROUNDS),
        (("--rule", "met-in-person", "--figure", "mails"), ROUNDS),
        (("--purpose", "ACCOUNTING"), 2 * ROUNDS),
        (("--purpose", "EMARKETING", "--figure", "denied"), 6 * ROUNDS),
        (("--figure", "left"), 2 * ROUNDS),
        (("--figure", "reviews"), ROUNDS),
        (("--rule", "erp", "--purpose", "EMARKETING"), 0),
    ],
)
def test_each_number_opens_into_persons(
    existing: Running, plan: Path, words: tuple[str, ...], many: int
) -> None:
    done = existing.run("plan", "show", str(plan), *words, "--ids")
    *lines, last = done.out.splitlines()
    assert (len(lines), last) == (many, f"{many} persons")
    assert {int(line.partition(":")[0]) for line in lines} <= set(existing.tenant(NAME).tables.persons)
    counted = existing.run("plan", "show", str(plan), *words)
    assert counted.out == f"{many} persons\n"
    told = existing.run("plan", "show", str(plan), *words, "--json")
    assert len([json.loads(line) for line in told.out.splitlines()]) == many


def test_a_plan_names_no_person(existing: Running, plan: Path) -> None:
    content = plan.read_text()
    for person in existing.tenant(NAME).tables.persons.values():
        assert person.firstname not in content
        assert person.lastname not in content
    assert "@" not in content


def test_a_plan_that_was_touched_is_refused(existing: Running, plan: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.json"
    other.write_text(plan.read_text().replace('"61F"', '"61A"', 1))
    existing.run("plan", "show", str(other)).refused(65, "plan_damaged", "so-privacy plan")
    other.write_text(plan.read_text().replace(NAME, "Cust0"))
    existing.run("plan", "show", str(other)).refused(66, "no_tenant")
    existing.run("plan", "show", str(tmp_path / "none.json")).refused(66, "plan_unreadable")
    existing.run("plan", "show", str(plan), "--rule", "nobody").refused(2, "rule", "met-in-person")
    existing.run("plan", "show", str(plan), "--figure", "loses").refused(2, "figure", "changes")


def test_a_manifest_can_be_planned_by_before_it_decides(existing: Running, tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text(MANIFEST.read_text().replace("max_changes: 5%", "max_changes: 3%"))
    done = existing.run("plan", "--tenant", NAME, "--manifest", str(file))
    assert done.code == 3
    assert "limit of harm: erp touches more persons than its max_changes" in done.out
    told = existing.run("plan", "--tenant", NAME, "--manifest", str(file), "--json")
    assert told.json["broken"] == ["erp"]
    file.write_text("manifest: 2\n")
    assert existing.run("plan", "--tenant", NAME, "--manifest", str(file)).code == 65


def test_without_changes_the_exit_code_says_so(existing: Running) -> None:
    name = "Cust20311"
    existing.install(name)
    done = existing.run("plan", "--tenant", name)
    assert done.code == 0
    assert "Nothing to do" in done.out
    assert "Nobody is there." in existing.run("survey", "--tenant", name).out


def test_without_a_manifest_there_is_nothing_to_plan_by(existing: Running) -> None:
    name = "Cust20312"
    existing.install(name, manifest=False)
    existing.run("plan", "--tenant", name).refused(78, "no_manifest", "--manifest FILE")
    assert existing.run("plan", "--tenant", name, "--manifest", str(MANIFEST)).code == 0


def test_a_plan_that_can_not_be_written_is_refused(existing: Running, tmp_path: Path) -> None:
    file = str(tmp_path / "no" / "plan.json")
    existing.run("plan", "--tenant", NAME, "-o", file).refused(73, "plan_unwritable")
