"""`manifest check`: what is wrong by law, beside what can't be read, for people and for programs."""

from __future__ import annotations

import json
import shutil
import stat
from pathlib import Path

import pytest

from so_privacy_ext.cli.mail_folder import MOST_BYTES
from so_privacy_ext.errors import Exit
from tests.unit.cli.asked import ask

FIXTURES = Path(__file__).parents[1] / "rules" / "lint" / "fixtures"
BASE = (FIXTURES / "base.yaml").read_text(encoding="utf-8")
NORWAY = BASE.replace("packs: [DK]", "packs: [DK, NO]")
NO_CATCH_ALL = BASE.partition("  - id: catch-all")[0]
SAME_REASON = BASE.replace("Art. 6.1 f weighs less for a child.", "Employees are covered by the HR notice.")


TESTS = """\
rule_tests: 1
tests:
  - {name: "Staff", person: {is_associate: true}, expect: {give: none}}
  - {name: "A child", person: {source: WEBFORM, age: 3}, expect: {give: {STORE: review, EMARKETING: deny}}}
  - {name: "A form", person: {source: WEBFORM}, expect: {give: {STORE: 61F}, tell: notice}}
  - {name: "Anybody", expect: {give: {STORE: review}}}
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A place for a manifest, beside which its tests lie."""
    (tmp_path / "mine.test.yaml").write_text(TESTS, encoding="utf-8")
    return tmp_path / "mine.yaml"


def test_errors_are_told_with_their_law(file: Path) -> None:
    file.write_text(NO_CATCH_ALL, encoding="utf-8")
    done = ask(["manifest", "check", str(file)])

    assert done.code == Exit.BAD_DATA
    first, second = done.err.splitlines()
    assert first.startswith(f"{file}:25:5: L18: no last rule ")
    assert second.startswith("    ")
    assert "GDPR article 5(2)" in second
    assert "right in itself" not in done.out


def test_warnings_refuse_nothing_and_are_counted(file: Path) -> None:
    file.write_text(SAME_REASON, encoding="utf-8")
    done = ask(["manifest", "check", str(file)])

    assert (done.code, done.err) == (Exit.OK, "")
    assert f"{file}:24:14: L36 warning: the rule `minor` gives the same reason as `own-staff`" in done.out
    assert "right in itself: 4 rules for 2 purposes" in done.out
    assert ", 1 warning and 1 note\n" in done.out


def test_what_is_safe_is_mended_in_the_file(file: Path) -> None:
    file.write_text(NORWAY, encoding="utf-8")
    file.chmod(0o640)
    before = ask(["manifest", "check", str(file)])
    done = ask(["manifest", "check", str(file), "--fix"])

    assert before.code == Exit.BAD_DATA
    assert (done.code, done.err) == (Exit.OK, "")
    assert f"{file}:3:38: L51 mended: `NO` is a text to us" in done.out
    assert file.read_text(encoding="utf-8") == NORWAY.replace("NO]", '"NO"]')
    assert stat.S_IMODE(file.stat().st_mode) == 0o640
    assert sorted(one.name for one in file.parent.iterdir()) == ["mine.test.yaml", "mine.yaml"]


def test_where_nothing_is_to_be_mended_the_file_is_left_alone(file: Path) -> None:
    file.write_text(SAME_REASON, encoding="utf-8")
    before = file.stat().st_mtime_ns

    assert ask(["manifest", "check", str(file), "--fix"]).code == Exit.OK
    assert file.stat().st_mtime_ns == before


def test_programs_get_all_of_a_finding(file: Path) -> None:
    file.write_text(NORWAY, encoding="utf-8")
    done = ask(["manifest", "check", str(file), "--json"])

    assert (done.code, done.err) == (Exit.BAD_DATA, "")
    (finding,) = [one for one in json.loads(done.out)["findings"] if one["level"] != "I"]
    assert finding["edits"] == [{"line": 3, "column": 38, "old": "NO", "new": '"NO"'}]
    assert (finding["code"], finding["level"], finding["fact"]["confidence"]) == ("L51", "E", "verified")
    assert finding["example"]


@pytest.mark.parametrize(
    ("text", "codes"), [(BASE, []), (NORWAY, ["L51"]), (BASE.replace("give:", "giv:", 1), None)]
)
def test_sarif_has_both_kinds_of_findings(file: Path, text: str, codes: list[str] | None) -> None:
    file.write_text(text, encoding="utf-8")
    done = ask(["manifest", "check", str(file), "--sarif"])

    results = json.loads(done.out)["runs"][0]["results"]
    found = [one["ruleId"] for one in results if one["level"] != "note"]
    assert found == (["missing_key", "unknown_key"] if codes is None else codes)
    assert done.code == (Exit.BAD_DATA if found else Exit.OK)


def test_one_form_at_a_time(file: Path) -> None:
    file.write_text(BASE, encoding="utf-8")
    done = ask(["manifest", "check", str(file), "--sarif", "--json"])

    assert (done.code, done.out) == (Exit.USAGE, "")
    assert done.err == "two_forms: --json and --sarif; choose one\n"


def test_what_cannot_be_read_is_cut_short_with_a_count(file: Path) -> None:
    file.write_text(BASE + "".join(f"key{number}: x\n" for number in range(80)), encoding="utf-8")
    done = ask(["manifest", "check", str(file)])

    assert done.code == Exit.BAD_DATA
    assert done.err.splitlines()[-1] == f"{file}: 30 more findings are not shown"


