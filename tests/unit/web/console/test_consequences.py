"""Whose outcome another manifest would change, before it decides and afterwards."""

import base64
import re

import pytest

from so_privacy_ext.model import PersonId
from so_privacy_ext.processing.drain import drain
from so_privacy_ext.rules.manifest import parse
from so_privacy_ext.storage.manifests import Agreed
from so_privacy_ext.storage.tenants import TenantSummary
from so_sandbox.triggering import trigger
from tests.unit.web.console.house import MANIFEST, House, Visitor
from tests.unit.web.console.test_rules import text_of

GOOD = MANIFEST.read_bytes()
OTHER = re.sub(
    rb"(id: met-in-person\n.*?basis: )61F", rb"\g<1>61F, expires: P12M", GOOD, count=1, flags=re.DOTALL
)
Home = tuple[TenantSummary, Visitor, int]


@pytest.fixture(scope="module")
def home(house: House) -> Home:
    """A tenant about one of whose persons something was decided, as a worker does."""
    tenant = house.add("Cust72001")
    with house.turn(tenant) as turn:
        house.app.activate(turn, parse(GOOD, "m.yaml"), GOOD, who="x", tell_from=None)
    person = trigger(house.sandbox.world.tenants["Cust72001"], "person.created", {"source": "CARD"})
    house.deliver(tenant.tenant_id, person=person)
    with house.turn(tenant) as turn:
        work = house.app.make_work(turn, lambda: False)
        assert work is not None
        drain(work)
    return tenant, house.sign_in(tenant), PersonId(person)


def asked(admin: Visitor, content: bytes) -> str:
    fields = {"content": base64.urlsafe_b64encode(content).decode()}
    page = admin.post("/configure/manifest/consequences", fields)
    assert page.status_code == 200
    return page.text


def test_whose_outcome_would_be_another_is_named_before_it_decides(house: House, home: Home) -> None:
    assert OTHER != GOOD
    before = house.dump()
    page = asked(home[1], OTHER)

    assert "1 person would be decided about otherwise" in text_of(page)
    assert "61F/CARD" in page
    assert "61F/CARD for P12M" in page
    assert f'href="/configure/persons/{home[2]}"' in page
    assert "0 persons would be decided about otherwise" in asked(home[1], GOOD + b"# the same\n")
    changed = {line.partition(":")[0] for line in set(before.split("\n")) ^ set(house.dump().split("\n"))}
    assert changed <= {"pace"}


def test_what_cant_be_compared_is_said(house: House, home: Home) -> None:
    assert "It does not fit" in asked(home[1], GOOD.replace(b"privacy-notice-13", b"no-such", 1))
    assert "It does not fit" in asked(home[1], b"manifest: 1")
    fresh = house.sign_in(house.add("Cust72002"))
    assert "It was the first one." in asked(fresh, GOOD)
    assert home[1].post("/configure/manifest/consequences", {"content": "%"}).status_code == 400
    assert home[1].post("/configure/manifest/consequences").status_code == 400
    assert home[1].post("/configure/manifest/consequences", {"version": "99999"}).status_code == 404


def test_what_a_version_changed_is_seen_afterwards(house: House, home: Home) -> None:
    tenant, admin, _ = home
    with house.turn(tenant) as turn:
        agreed = Agreed("try it")
        house.app.activate(turn, parse(OTHER, "m.yaml"), OTHER, who="x", tell_from=None, agreed=agreed)
    found = re.search(r"/configure/manifest/versions/(\d+)", admin.get("/configure/manifest").text)
    assert found is not None
    assert "See who is decided about otherwise" in admin.get(found[0]).text
    page = admin.post("/configure/manifest/consequences", {"version": found[1]})

    assert "1 person would be decided about otherwise" in text_of(page)
