"""What is wrong with a word is said in words of ours, on one line, without those of a library."""

from __future__ import annotations

from importlib.metadata import version

import pytest

from so_privacy_ext.errors import Exit
from tests.unit.cli.asked import ask


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ("review settle 1", "Missing option '--as'; choose one of sent, not-sent, keep, decide-again; see"),
        ("explain --person abc", "Invalid value for '--person': it should be a whole number; see"),
        ("explain --person 0", "Invalid value for '--person': it should be 1 or more; see"),
        ("explain --person 2147483648", "Invalid value for '--person': it should be 2147483647 or less; see"),
        ("sweep --wait x", "Invalid value for '--wait': it should be a number; see"),
        ("explain --language fr", "Invalid value for '--language': 'fr' is not one of 'en', 'da'; see"),
        ("explain --foo", "No such option: --foo; see"),
    ],
)
def test_what_is_wrong_with_a_word(words: str, says: str) -> None:
    done = ask(words.split())

    assert done.code is Exit.USAGE
    assert done.err.startswith(f"usage: {says} `so-privacy ")
    assert done.err.count("\n") == 1


def test_the_version_is_told_whatever_else_is_said() -> None:
    for words in (["--version"], ["--version", "doctor"]):
        done = ask(words)

        assert (done.code, done.out, done.err) == (Exit.OK, f"so-privacy {version('so-privacy-ext')}\n", "")
