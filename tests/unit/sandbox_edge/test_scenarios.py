"""Scenarios at a terminal, played on a sandbox that runs: what happens, what does not hold, what is refused.

Nobody listens here who could do anything about it; tests/unit/kit plays them for the product.
"""

import json
import re
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from so_sandbox import cli
from so_sandbox.scenarios.reading import published
from so_sandbox.server import RunningSandbox
from so_sandbox.world.events import Event
from so_sandbox.world.rows import Webhook
from so_sandbox.world.tenant import Tenant
from so_sandbox.world.tenant_state import TenantState

EVERYTHING = """
scenario: 1
name: everything
says: Each kind of step, where nobody listens who could do anything about it.
tenants: [Cust12345, Cust20001]
steps:
  - {crowd: 2, existing: true}
  - {crowd: 1, tenant: Cust20001}
  - happens: person.created
    as: two
    repeat: 2
    set: {firstname: "P{n}", source: CARD, country: NO, email: "p{n}@example.com"}
  - {happens: person.created, as: anna, set: {source: CHAT, country: DK, email: anna@example.com}}
  - {happens: email.added, set: {person: anna, email: a@example.com, primary: true}}
  - {happens: persons.changed, set: {persons: "two, anna", title: Buyer}}
  - {lose: 1}
  - {lose: 0}
  - {switch: {delivery: requeue}}
  - {state: [Suspended, Running]}
  - {clock: 1h}
  - {fault: http_503, operation: Person.SetConsent, times: 0}
  - no_faults
  - {again: 2, shuffle: true}
  - {again: 1, fresh: true}
  - settle
  - expect:
      two: {holds: {STORE: 61B/CARD}, mails: []}
      anna: {holds: {STORE: 61B}, mails: [chat-welcome da]}
  - {count: {persons: 5, mails: 1, writes: 0}}
  - {count: {persons: 1}, tenant: Cust20001}
  - {happens: person.deleted, set: {person: anna}}
  - {expect: {anna: {gone: true}}}
"""
WRONG = """
scenario: 1
name: wrong
says: Nothing comes out as it says.
steps:
  - {happens: person.created, as: anna, set: {source: CARD, country: DK}}
  - {expect: {anna: {holds: {STORE: 61F/CARD, EMARKETING: 61A}, mails: [welcome da]}}}
  - {expect: {anna: {gone: true}}}
  - {count: {persons: 2}}
"""


@pytest.fixture
def play(
    running: RunningSandbox,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> Any:
    """Play a text, and give exit code, output and errors."""

    def run(text: str, *words: str) -> tuple[Any, str, str]:
        file = tmp_path / "mine.yaml"
        file.write_text(text, encoding="utf-8")
        return command("scenario", "play", str(file), "--url", running.url, *words)

    def command(*words: str) -> tuple[Any, str, str]:
        monkeypatch.setattr(sys, "argv", ["so-sandbox", *words])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        said = capsys.readouterr()
        return ended.value.code or 0, said.out, said.err

    run.command = command  # type: ignore[attr-defined]  # beside it
    return run


def test_every_kind_of_step_is_done(play: Any, hook: Webhook, running: RunningSandbox) -> None:
    code, out, err = play(EVERYTHING)

    assert (code, err) == (0, "")
    assert out.endswith("✓ as expected\neverything: everything as it says\n")
    assert "person.created: two, 2 times\n" in out
    assert "1h go by\n" in out
    assert running.world.switches.delivery == "requeue"
    assert running.world.faults.asked == []
    assert hook.total_calls > 0


def test_what_does_not_hold_is_said_and_ends_with_1(play: Any, tmp_path: Path) -> None:
    code, out, _ = play(WRONG, "--within", "0")
    assert code == 1
    assert out.splitlines()[1:] == [
        "✗ anna holds STORE 61B/CARD and not STORE 61F/CARD, EMARKETING 61A",
        "✗ anna got no mail and not welcome da",
        "✗ anna is still there",
        "✗ Cust12345: 1 persons and not 2",
        "wrong: 4 not as it says",
    ]
    code, out, _ = play(WRONG, "--within", "0", "--json")
    answer = json.loads(out)
    assert (code, answer["right"], len(answer["wrong"])) == (1, False, 4)
    assert answer["wrong"][0].startswith(f"{tmp_path / 'mine.yaml'}:7: anna holds")
    assert answer["cast"] == {"anna": [{"tenant": "Cust12345", "person_id": 10002}]}


def test_whoever_listens_may_take_a_while(play: Any, tenant: Tenant) -> None:
    later = WRONG.replace("  - {expect: {anna: {gone: true}}}\n  - {count: {persons: 2}}\n", "").replace(
        "holds: {STORE: 61F/CARD, EMARKETING: 61A}, mails: [welcome da]", "holds: {STORE: 61F}"
    )

    def listen(_: TenantState, event: Event) -> None:
        if event.name == "person.created":
            tenant.set_consent(event.primary_key, "STORE", "61F", "CARD", "", by=1)

    tenant.listeners.append(listen)

    assert play(later, "--within", "20")[0] == 0


def test_it_happens_in_the_tenant_that_is_named(play: Any) -> None:
    _, out, _ = play(WRONG, "--within", "0", "--tenant", "Cust54321", "--json")

    assert json.loads(out)["cast"]["anna"][0]["tenant"] == "Cust54321"


def test_what_can_not_be_played_is_refused(play: Any, tmp_path: Path) -> None:
    code, _, err = play(WRONG.replace("country: DK", "country: XX"))
    assert code == 65
    assert f"{tmp_path / 'mine.yaml'}:6: list countries has no 'XX'" in err
    code, _, err = play("scenario: 1")
    assert code == 65
    assert "scenario_invalid" in err
    assert "1:1: `steps` is missing" in err
    code, _, err = play.command("scenario", "play", str(tmp_path / "other.yaml"))
    assert (code, "No such file" in err) == (66, True)
    code, _, err = play.command("scenario", "play", "mergd")
    assert (code, "did you mean merge?" in err) == (2, True)
    code, _, err = play.command("scenario", "play", "merge", "--url", "http://127.0.0.1:9")
    assert (code, "no sandbox answers" in err) == (69, True)


def test_it_can_be_played_twice_with_addresses_of_its_own(play: Any, tenant: Tenant) -> None:
    text = EVERYTHING[: EVERYTHING.index("  - {happens: email.added")].replace(
        "anna@example.com", '"anna-{play}@example.com"'
    )
    for _ in range(2):
        assert play(text)[0] == 0
        tenant.surroundings.clock.advance(timedelta(seconds=1))
    addresses = [mail.to for mail in tenant.tables.outbox]

    assert len(set(addresses)) == len(addresses) == 2
    assert all(re.fullmatch(r"anna-\d{12}@example\.com", one) for one in addresses)


def test_all_are_listed(play: Any) -> None:
    _, out, _ = play.command("scenario", "list")
    assert [line.split()[0] for line in out.splitlines()[1:]] == list(published())
    _, out, _ = play.command("scenario", "list", "--json")
    assert [one["name"] for one in json.loads(out)] == list(published())
    _, out, _ = play.command("scenario", "schema")
    assert json.loads(out)["title"] == "A scenario of so-sandbox"
