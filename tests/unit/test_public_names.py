"""What partners build on; a change of it is a change of the SDK, with a line in CHANGELOG.md."""

from __future__ import annotations

import inspect
import subprocess
import sys

import pytest

import so_privacy_ext
from so_privacy_ext import Clock, Condition, Extension, Facts, FromSetting, Proposal, Seen

NAMES = [
    "Clock",
    "Condition",
    "Extension",
    "Facts",
    "FromSetting",
    "OneOrMany",
    "Proposal",
    "Seen",
    "Truth",
    "UNKNOWN",
    "Unknown",
]
SHAPES = {
    Extension: "(name: 'str', *, version: 'str', says: 'str', settings: 'type[BaseModel] | None' = None, "
    "hosts: 'Sequence[str | FromSetting]' = ()) -> 'None'",
    Extension.condition: "(self, word: 'Word') -> 'Word'",
    Extension.facts: "(self, *names: 'str') -> 'Callable[[Function], Function]'",
    Extension.detect_source: "(self, *, reasons: 'Mapping[str, Mapping[str, str]]') "
    "-> 'Callable[[Function], Function]'",
    Condition.holds: "(self, _facts: 'Facts', /) -> 'Truth | Answer'",
    FromSetting: "(setting: 'str', port: 'int') -> None",
    Proposal: "(source: 'str', confidence: 'float', why: 'str') -> None",
    Seen: "(person_id: 'int', company_id: 'int', facts: 'Facts', source_is_open: 'bool' = False) -> None",
    Clock.now: "(self) -> 'datetime'",
}
FACTS = [
    *(
        "event",
        "changed",
        "creator",
        "form",
        "source",
        "country",
        "category_id",
        "business_id",
        "position_id",
    ),
    *("language", "company_is_owner", "retired", "is_associate", "has_email", "email_domain", "age"),
    *("consents", "wordings", "fields", "further", "answers", "proposed"),
]


def test_the_public_names_are_these_and_each_is_there() -> None:
    assert sorted(so_privacy_ext.__all__) == sorted(NAMES)
    assert all(getattr(so_privacy_ext, name) is not None for name in NAMES)


def test_another_name_is_refused_as_of_any_module() -> None:
    with pytest.raises(AttributeError, match="has no `Extensions`"):
        _ = so_privacy_ext.Extensions


@pytest.mark.parametrize("of", SHAPES)
def test_what_a_partner_calls_keeps_its_shape(of: object) -> None:
    assert str(inspect.signature(of)) == SHAPES[of]  # type: ignore[arg-type]  # a function or a class


def test_the_facts_keep_their_names() -> None:
    assert list(inspect.signature(Facts).parameters) == FACTS


def test_a_name_that_nobody_asks_for_costs_nothing() -> None:
    code = "import sys, so_privacy_ext; assert 'pydantic' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
