"""The plugin alone, beside a register on this machine, and in a whole tenant."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from datetime import date
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from company_register import Settings, found, source
from so_privacy_ext import Facts, Proposal, Seen
from so_privacy_kit import Clock, Deliver, Person, Tenant

LISTED, UNHEARD_OF, NONE = (
    Facts(email_domain=domain) for domain in ("eksempel.example", "nowhere.example", None)
)


class Register(ThreadingHTTPServer):
    """Lists one company, and keeps what it was asked."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Answering)
        self.asked: list[list[str]] = []
        self.uses: list[str] = []
        self.status = 200

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.server_port}"


class Answering(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        register = self.server
        assert isinstance(register, Register)
        said = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.path == "/v1/uses":
            register.uses.append(said["key"])
            content = b"{}"
        else:
            register.asked.append(said["domains"])
            listed = [{"domain": "eksempel.example", "since": "2009-05-01"}]
            found = [one for one in listed if one["domain"] in said["domains"]]
            content = json.dumps({"companies": found}).encode()
        self.send_response(register.status)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *values: object) -> None:  # noqa: A002 - its name there
        pass


@pytest.fixture
def register() -> Iterator[Register]:
    with Register() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def test_it_asks_once_for_all_and_for_domains_alone(register: Register) -> None:
    persons = [Seen(at, 0, facts) for at, facts in enumerate((LISTED, UNHEARD_OF, NONE, LISTED), start=1)]
    known = {"listed": True, "since": date(2009, 5, 1)}

    assert found(persons, Settings(host=register.host)) == {1: known, 2: {"listed": False}, 4: known}
    assert register.asked == [["eksempel.example", "nowhere.example"]]


def test_it_asks_nothing_where_nobody_has_an_address(register: Register) -> None:
    assert found([Seen(1, 0, NONE)], Settings(host=register.host)) == {}
    assert register.asked == []


def test_a_register_that_fails_says_nothing_of_anybody(register: Register) -> None:
    register.status = 503

    with pytest.raises(ConnectionError, match="503"):
        found([Seen(1, 0, LISTED)], Settings(host=register.host))


@pytest.mark.parametrize(
    ("listed", "proposed"), [(True, Proposal("FAIR", 0.8, "listed")), (False, None), (None, None)]
)
def test_it_proposes_the_source_that_is_set(listed: bool | None, proposed: Proposal | None) -> None:
    facts = Facts(further={} if listed is None else {"company_register.listed": listed})

    assert source(facts, Settings(host="register.example.com", source="FAIR")) == proposed


def test_rules_see_where_a_person_of_a_listed_company_came_from(
    tenant: Tenant, person: Callable[..., Person], deliver: Deliver, register: Register
) -> None:
    tenant.enable("company-register", host=register.host)
    anna = person(country="NO", email="anna@eksempel.example")
    berit = person(country="NO", email="berit@nowhere.example")
    carl = person(country="NO", email="carl@eksempel.example")
    carl.consent("STORE", "61F", "FAIR", by="user")  # a user says how she came to know him

    deliver()

    rules = {one.id: one.rules["STORE"] for one in (anna, berit, carl)}
    assert rules == {anna.id: "bought-or-referred", berit.id: "met-in-person", carl.id: "met-in-person"}
    assert not tenant.journal("plugin_failed")


def test_a_register_out_of_reach_delays_nobody(
    tenant: Tenant, person: Callable[..., Person], deliver: Deliver, register: Register
) -> None:
    register.status = 503
    tenant.enable("company-register", host=register.host)
    anna = person(country="NO", email="anna@eksempel.example")

    assert deliver().waiting == 0

    assert anna.rules["STORE"] == "met-in-person"
    assert [one.content["kind"] for one in tenant.journal("plugin_failed")] == ["raised"]


def test_a_register_that_wants_to_know_is_told_of_each_use_and_of_no_person(
    tenant: Tenant, person: Callable[..., Person], deliver: Deliver, register: Register, clock: Clock
) -> None:
    tenant.enable("company-register", host=register.host, reports_use=True)
    person(country="NO", email="anna@eksempel.example")
    person(country="NO", email="berit@nowhere.example")
    deliver()
    assert len(register.uses) == 1

    register.status = 503
    person(country="NO", source="VENDOR", email="carl@elsewhere.example")
    deliver()
    assert len(set(register.uses)) == 2

    register.status = 200
    clock.advance(minutes=2)
    deliver()
    assert len(register.uses) == 3
    assert register.uses[1] == register.uses[2]  # the same use, told again
    assert len({*map(len, register.uses)}) == 1
