"""Law as data: what no line says is not allowed."""

from __future__ import annotations

import pytest

from so_privacy_ext.rules.law import may_renew


@pytest.mark.parametrize(
    ("country", "may"), [("DK", True), ("NO", False), ("DE", False), ("GB", False), ("", False)]
)
def test_a_renewal_is_asked_for_only_where_a_line_allows_it(country: str, may: bool) -> None:
    assert may_renew(country) is may
