"""The language of a mail as an LCID."""

from typing import Any

import pytest

from so_privacy_ext.model import Country, Template
from so_privacy_ext.processing.languages import choose_lcid
from tests.unit.processing.fake_crm import tenant_lists

DANISH, NORWEGIAN, SWEDISH, ENGLISH, GERMAN, BRITISH = 1030, 1044, 1053, 1033, 1031, 2057
AUSTRIAN, BOKMAL, AUSTRALIAN = 3079, 1044, 3081


def template(*languages: str) -> Template:
    return Template(1, "t", languages, deleted=False, is_privacy=True)


ALL = template("da", "no", "sv", "en-US", "de")


def choose(
    code: str = "", offered: Template = ALL, *, fallback: str = "en", country: int | None = None, **lists: Any
) -> int:
    where = Country(1, "XX", country) if country else None
    return choose_lcid(code, offered, tenant_lists(**lists), fallback=fallback, country=where)


@pytest.mark.parametrize(
    ("code", "lcid"), [("DA", DANISH), ("no", NORWEGIAN), (" SW ", SWEDISH), ("GE", GERMAN), ("US", ENGLISH)]
)
def test_the_crm_s_own_answer_comes_first(code: str, lcid: int) -> None:
    assert choose(code, fallback="da", country=SWEDISH) == lcid


@pytest.mark.parametrize("code", ["", "CH", "XX"])
def test_without_one_it_is_the_manifest_s_fallback(code: str) -> None:
    assert choose(code, fallback="de", country=DANISH) == GERMAN


@pytest.mark.parametrize("fallback", ["nb", "nn", "no", "nb-NO", "nn-NO", "NB"])
def test_all_norwegian_is_one(fallback: str) -> None:
    assert choose(fallback=fallback, country=DANISH) == NORWEGIAN
    assert choose(offered=template(fallback), fallback="fr") == NORWEGIAN


def test_a_tenant_that_tells_them_apart_is_believed() -> None:
    assert choose(fallback="nn", offered=template("nn"), cultures={"nn": 2068, "no": NORWEGIAN}) == 2068


def test_then_the_country_s() -> None:
    assert choose(fallback="fr", country=SWEDISH) == SWEDISH
    assert choose(fallback="fr", country=BRITISH) == ENGLISH


def test_a_country_s_language_counts_whichever_country_the_template_is_for() -> None:
    assert choose(fallback="fr", country=AUSTRIAN) == GERMAN


def test_a_fallback_without_a_region_finds_the_one_that_is_offered() -> None:
    cultures = {"en-au": AUSTRALIAN, "en-us": ENGLISH, "da": DANISH}
    assert choose(fallback="en", offered=template("en-US", "da"), cultures=cultures) == ENGLISH


def test_then_the_template_s_only_one() -> None:
    assert choose(offered=template("de"), fallback="fr") == GERMAN
    assert choose(offered=template("de", "sv"), fallback="fr") == ENGLISH


def test_a_template_that_names_no_language_has_any() -> None:
    assert choose(offered=template(), fallback="fr", country=AUSTRIAN) == AUSTRIAN
    assert choose(offered=template("xx"), fallback="da") == DANISH
    assert choose(offered=template(), fallback="fr") == ENGLISH


def test_it_is_never_zero() -> None:
    assert choose(cultures={}, solanguages={"DA": 0}, code="DA") == ENGLISH
