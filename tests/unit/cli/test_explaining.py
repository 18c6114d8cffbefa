"""`explain --set` and `manifest rules` by a file, without a tenant."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from so_privacy_ext.errors import Exit
from tests.unit.cli.asked import MANIFEST, Done, ask

FILE = str(MANIFEST)


def explained(*words: str) -> Done:
    return ask(["explain", "--manifest", FILE, *words])


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where no database is."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SO_PRIVACY_DATA_DIR", str(tmp_path))
    monkeypatch.delenv("DATABASE_URL", raising=False)


def test_a_made_up_person_is_explained_without_a_tenant() -> None:
    done = explained("--set", "country=DE", "--set", "source=CARD")

    assert (done.code, done.err) == (Exit.OK, "")
    lines = done.out.splitlines()
    assert lines[0].startswith("Whoever is so, by manifest ")
    assert lines[1].startswith(
        "  STORE gets the legal basis 61F with the source CARD, by the rule met-in-per"
    )
    assert lines[2].endswith("in German: that is the language of the person's country.")
    assert "  minor does not hold: the age is unknown, but would have to be less than 16." in done.out
    assert "  event-guest does not hold: the web form is none, but would have to be event-signup." in done.out


def test_it_is_explained_in_danish() -> None:
    done = explained("--set", "source=ERP", "--language", "da")

    assert "  ACCOUNTING får retsgrundlaget 61C med kilden ERP, efter reglen erp. Fordi: " in done.out
    assert "Reglerne, i deres rækkefølge:" in done.out


@pytest.mark.parametrize(
    ("words", "mail"),
    [
        (["source=CARD"], "The mail notice13 would be sent"),
        (["source=CARD", "has_email=false"], "No mail would be sent: there is no e-mail address."),
        (["country=DK"], "No mail would be sent: a human must decide about STORE first."),
        (["is_associate=true"], "No mail would be sent: the highest rule that decides gives nothing."),
    ],
)
def test_the_mail_is_that_of_one_who_was_never_told(words: list[str], mail: str) -> None:
    done = explained(*(one for word in words for one in ("--set", word)))

    assert f"  {mail}" in done.out


def test_programs_get_sentences_and_what_they_are_made_of() -> None:
    done = explained("--set", "source=CARD", "--json")
    told = json.loads(done.out)
    erp = next(one for one in told["rules"] if one["rule_id"] == "erp")

    assert told["ruling"]["decisions"][0]["rule_id"] == "met-in-person"
    assert len(told["sentences"]) == 1 + 1 + len(told["rules"])
    assert erp["matched"] is False
    assert (erp["lacks"][0]["found"], erp["lacks"][0]["values"]) == ("CARD", ["ERP"])
    assert erp["then"] == {"STORE": "erp", "ACCOUNTING": "erp"}


@pytest.mark.parametrize(
    ("words", "what"),
    [
        (["--set", "sorce=CARD"], "did you mean `source`?"),
        (["--set", "source"], "'source' sets nothing; write --set country=DE"),
        (["--set", "=CARD"], "sets nothing"),
        (["--set", "age=3", "--set", "age=4"], "'age' is set twice"),
        ([], "neither --person nor --set; give --person ID, or --set FACT=VALUE"),
        (["--set", "age=3", "--person", "1"], "both --person and --set"),
    ],
)
def test_what_makes_no_person_is_refused(words: list[str], what: str) -> None:
    done = explained(*words)

    assert (done.code, done.out) == (Exit.USAGE, "")
    assert what in done.err


def test_without_a_file_a_tenant_is_asked() -> None:
    assert ask(["explain", "--set", "age=3"]).code == Exit.UNAVAILABLE
    assert ask(["explain", "--person", "1"]).code == Exit.UNAVAILABLE
    assert ask(["manifest", "rules"]).code == Exit.UNAVAILABLE


def test_rules_are_said_in_their_order() -> None:
    done = ask(["manifest", "rules", FILE])
    danish = ask(["manifest", "rules", FILE, "--language", "da"])
    told = json.loads(ask(["manifest", "rules", FILE, "--json"]).out)

    assert done.out.startswith("1. own-staff: If the person is an employee with a login or the company is ")
    last = f"{len(told['rules'])}. catch-all: For every person, a human decides about STORE."
    assert done.out.splitlines()[-1].startswith(last)
    assert ". applicant: Hvis kilden er JOBAPPLY, gælder: " in danish.out
    assert [one["rule_id"] for one in told["rules"]][:2] == ["own-staff", "minor"]
