"""Five languages that say the same, and who gets which."""

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from starlette.requests import Request

from so_privacy_ext.web import languages, rendering
from so_privacy_ext.web.languages import chosen, preferred, texts

HERE = Path(rendering.__file__).parent
PLACES = re.compile(r"\{([^{}]*)\}")
ROOMS = sorted({path.name.split(".")[0] for path in (HERE / "texts").iterdir()})


def asking(query: str = "", *, cookie: str = "", accept: str = "") -> Request:
    given = {"cookie": cookie, "accept-language": accept}
    headers = [(name.encode(), value.encode()) for name, value in given.items() if value]
    return Request({"type": "http", "query_string": query.encode(), "headers": headers})


def test_there_are_texts_in_five_languages() -> None:
    assert list(languages.NAMES) == ["en", "da", "nb", "sv", "de"]
    for room in ROOMS:
        assert {path.name for path in (HERE / "texts").glob(f"{room}.*")} == {
            f"{room}.{code}.toml" for code in languages.NAMES
        }


@pytest.mark.parametrize("language", list(languages.NAMES))
def test_every_language_says_everything_with_the_same_places(language: str) -> None:
    english, theirs = texts("en").by_key, texts(language).by_key

    assert theirs.keys() == english.keys()
    for key, text in theirs.items():
        assert text.strip(), key
        if not key.startswith("format."):
            assert sorted(PLACES.findall(text)) == sorted(PLACES.findall(english[key])), key


@pytest.mark.parametrize("language", ["da", "nb", "sv", "de"])
def test_nothing_was_left_in_english(language: str) -> None:
    english, theirs = texts("en").by_key, texts(language).by_key
    same = {
        key for key, text in theirs.items() if text == english[key] and " " in PLACES.sub("", text).strip()
    }

    assert {key for key in same if not key.startswith("format.")} == set()


def test_every_text_that_a_template_or_a_module_names_is_there() -> None:
    sources = [*HERE.rglob("templates/**/*.html"), *HERE.rglob("*.py")]
    named = {
        (path.name, key)
        for path in sources
        for key in re.findall(r"""\bt\(\s*["']([\w.]+)["']\s*[,)]""", path.read_text(encoding="utf-8"))
    }
    counted = {
        (path.name, f"{key}.{form}")
        for path in sources
        for key in re.findall(r"""\bt\.count\(\s*["']([\w.]+)["']\s*,""", path.read_text(encoding="utf-8"))
        for form in ("one", "other")
    }

    assert named
    assert {(name, key) for name, key in named | counted if key not in texts("en")} == set()


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("", "en"),
        ("fr", "en"),
        ("da", "da"),
        ("da-DK,da;q=0.9,en;q=0.5", "da"),
        ("fr;q=1.0, sv;q=0.4, de;q=0.7", "de"),
        ("no", "nb"),
        ("nn-NO", "nb"),
        ("NB-no", "nb"),
        ("en;q=0, de", "de"),
        ("*", "en"),
        ("de;q=2", "en"),
        (";;;,,q=q,\x00", "en"),
        ("x" * 100_000, "en"),
    ],
)
def test_the_browser_is_followed(header: str, language: str) -> None:
    assert preferred(header) == language


def test_a_choice_goes_before_the_session_and_the_session_before_the_browser() -> None:
    cookie = f"{languages.COOKIE}=sv"

    assert chosen(asking("language=nb", cookie=cookie, accept="de"), "da") == "nb"
    assert chosen(asking(cookie=cookie, accept="de"), "da") == "sv"
    assert chosen(asking(accept="de"), "da") == "da"
    assert chosen(asking(accept="de")) == "de"
    assert chosen(asking()) == "en"


def test_a_language_that_we_have_not_is_no_choice() -> None:
    cookie = f"{languages.COOKIE}=../../etc/passwd"

    assert chosen(asking("language=xx", cookie=cookie, accept="de"), "fr") == "de"


@pytest.mark.row("B99")
def test_what_is_filled_in_is_never_filled_in_again() -> None:
    t = languages.Texts("en", {"said": "It says {what}.", "never": "{0.__class__} {what!r} %s"})

    for text in ("{what}", "{0.__class__}", "%s%n", "{{ 7*7 }}", r"\1\g<0>"):
        assert t("said", what=text) == f"It says {text}."
    assert t("never", what="x") == "{0.__class__} {what!r} %s"


def test_one_and_many_are_told_apart() -> None:
    t = languages.Texts(
        "en", {"box.one": "{number} box in {place}", "box.other": "{number} boxes in {place}"}
    )

    assert [t.count("box", number, place="it") for number in (0, 1, 2)] == [
        "0 boxes in it",
        "1 box in it",
        "2 boxes in it",
    ]


def test_a_time_is_written_as_one_writes_it() -> None:
    at = datetime(2026, 3, 9, 8, 5, 59, tzinfo=UTC)

    assert {code: texts(code).moment(at) for code in languages.NAMES} == {
        "en": "2026-03-09 08:05 UTC",
        "da": "09.03.2026 kl. 08:05 UTC",
        "nb": "09.03.2026 kl. 08:05 UTC",
        "sv": "2026-03-09 kl. 08:05 UTC",
        "de": "09.03.2026, 08:05 UTC",
    }
    assert texts("de").day(at) == "09.03.2026"
