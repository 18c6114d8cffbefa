"""Ten plugins with a fault each: where each is stopped, and what whoever can mend it is told to do."""

from __future__ import annotations

from pathlib import Path

import pytest

from so_privacy_ext.errands import Failed
from so_privacy_ext.errors import Refused
from so_privacy_ext.model import PersonId
from so_privacy_ext.plugins import process
from so_privacy_ext.plugins.asking import Enabled
from so_privacy_ext.plugins.holding import Holder
from so_privacy_ext.plugins.hosts import Hosts
from so_privacy_ext.plugins.reacting import PluginConsumer
from so_privacy_ext.plugins.troubles import Kind, PluginFailed, Trouble
from so_privacy_ext.rules.explain import explain
from so_privacy_ext.rules.sentences import tell
from so_privacy_ext.rules.wording import wording
from so_privacy_ext.sdk import Facts, Seen
from so_privacy_kit.conformance.checks import platinum
from so_privacy_kit.conformance.levels import Unmet
from so_privacy_kit.conformance.subject import Subject
from tests.unit.plugins.conftest import TENANT, Ask, Installed, Still, described, faulty, manifest, person
from tests.unit.plugins.test_reacting import Called, event

ASKED = "{faulty.asked: true}"
GIVE_WHAT_IT_SAYS = "its maker must have it give what the SDK says; `so-privacy plugin check` names the place"


@pytest.mark.parametrize(
    ("name", "when", "told"),
    [
        (
            "raises",
            ASKED,
            Trouble(
                "faulty",
                Kind.RAISED,
                "`faulty.asked` raised ValueError at raises.py:18",
                "its maker must mend it; until then what it would say is unknown",
            ),
        ),
        (
            "sleeps",
            ASKED,
            Trouble(
                "faulty",
                Kind.SLOW,
                "it took more than 0.3 s when it is asked for conditions",
                "its maker must make it quicker, or have it ask for all persons at once",
            ),
        ),
        (
            "junk",
            "{faulty.asked: text}",
            Trouble(
                "faulty", Kind.JUNK, "`faulty.asked` gave neither true, false nor None", GIVE_WHAT_IT_SAYS
            ),
        ),
        (
            "mutates",
            ASKED,
            Trouble("faulty", Kind.JUNK, "`faulty.asked` gave the facts another value", GIVE_WHAT_IT_SAYS),
        ),
        (
            "reads_another_tenant",
            "always",
            Trouble(
                "faulty",
                Kind.REFUSED_OTHER,
                "it imports the product's insides or its database",
                "import from `so_privacy_ext` alone",
            ),
        ),
        (
            "calls_out",
            "always",
            Trouble(
                "faulty",
                Kind.REFUSED_HOST,
                "it talks to a host that it did not declare",
                'name it in the extension\'s `hosts`, such as "api.example.com:443"',
            ),
        ),
    ],
)
def test_one_that_is_stopped_when_it_is_asked(  # noqa: PLR0917 - pytest gives them by name
    ask: Ask, troubles: list[Trouble], monkeypatch: pytest.MonkeyPatch, name: str, when: str, told: Trouble
) -> None:
    if name == "sleeps":
        monkeypatch.setattr(process, "BOX", 0.3)

    (facts,) = ask(when, [person(category_id=7)], faulty(name))

    assert facts == person(category_id=7).facts
    assert troubles == [told]


def test_one_that_calls_an_operation_that_it_did_not_declare(
    hosts: Hosts, installed: Installed, troubles: list[Trouble]
) -> None:
    installed.put(faulty("calls_an_operation"))
    enabled, crm = Enabled(described(hosts, faulty("calls_an_operation"))), Called()
    consumer = PluginConsumer(
        hosts, TENANT, "sandbox/Cust1", enabled, Still(), troubles.append, list[int]().extend, crm
    )

    outcome = consumer.take(event(3))

    assert (outcome, crm.asked) == (Failed(Kind.REFUSED_OPERATION), [])
    what = "it calls an operation of SuperOffice's that it did not declare"
    how = 'name it in the extension\'s `operations`, such as "Archive.GetArchiveListByColumns2"'
    assert troubles == [Trouble("faulty", Kind.REFUSED_OPERATION, what, how)]


@pytest.mark.parametrize(
    ("name", "what", "how"),
    [
        (
            "taken",
            "`country` is not a name of its own",
            "begin it with `faulty.`, as in `faulty.registered`: all other words are taken",
        ),
        (
            "holds_for_good",
            "it holds data and has no `@ext.subject_access`, `@ext.subject_erase`, `@ext.tenant_erase`",
            "add a function with each: whose data is held elsewhere must be shown and erased there too",
        ),
    ],
)
def test_one_that_is_stopped_by_its_declaration(
    hosts: Hosts, installed: Installed, name: str, what: str, how: str
) -> None:
    installed.put(faulty(name))

    with pytest.raises(Refused) as refused:
        hosts.describe("faulty")

    assert (refused.value.code, refused.value.what, refused.value.how) == ("plugin_declaration", what, how)


def test_one_that_never_answers_an_erasure_is_not_taken_at_its_word(
    hosts: Hosts, installed: Installed, troubles: list[Trouble]
) -> None:
    installed.put(faulty("never_erases"))
    enabled = Enabled(described(hosts, faulty("never_erases")))

    with pytest.raises(PluginFailed):
        Holder(hosts, TENANT, enabled, troubles.append).erase(PersonId(7))

    (one,) = troubles
    assert (one.kind, one.what) == (Kind.JUNK, "`subject_erase` gave no `Erased`")
    assert one.how.startswith("its maker must have it give what the SDK says")


def test_one_that_decides_for_who_withdrew_decides_nothing(ask: Ask, hosts: Hosts) -> None:
    withdrew = Facts(country="DK", consents={"STORE": ("WITHDRAWN", "WEBFORM")})

    (facts,) = ask(ASKED, [Seen(1, 0, withdrew, source_is_open=True)], faulty("insists"))

    active = manifest(ASKED, [Enabled(described(hosts, faulty("insists")))])
    said = tell(explain(facts, active), facts, active, wording("en"), silent=None).decided
    assert facts.answers == {"faulty.asked true": (True, "")}
    assert said[:2] == ("STORE stands withdrawn, so no rule decides it.", "No rule decides anything.")


def test_one_that_leaks_a_name_into_a_log_has_no_log(
    ask: Ask, installed: Installed, capfd: pytest.CaptureFixture[str]
) -> None:
    ask(ASKED, [person()], faulty("prints"))

    assert capfd.readouterr() == ("", "")
    with pytest.raises(Unmet) as unmet:
        platinum.test_c23_no_log(Subject("faulty", Path(), installed=installed), print)
    assert unmet.value.found == ("prints.py:5 logs; prints.py:20 prints; prints.py:21 prints")
    assert unmet.value.how.startswith("leave it out: it goes nowhere")
