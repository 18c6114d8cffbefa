"""What `pytest --so-conformance` asks of channels, reactions, findings and rows; and an example judged."""

from __future__ import annotations

import inspect
import runpy
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from so_privacy_ext.plugins import process
from so_privacy_kit import MailServer
from so_privacy_kit.conformance import made_up
from so_privacy_kit.conformance.checks import (
    channel,
    findings,
    platinum,
    reaction,
    rows,
    silver,
    whole_tenant,
)
from so_privacy_kit.conformance.levels import Unmet
from so_privacy_kit.conformance.stand_in import DOWN, Certificates, misbehaving
from so_privacy_kit.conformance.subject import Said, Subject
from tests.unit.kit.test_conformance import HERE, MODULES, ROOT, certificates, checks_of, installed_as, plugin

__all__ = ["certificates"]
EXAMPLE = ROOT / "examples" / "acme_mail"
ASK_OF_ANSWERS = (silver.test_story, silver.test_not_switched_on, platinum.test_scenario)
"""Checks in whole tenants, each some seconds, of what it says of persons: and it says nothing."""
HEARS = "answers an empty object"
"""A host that takes whatever is posted."""


@pytest.fixture(scope="module")
def slapdash() -> Subject:
    return plugin("slapdash")


@pytest.fixture
def found() -> list[str]:
    return []


def faulty(fault: str, host: str = "127.0.0.1:9") -> Mapping[str, str]:
    return {"host": host, "fault": fault}


@pytest.fixture
def hears(certificates: Certificates) -> Iterator[str]:
    with misbehaving(HEARS, certificates) as port:
        yield f"127.0.0.1:{port}"


@pytest.mark.parametrize(
    ("fault", "way", "said"),
    [
        ("claims", DOWN, r"where its host is down it calls a letter sent; have it raise: `NotSent`"),
        ("waits", "says nothing", r"says nothing: it took more than 1.0 s .*; give its calls timeouts"),
        ("reads", DOWN, r"where its host is down: it reads a file outside"),
    ],
)
def test_a_channel_that_says_wrong_things_of_a_letter_is_no_silver(  # noqa: PLR0917  # a table's columns
    slapdash: Subject,
    certificates: Certificates,
    found: list[str],
    monkeypatch: pytest.MonkeyPatch,
    fault: str,
    way: str,
    said: str,
) -> None:
    monkeypatch.setitem(process.BOXES, "carry", 1.0 if fault == "waits" else 20.0)
    with pytest.raises(Unmet, match=said):
        channel.test_letter_refused(slapdash, faulty(fault), certificates, found.append, monkeypatch, way)
    assert not found


@pytest.mark.parametrize("fault", ["gives up", "leaves it open"])
def test_a_channel_that_asks_a_human_about_a_host_that_is_down_is_no_gold(
    slapdash: Subject, found: list[str], fault: str
) -> None:
    with pytest.raises(Unmet, match=r"a human is asked about each letter; have it raise `NotSent`"):
        channel.test_letter_later(slapdash, faulty(fault), found.append)
    channel.test_letter_later(slapdash, faulty(""), found.append)
    assert found == ["`NotSent`"]


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ("twice", r"of a letter 2 mails arrive; send one mail"),
        ("another id", r"goes by another Message-ID each time, or by none of the product's; put"),
        ("another subject", r"has not the letter's subject and text; send both whole"),
    ],
)
def test_a_channel_that_sends_something_else_is_no_gold(
    slapdash: Subject, found: list[str], request: pytest.FixtureRequest, fault: str, said: str
) -> None:
    server: MailServer = request.getfixturevalue("mail_server")
    settings = faulty(fault, f"127.0.0.1:{server.port}")

    with pytest.raises(Unmet, match=said):
        channel.test_letter_sent(slapdash, settings, found.append, request)


def test_a_channel_that_needs_a_stand_in_is_told_how_to_get_one(
    slapdash: Subject, found: list[str], request: pytest.FixtureRequest
) -> None:
    with pytest.raises(
        Unmet, match=r"`carry` says that a letter could not go; mend it; where it needs a host"
    ):
        channel.test_letter_sent(slapdash, faulty(""), found.append, request)


