"""`apply`, `run` and `undo` by the commands, for persons who were there before; killed with -9 too."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from so_privacy_ext.model import LastIds, PersonId
from so_privacy_ext.processing.plan_file import write_plan
from so_privacy_ext.processing.planned import PlanHead
from so_privacy_ext.processing.planning import Tally, as_told, plan_persons
from so_sandbox.world.tenant import Tenant
from tests.acceptance.forking import FAILPOINT, UNHARMED
from tests.acceptance.installed import Done, Forking, Place
from tests.conftest import TEMPLATE, TestServer
from tests.house import MANIFEST, House, silent, until

NAME = "Cust74301"
SINCE_EVER = datetime(2000, 1, 1, tzinfo=UTC)
KILLED = -9
DEATHS = (
    "keep_before:after:1",
    "set_consent:after:3",
    "effected:after:4",
    "mail_claim:after:2",
    "send_notice:after:1",
    "journal:before:2",
    "ended:after:3",
    "next_wave:after:1",
    "read_consents:after:1",
    "mail_state:before:2",
)
DEATHS_IN_BULK = (
    "keep_all:before:1",
    "begun:after:9",
    "keep_before:after:9",
    "intend:after:15",
    "mass_write:before:1",
    "mass_write:after:1",
    "effected:after:9",
    "send_notice:after:1",
    "ended:after:9",
    "next_wave:after:1",
)


@pytest.fixture(scope="module")
def house(postgres: TestServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    postgres.execute(f"CREATE DATABASE cli_runs TEMPLATE {TEMPLATE}")
    made = House(postgres.address("cli_runs"), tmp_path_factory.mktemp("house"))
    made.install(NAME)
    yield made
    made.close()
    postgres.execute("DROP DATABASE cli_runs WITH (FORCE)")


@pytest.fixture
def commands(house: House, tmp_path: Path, forking: Forking) -> Place:
    """Commands of the product of this house; nothing of it runs besides them."""
    settings = (house.folder / "sandbox" / "settings.env").read_text().splitlines()
    pairs = (line.split("=", 1) for line in settings)
    given = {key: value.strip("'") for key, value in pairs}
    given |= {"DATABASE_URL": house.dsn, "SO_PRIVACY_DATA_DIR": str(house.folder / "data")}
    given |= {"SO_PRIVACY_PUBLIC_URL": f"http://127.0.0.1:{house.port}", FAILPOINT: UNHARMED}
    return Place(tmp_path, forking, given)


def enter(house: House, count: int, source: str = "CARD") -> list[int]:
    """Have persons in the CRM of whom no event told, as those who were there before us."""
    tenant, age = house.tenant(NAME), timedelta(days=300)
    with silent(house):
        persons = [
            tenant.create_person(
                source=source,
                emails=[f"person{number}.{len(tenant.tables.persons)}@example.com"],
                age=age,
                country_id=tenant.item_id("countries", "DK"),
            ).person_id
            for number in range(count)
        ]
        house.sandbox.dispatcher.wait_idle(10)
    return persons


def plan(house: House, file: Path, ids: Sequence[int], tell_from: datetime | None = None) -> str:
    """Write a plan of these persons alone."""
    with house.turn(NAME) as turn:
        work = house.app.make_work(turn, lambda: False)
        assert work is not None
        tally, persons = Tally(), work.crm.read_persons([PersonId(one) for one in ids], work.manifest.fields)
        work = replace(work, tenant=as_told(work.tenant, tell_from))

        def head() -> PlanHead:
            return tally.head(
                work.manifest,
                tenant=work.tenant,
                lists=work.crm.lists(),
                made_at=work.clock.now(),
                last_ids=LastIds(max(ids), 0, 0),
                tell_from=tell_from,
            )

        write_plan(file, plan_persons(work, persons.values(), tally), head, work.tenant.address_key)
    return str(file)


def stands(tenant: Tenant, person_id: int) -> list[tuple[int, int, int, str]]:
    """Give what stands, to the byte."""
    rows = tenant.tables.consents[person_id].values()
    return [(row.purpose_id, row.legal_base_id, row.source_id, row.comment) for row in rows]


def basis(tenant: Tenant, person_id: int) -> str:
    rows = tenant.tables.consents[person_id]
    store = rows[tenant.item_id("purposes", "STORE")]
    return tenant.tables.lists.legal_bases[store.legal_base_id].key


def good(done: Done) -> Done:
    assert done.code == 0, done
    return done


def test_a_plan_is_applied_shown_and_taken_back(house: House, commands: Place, tmp_path: Path) -> None:
    persons, tenant = enter(house, 5), house.tenant(NAME)
    before = [stands(tenant, one) for one in persons]
    file = plan(house, tmp_path / "plan.json", persons, SINCE_EVER)

    commands.run("apply", file, "--allow", "met-in-persn").refused(2, "rule", "choose of own-staff, minor")
    done = good(commands.run("apply", file, "--tenant", NAME, "--wait", "0"))
    assert done.out.startswith("run 1 running: 0 of 5 persons, 0 of 5 mails; about ")
    assert done.out.endswith("run 1 done: 5 of 5 persons, 5 of 5 mails\n")
    assert {basis(tenant, one) for one in persons} == {"61F"}
    assert sorted(house.mails(NAME)) == persons
    listed = commands.good("run", "list")["runs"]
    assert [(one["run_id"], one["kind"], one["state"]) for one in listed] == [(1, "apply", "done")]
    assert "run 1 done" in good(commands.run("run", "list")).out + good(commands.run("run", "show", "1")).out
    assert commands.good("run", "show", "1")["tally"]["mailed"] == 5
    opened = commands.good("run", "persons", "1", "--what", "changes", "--rule", "met-in-person", "--mailed")
    assert [one["person_id"] for one in opened["persons"]] == persons
    assert commands.good("run", "persons", "1", "--what", "gets")["persons"] == []
    assert good(commands.run("run", "persons", "1", "--answer", "bounced")).out == "Nobody.\n"
    commands.run("apply", file).refused(65, "plan_applied", "run 1")

    asked = commands.run("undo", "1", given=b"n\n")
    assert "run 2 would put 5 persons back" in asked.out
    assert "mails can't be taken back: 5 were sent" in asked.out
    asked.refused(1, "not_confirmed", "so-privacy run resume 2")
    assert {basis(tenant, one) for one in persons} == {"61F"}
    tenant.withdraw(persons[0], "STORE")
    good(commands.run("run", "resume", "2"))
    assert [stands(tenant, one) for one in persons[1:]] == before[1:]
    assert basis(tenant, persons[0]) == "WITHDRAWN"
    shown = commands.good("run", "show", "2")
    assert (shown["tally"]["done"], shown["tally"]["skipped"]) == (4, {"withdrawn": 1})
    assert commands.good("run", "show", "1")["run"]["state"] == "undone"
    house.work(NAME)  # what the undo has written comes back as events, by which nothing is given again
    assert [stands(tenant, one) for one in persons[1:]] == before[1:]
    commands.run("undo", "1").refused(65, "not_undoable")
    commands.run("run", "show", "99").refused(66, "no_run")


def test_a_foreign_change_is_refused_by_name(house: House, commands: Place, tmp_path: Path) -> None:
    persons, tenant = enter(house, 3), house.tenant(NAME)
    file = plan(house, tmp_path / "plan.json", persons)
    tenant.change_person(persons[1], title="Boss")
    refused = commands.run("apply", file, "--json")
    refused_run = refused.json["run"]["run_id"]
    assert refused.code == 65
    assert f"changed_since: persons have changed since the plan was made: {persons[1]};" in refused.err
    assert {basis(tenant, one) for one in persons} == {"61B"}
    commands.run("apply", file).refused(65, "plan_applied", f"run resume {refused_run}")
    good(commands.run("run", "resume", str(refused_run), "--skip-changed"))
    assert [basis(tenant, one) for one in persons] == ["61F", "61B", "61F"]


def test_a_plan_is_refused_where_manifest_lists_or_tenant_are_others(
    house: House, commands: Place, tmp_path: Path
) -> None:
    file = plan(house, tmp_path / "plan.json", enter(house, 1))
    tenant = house.tenant(NAME)
    item = tenant.item_id("sources", "FAIR")
    tenant.tables.lists.sources[item].deleted = True
    commands.run("apply", file).refused(65, "plan_lists", "so-privacy plan")
    tenant.tables.lists.sources[item].deleted = False
    before = MANIFEST.read_bytes()
    house.activate(NAME, before + b"\n# another\n")
    commands.run("apply", file).refused(65, "plan_manifest", "activate that one")
    house.activate(NAME, before)
    commands.run("apply", file, "--tenant", "Cust0").refused(66, "no_tenant")
    house.rows("UPDATE tenant SET epoch = epoch + 1 WHERE context_identifier = %s", NAME)
    commands.run("apply", file).refused(65, "plan_epoch")
    house.rows("UPDATE tenant SET epoch = epoch - 1 WHERE context_identifier = %s", NAME)
    commands.run("apply", str(tmp_path / "none.json")).refused(66, "plan_unreadable")
    good(commands.run("apply", file))


def test_a_paused_tenants_run_waits(house: House, commands: Place, tmp_path: Path) -> None:
    persons, tenant = enter(house, 2), house.tenant(NAME)
    file = plan(house, tmp_path / "plan.json", persons)
    good(commands.run("tenant", "pause", NAME))
    run_id = commands.good("apply", file, "--detach")["run"]["run_id"]
    runs = house.app.runs(house.summary(NAME))
    assert runs.work() == 5.0
    assert (runs.progress(run_id).held_up, basis(tenant, persons[0])) == ("paused", "61B")
    good(commands.run("tenant", "resume", NAME))
    assert "done" in good(commands.run("run", "resume", str(run_id))).out
    assert {basis(tenant, one) for one in persons} == {"61F"}


@pytest.mark.row("F62")
def test_waves_wait_and_stop_for_mails_that_came_back(house: House, commands: Place, tmp_path: Path) -> None:
    persons, tenant = enter(house, 4), house.tenant(NAME)
    file = plan(house, tmp_path / "plan.json", persons, SINCE_EVER)
    done = good(commands.run("apply", file, "--pilot", "2", "--wave", "1", "--wait", "1h"))
    assert "it goes on by itself at " in done.out
    run_id = commands.good("run", "list")["runs"][0]["run_id"]
    assert [one for one in house.mails(NAME) if one in persons] == persons[:2]
    commands.run("undo", str(run_id)).refused(65, "not_undoable", f"run stop {run_id}")
    for email in tenant.emails(persons[0]):
        email.bounce_count = 1
    house.rows("UPDATE run SET not_before = now() WHERE run_id = %s", run_id)
    stopped = commands.run("run", "resume", str(run_id))
    assert (stopped.code, stopped.out.splitlines()[-1]) == (
        1,
        f"run {run_id} stopped (bounces): 2 of 4 persons, 2 of 4 mails, 1 came back",
    )
    assert len([one for one in house.mails(NAME) if one in persons]) == 2


def test_a_worker_works_on_a_run_that_was_left_to_it(house: House, commands: Place, tmp_path: Path) -> None:
    persons, tenant = enter(house, 3), house.tenant(NAME)
    file = plan(house, tmp_path / "plan.json", persons)
    with house.worker():
        started = commands.good("apply", file, "--detach", "--tenant", NAME)
        assert started["run"]["state"] == "running"
        until(lambda: {basis(tenant, one) for one in persons} == {"61F"}, "no worker works on the run")
        runs = house.app.runs(house.summary(NAME))
        run_id = started["run"]["run_id"]
        until(lambda: runs.progress(run_id).run.state == "done", "the run does not end")


def test_words_that_are_no_time_and_no_share(commands: Place, tmp_path: Path) -> None:
    file = str(tmp_path / "none.json")
    commands.run("apply", file, "--wait", "soon").refused(2, "bad_time", "24h")
    commands.run("apply", file, "--stop-at-bounces", "101%").refused(2, "bad_share", "2%")
    commands.run("apply", file, "--stop-at-refusals", "2").refused(2, "bad_share")


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.row("F50")
@pytest.mark.parametrize(
    ("how", "deaths"), [((), DEATHS), (("--mass",), DEATHS_IN_BULK)], ids=["one by one", "in bulk"]
)
def test_killed_ten_times_it_ends_the_same_and_nobody_is_told_twice(
    house: House, commands: Place, tmp_path: Path, how: tuple[str, ...], deaths: tuple[str, ...]
) -> None:
    good(commands.run("tenant", "mass", NAME, "on" if how else "off"))
    persons, tenant = enter(house, 45), house.tenant(NAME)
    before = [stands(tenant, one) for one in persons]
    file = plan(house, tmp_path / "plan.json", persons, SINCE_EVER)
    words = ("apply", file, "--pilot", "15", "--wave", "15", "--wait", "0", *how)
    assert commands.run(*words, settings={FAILPOINT: deaths[0]}).code == KILLED
    run_id = str(commands.good("run", "list")["runs"][0]["run_id"])
    for one in deaths[1:]:
        assert commands.run("run", "resume", run_id, settings={FAILPOINT: one}).code == KILLED, one
    good(commands.run("run", "resume", run_id))
    house.work(NAME)
    assert {basis(tenant, one) for one in persons} == {"61F"}
    mails = [one for one in house.mails(NAME) if one in persons]
    assert len(mails) == len(set(mails))
    unknown = house.rows("SELECT person_id FROM mail WHERE state <> 'sent' AND person_id = ANY(%s)", persons)
    assert {person for (person,) in unknown} | set(mails) == set(persons)
    counts = {row.updated_count for one in persons for row in tenant.tables.consents[one].values()}
    assert counts == {1}  # nobody's consent was written twice
    undo_id = None
    for one in ("set_consent:after:2", "effected:after:5", "ended:after:4"):
        words = ("undo", run_id, "--yes") if undo_id is None else ("run", "resume", undo_id)
        assert commands.run(*words, settings={FAILPOINT: one}).code == KILLED, one
        undo_id = str(commands.good("run", "list")["runs"][0]["run_id"])
    good(commands.run("run", "resume", str(undo_id)))
    assert [stands(tenant, one) for one in persons] == before
