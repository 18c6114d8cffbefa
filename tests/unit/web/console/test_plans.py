"""A plan from the page: made, its numbers opened, begun, watched, stopped and taken back."""

import re
import threading
import time

import pytest
import requests

from so_privacy_ext.errors import CrmFailure, Fault, Refused, StorageUnavailable
from so_privacy_ext.model import AssociateId
from so_privacy_ext.processing.planned import RuleCount
from so_privacy_ext.rules.manifest import parse
from so_privacy_ext.runs import FOR_GOOD, RunState, Skip, Stop, Wait
from so_privacy_ext.storage.tenants import TenantSummary
from so_privacy_ext.web import languages
from so_privacy_ext.web.console import plans
from tests.unit.web.console.conftest import Inhabitant
from tests.unit.web.console.house import MANIFEST, House, Visitor, keep_run
from tests.unit.web.console.test_rules import text_of

LIMITED = MANIFEST.read_bytes()
GOOD = LIMITED.replace(b"    max_changes: 5%\n", b"")
PERSONS = 20


class Planned:
    """A tenant with persons who were there before, its administrator, and a worker's part by hand."""

    def __init__(self, house: House, tenant: TenantSummary) -> None:
        self.house = house
        self.tenant = tenant
        self.admin = house.sign_in(tenant)
        with house.turn(tenant) as turn:
            house.app.activate(turn, parse(GOOD, "m.yaml"), GOOD, who="x", tell_from=None)
        ours = house.sandbox.world.tenants[tenant.context_identifier].associate("app").associate_id
        statement = "UPDATE so_privacy.tenant SET own_associate_id = %(ours)s WHERE tenant_id = %(t)s"
        house.change(statement, ours=ours, t=tenant.tenant_id)
        house.sandbox.sandbox.seed(tenant.context_identifier, PERSONS, quietly=True, existing=True)

    def made(self, **fields: str) -> requests.Response:
        """Have a plan made, and give the page that says how it ended."""
        done = self.admin.post("/configure/plans", {"tell": "nobody", **fields})
        assert (done.status_code, done.headers["location"]) == (303, "/configure/plans?done=plan_begun")
        while "refresh" in (page := self.admin.get("/configure/plans?watch=1")).headers:
            assert "persons read" in page.text or "person read" in page.text
            time.sleep(0.05)
        return page

    def plan(self, **fields: str) -> str:
        page = self.made(**fields)
        found = re.search(r'The plan is ready:.*?href="(/configure/plans/\d+)"', page.text)
        assert found is not None, page.text
        return found[1]

    def work(self) -> None:
        """Do what a worker does, until the run is through."""
        runs = self.house.app.runs(self.tenant)
        for _ in range(100):
            seconds = runs.work()
            if seconds is None or seconds > 60:
                return
        raise AssertionError("the run does not come to an end")


@pytest.fixture(scope="module")
def planned(house: House) -> Planned:
    return Planned(house, house.add("Cust70001"))


def numbers(page: requests.Response) -> dict[str, int]:
    """Give the address behind each number of a plan, and the number."""
    found = re.findall(r'href="(/configure/plans/\d+/persons\?[^"]*)">(\d+)</a>', page.text)
    return {address.replace("&amp;", "&"): int(number) for address, number in found}


def listed(admin: Visitor, address: str) -> list[str]:
    page = admin.get(address)
    assert page.status_code == 200
    return re.findall(r'href="/configure/persons/(\d+)"', page.text)


def test_a_plan_is_made_opened_carried_out_and_taken_back(planned: Planned) -> None:
    admin = planned.admin
    path = planned.plan()
    page = admin.get(path)
    assert f"{PERSONS} persons were read." in page.text or "persons were read." in page.text
    assert "Not begun" in page.text
    opened = {address: number for address, number in numbers(page).items() if "what=" in address}
    assert opened
    for address, number in opened.items():
        assert len(listed(admin, address)) == number, address

    done = admin.post(path, {"as": "start", "pilot": "2", "size": "50", "hours": "0"})
    assert (done.status_code, done.headers["location"]) == (303, f"{path}?done=run_started")
    watched = admin.get(path + "?watch=1")
    assert watched.headers["refresh"] == f"5;url={path}?watch=1"
    assert "refresh" not in admin.get(path).headers
    planned.work()
    page = admin.get(path + "?watch=1")
    assert "refresh" not in page.headers
    assert "Done" in page.text
    acted = [address for address in numbers(page) if "state=done" in address]
    assert len(acted) == 1, text_of(page)
    (person, *_rest) = listed(admin, acted[0])
    assert "written, and read back" in admin.get(f"/configure/persons/{person}").text

    undo = admin.post(path, {"as": "undo"}).headers["location"].partition("?")[0]
    assert "takes plan" in admin.get(undo).text
    assert admin.post(undo, {"as": "start"}).status_code == 303
    planned.work()
    assert "Taken back" in admin.get(path).text
    assert "Taken back" in admin.get("/configure/plans").text
    page = admin.post(path, {"as": "undo"})
    assert page.status_code == 422
    assert "t be taken back in this state" in page.text


