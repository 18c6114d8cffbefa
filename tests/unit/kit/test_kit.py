"""A partner's test plays on the whole product and a whole tenant; each begins on untouched ground."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from zipfile import ZipFile

import pytest
from hatchling.builders.wheel import WheelBuilder

import so_privacy_kit
from so_privacy_ext.rules.findings import ManifestInvalid
from so_privacy_kit import Clock, Deliver, Outbox, Person, Tenant

ROOT = Path(__file__).resolve().parents[3]
Enter = Callable[..., Person]
CARD = {"source": "CARD", "country": "DK", "email": "anna@example.com"}
VENDOR = {"source": "VENDOR", "country": "NO", "email": "frode@example.com"}


def test_a_person_is_decided_written_and_told(person: Enter, deliver: Deliver, outbox: Outbox) -> None:
    anna = person(CARD)

    rest = deliver()

    assert anna.held == {"STORE": "61F/CARD"}
    assert anna.consents["STORE"].ours
    assert anna.rules == {"STORE": "met-in-person"}
    assert [(one.to, one.template, one.language, one.ours) for one in outbox] == [
        ("anna@example.com", "privacy-notice-13", "da", True)
    ]
    assert anna.mails == outbox == outbox.to("ANNA@example.com")
    # our own write comes back as an event of its own
    assert rest.brought == [("person.created", 200), ("person.consented", 200)]
    assert (rest.waiting, rest.parked) == (0, None)


def test_nothing_is_left_of_the_test_before(
    tenant: Tenant, person: Enter, deliver: Deliver, outbox: Outbox
) -> None:
    assert (tenant.persons(), list(outbox), tenant.journal("decision")) == ([], [], [])
    first = person(CARD)
    assert deliver().brought[0] == ("person.created", 200)
    assert first.id == 10001


def test_what_comes_again_does_nothing(person: Enter, deliver: Deliver, outbox: Outbox) -> None:
    anna = person(CARD)
    deliver()
    held, decided = anna.consents, len(anna.decisions)

    assert len(deliver.again(2).brought) == 4
    assert len(deliver.again(fresh=True).brought) == 2
    assert anna.consents == held
    assert len(outbox) == 1
    assert len(anna.decisions) > decided


def test_a_person_says_no_and_is_believed(person: Enter, deliver: Deliver) -> None:
    hanna = person({"source": "WEBFORM", "country": "SE", "consent.EMARKETING": "61A/WEBFORM"})
    deliver()
    assert hanna.held["EMARKETING"] == "61A/WEBFORM"

    hanna.withdraw("EMARKETING")
    hanna.change(title="Director")
    deliver()
    assert hanna.consents["EMARKETING"].basis == "WITHDRAWN"

    hanna.consent("EMARKETING")
    deliver()
    assert hanna.consents["EMARKETING"].basis == "61A"


def test_persons_are_changed_merged_and_deleted(tenant: Tenant, deliver: Deliver) -> None:
    anna, twin = tenant.person(CARD), tenant.person(source="CARD", country="DK")
    assert deliver().waiting == 0
    assert twin.decisions[-1]["mail"] == "no_address"
    twin.add_email("twin@example.com")
    twin.merge_into(anna)
    assert [one.id for one in tenant.persons()] == [anna.id]
    anna.delete()
    assert deliver().waiting == 0
    assert tenant.persons() == []


def test_time_goes_by_for_all(tenant: Tenant, person: Enter, deliver: Deliver, clock: Clock) -> None:
    deliver.nothing()
    frode = person(VENDOR)
    deliver()
    deliver.everything()
    assert frode.held == {"STORE": "61B/VENDOR"}

    before = clock.now()
    clock.advance(minutes=6)
    deliver()
    assert frode.held == {"STORE": "61F/VENDOR"}  # a sweep has found her
    assert not tenant.journal("expired")

    assert (clock.advance(days=366) - before).days == 366
    deliver()
    assert [one.person_id for one in tenant.journal("expired")] == [frode.id]


def test_a_crm_out_of_reach_loses_nothing(
    tenant: Tenant, person: Enter, deliver: Deliver, clock: Clock
) -> None:
    tenant.fault("http_503", times=0)
    anna = person(CARD)
    rest = deliver()
    assert (rest.waiting, rest.parked) == (1, "transient")

    tenant.no_faults()
    clock.advance(minutes=1)
    rest = deliver()
    assert (rest.waiting, rest.parked) == (0, None)
    assert anna.held == {"STORE": "61F/CARD"}


def test_a_manifest_of_ones_own_decides(tenant: Tenant, deliver: Deliver) -> None:
    published = (ROOT / "manifests" / "rules" / "nordic-b2b.yaml").read_text(encoding="utf-8")
    assert "61F" in published
    with pytest.raises(ManifestInvalid):
        tenant.activate(published.replace("61F", "61Q"))
    tenant.activate(published.replace("met-in-person", "at-the-fair"))
    anna = tenant.person(CARD)
    deliver()
    assert anna.rules == {"STORE": "at-the-fair"}

    tenant.activate(ROOT / "manifests" / "rules" / "nordic-b2b.yaml")
    berit = tenant.person(CARD)
    deliver()
    assert berit.rules == {"STORE": "met-in-person"}


def test_a_child_is_left_to_a_human(tenant: Tenant, person: Enter, deliver: Deliver) -> None:
    jonas = person(source="WEBFORM", country="DK", years=14, email="jonas@example.com")
    deliver()

    assert [(one.person_id, one.subject) for one in tenant.reviews()] == [(jonas.id, "STORE")]
    assert jonas.mails == []


def test_another_tenant_has_its_own(
    tenant: Tenant, tenants: Callable[[str], Tenant], deliver: Deliver
) -> None:
    other = tenants("Cust20001")
    anna, berit = tenant.person(CARD), other.person(CARD)
    deliver()

    assert (anna.held, berit.held) == ({"STORE": "61F/CARD"}, {"STORE": "61F/CARD"})
    assert (len(tenant.outbox), len(other.outbox)) == (1, 1)
    assert repr(other) == "<tenant Cust20001>"
    assert "61F/CARD" in repr(berit)


def test_whoever_does_not_use_it_does_not_load_it() -> None:
    looked = (
        "import sys, so_privacy_kit.plugin; print(*(one for one in sys.modules if one.startswith('so_')))"
    )
    done = subprocess.run([sys.executable, "-c", looked], capture_output=True, text=True, check=True)

    assert set(done.stdout.split()) == {"so_privacy_kit", "so_privacy_kit.plugin"}


def test_all_names_are_there() -> None:
    assert [getattr(so_privacy_kit, name).__name__ for name in so_privacy_kit.__all__] == (
        so_privacy_kit.__all__
    )
    with pytest.raises(AttributeError, match="Nobody"):
        so_privacy_kit.Nobody  # noqa: B018 - it is asked for


def test_the_wheel_brings_the_plugin(tmp_path: Path) -> None:
    (built,) = WheelBuilder(str(ROOT)).build(directory=str(tmp_path), versions=["standard"])
    with ZipFile(built) as wheel:
        names = wheel.namelist()
        entries = wheel.read(next(one for one in names if one.endswith("/entry_points.txt"))).decode()

    assert "[pytest11]\nso_privacy = so_privacy_kit.plugin" in entries
    assert {"so_privacy_kit/plugin.py", "so_privacy_kit/py.typed", "so_sandbox/scenarios/merge.yaml"} <= set(
        names
    )
