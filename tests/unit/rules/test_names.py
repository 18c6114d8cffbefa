from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from so_privacy_ext.rules.names import spellings

pytestmark = pytest.mark.row("B75")


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Customer", {"Customer"}),
        ("  Customer ", {"Customer"}),
        ('US:"Yes";NO:"Ja"', {"Yes", "Ja", 'US:"Yes";NO:"Ja"'}),
        ('US:"Yes"', {"Yes", 'US:"Yes"'}),
        ('NO:"Ja";US:"Yes";', {"Yes", "Ja", 'NO:"Ja";US:"Yes";'}),
        ('NO:"";US:"Yes"', {"Yes", 'NO:"";US:"Yes"'}),
        ('en-US:"Yes" ; nb-NO:"Ja"', {"Yes", "Ja", 'en-US:"Yes" ; nb-NO:"Ja"'}),
        ('NO:"Ja;US:"Yes"', {'NO:"Ja;US:"Yes"'}),
        ("NO:Ja", {"NO:Ja"}),
        ("Leverandør", {"Leverandør"}),
        ("", {""}),
    ],
)
def test_each_language_of_an_item_is_a_name_of_it(name: str, expected: set[str]) -> None:
    assert spellings(name) == expected


@given(st.text(alphabet='NOUS:";a ', max_size=40))
def test_any_text_is_a_name(name: str) -> None:
    assert name.strip() in spellings(name)


def test_a_long_name_takes_no_time() -> None:
    assert spellings('NO:"Ja" ;' * 5_000 + "!")