def test_a_run_is_stopped_and_goes_on(planned: Planned) -> None:
    admin, path = planned.admin, planned.plan()
    assert admin.post(path, {"as": "stop"}).status_code == 422
    assert admin.post(path, {"as": "start", "hours": "0"}).status_code == 303
    assert admin.post(path, {"as": "start"}).status_code == 422
    assert admin.post(path, {"as": "stop"}).headers["location"] == f"{path}?done=run_stopped"
    page = admin.get(path).text
    assert "Stopped by an administrator." in page
    assert "Go on" in page

    assert admin.post(path, {"as": "start"}).status_code == 303
    planned.work()
    assert "Done" in admin.get(path).text


def test_what_is_wished_wrongly_begins_nothing(planned: Planned) -> None:
    admin, path = planned.admin, planned.plan()
    for wishes in (
        {"pilot": "0"},
        {"size": "x"},
        {"hours": "-1"},
        {"pilot": "9" * 12},
        {"size": "\N{ARABIC-INDIC DIGIT ONE}"},
    ):
        page = admin.post(path, {"as": "start", **wishes})
        assert page.status_code == 422
        assert "Write whole numbers" in page.text
    for odd in ("perhaps", ""):
        assert admin.post(path, {"as": odd}).status_code == 400
    assert "Not begun" in admin.get(path).text
    assert admin.get(f"{path}/persons?what=odd").status_code == 404
    assert admin.get(f"{path}/persons?state=odd").status_code == 404
    assert admin.get(f"{path}/persons?after=x").status_code == 404
    assert "Nobody." in admin.get(f"{path}/persons?rule=no-such").text


def test_who_is_told_is_chosen(planned: Planned) -> None:
    admin = planned.admin
    assert admin.post("/configure/plans", {"tell": "odd"}).status_code == 400
    for day in ("", "yesterday"):
        page = admin.post("/configure/plans", {"tell": "from", "tell_from": day})
        assert page.status_code == 422
        assert "Give the day" in page.text
    all_of_them = numbers(admin.get(planned.plan(tell="all")))
    later = numbers(admin.get(planned.plan(tell="from", tell_from="2040-01-01")))

    assert any("what=mails" in address for address in all_of_them)
    assert not any("what=mails" in address for address in later)


def test_without_a_manifest_there_is_nothing_to_plan_by(house: House) -> None:
    admin = house.sign_in(house.add("Cust70002"))
    page = admin.post("/configure/plans", {"tell": "nobody"})
    assert page.status_code == 422
    assert "No manifest decides yet." in page.text


def test_a_limit_of_harm_is_passed_on_purpose_only(house: House) -> None:
    planned = Planned(house, house.add("Cust70003"))
    with house.turn(planned.tenant) as turn:
        house.app.activate(turn, parse(LIMITED, "m.yaml"), LIMITED, who="x", tell_from=None)
    page = planned.made()
    assert "So the plan was not kept." in page.text
    found = re.search(r'name="allow" value="([^"]+)"', page.text)
    assert found is not None
    planned.plan(allow=found[1])


def test_two_pairs_of_eyes_are_needed_to_begin(house: House) -> None:
    planned = Planned(house, house.add("Cust70004"))
    anna, bent = planned.admin, house.sign_in(planned.tenant, AssociateId(8))
    anna.post("/configure/two-pairs", {"how": "two"})
    path = planned.plan()
    page = anna.get(path).text
    assert "another administrator must agree before it begins" in page
    assert 'value="start"' not in page
    refused = anna.post(path, {"as": "start"})
    assert refused.status_code == 422
    assert "Another administrator must agree first." in refused.text
    assert anna.post(path, {"as": "propose", "reason": " "}).status_code == 422
    done = anna.post(path, {"as": "propose", "reason": "the whole database"})
    assert done.headers["location"] == "/configure/approvals?done=proposed"

    found = re.search(r"/configure/approvals/\d+", bent.get("/configure/approvals").text)
    assert found is not None
    agreed = bent.post(found[0], {"as": "approve"})
    assert agreed.headers["location"] == "/configure/approvals?done=run_approved"
    assert anna.post(path, {"as": "start"}).status_code == 303