def test_what_is_accepted_is_told_with_its_reason(file: Path) -> None:
    file.write_text(SAME_REASON + "accepted:\n  L36: One notice covers both.\n", encoding="utf-8")
    done = ask(["manifest", "check", str(file)])

    assert done.code == Exit.OK
    assert "    accepted: One notice covers both.\n" in done.out
    assert ", 1 warning (1 accepted) and 1 note\n" in done.out


@pytest.fixture
def mails(tmp_path: Path) -> Path:
    folder = tmp_path / "mails"
    shutil.copytree(FIXTURES / "L26" / "good.mails", folder)
    (folder / "README.md").write_text("no template", encoding="utf-8")
    return folder


def test_texts_of_mails_are_looked_at(file: Path, mails: Path) -> None:
    file.write_text(BASE, encoding="utf-8")
    danish = mails / "privacy-notice-13.da.txt"
    good = ask(["manifest", "check", str(file), "--mails", str(mails)])
    danish.write_text("Kære kunde", encoding="utf-8")
    done = ask(["manifest", "check", str(file), "--mails", str(mails)])

    assert good.code == Exit.OK
    assert done.code == Exit.BAD_DATA
    assert f"{file}:15:22: L26: the mail `notice` in da doesn't seem to tell: who, " in done.err


def test_a_text_that_was_kept_may_not_change_under_its_version(file: Path, mails: Path) -> None:
    words = ["manifest", "check", str(file), "--mails", str(mails)]
    file.write_text(BASE, encoding="utf-8")
    danish = mails / "privacy-notice-13.da.txt"
    text = danish.read_text(encoding="utf-8")

    assert ask([*words, "--fix"]).code == Exit.OK
    kept = (mails / "versions.json").read_text(encoding="utf-8")
    assert sorted(json.loads(kept)) == ["privacy-notice-13 1 da", "privacy-notice-13 1 en"]
    danish.write_text(text.replace(" ", "\n"), encoding="utf-8")
    assert ask([*words, "--fix"]).code == Exit.OK
    danish.write_text(text + "Og mere.", encoding="utf-8")
    done = ask([*words, "--fix"])
    assert done.code == Exit.BAD_DATA
    assert "L35: the text of `notice` in da has changed, and `version` is 1 as before" in done.err
    assert (mails / "versions.json").read_text(encoding="utf-8") == kept
    file.write_text(BASE.replace("version: 1", "version: 2"), encoding="utf-8")
    assert ask([*words, "--fix"]).code == Exit.OK
    assert len(json.loads((mails / "versions.json").read_text(encoding="utf-8"))) == 4


def test_mails_that_cannot_be_read(file: Path, mails: Path) -> None:
    words = ["manifest", "check", str(file), "--mails"]
    file.write_text(BASE, encoding="utf-8")

    assert ask([*words, str(mails / "none")]).code == Exit.NO_INPUT
    for content, code in ((b"\xff", "not_utf8"), (b"x" * (MOST_BYTES + 1), "mail_too_large")):
        (mails / "big.da.txt").write_bytes(content)
        done = ask([*words, str(mails)])
        assert done.code == Exit.BAD_DATA
        assert f"big.da.txt: {code}: " in done.err
    (mails / "big.da.txt").unlink()
    for text in ("{", "[]", '{"a": 1}'):
        (mails / "versions.json").write_text(text, encoding="utf-8")
        done = ask([*words, str(mails)])
        assert done.code == Exit.BAD_DATA
        assert "versions.json: versions_unreadable: " in done.err


def test_a_file_that_cannot_be_written_is_left_as_it_is(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file.write_text(NORWAY, encoding="utf-8")

    def full(*_args: object, **_more: object) -> None:
        raise OSError(28, "No space left on device")

    for broken in ("os.fsync", "tempfile.mkstemp"):
        with monkeypatch.context() as patch:
            patch.setattr(broken, full)
            done = ask(["manifest", "check", str(file), "--fix"])
        assert done.code == Exit.CANT_CREATE
        assert done.err.startswith(f"{file}: manifest_unwritable: No space left on device; ")
        assert file.read_text(encoding="utf-8") == NORWAY
        assert sorted(one.name for one in file.parent.iterdir()) == ["mine.test.yaml", "mine.yaml"]


def test_what_no_test_sees_is_told_and_a_test_that_cannot_be_read_is_refused(file: Path) -> None:
    file.write_text(BASE, encoding="utf-8")
    tests = file.with_name("mine.test.yaml")
    tests.write_text(TESTS.replace("is_associate: true", "is_associate: false"), encoding="utf-8")
    untested = ask(["manifest", "check", str(file)])
    tests.write_text(TESTS.replace("age:", "aeg:"), encoding="utf-8")
    unreadable = ask(["manifest", "check", str(file)])
    tests.unlink()
    without = ask(["manifest", "check", str(file)])

    assert untested.code == without.code == Exit.OK
    assert "L40 warning: no test sees `own-staff` decide; paste below `tests:`" in untested.out
    assert "L40 warning: no rule has a test" in without.out
    assert unreadable.code == Exit.BAD_DATA
    assert unreadable.err.startswith(f"{tests}:4:49: unknown_key: `aeg` is no key here; did you mean `age`?")