def test_a_channel_that_prints_whom_it_writes_to_is_no_platinum(
    slapdash: Subject,
    found: list[str],
    capfd: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    with pytest.raises(Unmet, match=r"it prints or logs the address of a letter; leave that out"):
        channel.test_c23_letter(slapdash, faulty("prints"), found.append, capfd, caplog)
    channel.test_c23_letter(slapdash, faulty(""), found.append, capfd, caplog)
    assert len(found) == 1


def test_one_that_takes_for_told_what_nobody_heard_is_no_silver(  # fixtures
    slapdash: Subject,
    certificates: Certificates,
    found: list[str],
    monkeypatch: pytest.MonkeyPatch,
    hears: str,
) -> None:
    with pytest.raises(Unmet, match=r"told of decisions it takes that for done where its host hangs up"):
        reaction.test_told_in_vain(
            slapdash, faulty("swallows", hears), certificates, found.append, monkeypatch, "hangs up"
        )
    reaction.test_told_in_vain(slapdash, faulty("", hears), certificates, found.append, monkeypatch, DOWN)
    assert found == ["its host is down: it is told again"]


def test_one_whose_host_can_not_tell_a_repeat_is_no_gold(
    slapdash: Subject, found: list[str], hears: str
) -> None:
    with pytest.raises(Unmet, match=r"told twice of the same decisions, after a crash, it says nothing"):
        reaction.test_told_twice(slapdash, faulty("names a time", hears), found.append)


def test_one_whose_host_can_tell_a_repeat_is_gold(slapdash: Subject, found: list[str], hears: str) -> None:
    reaction.test_told_twice(slapdash, faulty("", hears), found.append)
    assert found == ["of decisions it names what a repeat is known by"]


def test_one_that_needs_more_than_a_decision_is_no_gold(
    slapdash: Subject, found: list[str], hears: str
) -> None:
    with pytest.raises(Unmet, match=r"told of decisions: it reads a file outside of Python's own; ship data"):
        reaction.test_told(slapdash, faulty("reads", hears), found.append)
    reaction.test_told(slapdash, faulty("", hears), found.append)
    assert found == ["15 decisions"]


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ("counts", r"it finds something else when it is asked again; let it depend"),
        ("points nowhere", r"`nowhere` is said of rules.99, and there is no 99; name what is there"),
        ("ends with a stop", r"`stop` ends with a full stop; leave it out"),
        ("expects more", r"`look` raised KeyError at slapdash.py:\d+; have it look at any manifest"),
    ],
)
def test_findings_that_are_not_as_they_should_be_are_no_gold(
    slapdash: Subject, found: list[str], fault: str, said: str
) -> None:
    with pytest.raises(Unmet, match=said):
        findings.test_findings(slapdash, faulty(fault), found.append)


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ("adds up", r"`all` has other rows when it is given one decision at a time; keep nothing"),
        ("always has one", r"`all` has rows of no decisions; have it give what it is given, alone"),
        ("raises", r"`all`: `all` raised ValueError at slapdash.py"),
        ("has none", r"`all` has no row for 15 decisions of many kinds"),
        ("leaves out", r"`all` has nothing in `count` for 15 decisions of many kinds"),
        ("gives away", r"`all` gives a secret of its settings away"),
    ],
)
def test_rows_that_are_not_as_they_should_be_are_no_gold(
    slapdash: Subject, found: list[str], fault: str, said: str
) -> None:
    with pytest.raises(Unmet, match=said):
        rows.test_rows(slapdash, faulty(fault), found.append)


def test_what_looks_and_makes_rows_as_it_should_is_gold(slapdash: Subject, found: list[str]) -> None:
    findings.test_findings(slapdash, faulty(""), found.append)
    rows.test_rows(slapdash, faulty(""), found.append)
    assert found == ["3 findings in 3 manifests, twice the same", "15 rows of `all`"]


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ("asks for more", r"it calls an operation of SuperOffice's that it did not declare; its maker"),
        ("twice", r"4 mails for 2 persons; send one for each letter"),
    ],
)
def test_one_that_fails_in_a_whole_tenant_is_no_gold(  # noqa: PLR0917  # fixtures
    slapdash: Subject,
    found: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    request: pytest.FixtureRequest,
    fault: str,
    said: str,
) -> None:
    monkeypatch.syspath_prepend(installed_as(tmp_path, f"{HERE}.slapdash"))
    server: MailServer = request.getfixturevalue("mail_server")
    settings = faulty(fault, f"127.0.0.1:{server.port}")
    with pytest.raises(Unmet, match=said):
        whole_tenant.test_all_seams(slapdash, settings, found.append, request)


@pytest.fixture(scope="module")
def acme_mail(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Subject]:
    """Install the example once, so that it is asked once what it is."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(installed_as(tmp_path_factory.mktemp("acme"), "acme_mail", "acme-mail"))
        patch.syspath_prepend(EXAMPLE / "src")
        yield Subject("acme-mail", EXAMPLE)


class TestAcmeMail:
    """The example that carries, judged in this process by each check that has something to ask of it."""

    @pytest.fixture
    def so_subject(self, acme_mail: Subject) -> Subject:
        return acme_mail

    @pytest.fixture
    def so_plugin_settings(
        self, mail_server: MailServer, monkeypatch: pytest.MonkeyPatch
    ) -> Mapping[str, object]:
        """Give what the example's own conftest.py gives."""
        conftest = runpy.run_path(str(EXAMPLE / "conftest.py"))
        made: Any = inspect.unwrap(conftest["so_plugin_settings"])
        settings: Mapping[str, object] = made(mail_server, monkeypatch)
        return settings

    @pytest.fixture
    def so_works(self, so_subject: Subject, so_plugin_settings: Mapping[str, Any]) -> Said:
        return so_subject.ask(made_up.persons(), so_plugin_settings)

    @pytest.fixture
    def so_certificates(self, certificates: Certificates) -> Certificates:
        return certificates

    @pytest.fixture
    def so_found(self, found: list[str]) -> Callable[[str], None]:
        return found.append

    @pytest.mark.parametrize(
        "check",
        [
            pytest.param(one, id=one.__name__)
            for module in MODULES
            for one in checks_of(module)
            if one not in ASK_OF_ANSWERS
        ],
    )
    def test_it_meets_each_check(
        self, request: pytest.FixtureRequest, found: list[str], check: Callable[..., None]
    ) -> None:
        asked = list(inspect.signature(check).parameters)
        given = {name: request.getfixturevalue(name) for name in asked if name not in {"way", "request"}}
        given |= {"request": request} if "request" in asked else {}
        for way in ("is overloaded", DOWN) if "way" in asked else ():
            check(**given, way=way)
        if "way" not in asked:
            check(**given)

        assert found