def test_the_operator_begins_a_run_alone_on_purpose_only(house: House) -> None:
    planned = Planned(house, house.add("Cust70005"))
    planned.admin.post("/configure/two-pairs", {"how": "two"})
    run_id = int(planned.plan().rpartition("/")[2])
    runs = house.app.runs(planned.tenant)
    with pytest.raises(Refused) as raised:
        runs.start(run_id, who="root")
    assert raised.value.code == "second_pair_of_eyes"

    runs.start(run_id, who="root", alone=True)
    runs.stop(run_id)
    runs.start(run_id, who="root")
    alone = house.rows(
        "SELECT content ->> 'alone' FROM so_privacy.journal WHERE tenant_id = %(t)s AND kind = 'run_started'"
        " ORDER BY seq",
        {"t": planned.tenant.tenant_id},
    )
    assert alone == [("true",), (None,)]


@pytest.mark.parametrize(
    ("failure", "code"),
    [
        (CrmFailure(Fault.TRANSPORT, "Archive.GetArchiveListByColumns2"), "superoffice_transport"),
        (Refused("epoch_changed", "x", "y", 65), "epoch_changed"),  # type: ignore[arg-type]
        (StorageUnavailable("x"), "StorageUnavailable"),
    ],
)
def test_a_plan_that_could_not_be_made_says_why(
    planned: Planned, monkeypatch: pytest.MonkeyPatch, failure: Exception, code: str
) -> None:
    class Failing:
        def plan(self, *_all: object, **_more: object) -> None:
            raise failure

    monkeypatch.setattr(planned.house.app, "foresight", lambda _tenant: Failing())
    page = planned.made()

    assert "The plan could not be made." in page.text
    assert code in page.text


def test_one_plan_is_made_at_a_time(planned: Planned, monkeypatch: pytest.MonkeyPatch) -> None:
    go_on, begun = threading.Event(), []

    class Slow:
        def plan(self, *_all: object, tell: object, **_more: object) -> None:
            begun.append(1)
            tell(7, 50, 100)  # type: ignore[operator]
            go_on.wait(30)
            raise Refused("given_up", "x", "y", 65)  # type: ignore[arg-type]

    monkeypatch.setattr(planned.house.app, "foresight", lambda _tenant: Slow())
    for _ in range(2):
        planned.admin.post("/configure/plans", {"tell": "nobody"})
    page = planned.admin.get("/configure/plans")
    while "7 persons read" not in page.text:
        page = planned.admin.get("/configure/plans")
    assert 'value="50"' in page.text
    assert "Make the plan" not in page.text
    go_on.set()
    while "given_up" not in planned.admin.get("/configure/plans").text:
        time.sleep(0.02)
    assert begun == [1]


@pytest.mark.parametrize("language", list(languages.NAMES))
def test_every_reason_is_told_in_words(language: str) -> None:
    t = languages.texts(language)
    told = {
        *(f"plans.why.{one}" for one in (*Stop, *Wait)),
        *(f"plans.skip.{one}" for one in Skip),
        *(f"plans.state.{one}" for one in RunState),
        *(f"plans.figure.{one}" for one in plans.FIGURES),
    }
    assert {key for key in told if key not in t} == set()
    assert FOR_GOOD
    assert set(plans.FIGURES) <= set(RuleCount.__slots__)


def test_a_run_of_a_plan_shows_what_the_plan_says(first: Inhabitant) -> None:
    page = first.admin.get(f"/configure/plans/{first.objects.run}").text

    assert "40 persons were read." in page
    assert "at most 5%" in page
    assert "registered before the day from which on persons are told" in page
    assert listed(first.admin, f"/configure/plans/{first.objects.run}/persons?what=gets") == ["18"]


def test_many_persons_are_shown_a_hundred_at_a_time(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plans, "SHOWN", 2)
    tenant = house.add("Cust70006")
    admin = house.sign_in(tenant)
    with house.turn(tenant) as turn:
        run_id = keep_run(turn, "0" * 64, "x")
        turn.session.run(
            b"INSERT INTO run_person (tenant_id, run_id, person_id, planned, mails)"
            b" SELECT tenant_id, run_id, person_id + n, planned, mails"
            b" FROM run_person, generate_series(1, 4) n WHERE tenant_id = %(tenant_id)s"
        )
    address = f"/configure/plans/{run_id}/persons?what=gets"
    seen = []
    while address:
        page = admin.get(address).text
        seen += re.findall(r'href="/configure/persons/(\d+)"', page)
        found = re.search(r'href="(\?[^"]*after=\d+)"', page)
        address = f"/configure/plans/{run_id}/persons{found[1].replace('&amp;', '&')}" if found else ""

    assert seen == ["18", "19", "20", "21", "22"]
